"""A model that is made wider or deeper translates as before, and what is new learns."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from nmt.config import ModelConfig
from nmt.errors import InputError
from nmt.model import TranslationModel
from nmt.preparing.growing import grown, may_gain
from nmt.weights import load_weights
from tests import tiny

SIZES = {"embedding_size": 12, "encoder_size": 8, "decoder_size": 6, "heads": 2}
WIDER = {"encoder_size": 20, "decoder_size": 10}
DEEPER = {"encoder_residual": True, "encoder_layers": 3}
IDS, LENGTHS = torch.tensor([[5, 6, 7, 0], [8, 9, 10, 11]]), torch.tensor([3, 4])


def model(**settings: object) -> TranslationModel:
    made = TranslationModel(ModelConfig.model_validate({**SIZES, "dropout": 0, **settings}), 12, 12)
    made.initialize(seed=1)
    with torch.no_grad():
        for weight in made.parameters():  # biases too
            weight.add_(0.1 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(weight.numel())))
    return made.eval()


def more(before: TranslationModel, **settings: object) -> TranslationModel:
    after = model(**{**before.config.model_dump(include=before.config.model_fields_set), **settings})
    load_weights(after, grown(dict(before.named_parameters()), before.config, after), "the larger model")
    return after


@pytest.mark.parametrize(
    "gained", [{"encoder_size": 20}, {"decoder_size": 10}, WIDER, DEEPER, {**WIDER, **DEEPER}], ids=str
)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"cell": "gru", "heads": 1},
        {"cell": "rnn", "input_feeding": True},
        {"encoder_layers": 2, "encoder_residual": True, "decoder_layers": 3, "tie": "none"},
        {"decoder_layers": 1, "lexical_shortcut": False, "second_attention": False},
    ],
    ids=str,
)
def test_a_larger_model_translates_as_before_and_all_of_it_learns(
    settings: dict[str, object], gained: dict[str, object]
) -> None:
    before = model(**settings)
    after = more(before, **gained)
    steps = [each(IDS, LENGTHS, IDS) for each in (before, after)]
    torch.testing.assert_close(after.logits(steps[1].features), before.logits(steps[0].features), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(steps[1].weights, steps[0].weights, atol=1e-5, rtol=1e-5)
    after.double()  # what changes by products of small changes does not change in fewer bits
    weights = {name: weight for name, weight in after.named_parameters() if "embedding" not in name}
    optimizer = torch.optim.SGD(weights.values(), lr=1.0)
    begun = {name: weight.detach().clone() for name, weight in weights.items()}
    for _ in range(3):  # by the first, new columns come to count; then new rows; then recurrences of new layers
        optimizer.zero_grad()
        after.logits(after(IDS, LENGTHS, IDS).features).square().mean().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    for name, weight in weights.items():
        if "key_value" not in name:  # a key counts not by one number alone
            assert (weight != begun[name]).float().mean() > 0.9, name


def test_parts_may_be_added_beside() -> None:
    before = model(lexical_shortcut=False, second_attention=False)
    after = more(before, lexical_shortcut=True, second_attention=True, **WIDER)
    features = [each(IDS, LENGTHS, IDS).features for each in (before, after)]
    torch.testing.assert_close(*features, atol=1e-5, rtol=1e-5)


def test_weights_that_fit_stay_what_they_are() -> None:
    before = model()
    for name, weight in grown(dict(before.named_parameters()), before.config, model()).items():
        assert weight is before.get_parameter(name)


@pytest.mark.parametrize(
    ("before", "asked", "gained"),
    [
        ({}, {"encoder_size": 1024, "decoder_size": 512}, {"encoder_size"}),
        ({}, {"decoder_size": 256}, set()),
        ({"attention": "additive"}, {"decoder_size": 1024, "second_attention": True}, {"second_attention"}),
        ({"layer_norm": True}, {"decoder_size": 1024}, set()),
        ({"residual": True}, {"decoder_size": 1024}, set()),
        ({"residual": True}, {"encoder_layers": 2}, {"encoder_layers"}),
        ({}, DEEPER, set(DEEPER)),
        ({}, {"encoder_layers": 2}, set()),
        ({"encoder_layers": 2}, DEEPER, set()),
        ({"encoder_layers": 2, "encoder_residual": True}, {**DEEPER, **WIDER}, {"encoder_layers", "encoder_residual"}),
        (
            {"encoder_layers": 3, "encoder_residual": True},
            {"encoder_layers": 2, "encoder_residual": True},
            {"encoder_residual"},
        ),
        ({"layer_norm": True}, DEEPER, set()),
    ],
)
def test_what_a_model_may_gain(before: dict[str, object], asked: dict[str, object], gained: set[str]) -> None:
    assert may_gain(ModelConfig.model_validate(asked), ModelConfig.model_validate(before)) == gained


def test_a_training_may_make_a_model_larger_and_not_smaller(tmp_path: Path) -> None:
    start = {"train.start_from": str(tiny.model_directory()), "train.max_steps": 2}
    sizes = tiny.config(tmp_path).model
    larger = {"model.decoder_size": 2 * sizes.decoder_size, "model.encoder_residual": True, "model.encoder_layers": 3}
    tiny.train(tmp_path / "larger", tiny.config(tmp_path, {**start, **larger}))
    with pytest.raises(InputError, match=r"model\.decoder_size is 2, but \d+ in the model that train\.start_from"):
        tiny.train(tmp_path / "smaller", tiny.config(tmp_path, {**start, "model.decoder_size": 2}))
