"""Tests of models that vote."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from nmt.ensemble import DecodingState, Ensemble
from nmt.errors import InputError
from nmt.model import TranslationModel
from nmt.search import Layout, Step

SRC_IDS = torch.tensor([[5, 6, 7, 8, 3], [9, 3, 0, 0, 0], [4, 10, 3, 0, 0]])
SRC_LENGTHS = torch.tensor([5, 2, 3])
TGT_IN = torch.tensor([[2, 7, 4, 9], [2, 5, 5, 6], [2, 10, 6, 8]])

MakeModel = Callable[..., TranslationModel]


def run(models: list[TranslationModel]) -> list[Step[DecodingState]]:
    """Take the steps of TGT_IN."""
    ensemble = Ensemble(models)
    state, steps = ensemble.start(SRC_IDS, SRC_LENGTHS), []
    for tokens in TGT_IN.t():
        steps.append(ensemble.step(tokens, state))
        state = steps[-1].state
    return steps


def log_probs(steps: list[Step[DecodingState]]) -> Tensor:
    return torch.stack([step.log_probs for step in steps], dim=1)


def weights(steps: list[Step[DecodingState]]) -> Tensor:
    return torch.stack([step.weights for step in steps], dim=1)


def close(ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours, theirs, atol=2e-6, rtol=0)


def test_an_ensemble_of_one_is_the_model(make_model: MakeModel) -> None:
    model = make_model()
    steps = run([model])
    whole = model(SRC_IDS, SRC_LENGTHS, TGT_IN)
    close(log_probs(steps), torch.log_softmax(model.logits(whole.features), dim=2))
    close(weights(steps), whole.weights)


def test_two_equal_models_are_one(make_model: MakeModel) -> None:
    one, two = run([make_model(seed=1)]), run([make_model(seed=1), make_model(seed=1)])
    close(log_probs(two), log_probs(one))
    close(weights(two), weights(one))


def test_probabilities_and_attention_are_averaged_over_models_of_any_design(make_model: MakeModel) -> None:
    models = [make_model(), make_model(seed=2, cell="gru", input_feeding=True), make_model(seed=3, attention="dot")]
    alone = [run([model]) for model in models]
    together = run(models)
    close(log_probs(together).exp(), torch.stack([log_probs(steps).exp() for steps in alone]).mean(dim=0))
    close(weights(together), torch.stack([weights(steps) for steps in alone]).mean(dim=0))
    close(log_probs(together).exp().sum(dim=2), torch.ones(3, 4))


def test_the_order_of_the_models_does_not_matter(make_model: MakeModel) -> None:
    models = [make_model(seed=1), make_model(seed=2)]
    close(log_probs(run(models)), log_probs(run(models[::-1])))


@pytest.mark.parametrize("feeding", [False, True])
def test_selected_hypotheses_and_sentences_go_on_as_they_would_have(make_model: MakeModel, feeding: bool) -> None:
    ensemble = Ensemble([make_model(input_feeding=feeding), make_model(seed=2, cell="gru")])
    before = ensemble.step(TGT_IN[:, 0], ensemble.start(SRC_IDS, SRC_LENGTHS)).state
    expected = ensemble.step(TGT_IN[:, 1], before)
    rows, sentences = torch.tensor([0, 0, 2, 2]), torch.tensor([0, 2])
    selected = ensemble.step(TGT_IN[rows, 1], before.select(rows, sentences, None))
    close(selected.log_probs, expected.log_probs[rows])
    close(selected.weights, expected.weights[rows])
    swapped = torch.tensor([1, 1, 0, 0, 2, 2])
    doubled = before.select(torch.arange(3).repeat_interleave(2), None, None)
    doubled = doubled.select(torch.tensor([2, 3, 0, 1, 4, 5]), None, None)
    assert torch.equal(doubled.states[0].layers[0][0], before.states[0].layers[0][0][swapped])
    assert doubled.memories[0].keys is before.memories[0].keys


@pytest.mark.parametrize("feeding", [False, True])
def test_sentences_may_have_unequally_many_hypotheses(make_model: MakeModel, feeding: bool) -> None:
    ensemble = Ensemble([make_model(input_feeding=feeding), make_model(seed=2, attention="additive")])
    before = ensemble.step(TGT_IN[:, 0], ensemble.start(SRC_IDS, SRC_LENGTHS)).state
    expected = ensemble.step(TGT_IN[:, 1], before)
    # Two hypotheses of the first sentence, one of the third, and a repeated row to fill up.
    rows, layout = torch.tensor([0, 0, 2, 0]), Layout(torch.tensor([0, 1, 7, 0]), 3)
    selected = ensemble.step(TGT_IN[rows, 1], before.select(rows, None, layout))
    close(selected.log_probs, expected.log_probs[rows])
    close(selected.weights, expected.weights[rows])


def test_models_of_different_vocabularies_are_refused(make_model: MakeModel) -> None:
    with pytest.raises(InputError, match=r"one vocabulary; given \(source, target\) sizes \[\(11, 11\), \(12, 12\)\]"):
        Ensemble([make_model(), make_model((12, 12))])
