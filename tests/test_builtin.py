"""How the built-in models are made: trained, exported, scored as exported, with the scores in the card."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
import torch
from lab import scoring
from lab.averaging import write_end, write_mean
from lab.builtin_card import Facts, builtin_card
from lab.scoring import score_sets, write_scores

from nmt.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from nmt.errors import FailureError, InputError
from nmt.model_directory import read_model
from nmt.pretrained.listing import front_matter, read_card
from tests import tiny
from tests.script_files import script

builtin = script("builtin")
SETS = ["tatoeba-de-en/test", "tatoeba-de-en/test_hard", "libreoffice-en-de/test", *builtin.WRITTEN_TO_TEST]
COUNT = len(SETS)
Commands = list[tuple[str, ...]]


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """A folder with corpora and a trained model, in which the commands of nmt are stood in for and written down."""
    for name in (*SETS, "tatoeba-de-en/train", "tatoeba-de-en/dev", "libreoffice-en-de/train"):
        tiny.write_corpus(tmp_path / "data" / name, 3)
    shutil.copytree(tiny.model_directory(), tmp_path / "runs" / "builtin.de-en")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NMT_DATA", raising=False)
    given: Commands = []

    def run(*words: str) -> str:
        given.append(words)
        if words[0] == "export":
            model, output, card = (Path(words[words.index(option) + 1]) for option in ("-m", "-o", "--card"))
            shutil.copy(card, model / "README.md")
            tiny.write_zip(model, output)
        scores = [{"name": "BLEU", "score": 10.0 + len(given), "signature": "nrefs:1"}]
        return json.dumps(scores) if words[0] == "evaluate" else ""

    monkeypatch.setattr(scoring, "run_nmt", run)
    monkeypatch.setattr(builtin, "run_nmt", run)
    return given


def test_what_is_shipped_was_scored_as_it_is_and_says_so(commands: Commands, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    builtin.make(["de-en"], tmp_path / "out", as_is=False, share=0)
    assert [words[0] for words in commands] == ["train", "export", *["evaluate"] * COUNT, "export"]
    assert all("int8" in words for words in commands if words[0] == "export")
    scored = {words[words.index("-m") + 1] for words in commands if words[0] == "evaluate"}
    assert scored == {"runs/builtin.de-en/de-en.zip"}
    assert builtin.contents(Path(*scored)) == builtin.contents(tmp_path / "out" / "de-en.zip")
    written = json.loads((tmp_path / "runs" / "builtin.de-en" / "scores.json").read_text(encoding="utf-8"))
    expected = {name: 13 + number for number, name in enumerate(SETS)}
    assert {name: found[0]["score"] for name, found in written.items()} == expected
    (model,) = front_matter(read_card(tmp_path / "out" / "de-en.zip"), "card")["model-index"]
    values = {result["dataset"]["name"]: result["metrics"][0]["value"] for result in model["results"]}
    assert values == expected


def test_choices_are_made_by_development_sets_and_nothing_is_shipped(
    commands: Commands, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.write_corpus(tmp_path / "data" / "libreoffice-en-de" / "dev", 3)
    builtin.main(builtin.parse_words(["--as-is", "--dev", "-o", str(tmp_path / "out"), "de-en"]))
    assert [words[0] for words in commands] == ["export", *["evaluate"] * 3]
    sources = [words[words.index("--src") + 1] for words in commands[1:]]
    assert [Path(path).name for path in sources] == ["dev.de", "dev.de", "development.de"]
    assert capsys.readouterr().out.startswith("de-en:\ntatoeba-de-en/dev: BLEU 12.00")
    assert not (tmp_path / "out").exists()


def test_shipped_models_translate_what_the_next_ones_learn_from(
    commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path("runs/builtin-corpus/translations")
    assert builtin.translate_originals(folder) is None and not folder.exists()
    for pair in builtin.PAIRS:
        shipped = tmp_path / "nmt" / "pretrained" / f"{pair}.zip"
        shipped.parent.mkdir(parents=True, exist_ok=True)
        tiny.write_zip(tmp_path / "runs" / "builtin.de-en", shipped)
    assert builtin.translate_originals(folder) == folder
    assert [words[:3] for words in commands] == [
        ("translate", "-m", f"nmt/pretrained/{pair}.zip") for pair in builtin.PAIRS
    ]
    asked = {(words[words.index("-i") + 1], words[words.index("-o") + 1]) for words in commands}
    assert asked == {(f"{folder}/lines.de", f"{folder}/n-best.de-en"), (f"{folder}/lines.en", f"{folder}/n-best.en-de")}
    assert all("--resume" in words for words in commands)
    *lines, last = (folder / "lines.de").read_text(encoding="utf-8").split("\n")
    assert last == "" and len(lines) == len({*lines}) > 0
    # What is done is not done again.
    (folder / "n-best.de-en").touch()
    assert builtin.translate_originals(folder) == folder
    assert [words[4:] for words in commands[2:]] == [commands[1][4:]]


def test_a_score_is_the_same_in_a_list_of_models_and_in_the_card(tmp_path: Path) -> None:
    facts = Facts.read(tiny.model_directory(), "configs/builtin.de-en.yaml", 4)
    scores = {"everyday": [{"name": "chrF2", "score": 67.551, "signature": "nrefs:1"}]}
    card = builtin_card(facts, scores)
    (model,) = front_matter(card, "card")["model-index"]
    assert model["results"][0]["metrics"][0]["value"] == 67.551
    assert "| everyday | chrF2 | 67.6 |" in card


def test_both_directions_are_scored_with_each_other_and_alone(commands: Commands, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "runs" / "builtin.de-en", tmp_path / "runs" / "builtin.en-de")
    builtin.make(["de-en", "en-de"], tmp_path, as_is=True, share=0)
    scored = [words for words in commands if words[0] == "evaluate"]
    for count, (own, back) in enumerate((("de-en", "en-de"), ("en-de", "de-en"))):
        first = 2 * COUNT * count
        alone, both = scored[first : first + COUNT], scored[first + COUNT : first + 2 * COUNT]
        assert all(f"runs/builtin.{own}/{own}.zip" in words for words in (*alone, *both))
        assert not any("--reverse-model" in words for words in alone)
        assert all(words[-2:] == ("--reverse-model", f"runs/builtin.{back}/{back}.zip") for words in both)
    names = list(json.loads((tmp_path / "runs" / "builtin.en-de" / "scores.json").read_text(encoding="utf-8")))
    assert names == [*SETS, *(f"{name}, alone" for name in SETS)]


def test_one_direction_is_scored_with_the_other_that_is_shipped(commands: Commands, tmp_path: Path) -> None:
    shipped = tmp_path / "nmt" / "pretrained" / "en-de.zip"
    shipped.parent.mkdir(parents=True)
    tiny.write_zip(tmp_path / "runs" / "builtin.de-en", shipped)
    builtin.make(["de-en"], tmp_path, as_is=True, share=0)
    assert [words[-1] for words in commands if "--reverse-model" in words] == ["nmt/pretrained/en-de.zip"] * COUNT


def test_the_corpus_is_written_once_and_a_model_can_be_taken_as_it_is(commands: Commands, tmp_path: Path) -> None:
    corpus = tmp_path / "runs" / "builtin-corpus" / "de-en"
    builtin.make(["de-en"], tmp_path, as_is=True, share=0)
    assert not corpus.exists() and "train" not in {words[0] for words in commands}
    builtin.train("de-en", Path("runs/builtin.de-en"))
    before = {path.name: path.stat().st_mtime_ns for path in corpus.iterdir()}
    assert sorted(before) == ["dev.de", "dev.en", "train.de", "train.en"]
    builtin.train("de-en", Path("runs/builtin.de-en"))
    assert {path.name: path.stat().st_mtime_ns for path in corpus.iterdir()} == before
    assert commands[-1] == ("train", "-c", "configs/builtin.de-en.yaml", "-o", "runs/builtin.de-en")


def test_the_mean_is_of_where_the_training_ended_and_of_what_it_started_from(
    commands: Commands, tmp_path: Path
) -> None:
    run, shipped = tmp_path / "runs" / "builtin.de-en", tmp_path / "nmt" / "pretrained" / "de-en.zip"
    moved = tmp_path / "moved"
    run.rename(moved)
    shipped.parent.mkdir(parents=True)
    tiny.write_zip(moved, shipped)
    builtin.train("de-en", Path("runs/builtin.de-en"))
    before = shipped.read_bytes()
    shipped.unlink()
    shutil.copytree(moved, run)
    checkpoint = load_checkpoint(run, print)
    assert checkpoint is not None
    ended = {name: weight + 1 for name, weight in checkpoint.tensors["average"].items()}
    tensors = {**checkpoint.tensors, "average": ended}
    save_checkpoint(run, Checkpoint(checkpoint.step + 1, tensors, checkpoint.counters), keep=2)
    builtin.make(["de-en"], shipped.parent, as_is=True, share=0.25)
    assert (tmp_path / "runs" / "builtin.de-en.start.zip").read_bytes() == before
    old, new = (dict(read_model(each).model.named_parameters()) for each in (moved, shipped))
    assert all(torch.allclose(new[name], old[name].lerp(ended[name], 0.75), atol=1e-6) for name in ended)
    assert "in a mean with 25% of those shipped before;" in " ".join(read_card(shipped).split())


def test_where_a_training_ended_is_told_by_its_checkpoints(tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(tiny.model_directory(), run)
    shutil.rmtree(run / "checkpoints")
    with pytest.raises(FailureError, match=r"no checkpoint in .*run"):
        write_end(run, tmp_path / "end")
    assert not (tmp_path / "end").exists()


def test_a_mean_is_of_models_that_go_together(tmp_path: Path) -> None:
    other = tmp_path / "other"
    tiny.train(other, tiny.config(tmp_path, {"train.max_steps": 1, "model.decoder_size": 24}))
    with pytest.raises(InputError, match="a mean is of models"):
        write_mean(other, tiny.model_directory(), tmp_path / "mean")
    assert not (tmp_path / "mean").exists()


def test_a_model_too_large_to_ship_is_not_left_there(
    commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builtin, "MOST_BYTES", 1000)
    with pytest.raises(FailureError, match="a built-in model has at most 1,000"):
        builtin.make(["de-en"], tmp_path, as_is=True, share=0)
    assert not list(tmp_path.rglob("*.zip"))


@pytest.mark.parametrize("changed", [False, True])
def test_what_is_shipped_stays_until_the_new_one_is_known_to_be_right(
    changed: bool, commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "out" / "de-en.zip"
    shipped.parent.mkdir()
    shipped.write_bytes(b"old")
    score = builtin.score

    def spoilt(*arguments: object) -> object:
        found = score(*arguments)
        if changed:  # a training that goes on meanwhile
            path = tmp_path / "runs" / "builtin.de-en" / "generation_config.json"
            path.write_text(json.dumps(json.loads(path.read_text()) | {"beam_size": 3}))
        else:
            monkeypatch.setattr(builtin, "MOST_BYTES", 1000)
        return found

    monkeypatch.setattr(builtin, "score", spoilt)
    with pytest.raises(FailureError, match="has changed while it was scored" if changed else "has at most 1,000"):
        builtin.make(["de-en"], shipped.parent, as_is=True, share=0)
    assert tiny.files(shipped.parent) == {"de-en.zip": b"old"}


@pytest.mark.usefixtures("commands")
def test_what_is_missing_is_told_before_anything_is_done(tmp_path: Path) -> None:
    told = {
        "no model in runs/builtin.en-de to take as it is": ["en-de", "--as-is"],
        "no runs/builtin.de-en.start.zip, the model before": ["de-en", "--mean", "0.5"],
        "no runs/builtin.en-de.start.zip": ["en-de", "--mean", "0.5"],
    }
    for words, given in told.items():
        with pytest.raises(InputError, match=re.escape(words)):
            builtin.main(builtin.parse_words([*given, "-o", str(tmp_path / "out")]))
    shutil.rmtree(tmp_path / "data" / "libreoffice-en-de")
    with pytest.raises(InputError, match="no corpus 'libreoffice-en-de'"):
        builtin.main(builtin.parse_words(["de-en", "-o", str(tmp_path / "out")]))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words, told",
    [
        (["de-fr"], "no built-in model 'de-fr'; choose from: de-en, en-de"),
        (["--mean", "1.5"], "--mean 1.5 is no share; give a number from 0 to below 1"),
    ],
)
def test_other_languages_and_shares_are_wrong_usage(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        builtin.parse_words(words)
    assert end.value.code == 2
    assert told in capsys.readouterr().err


def test_a_test_set_that_is_not_there_is_left_out_and_told(
    commands: Commands, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sets = {"there": tmp_path / "data" / SETS[0], "not": tmp_path / "data" / "none"}
    scores = score_sets(Path("model"), ("de", "en"), sets, "-M", "bleu")
    assert list(scores) == ["there"]
    write_scores(tmp_path, scores)
    assert json.loads((tmp_path / "scores.json").read_text(encoding="utf-8")) == scores
    assert commands[0][-2:] == ("-M", "bleu")
    assert capsys.readouterr().err.endswith("not is not there in de and en: no score of it\n")
    with pytest.raises(InputError, match="no test set is there in de and en: not"):
        score_sets(Path("model"), ("de", "en"), {"not": sets["not"]})


def test_a_failing_command_ends_the_script_with_its_status() -> None:
    with pytest.raises(InputError, match="exit code 2: none-at-all"):
        scoring.run_nmt("models", "none-at-all")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_command_that_a_script_runs(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = tmp_path / "python"
    child.write_text(f"#!/bin/sh\necho $$ >{tmp_path}/pid\nexec sleep 60\n")
    child.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(child))

    def interrupt() -> None:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    threading.Thread(target=interrupt).start()
    with pytest.raises(SystemExit) as end:
        scoring.run_nmt("train")
    assert end.value.code == 128 + number
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
