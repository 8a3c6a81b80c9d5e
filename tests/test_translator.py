"""Text to text: what a translation may depend on, and what it may not."""

from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from nmt.errors import FailureError, InputError
from nmt.model_directory import read_model
from nmt.parts import Job
from nmt.search import Hypothesis
from nmt.segments import split_long
from nmt.tokenizer import BOS, EOS, PAD, UNK
from nmt.translation import Translation, join_translations
from nmt.translator import Translator
from tests import tiny

LINES = [
    *(pair.src for pair in tiny.pairs(20, 300)),
    "", "po", "J", " \t ", "Ungesehenes: 漢字, 🙂!", "ba " * 30, "12.5 %", "ko lu ma ne", "ko lu ma ne",
]  # fmt: skip


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load(tiny.model_directory(), "fp32", "cpu", threads=1)


def close(found: Translation, expected: Translation) -> bool:
    """Say whether two translations are one, up to the rounding of sums of another shape."""
    same = (found.text, found.tokens, found.src_tokens) == (expected.text, expected.tokens, expected.src_tokens)
    scores = (found.score, *found.token_scores), (expected.score, *expected.token_scores)
    others = len(found.alternatives) == len(expected.alternatives) and all(
        each is found or close(each, other)
        for each, other in zip(found.alternatives[1:], expected.alternatives[1:], strict=True)
    )
    return same and others and scores[0] == pytest.approx(scores[1], abs=1e-4)


# --- batches, order, laziness ---


@pytest.mark.parametrize("changes", [{"beam_size": 1}, {"n_best": 3}, {"sampling": True, "n_best": 2}])
def test_batch_size_batch_mates_and_padding_change_no_translation(
    changes: dict[str, object], translator: Translator
) -> None:
    config = translator.settings(changes)
    alone = translator.translate(LINES, config, batch_size=1)
    for size in (7, 64):
        together = translator.translate(LINES, config, batch_size=size)
        assert all(close(*both) for both in zip(together, alone, strict=True))


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_batch_size_changes_no_translation_in_fewer_bits(precision: str) -> None:
    try:
        translator = Translator.load(tiny.model_directory(), precision, "cpu", threads=1)
    except InputError as error:
        pytest.skip(str(error))
    alone = [each.text for each in translator.translate(LINES, batch_size=1)]
    for size in (7, 64):
        assert [each.text for each in translator.translate(LINES, batch_size=size)] == alone


def test_another_order_gives_the_same_translations(translator: Translator) -> None:
    forth = translator.translate(LINES)
    back = translator.translate(LINES[::-1])[::-1]
    assert all(close(*both) for both in zip(forth, back, strict=True))


def test_a_translation_is_repeatable(translator: Translator) -> None:
    assert translator.translate(LINES) == translator.translate(LINES)


def test_a_blank_line_gives_an_empty_translation_and_no_other_does(translator: Translator) -> None:
    found = translator.translate(LINES, translator.settings({"n_best": 2}))
    blank = [not line.strip() for line in LINES]
    assert [each == Translation("") for each in found] == blank
    assert [not each.tokens for each in found] == blank
    assert translator.translate([]) == []
    assert translator.translate(["", " "]) == [Translation(""), Translation("")]


def test_a_stream_needs_no_end(translator: Translator) -> None:
    endless = translator.stream(itertools.repeat("ba de"), Job(translator.config, 2))
    found = list(itertools.islice(endless, 40))
    assert len({each.text for each in found}) == 1


def test_a_stream_tells_how_many_lines_are_done(translator: Translator) -> None:
    lines = ["ba de. gi ko. lu ma.", "", "ko", "  "] * 9
    told: list[int] = []
    for number, _ in enumerate(translator.stream(lines, Job(translator.config, 1, told.append)), 1):
        assert number <= sum(told) <= len(lines)
    assert sum(told) == len(lines)


def test_samples_differ_by_line_and_by_seed(translator: Translator) -> None:
    draws = [
        [each.text for each in translator.translate(["ba de gi"] * 8, translator.settings({"sampling": True, **seed}))]
        for seed in ({"seed": 1}, {"seed": 1}, {"seed": 2})
    ]
    assert draws[0] == draws[1] != draws[2]
    assert len(set(draws[0])) > 1


