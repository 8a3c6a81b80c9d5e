"""Scores on the development set."""

from __future__ import annotations

import copy
import gc
import math
import threading
import weakref
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from nmt.corpus import Pair
from nmt.metrics import evaluate
from nmt.model_directory import read_model
from nmt.tokenizer import EOS
from nmt.translator import Translator
from nmt.validation import Validation, Validator
from tests import tiny

CPU = torch.device("cpu")


PAIRINGS = [
    [Pair("ba", "de"), Pair("gi", "ko")],
    [Pair("gi", "ko"), Pair("ba", "de")],
    [Pair("ba", "de")],
    [Pair("bad", "e"), Pair("gi", "ko")],
    [Pair("ba", "de"), Pair("gi", "ko "), Pair("", "")],
]


def fingerprint(pairs: list[Pair]) -> str:
    _, tokenizers, description = read_model(tiny.model_directory())
    return Validator(pairs, tokenizers, description.config, CPU).fingerprint


def validator(folder: Path, count: int = 9, changes: Mapping[str, object] | None = None) -> Validator:
    _, tokenizers, _ = read_model(tiny.model_directory())
    return Validator(tiny.pairs(count, 70), tokenizers, tiny.config(folder, changes), CPU)


def test_the_loss_is_the_mean_over_tokens_whatever_the_batches(tmp_path: Path) -> None:
    model, tokenizers, _ = read_model(tiny.model_directory())
    total, count = 0.0, 0
    for src, tgt in tiny.pairs(9, 70):
        source = torch.tensor([[*tokenizers.src.encode(src), EOS]])
        target = torch.tensor([*tokenizers.tgt.encode(tgt), EOS])
        with torch.inference_mode():
            memory = model.encode(source, torch.tensor([source.shape[1]]))
            step = model.decode(torch.cat([torch.tensor([2]), target[:-1]]).unsqueeze(0), model.start(memory), memory)
            log_probs = model.logits(step.features)[0].log_softmax(1)
        total -= float(log_probs.gather(1, target.unsqueeze(1)).sum())
        count += len(target)
    for batch_tokens in (1, 40, 4000):
        changes = {"train.batch_tokens": batch_tokens, "train.label_smoothing": 0.3, "train.eval_sentences": 0}
        score = validator(tmp_path, changes=changes).validate(model, torch.float32)
        assert score.loss == pytest.approx(total / count, abs=1e-4)
        assert score.perplexity == pytest.approx(math.exp(total / count), rel=1e-3)
        assert score.bleu is None


def test_bleu_is_of_the_first_sentences_translated_with_the_given_beam(tmp_path: Path) -> None:
    model, _, _ = read_model(tiny.model_directory())
    translator = Translator.load(tiny.model_directory(), "fp32", threads=1)
    pairs = tiny.pairs(5, 70)
    for beam_size in (1, 3):
        changes = {"train.eval_sentences": 5, "search.n_best": 2, "search.sampling": True}
        score = validator(tmp_path, changes=changes).validate(model, torch.float32, beam_size)
        config = translator.settings({"beam_size": beam_size})
        found = [each.text for each in translator.translate([pair.src for pair in pairs], config)]
        (expected,) = evaluate(found, [[pair.tgt for pair in pairs]], ["bleu"])
        assert (score.bleu, score.signature) == (expected.value, expected.signature)


def test_validating_changes_no_weight_and_no_random_number(tmp_path: Path) -> None:
    model, _, _ = read_model(tiny.model_directory())
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    ours = validator(tmp_path)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = ours.validate(model.train(), torch.float32)
    assert torch.equal(torch.rand(3), expected)
    assert ours.validate(model.train(), torch.float32) == first
    assert all(torch.equal(weight, before[name]) for name, weight in model.named_parameters())


def test_lower_precision_is_close_and_leaves_the_model_as_it_was(tmp_path: Path) -> None:
    model, _, _ = read_model(tiny.model_directory())
    exact = validator(tmp_path).validate(model, torch.float32)
    assert validator(tmp_path).validate(model, torch.bfloat16).loss == pytest.approx(exact.loss, rel=0.02)
    assert all(weight.dtype == torch.float32 for weight in model.parameters())


def test_the_fingerprint_is_of_every_pair_in_order(tmp_path: Path) -> None:
    made = [validator(tmp_path, count).fingerprint for count in (9, 9, 8)]
    assert made[0] == made[1] != made[2]
    assert len(set(map(fingerprint, PAIRINGS))) == len(PAIRINGS)


def test_a_score_reads_as_words() -> None:
    assert str(Validation(2.0, None)) == "validation loss 2.000, perplexity 7.39"
    assert str(Validation(2.0, 12.345)) == "validation loss 2.000, perplexity 7.39, BLEU 12.35"
    assert Validation(1e9, None).perplexity < math.inf


@pytest.mark.parametrize("threads", [1, 2])
def test_a_validation_leaves_no_model_and_no_threads_behind(
    threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def noted(model: nn.Module) -> nn.Module:
        twin = copy.deepcopy(model)
        made.append(weakref.ref(twin))
        return twin

    model, _, _ = read_model(tiny.model_directory())
    ours = validator(tmp_path, 40, {"train.eval_sentences": 40})
    before, running = torch.get_num_threads(), set(threading.enumerate())
    monkeypatch.setattr("nmt.validation.copy", SimpleNamespace(deepcopy=noted))
    monkeypatch.setattr("nmt.translator._ROWS", 16)  # several batches, for several workers
    torch.set_num_threads(threads)
    gc.disable()
    try:
        ours.validate(model, torch.bfloat16)
        assert [each() for each in made] == [None]
        for worker in set(threading.enumerate()) - running:
            worker.join(10)  # it ends by itself, once it is told
            assert not worker.is_alive()
    finally:
        gc.enable()
        torch.set_num_threads(before)
