"""Settings that follow from the size of the corpus: which, how, and that a run keeps them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from nmt.config import SCALED_KEYS, Config
from nmt.config_reading import build_config, read_config
from nmt.corpus import Pair
from nmt.errors import InputError
from nmt.model_description import ModelDescription
from nmt.preparing.run import Run, open_run, prepare_run, prepare_tokenizers
from nmt.scaling import SCALES, fill, open_keys, scale_of, scaled_values
from tests import tiny


def settings(folder: Path, **changes: object) -> Config:
    """Return a tiny config that leaves open all that may be, but for changes by `section__key`."""
    given = [each for each in tiny.overrides(folder) if each.partition("=")[0] not in SCALED_KEYS]
    return read_config(None, [*given, *(f"{key.replace('__', '.')}={value}" for key, value in changes.items())])


def prepare(folder: Path, **changes: object) -> Run:
    return prepare_run(settings(folder, **changes), folder / "run", False)


@pytest.mark.parametrize("written", [[], [f"{key}=auto" for key in SCALED_KEYS]])
def test_what_is_not_given_or_auto_is_open(written: list[str]) -> None:
    assert open_keys(read_config(None, written)) == list(SCALED_KEYS)
    assert open_keys(read_config(None, [*written, "model.dropout=0"])) == [
        key for key in SCALED_KEYS if key != "model.dropout"
    ]


def test_auto_is_refused_where_nothing_follows_from_the_corpus() -> None:
    with pytest.raises(InputError, match=r"model\.heads: expected a whole number from 1 to 65536; given 'auto'"):
        read_config(None, ["model.heads=auto"])
    assert read_config(None, ["train.device=auto"]).train.device == "auto"


def test_filling_sets_what_is_open_and_nothing_else() -> None:
    config = read_config(None, ["model.dropout=0.25", "train.batch_tokens=77"])
    filled = fill(config, scaled_values(500))
    assert open_keys(filled) == []
    assert (filled.model.dropout, filled.train.batch_tokens) == (0.25, 77)
    changed = {key for key, value in filled.flat().items() if value != config.flat()[key]}
    assert changed <= set(open_keys(config))
    assert open_keys(config)  # which is as it was


def test_every_number_of_pairs_has_valid_settings() -> None:
    for pairs in {0, *(int(min(each.pairs, 10**9)) + more for each in SCALES for more in (-1, 0))}:
        build_config(fill(Config(), scaled_values(pairs)).model_dump(), "test")


def test_fewer_pairs_mean_smaller_vocabularies_and_batches_more_dropout_and_passes() -> None:
    assert [each.pairs for each in SCALES] == sorted(each.pairs for each in SCALES)
    for less, more in pairwise(SCALES):
        assert less.vocab_size < more.vocab_size and less.batch_tokens <= more.batch_tokens
        assert less.dropout >= more.dropout and less.word_dropout >= more.word_dropout
        assert less.embedding_dropout >= more.embedding_dropout and less.max_epochs > more.max_epochs


def test_a_corpus_of_middling_size_gets_the_defaults() -> None:
    defaults = Config().flat()
    assert scaled_values(29_000) == {key: defaults[key] for key in SCALED_KEYS}


def test_small_corpora_have_enough_updates() -> None:
    # A pair takes some 20 tokens of a batch; what is warmed up for 400 updates needs several times that.
    for pairs in (20, 25, 26, 50, 100, 300, 400, 410, 1_000, 2_000, 5_000, 10_000, 20_000):
        scale = scale_of(pairs)
        updates = max(pairs * 20 / scale.batch_tokens, 1) * scale.max_epochs
        assert updates >= 4 * Config().train.warmup_steps > Config().train.eval_every
        # No longer than that where the table's passes are too few.
        assert updates < 1800 or scale.max_epochs in {each.max_epochs for each in SCALES}


def test_only_very_small_corpora_have_more_passes_than_the_table() -> None:
    for pairs in (410, 999, 1_000, *(int(min(each.pairs, 10**9)) - 1 for each in SCALES)):
        assert scale_of(pairs) in SCALES
    assert scale_of(20).max_epochs > scale_of(100).max_epochs > scale_of(300).max_epochs > scale_of(410).max_epochs


def test_updates_that_are_asked_for_are_not_cut_short_by_epochs_that_nobody_asked_for(tmp_path: Path) -> None:
    assert prepare(tmp_path).config.train.max_epochs == 0  # the tiny config asks for updates
    by_epochs = prepare_run(settings(tmp_path, train__max_steps=0), tmp_path / "by epochs", False).config.train
    assert (by_epochs.max_epochs, by_epochs.max_steps) == (scale_of(40).max_epochs, 0)
    both = prepare_run(settings(tmp_path, train__max_epochs=3), tmp_path / "both", False).config.train
    assert (both.max_epochs, both.max_steps) == (3, 4)


def test_a_run_that_goes_on_without_its_limit_given_keeps_it(tmp_path: Path) -> None:
    begun = prepare(tmp_path, train__max_steps=7).config.train
    left_out = {*SCALED_KEYS, "train.max_steps"}
    bare = [each for each in tiny.overrides(tmp_path) if each.partition("=")[0] not in left_out]
    for given in ([], ["train.max_epochs=0"], ["train.max_epochs=auto"]):
        again = prepare_run(read_config(None, [*bare, *given]), tmp_path / "run", False).config
        assert (again.train.max_epochs, again.train.max_steps) == (begun.max_epochs, begun.max_steps) == (0, 7)
        assert open_run(read_config(None, [*bare, *given]), tmp_path / "run").config == again
    with pytest.raises(InputError, match="are both 0"):
        prepare_run(read_config(None, [*bare, "train.max_steps=0"]), tmp_path / "run", False)
    with pytest.raises(InputError, match="are both 0"):
        prepare_run(read_config(None, [*bare, "train.max_epochs=0"]), tmp_path / "new", False)
    assert not (tmp_path / "new").exists()


def test_a_run_keeps_the_numbers_that_followed_from_its_corpus(tmp_path: Path) -> None:
    tiny.write_corpus(tmp_path / "train", 2500)
    # The copy task has too few syllables for the vocabulary: it gets all that it allows.
    run = prepare(tmp_path)
    kept = ModelDescription.read(run.directory)
    assert kept.config == run.config
    assert {key: kept.config.flat()[key] for key in SCALED_KEYS} == scaled_values(2500, max_steps=4)
    assert 260 < kept.src_vocab == len(run.tokenizers.src) < scale_of(2500).vocab_size


def test_a_run_goes_on_with_its_numbers_whatever_the_corpus_is_by_then(tmp_path: Path) -> None:
    first = prepare(tmp_path, model__dropout=0.25)
    assert len(first.train) == 40 and first.config.model.dropout == 0.25
    tiny.write_corpus(tmp_path / "train", 2500)
    again = prepare(tmp_path)
    assert again.config == first.config
    assert open_run(settings(tmp_path), tmp_path / "run").config == first.config
    with pytest.raises(InputError, match=r"model.dropout was 0.25, now 0.5"):
        prepare(tmp_path, model__dropout=0.5)
    assert prepare_run(settings(tmp_path), tmp_path / "run", True).config.model.dropout == scale_of(2500).dropout


def test_a_size_that_was_asked_for_does_not_give_way(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"tokenizer\.vocab_size=1000 does not fit .* at most"):
        prepare(tmp_path, tokenizer__vocab_size=1000)


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_many_characters_are_given_room(kind: str, tmp_path: Path) -> None:
    config = settings(tmp_path, tokenizer__kind=kind)
    lines = [Pair(chr(0x4E00 + number) + chr(0x4E01 + number), "ba") for number in range(0, 2400, 2)]
    for side, code in enumerate(("de", "en")):
        text = "".join(pair[side] + "\n" for pair in lines)
        (tmp_path / f"train.{code}").write_text(text, encoding="utf-8", newline="\n")
    tokenizers = prepare_tokenizers(config, tmp_path / "run")
    assert len(tokenizers.src) > 2400 + 256
    assert len(tokenizers.src.encode(lines[0].src)) <= 3  # characters, not bytes


def test_separate_vocabularies_fit_their_own_sides(tmp_path: Path) -> None:
    run = prepare(tmp_path, tokenizer__shared="false", model__tie="output")
    assert not run.tokenizers.shared and 256 < len(run.tokenizers.src) < 1000