@pytest.mark.parametrize("one", ["ba de gi", b"ba"])
def test_a_text_in_place_of_lines_is_refused(translator: Translator, one: Any) -> None:
    with pytest.raises(InputError, match=r"not as (str|bytes); for one line: \[line\]"):
        translator.translate(one)
    with pytest.raises(InputError, match="lines are given as a list"):
        next(translator.stream(one))


def test_lines_and_prefixes_may_be_of_any_kind(translator: Translator) -> None:
    lines, prefixes = ["ba de", "ko"], ["MA", "PO"]
    found = translator.translate(lines, prefixes=prefixes)
    assert translator.translate((line for line in lines), prefixes=iter(prefixes)) == found
    assert translator.translate(tuple(lines), prefixes=tuple(prefixes)) == found


def test_a_batch_size_below_none_is_refused(translator: Translator) -> None:
    with pytest.raises(InputError, match="a batch_size of -1 is less than 0"):
        translator.translate(["ba"], batch_size=-1)
    with pytest.raises(InputError, match="a batch_size of 0 is less than 1"):
        next(translator.score([("ba", "MA")], 0))


# --- what a translation holds ---


def test_beam_size_1_is_a_greedy_loop(translator: Translator) -> None:
    model, tokenizers, _ = read_model(tiny.model_directory())
    for line in ["ba de gi", "po", "Ungesehenes: 漢字"]:
        src = tokenizers.src.encode(line)
        ids, length = torch.tensor([[*src, EOS]]), torch.tensor([len(src) + 1])
        tokens: list[int] = []
        with torch.inference_mode():
            memory = model.encode(ids, length)
            state, last = model.start(memory), BOS
            while len(tokens) < 12:
                step = model.decode(torch.tensor([[last]]), state, memory)
                log_probs = model.logits(step.features)[0, 0].log_softmax(0)
                log_probs[[PAD, UNK, BOS] + ([] if tokens else [EOS])] = -torch.inf
                last, state = int(log_probs.argmax()), step.state
                if last == EOS:
                    break
                tokens.append(last)
        found = translator.translate([line], translator.settings({"beam_size": 1, "carry": False}))[0]
        assert list(found.tokens) == tokenizers.tgt.pieces(tokens)


def test_the_n_best_are_sorted_and_read_differently(translator: Translator) -> None:
    for found in translator.translate(LINES[:20], translator.settings({"n_best": 5})):
        scores = [each.score for each in found.alternatives]
        assert 1 < len(scores) <= 5
        assert scores == sorted(scores, reverse=True)
        assert len({each.text for each in found.alternatives}) == len(scores)
        best = found.alternatives[0]
        assert (found.text, found.score, found.tokens) == (best.text, best.score, best.tokens)


@pytest.mark.parametrize("key", ["temperature", "top_k", "top_p", "seed"])
def test_settings_of_sampling_without_it_are_refused(translator: Translator, key: str) -> None:
    with pytest.raises(InputError, match=f"{key} applies only with sampling; drop it, or turn sampling on"):
        translator.settings({key: 1})
    assert translator.settings({key: 1, "sampling": True}).sampling


def test_alignments_are_within_bounds_and_there_is_one_a_target_token(translator: Translator) -> None:
    for found in translator.translate([*LINES, "ba de gi ko. " * 20], translator.settings({"n_best": 2})):
        for each in (found, *found.alternatives):
            assert [target for _, target in each.alignment] == list(range(len(each.tokens)))
            assert all(0 <= source < len(each.src_tokens) for source, _ in each.alignment)
            assert len(each.token_scores) == len(each.tokens)
            assert all(score <= 0 for score in each.token_scores)


def test_scoring_its_own_translation_gives_what_the_search_reported(translator: Translator) -> None:
    src, tgt = translator.tokenizers.src, translator.tokenizers.tgt
    lines = [line for line in LINES if line.strip()]
    config = translator.settings({"n_best": 4})
    compared = 0
    for line in lines:
        for hypothesis in translator.sentences.search([src.encode(line)], config)[0]:
            text = tgt.decode(hypothesis.tokens)
            # A text may be spelt by other tokens than those that were found.
            if tgt.encode(text) == hypothesis.tokens:
                (scores,) = translator.score([(line, text)])
                assert scores == pytest.approx(hypothesis.token_log_probs, abs=1e-4)
                assert sum(scores) == pytest.approx(hypothesis.log_prob, abs=1e-4)
                compared += 1
    assert compared > len(lines) / 2


