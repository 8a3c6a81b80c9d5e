"""Vocabularies that are there before a training: what they tell it, what contradicts them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from nmt.config import Config, TokenizerConfig
from nmt.config_reading import read_config
from nmt.errors import InputError
from nmt.model_description import ModelDescription
from nmt.preparing.run import Run, open_run, prepare_run, prepare_tokenizers
from nmt.preparing.vocabulary_record import RECORD
from tests import tiny


def settings(folder: Path, *given: str) -> Config:
    """Return a tiny config that says nothing of the vocabulary but what is given."""
    kept = [each for each in tiny.overrides(folder) if not each.startswith("tokenizer.")]
    return read_config(None, [*kept, *given])


def make(folder: Path, *given: str) -> None:
    prepare_tokenizers(settings(folder, *given), folder / "run")


def prepare(folder: Path, *given: str) -> Run:
    return prepare_run(settings(folder, *given), folder / "run", False)


BPE = ("tokenizer.kind=bpe", "tokenizer.vocab_size=300", "tokenizer.symbols=[<x>]", "tokenizer.split_digits=true")


def test_a_training_takes_over_the_settings_that_it_does_not_give(tmp_path: Path) -> None:
    make(tmp_path, *BPE)
    run = prepare(tmp_path)
    expected = TokenizerConfig(kind="bpe", vocab_size=300, symbols=["<x>"], split_digits=True)
    assert run.config.tokenizer == expected and expected.sampling == 0.1
    assert ModelDescription.read(tmp_path / "run") == run.description
    # The same command goes on, in other processes too, and so does one that gives what is true.
    for config in (settings(tmp_path), settings(tmp_path, *BPE)):
        assert prepare_run(config, tmp_path / "run", False).config == run.config
        assert open_run(config, tmp_path / "run").config == run.config


def test_sampling_is_the_trainings_own(tmp_path: Path) -> None:
    make(tmp_path, *BPE, "tokenizer.sampling=0.3")
    assert prepare(tmp_path, "tokenizer.sampling=0.2").config.tokenizer.sampling == 0.2
    shutil.copytree(tmp_path / "run", tmp_path / "other", ignore=shutil.ignore_patterns("config.json", "cache"))
    assert prepare_run(settings(tmp_path), tmp_path / "other", False).config.tokenizer.sampling == 0.3


@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("tokenizer.kind=unigram", "tokenizer.kind is 'unigram', but 'bpe' in the vocabulary in '.*run'; leave out"),
        ("tokenizer.vocab_size=310", "tokenizer.vocab_size is 310, but 300"),
        ("tokenizer.shared=false", "tokenizer.shared is False, but True"),
    ],
)
def test_what_the_vocabulary_itself_tells_is_not_contradicted(
    given: str, message: str, recorded: bool, tmp_path: Path
) -> None:
    make(tmp_path, *BPE)
    if not recorded:
        (tmp_path / "run" / RECORD).unlink()
    before = tiny.files(tmp_path)
    with pytest.raises(InputError, match=message):
        prepare(tmp_path, given)
    assert tiny.files(tmp_path) == before


@pytest.mark.parametrize("given", ["tokenizer.symbols=[XYZ]", "tokenizer.split_digits=false"])
def test_what_is_recorded_is_not_contradicted(given: str, tmp_path: Path) -> None:
    make(tmp_path, *BPE)
    with pytest.raises(InputError, match=rf"{given.partition('=')[0]} is .*, but .* in the vocabulary"):
        prepare(tmp_path, given)


def test_a_vocabulary_without_its_record_gets_one(tmp_path: Path) -> None:
    make(tmp_path, "tokenizer.kind=bpe", "tokenizer.vocab_size=300")
    record = (tmp_path / "run" / RECORD).read_bytes()
    (tmp_path / "run" / RECORD).unlink()
    run = prepare(tmp_path)
    assert (run.config.tokenizer.kind, run.config.tokenizer.vocab_size) == ("bpe", 300)
    assert (tmp_path / "run" / RECORD).read_bytes() == record
    assert prepare(tmp_path).config == run.config


def test_vocabularies_that_are_not_shared_need_embeddings_that_are_not(tmp_path: Path) -> None:
    make(tmp_path, "tokenizer.shared=false", "tokenizer.vocab_size=278")
    with pytest.raises(InputError, match=r"model\.tie is 'all', but the vocabulary .* not shared .*model\.tie=output"):
        prepare(tmp_path)
    assert prepare(tmp_path, "model.tie=output").config.tokenizer.shared is False


def test_a_size_that_followed_from_the_text_is_told_as_it_is(tmp_path: Path) -> None:
    make(tmp_path)
    run = prepare(tmp_path)
    assert run.config.tokenizer.vocab_size == len(run.tokenizers.src) < 1000


def test_a_training_that_makes_its_own_vocabulary_has_no_record_and_is_held_to_its_config(tmp_path: Path) -> None:
    prepare(tmp_path, "tokenizer.kind=bpe", "tokenizer.vocab_size=300")
    assert not (tmp_path / "run" / RECORD).exists()
    with pytest.raises(InputError, match=r"tokenizer\.kind was 'bpe', now 'unigram'"):
        prepare(tmp_path, "tokenizer.vocab_size=300")


def test_a_record_of_what_was_never_written_does_not_count(tmp_path: Path) -> None:
    make(tmp_path, *BPE)
    (tmp_path / "run" / "shared.spm").unlink()
    assert prepare(tmp_path, "tokenizer.vocab_size=290").config.tokenizer.kind == "unigram"
    assert not (tmp_path / "run" / RECORD).exists()


@pytest.mark.parametrize("shared", [True, False])
def test_overwriting_a_run_keeps_a_vocabulary_that_was_there_before(shared: bool, tmp_path: Path) -> None:
    given = BPE if shared else ("tokenizer.shared=false", "tokenizer.vocab_size=278", "model.tie=output")
    make(tmp_path, *given)
    before = tiny.files(tmp_path / "run")
    prepare(tmp_path, *given)
    run = prepare_run(settings(tmp_path, "train.max_steps=7", f"model.tie={'all' if shared else 'output'}"),
                      tmp_path / "run", True)  # fmt: skip
    assert before.items() <= tiny.files(tmp_path / "run").items()
    assert run.config.tokenizer.kind == ("bpe" if shared else "unigram")
    with pytest.raises(InputError, match=r"tokenizer\.vocab_size is 290, but \d+ in the vocabulary"):
        prepare_run(settings(tmp_path, "tokenizer.vocab_size=290"), tmp_path / "run", True)
    assert before.items() <= tiny.files(tmp_path / "run").items()


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_kill_while_a_run_is_overwritten_leaves_the_vocabulary(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, *BPE)
    before = tiny.files(tmp_path / "run")
    prepare(tmp_path)
    real, moved = Path.replace, list[str]()

    def killed(path: Path, target: Path) -> Path:
        if target.parent == tmp_path / "run" and path.parent.name == ".replacement":
            moved.append(path.name)
            if len(moved) == count:
                raise KeyboardInterrupt
        return real(path, target)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        prepare_run(settings(tmp_path, "train.max_steps=7"), tmp_path / "run", True)
    assert set(moved) <= {"cache", "shared.spm", "vocabulary.json", "config.json"}
    assert ("config.json" in moved) is (count == 4)
    assert before.items() <= tiny.files(tmp_path / "run").items()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "unigram"}, r"vocabulary\.json says kind 'unigram', but the vocabulary beside it has 'bpe'; remove"),
        ({"vocab_size": 301}, r"says vocab_size 301"),
        ({"shared": False}, r"says shared False"),
        ({"format_version": 9}, r"format version 9; this program reads 1"),
        ({"unheard_of": 1}, r"vocabulary\.json: unknown key 'tokenizer\.unheard_of'"),
        ({"symbols": 1}, r"vocabulary\.json: tokenizer\.symbols"),
    ],
)
def test_a_record_that_is_not_of_the_vocabulary_is_refused(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    make(tmp_path, *BPE)
    path = tmp_path / "run" / RECORD
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **change}))
    with pytest.raises(InputError, match=message):
        prepare(tmp_path)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"7", b"\xff", b"[" * 99999])
def test_a_damaged_record_is_refused(content: bytes, tmp_path: Path) -> None:
    make(tmp_path, *BPE)
    (tmp_path / "run" / RECORD).write_bytes(content)
    with pytest.raises(InputError, match=r"vocabulary\.json is damaged .*; remove it"):
        prepare(tmp_path)
