"""From a config to a run directory: tokenizers, held-out pairs, what is refused and what is left behind."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from nmt.checkpoint import list_checkpoints
from nmt.config_reading import read_config
from nmt.corpus import read_pairs
from nmt.durable import write_atomically
from nmt.errors import InputError
from nmt.lock import DirectoryLock
from nmt.model_description import ModelDescription, read_search_config
from nmt.preparing.run import Run, prepare_run, prepare_tokenizers
from nmt.preparing.run_directory import CACHE
from tests import tiny


def prepare(folder: Path, changes: Mapping[str, object] | None = None, overwrite: bool = False) -> Run:
    return prepare_run(tiny.config(folder, changes), folder / "run", overwrite)


def test_a_run_has_its_config_tokenizers_and_pairs(tmp_path: Path) -> None:
    run = prepare(tmp_path)
    assert run.train.read(range(len(run.train))) == tiny.pairs(40)
    assert run.dev == tiny.pairs(3, 900)
    assert run.tokenizers.shared and len(run.tokenizers.src) == 300
    assert ModelDescription.read(run.directory) == run.description


def test_a_run_is_reopened_without_reading_the_corpus_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = prepare(tmp_path)
    before = tiny.files(first.directory)
    monkeypatch.setattr("nmt.preparing.pairs.read_pairs", None)
    again = prepare(tmp_path)
    assert tiny.files(again.directory) == before
    assert again.train.fingerprint == first.train.fingerprint and again.dev == first.dev


def test_held_out_pairs_share_no_source_with_training(tmp_path: Path) -> None:
    prefix = tmp_path / "train"
    tiny.write_corpus(prefix, 300)
    for side, code in enumerate(("de", "en")):  # every sentence stands there twice, once with space around it
        with prefix.with_name(f"train.{code}").open("a", encoding="utf-8") as file:
            file.writelines(f" {pair[side]} \n" for pair in tiny.pairs(300))
    run = prepare(tmp_path, {"data.dev": "", "data.dev_size": 30})
    everything = list(read_pairs([str(prefix)], "de", "en"))
    kept = run.train.read(range(len(run.train)))
    assert 2 <= len(run.dev) <= 60
    assert sorted([*kept, *run.dev]) == sorted(everything)
    assert not {pair.src.strip() for pair in kept} & {pair.src.strip() for pair in run.dev}


def test_held_out_pairs_are_no_more_than_asked_for_or_a_twentieth(tmp_path: Path) -> None:
    tiny.write_corpus(tmp_path / "train", 2000)
    asked = prepare(tmp_path, {"data.dev": "", "data.dev_size": 20}, overwrite=True)
    assert 5 <= len(asked.dev) <= 40
    most = prepare(tmp_path, {"data.dev": "", "data.dev_size": 1000}, overwrite=True)
    assert 60 <= len(most.dev) <= 140


def test_a_corpus_that_changed_is_noticed_before_anything_is_trained(tmp_path: Path) -> None:
    assert len(prepare(tmp_path).train) == 40
    tiny.write_corpus(tmp_path / "train", 43)
    assert len(prepare(tmp_path).train) == 43
    tiny.write_corpus(tmp_path / "dev", 5, 800)
    assert prepare(tmp_path).dev == tiny.pairs(5, 800)


@pytest.mark.parametrize("name", ["train", "elsewhere/train"])
def test_a_corpus_that_is_not_the_one_learned_from_costs_the_run_nothing(name: str, tmp_path: Path) -> None:
    tiny.train(tmp_path / "run", tiny.config(tmp_path, {"train.max_steps": 1}))
    before = tiny.files(tmp_path / "run")
    tiny.write_corpus(tmp_path / name, 43)
    with pytest.raises(InputError, match=r"the training corpus changed since .*; put it back, give another directory"):
        prepare(tmp_path, {"data.train": tmp_path / name, "train.max_steps": 2})
    assert tiny.files(tmp_path / "run") == before
    tiny.write_corpus(tmp_path / "train", 40)
    assert len(prepare(tmp_path).train) == 40


def test_another_vocabulary_of_the_same_size_is_refused_and_costs_the_run_nothing(tmp_path: Path) -> None:
    tiny.train(tmp_path / "run", tiny.config(tmp_path, {"train.max_steps": 1}))
    prepare_tokenizers(tiny.config(tmp_path, {"tokenizer.kind": "bpe"}), tmp_path / "other")
    own = (tmp_path / "run" / "shared.spm").read_bytes()
    shutil.copy(tmp_path / "other" / "shared.spm", tmp_path / "run")
    before = tiny.files(tmp_path / "run")
    with pytest.raises(InputError, match=r"the training vocabulary changed since .*; put it back, give another"):
        prepare(tmp_path, {"train.max_steps": 2})
    assert tiny.files(tmp_path / "run") == before
    (tmp_path / "run" / "shared.spm").write_bytes(own)
    tiny.train(tmp_path / "run", tiny.config(tmp_path, {"train.max_steps": 2}))


def test_pairs_are_read_anew_for_another_vocabulary_and_not_for_a_newer_version(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "nmt")
    prepare(tmp_path)
    caplog.clear()
    prepare_tokenizers(tiny.config(tmp_path, {"tokenizer.kind": "bpe"}), tmp_path / "other")
    shutil.copy(tmp_path / "other" / "shared.spm", tmp_path / "run")
    prepare(tmp_path)
    assert "training pairs: kept 40 of 40" in caplog.text
    caplog.clear()
    record = tmp_path / "run" / CACHE / "sources.json"
    tree = json.loads(record.read_bytes())
    del tree["vocabulary"]
    record.write_text(json.dumps(tree))
    prepare(tmp_path)
    assert "training pairs: kept" not in caplog.text


def test_a_training_goes_on_where_its_corpora_have_moved(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tiny.train(tmp_path / "run", tiny.config(tmp_path, {"train.max_steps": 1}))
    (tmp_path / "elsewhere").mkdir()
    for path in [*tmp_path.glob("train.*"), *tmp_path.glob("dev.*")]:
        path.rename(tmp_path / "elsewhere" / path.name)
    caplog.clear()
    tiny.train(tmp_path / "run", tiny.config(tmp_path / "elsewhere", {"train.max_steps": 2}))
    told = [record.getMessage() for record in caplog.records if record.getMessage().startswith("data.")]
    assert told == [
        f"data.{name} was ['{tmp_path}/{name}'], now ['{tmp_path}/elsewhere/{name}']" for name in ("dev", "train")
    ]
    assert list_checkpoints(tmp_path / "run")[0].name == "step_2"
    assert ModelDescription.read(tmp_path / "run").config.data.train == [f"{tmp_path}/elsewhere/train"]


def test_two_files_that_changed_are_noticed_however_they_are_given(tmp_path: Path) -> None:
    tiny.write_corpus(tmp_path / "train", 40)
    changes = {"data.train": f"{tmp_path}/train.de, {tmp_path}/train.en"}
    assert len(prepare(tmp_path, changes).train) == 40
    tiny.write_corpus(tmp_path / "train", 43)
    assert len(prepare(tmp_path, changes).train) == 43


def test_a_saved_data_set_that_changed_is_noticed(tmp_path: Path) -> None:
    import datasets

    for count in (40, 43):
        rows = datasets.Dataset.from_list([{"de": pair.src, "en": pair.tgt} for pair in tiny.pairs(count)])
        shutil.rmtree(tmp_path / "saved", ignore_errors=True)
        rows.save_to_disk(tmp_path / "saved")
        assert len(prepare(tmp_path, {"data.train": str(tmp_path / "saved")}).train) == count


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b"\xff"])
def test_a_damaged_cache_is_built_anew(damage: bytes, tmp_path: Path) -> None:
    first = prepare(tmp_path)
    (tmp_path / "run" / CACHE / "sources.json").write_bytes(damage)
    assert prepare(tmp_path).train.fingerprint == first.train.fingerprint
    (tmp_path / "run" / CACHE / "train" / "text.bin").write_bytes(damage)
    assert prepare(tmp_path).train.fingerprint == first.train.fingerprint


@pytest.mark.parametrize("part", ["train", "dev"])
@pytest.mark.parametrize("damage", [b"z", b"\xff"])
def test_damaged_text_is_told_and_read_anew(
    part: str, damage: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tiny.train(tmp_path / "run", tiny.config(tmp_path, {"train.max_steps": 1}))
    text = tmp_path / "run" / CACHE / part / "text.bin"
    whole = text.read_bytes()
    text.write_bytes(damage * 10 + whole[10:])
    prepare(tmp_path, {"train.max_steps": 1})
    assert f"the sentence pairs in '{text.parent}' are damaged; a training" in caplog.text
    assert text.read_bytes() == whole


# --- another config ---


@pytest.mark.parametrize("key", ["model.dropout", "model.embedding_size", "data.max_length", "tokenizer.sampling"])
def test_another_config_is_refused_with_both_values(key: str, tmp_path: Path) -> None:
    prepare(tmp_path)
    before = tiny.files(tmp_path)
    old = tiny.config(tmp_path).flat()[key]
    with pytest.raises(InputError, match=rf"{key} was {old}, now {7 if old > 1 else 0.5}.*--overwrite"):
        prepare(tmp_path, {key: 7 if old > 1 else 0.5})
    assert tiny.files(tmp_path) == before


def test_another_length_device_or_search_is_accepted(tmp_path: Path) -> None:
    prepare(tmp_path)
    free = {"train.max_steps": 9, "train.max_epochs": 3, "train.threads": 2, "train.device": "cpu"}
    run = prepare(tmp_path, {**free, "search.beam_size": 7, "train.keep": 1, "train.log_every": 9})
    assert ModelDescription.read(run.directory).config == run.config
    assert run.config.search.beam_size == 7


def test_decoding_defaults_that_were_too_much_can_be_mended(tmp_path: Path) -> None:
    tiny.train(tmp_path / "run", tiny.config(tmp_path))
    for name in ("config.json", "generation_config.json"):
        file = tmp_path / "run" / name
        file.write_text(
            file.read_text(encoding="utf-8").replace('"beam_size": 2', '"beam_size": 200'), encoding="utf-8"
        )
    with pytest.raises(InputError, match="beam_size=200 is too much"):
        read_search_config(tmp_path / "run", ModelDescription.read(tmp_path / "run"))
    prepare(tmp_path, {"search.beam_size": 50})
    assert read_search_config(tmp_path / "run", ModelDescription.read(tmp_path / "run")).beam_size == 50


@pytest.mark.parametrize(
    ("schedule", "words"),
    [("constant", ""), ("cosine", "; the learning rates to come are of a training of this length")],
)
def test_another_length_is_told(schedule: str, words: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    prepare(tmp_path, {"train.schedule": schedule})
    caplog.clear()
    prepare(tmp_path, {"train.schedule": schedule})
    assert not caplog.records
    prepare(tmp_path, {"train.schedule": schedule, "train.max_steps": 9, "train.max_epochs": 3})
    told = [each.getMessage() for each in caplog.records]
    assert told == [f"train.max_epochs was 0, now 3{words}", f"train.max_steps was 4, now 9{words}"]


def test_overwrite_starts_again_and_leaves_what_is_not_of_the_run(tmp_path: Path) -> None:
    tiny.train(tmp_path / "run", tiny.config(tmp_path, {"train.max_steps": 1}))
    (tmp_path / "run" / "notes.txt").write_text("mine")
    run = prepare(tmp_path, {"model.dropout": 0.5}, overwrite=True)
    assert {path.name for path in run.directory.iterdir()} == {"notes.txt", "config.json", "shared.spm", CACHE}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data.max_length": 1}, "kept 0 of 40 pairs"),
        ({"tokenizer.vocab_size": 5000}, "does not fit the training text"),
        ({"data.dev": "uneven"}, "line N of one must translate"),
    ],
)
def test_what_cannot_take_its_place_costs_a_run_nothing(
    changes: dict[str, object], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path)
    (tmp_path / "uneven.de").write_text("ba\nde\n")
    (tmp_path / "uneven.en").write_text("BA\n")
    (tmp_path / "run" / "model.safetensors").write_bytes(b"the weights")
    before = tiny.files(tmp_path)
    with pytest.raises(InputError, match=message):
        prepare(tmp_path, changes, overwrite=True)
    assert tiny.files(tmp_path) == before
    assert ".replacement" not in {path.name for path in (tmp_path / "run").iterdir()}


def test_what_a_kill_left_of_a_run_to_take_its_place_goes(tmp_path: Path) -> None:
    for overwrite in (False, True):
        prepare(tmp_path)
        (tmp_path / "run" / ".replacement" / CACHE).mkdir(parents=True)
        (tmp_path / "run" / ".replacement" / "source.spm").touch()
        run = prepare(tmp_path, overwrite=overwrite)
        assert {path.name for path in run.directory.iterdir()} == {"config.json", "shared.spm", CACHE}


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_in_the_place_of_the_cache_is_told_and_left(overwrite: bool, tmp_path: Path) -> None:
    settings = tiny.config(tmp_path)
    for a_run in (False, True):
        if a_run:
            prepare_run(settings, tmp_path / "run", False)
            shutil.rmtree(tmp_path / "run" / CACHE)
        (tmp_path / "run").mkdir(exist_ok=True)
        (tmp_path / "run" / CACHE).write_text("mine")
        with pytest.raises(InputError, match=r"cache' is a file, where a folder .*; move it away, or give another"):
            prepare_run(settings, tmp_path / "run", overwrite)
        assert (tmp_path / "run" / CACHE).read_text() == "mine"
        (tmp_path / "run" / CACHE).unlink()


@pytest.mark.parametrize(
    "content",
    [
        *('{"name": "a web page"}', "[]", "not JSON", '"no format_version here"', '{"format_version": 1}'),
        '{"format_version": "1", "src_vocab_size": 1, "tgt_vocab_size": 1, "data": {}, "tokenizer": {}, "model": {}, '
        '"train": {}, "search": {}}',
    ],
)
def test_overwrite_removes_nothing_where_config_json_is_of_no_run(content: str, tmp_path: Path) -> None:
    settings = tiny.config(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text(content)
    (tmp_path / "run" / "README.md").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(InputError, match=r"config\.json"):
            prepare_run(settings, tmp_path / "run", overwrite)
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"config.json", "README.md"}


def test_a_directory_of_other_things_is_refused(tmp_path: Path) -> None:
    settings = tiny.config(tmp_path)
    before = tiny.files(tmp_path)
    with pytest.raises(InputError, match="is not empty and holds no run"):
        prepare_run(settings, tmp_path, False)
    with pytest.raises(InputError, match="is a file; give a directory"):
        prepare_run(settings, tmp_path / "train.de", False)
    assert tiny.files(tmp_path) == before


@pytest.mark.parametrize("alone", [False, True])
def test_a_directory_that_will_not_do_is_told_before_the_corpus_is_read(
    alone: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [each for each in tiny.overrides(tmp_path) if not each.startswith("tokenizer.vocab_size")]
    settings = read_config(None, given)
    for name in ("run", "pairs", "vocabularies"):
        monkeypatch.setattr(f"nmt.preparing.{name}.read_pairs", None)
    with pytest.raises(InputError, match="is a file; give a directory"):
        path = tmp_path / "train.de"
        prepare_tokenizers(settings, path) if alone else prepare_run(settings, path, False)
    if not alone:
        with pytest.raises(InputError, match="is not empty and holds no run"):
            prepare_run(settings, tmp_path, False)


def test_what_a_kill_left_does_not_stand_in_the_way(tmp_path: Path) -> None:
    settings = tiny.config(tmp_path)
    (tmp_path / "run" / CACHE / "train.partial").mkdir(parents=True)
    for name in (".shared.spm.123.tmp", ".writable", "train.log"):
        (tmp_path / "run" / name).touch()
    assert len(prepare_run(settings, tmp_path / "run", False).train) == 40


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("vocabulary.json", r"vocabulary\.json is damaged or of something else .*; remove it, or give another"),
        ("cache/train/notes.txt", "is not empty and holds no run; give another"),
        ("cache/notes.txt", "is not empty and holds no run; give another"),
        ("source.spm", r"source\.spm' is there and is no whole vocabulary; move it away, or give another"),
        ("target.spm", r"target\.spm' is there and is no whole vocabulary; move it away, or give another"),
    ],
)
@pytest.mark.parametrize("alone", [False, True])
def test_files_of_others_that_are_named_like_a_runs_are_told_and_left(
    alone: bool, name: str, message: str, tmp_path: Path
) -> None:
    settings = tiny.config(tmp_path, {"tokenizer.shared": False, "model.tie": "output", "tokenizer.vocab_size": 278})
    (tmp_path / "run" / name).parent.mkdir(parents=True)
    (tmp_path / "run" / name).write_text('{"the": 1}')
    before = tiny.files(tmp_path)
    if alone and name.startswith("cache"):
        prepare_tokenizers(settings, tmp_path / "run")
        assert before.items() <= tiny.files(tmp_path).items()
        return
    with pytest.raises(InputError, match=message):
        prepare_tokenizers(settings, tmp_path / "run") if alone else prepare_run(settings, tmp_path / "run", False)
    assert tiny.files(tmp_path) == before


@pytest.mark.parametrize("alone", [False, True])
def test_a_kill_between_two_tokenizers_does_not_stand_in_the_way(
    alone: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tiny.config(tmp_path, {"tokenizer.shared": False, "model.tie": "output", "tokenizer.vocab_size": 278})

    def killed(path: Path, content: bytes) -> None:
        write_atomically(path, content)
        if path.name == "source.spm":
            raise KeyboardInterrupt

    run = tmp_path / "run"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("nmt.preparing.vocabularies.write_atomically", killed)
        prepare_tokenizers(settings, run) if alone else prepare_run(settings, run, False)
    assert {path.name for path in run.iterdir()} == {"source.spm", "vocabulary.json"}
    prepare_tokenizers(settings, run) if alone else prepare_run(settings, run, False)
    assert (run / "target.spm").is_file() and (run / "vocabulary.json").is_file() is alone


# --- what cannot be trained leaves nothing behind ---


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("data.train", "nowhere/train", "no file 'nowhere/train.de'"),
        ("data.dev", "nowhere/dev", "no file 'nowhere/dev.de'"),
        ("data.train", "", "data.train is not set"),
        ("data.tgt", "de", "both 'de'"),
        ("train.max_steps", 0, "max_epochs and train.max_steps are both 0"),
        ("tokenizer.vocab_size", 5000, r"tokenizer.vocab_size=5000 .* at most \d+"),
        ("tokenizer.vocab_size", 20, "tokenizer.vocab_size=20"),
        ("data.max_length", 1, r"kept 0 of 40 pairs; dropped: too_long 40"),
        ("model.attention", "luong", "unknown attention 'luong'; choose one of: dot"),
        ("model.cell", "lstn", "unknown cell 'lstn'; choose one of: lstm"),
        ("model.heads", 5, "model.heads=5 must divide"),
        ("model.encoder_size", 7, "model.encoder_size=7 must be even"),
        ("train.optimizer", "adma", "unknown optimizer 'adma'"),
        ("train.schedule", "linear", "unknown schedule 'linear'"),
        ("train.device", "tpu", "unknown device 'tpu'"),
        ("search.beam_size", 101, "search: beam_size=101 is too much for a model's own; at most 100"),
        ("tokenizer.shared", "false", "tie=all needs one vocabulary"),
    ],
)
def test_a_bad_config_is_told_and_leaves_nothing(key: str, value: object, message: str, tmp_path: Path) -> None:
    settings = tiny.config(tmp_path, {key: value})
    before = tiny.files(tmp_path)
    with pytest.raises(InputError, match=message):
        prepare_run(settings, tmp_path / "run", False)
    assert tiny.files(tmp_path) == before
    assert not (tmp_path / "run").exists()
    # So the mended command is not held to the bad config.
    assert len(prepare(tmp_path).train) == 40


@pytest.mark.parametrize(("name", "held_out"), [("train", False), ("train", True), ("dev", False)])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"\.de has [\d,]+ lines, but .*\.en has 0; line N"),
        (b"x\n" * 70, r"\.de has [\d,]+ lines, but .*\.en has 70; line N"),
        (b"x\n\xff\n", r"\.en, line 2: not UTF-8"),
    ],
)
def test_a_bad_text_is_told_by_its_own_message_and_leaves_nothing(
    content: bytes, message: str, name: str, held_out: bool, tmp_path: Path
) -> None:
    settings = tiny.config(tmp_path, {"data.dev": ""} if held_out else {})
    (tmp_path / f"{name}.en").write_bytes(content)
    with pytest.raises(InputError, match=f"{name}{message}") as caught:
        prepare_run(settings, tmp_path / "run", False)
    assert "SentencePiece" not in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("changes", [{}, {"tokenizer.vocab_size": "auto"}])
def test_an_empty_corpus_is_told_first_and_by_its_files(
    changes: dict[str, object], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    settings = tiny.config(tmp_path, changes)
    for code in ("de", "en"):
        (tmp_path / f"train.{code}").write_bytes(b"")
    with pytest.raises(InputError, match=r"train\.de and .*train\.en hold no pairs; give texts"):
        prepare_run(settings, tmp_path / "run", False)
    with pytest.raises(InputError, match=r"train\.de and .*train\.en hold no pairs; give texts"):
        prepare_tokenizers(settings, tmp_path / "vocabulary")
    assert not {"run", "vocabulary"} & {path.name for path in tmp_path.iterdir()}
    assert not caplog.records


def test_a_very_small_corpus_is_warned_of_when_a_training_begins(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told = "40 pairs are too few for a useful model; some thousands are needed"
    prepare(tmp_path)
    assert [each.message for each in caplog.records if each.levelname == "WARNING"] == [told]
    caplog.clear()
    prepare(tmp_path)
    assert told not in caplog.text


def test_epochs_without_a_limit_are_told_as_such(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    prepare(tmp_path, {"train.max_epochs": "auto", "tokenizer.vocab_size": 300})
    assert "for 40 pairs: no limit of epochs" in [each.message for each in caplog.records]


def test_a_failed_start_keeps_the_tokenizers_that_were_there(tmp_path: Path) -> None:
    prepare_tokenizers(tiny.config(tmp_path), tmp_path / "run")
    before = tiny.files(tmp_path)
    with pytest.raises(InputError, match="kept 0 of 40 pairs"):
        prepare(tmp_path, {"data.max_length": 1})
    assert tiny.files(tmp_path) == before


# --- tokenizers ---


@pytest.mark.parametrize("shared", [True, False])
def test_tokenizers_trained_alone_are_used_by_the_run(shared: bool, tmp_path: Path) -> None:
    size = 290 if shared else 278
    changes = {"tokenizer.shared": shared, "model.tie": "all" if shared else "output", "tokenizer.vocab_size": size}
    alone = prepare_tokenizers(tiny.config(tmp_path, changes), tmp_path / "run")
    assert alone.shared is shared
    before = tiny.files(tmp_path / "run")
    assert set(before) == {"vocabulary.json", *({"shared.spm"} if shared else {"source.spm", "target.spm"})}
    with pytest.raises(InputError, match=rf"tokenizer\.vocab_size is 300, but {size} in the vocabulary in '.*run'"):
        prepare(tmp_path, {**changes, "tokenizer.vocab_size": 300})
    assert tiny.files(tmp_path / "run") == before
    run = prepare(tmp_path, changes)
    assert before.items() <= tiny.files(tmp_path / "run").items()
    assert run.tokenizers.files() == alone.files()
    assert (run.description.src_vocab, run.description.tgt_vocab) == (size, size)


def test_tokenizers_see_no_held_out_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.write_corpus(tmp_path / "train", 400)
    seen: set[str] = set()
    real = __import__("nmt.preparing.vocabularies", fromlist=["train_tokenizer"]).train_tokenizer

    def watched(lines: list[str], settings: object) -> object:
        lines = list(lines)
        seen.update(lines)
        return real(iter(lines), settings)

    monkeypatch.setattr("nmt.preparing.vocabularies.train_tokenizer", watched)
    run = prepare(tmp_path, {"data.dev": ""})
    assert run.dev and not seen & {pair.src for pair in run.dev}


@pytest.mark.parametrize("shared", [False, True])
def test_a_vocabulary_of_a_larger_corpus_is_trained_on_the_same_pairs_each_time(
    shared: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.write_corpus(tmp_path / "train", 400)
    monkeypatch.setattr("nmt.preparing.vocabularies.MOST_SENTENCES", 240)
    monkeypatch.setattr("nmt.preparing.vocabularies._BLOCK", 64)
    drawn: list[list[str]] = []
    real = __import__("nmt.preparing.vocabularies", fromlist=["train_tokenizer"]).train_tokenizer

    def watched(lines: Iterable[str], settings: object) -> object:
        drawn.append(list(lines))
        return real(iter(drawn[-1]), settings)

    monkeypatch.setattr("nmt.preparing.vocabularies.train_tokenizer", watched)
    changes = {
        "tokenizer.shared": shared,
        "model.tie": "all" if shared else "output",
        "tokenizer.vocab_size": 300 if shared else 275,
    }
    for name in ("one", "other"):
        prepare_tokenizers(tiny.config(tmp_path, changes), tmp_path / name)
    half = len(drawn) // 2
    assert drawn[:half] == drawn[half:] and [len(lines) for lines in drawn[:half]] == [240] * half
    # Not the first of them, and in their order.
    every = (tmp_path / "train.de").read_text(encoding="utf-8").split("\n")
    places = [every.index(line) for line in dict.fromkeys(drawn[0]) if line in every]
    assert max(places) > 300


def test_tokenizers_are_not_trained_over_others(tmp_path: Path) -> None:
    prepare_tokenizers(tiny.config(tmp_path), tmp_path / "run")
    before = tiny.files(tmp_path)
    with pytest.raises(InputError, match="has tokenizers already"):
        prepare_tokenizers(tiny.config(tmp_path), tmp_path / "run")
    assert tiny.files(tmp_path) == before


def test_tokenizers_are_trained_by_one_process_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object, **__: object) -> None:
        with pytest.raises(InputError, match="another training is running"):
            DirectoryLock(tmp_path / "new" / "run", 0).__enter__()
        raise InputError("enough")

    monkeypatch.setattr("nmt.preparing.run.make_tokenizers", locked)
    with pytest.raises(InputError, match="enough"):
        prepare_tokenizers(tiny.config(tmp_path), tmp_path / "new" / "run")
    assert not (tmp_path / "new").exists()


def test_a_directory_that_may_not_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    settings = tiny.config(tmp_path)
    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(InputError, match="not writable"):
        prepare_run(settings, tmp_path / "run", False)


def test_a_failed_training_of_tokenizers_leaves_what_others_put_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_config: object, directory: Path, **_: object) -> None:
        (directory / "letter.txt").write_text("of somebody else", encoding="utf-8")
        for name in ("shared.spm", ".shared.spm.77.tmp", ".letter.txt.77.tmp"):
            (directory / name).touch()
        raise InputError("too large")

    settings = tiny.config(tmp_path)
    monkeypatch.setattr("nmt.preparing.run.make_tokenizers", fail)
    with pytest.raises(InputError, match="too large"):
        prepare_tokenizers(settings, tmp_path / "run")
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"letter.txt", ".letter.txt.77.tmp"}


def test_going_on_removes_what_a_kill_left_and_not_what_another_program_is_writing(tmp_path: Path) -> None:
    prepare(tmp_path)
    for name in (".model.safetensors.77.tmp", ".big.en.77.tmp"):
        (tmp_path / "run" / name).touch()
    prepare(tmp_path)
    assert [path.name for path in (tmp_path / "run").glob(".*.tmp")] == [".big.en.77.tmp"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"search.min_length": 9, "search.max_length": 5},
            "of 9 tokens is above the maximum length of 5",
        ),
        ({"train.precision": "bf16"}, "precision bf16 does not run on this cpu"),
    ],
)
def test_what_would_end_a_training_later_is_told_before_it(
    changes: dict[str, object], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nmt.device._runs_bf16", lambda _: False)
    with pytest.raises(InputError, match=message):
        prepare_run(tiny.config(tmp_path, changes), tmp_path / "run", False)
    assert not (tmp_path / "run").exists()