def test_batch_size_changes_no_score(translator: Translator) -> None:
    pairs = [*tiny.pairs(10), ("", ""), ("ba", ""), ("", "BA")]
    alone = list(translator.score(pairs, batch_size=1))
    together = list(translator.score(pairs, batch_size=4))
    for one, other, (_, tgt) in zip(alone, together, pairs, strict=True):
        assert one == pytest.approx(other, abs=1e-4)
        assert len(one) == translator.tokenizers.tgt.count(tgt) + 1


def test_an_ensemble_of_one_model_twice_is_that_model(translator: Translator) -> None:
    twice = Translator.load([tiny.model_directory()] * 2, "fp32", threads=1)
    config = translator.settings({"n_best": 2})
    pairs = zip(twice.translate(LINES, config), translator.translate(LINES, config), strict=True)
    assert all(close(*both) for both in pairs)
    both = zip(twice.score(tiny.pairs(5)), translator.score(tiny.pairs(5)), strict=True)
    assert all(one == pytest.approx(other, abs=1e-4) for one, other in both)


# --- long lines ---


def test_bytes_that_are_no_letter_are_no_text(translator: Translator) -> None:
    encode, spell = translator.tokenizers.tgt.encode, translator.tokenizers.tgt.spell
    tokens = [*encode("MA"), *spell("€")[:2], *encode("KO"), *spell("€")]
    length = len(tokens) + 1
    hypothesis = Hypothesis(tokens, 0.0, 0.0, [0.0] * length, torch.zeros(length, 1))
    (found,) = translator.sentences.translation(translator.tokenizers.src.encode("ma"), [hypothesis]).alternatives
    assert found.text.replace(" ", "") == "MAKO€"


def test_what_has_one_wording_joins_every_alternative_of_the_rest() -> None:
    others = tuple(Translation(text) for text in ("a", "b", "c"))
    joined = join_translations([Translation("a", alternatives=others), Translation("1"), others[0]], [" "] * 3)
    assert [each.text for each in joined.alternatives] == ["a 1 a", "b 1 a", "c 1 a"]


def test_a_long_line_is_the_translations_of_its_parts(translator: Translator) -> None:
    line = " ".join(pair.src + "." for pair in tiny.pairs(30))
    parts = split_long(line, translator.tokenizers.src.count, 40)
    assert len(parts) > 3
    config = translator.settings({"n_best": 3})
    found, separate = translator.translate([line], config)[0], translator.translate([*map(str.strip, parts)], config)
    assert found.text == " ".join(part.text for part in separate)
    assert found.tokens == tuple(itertools.chain.from_iterable(part.tokens for part in separate))
    assert found.src_tokens == tuple(itertools.chain.from_iterable(part.src_tokens for part in separate))
    for rank, alternative in enumerate(found.alternatives):
        assert alternative.text == " ".join(part.alternatives[rank].text for part in separate)
    assert len(found.alternatives) == min(len(part.alternatives) for part in separate) > 1
    assert [each.score for each in found.alternatives] == sorted((x.score for x in found.alternatives), reverse=True)


@pytest.mark.parametrize("line", ["ba " * 10_000, "x" * 3_000, "漢" * 500, "." * 500, " a" * 500 + " "])
def test_very_long_lines_end(line: str, translator: Translator) -> None:
    config = translator.settings({"beam_size": 1, "max_length": 3})
    (found,) = translator.translate([line], config, batch_size=256)
    assert found.tokens


@pytest.mark.parametrize("unit", ["ba de gi. ", "x", "漢", "\u0301\u0316", "!\"'"])
def test_a_megabyte_is_cut_in_seconds(unit: str, translator: Translator) -> None:
    line = unit * ((1 << 20) // len(unit.encode()))
    start = time.perf_counter()
    parts = split_long(line, translator.tokenizers.src.count, 40)
    assert time.perf_counter() - start < 60
    assert "".join(parts) == line
    assert max(map(translator.tokenizers.src.count, parts[:100])) <= 40


def test_blank_parts_of_a_long_line_are_not_translated(translator: Translator) -> None:
    config = translator.settings({"max_length": 3})
    spaced, plain = translator.translate(["ba" + " \t" * 500 + "de", "ba"], config)
    assert 0 < len(spaced.tokens) <= 3 * len(plain.tokens) + 3


def test_windows_hold_many_short_lines_or_few_long_ones(
    translator: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nmt.translator._WINDOW_CHARACTERS", 100)
    taken = 0

    def lines() -> Iterator[str]:
        nonlocal taken
        for length in [1] * 100 + [60] * 9 + [300] * 3:
            taken += 1
            yield ("ba " * length)[:length]

    found = translator.stream(lines(), Job(translator.settings({"beam_size": 1, "max_length": 1}), 2))
    counts: list[int] = []
    for _ in found:
        if not counts or taken != counts[-1]:
            counts.append(taken)
    assert counts == [32, 64, 96, 102, 104, 106, 108, 110, 111, 112]


def test_half_a_surrogate_pair_is_refused_by_its_line(translator: Translator) -> None:
    message = r"line 2: half a surrogate pair \(U\+D83D at character 4\) is no text"
    with pytest.raises(InputError, match=message):
        translator.translate(["ba", "ba \ud83d"])
    with pytest.raises(InputError, match=message):
        list(translator.score([("ba", "de"), ("ba", "de \ud83d")]))


def test_samples_depend_on_the_number_of_the_first_line(translator: Translator) -> None:
    config = translator.settings({"sampling": True})
    whole = translator.translate(["ba de gi"] * 9, config)
    rest = list(translator.stream(["ba de gi"] * 4, Job(config, 0), first=5))
    assert [each.tokens for each in rest] == [each.tokens for each in whole[5:]]


def test_scores_are_those_of_small_batches_where_memory_is_short(
    translator: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = [*tiny.pairs(10), ("", ""), ("ba " * 50, "BA " * 90)]
    expected = list(translator.score(pairs))
    monkeypatch.setattr("nmt.forced_decoding._MOST_SCORED", 60_000)
    found = list(translator.score(pairs))
    assert all(one == pytest.approx(other, abs=1e-4) for one, other in zip(found, expected, strict=True))
    monkeypatch.setattr("nmt.forced_decoding._MOST_SCORED", 20_000)
    with pytest.raises(InputError, match=r"pair 12: \d+ source and \d+ target tokens are too many to be scored"):
        list(translator.score(pairs))


# --- settings and loading ---


def test_loading_leaves_the_number_of_threads_where_it_is_told_to() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        Translator.load(tiny.model_directory(), "fp32", "cpu", threads=None)
        assert torch.get_num_threads() == 3
        Translator.load(tiny.model_directory(), "fp32", "cpu", threads=2, reverse=tiny.reverse_directory())
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_settings_change_only_what_is_given(translator: Translator) -> None:
    assert translator.settings({"beam_size": None}) == translator.config
    assert translator.settings({"length_penalty": 0.5}).length_penalty == 0.5
    assert translator.settings({"n_best": 9}).beam_size == 9
    with pytest.raises(InputError, match="beam_size"):
        translator.settings({"beam_size": 0})
    with pytest.raises(InputError, match="9 translations of a line are more than a beam of 2 holds"):
        translator.translate(["ba"], translator.settings({"n_best": 9, "beam_size": 2}))


def test_only_the_inference_files_are_needed(tmp_path: Path, translator: Translator) -> None:
    for name in ("config.json", "model.safetensors", "shared.spm"):
        shutil.copy(tiny.model_directory() / name, tmp_path)
    moved = Translator.load(tmp_path, "fp32", threads=1)
    assert [each.text for each in moved.translate(LINES)] == [each.text for each in translator.translate(LINES)]


def test_other_languages_than_the_models_are_refused(translator: Translator) -> None:
    translator.check_languages(None, None)
    translator.check_languages("de", "en")
    with pytest.raises(InputError, match="reads 'de', not 'fr'"):
        translator.check_languages("fr", None)
    with pytest.raises(InputError, match="writes 'en', not 'de'"):
        translator.check_languages("de", "de")


def test_too_little_memory_names_what_to_lower(translator: Translator, monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    monkeypatch.setattr(translator.sentences.ensemble, "start", greedy)
    with pytest.raises(FailureError, match=r"out of memory with 2 sentences .* beam 2; lower --batch-size"):
        translator.translate(["ba", "de"])
