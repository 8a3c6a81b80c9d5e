"""scripts/reproduce: test sets of every direction, both kinds of BLEU, seeds, ensemble, times."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lab.command_line import parse, parser, positive, run_script
from lab.moses import moses_tokens, tokenised_bleu
from lab.training_log import parts, read_metrics, training_facts, wall_seconds

from nmt.checkpoint import list_checkpoints
from nmt.commands.training import BEGUN
from nmt.config_reading import read_config
from nmt.errors import FailureError, InputError
from tests import tiny
from tests.script_files import ROOT, InProcess, script, write_config

reproduce = script("reproduce")
MULTI30K = sorted((ROOT / "configs").glob("multi30k.*.yaml"))


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands of nmt that are run, in this process, in a folder with a tiny corpus and config."""
    monkeypatch.chdir(tmp_path)
    write_config(tmp_path, {"train.max_steps": 2})
    runner = InProcess()
    monkeypatch.setattr("lab.experiments.Processes", lambda: runner)
    return runner.commands


def test_a_model_is_trained_once_and_scored_in_both_ways(
    commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert reproduce.main(reproduce.parse_words(["tiny.yaml", "train.seed=7"])) == 0
    written = json.loads(Path("runs/tiny/scores.json").read_text(encoding="utf-8"))
    assert (written["seed"], written["updates"], written["config"]) == (7, 2, "tiny.yaml")
    assert written["wall_seconds"] >= 0 and written["parameters"] > 1000
    # flickr2017 is not there, as in Czech.
    assert set(written["scores"]) == {"val", "multi30k/flickr2016"}
    for kinds in written["scores"].values():
        assert "case:mixed" in kinds["bleu"]["signature"] and "tok:13a" in kinds["bleu"]["signature"]
        tokens = kinds["tokenised_lowercased_bleu"]["signature"]
        assert "case:lc" in tokens and "tok:none" in tokens
        assert "confidence_var" in kinds["bleu"]
    assert len(Path("runs/tiny/translations/multi30k.flickr2016.en").read_text(encoding="utf-8").split("\n")) == 5
    printed = capsys.readouterr().out
    assert printed.count("tokenised, lower case: BLEU|") == 2 and "seed 7, 2 updates" in printed
    assert [command[0] for command in commands] == ["train", "translate", "translate"]


def test_one_seed_has_no_deviation_and_the_runs_may_have_another_folder(
    commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    seed = str(tiny.SETTINGS["train.seed"])
    assert reproduce.main(reproduce.parse_words(["tiny.yaml", "-o", "before", "--seeds", seed])) == 0
    assert not Path("runs").exists() and Path("before/tiny/scores.json").is_file()
    found = json.loads(Path("before/tiny.seeds/scores.json").read_text(encoding="utf-8"))
    assert all(each["sd"] is None for kinds in found["spread"].values() for each in kinds.values())
    spread = [line for line in capsys.readouterr().out.split("\n") if " of 1 seeds " in line]
    assert len(spread) == 2 * 3 and all(line.endswith("± –") for line in spread)


def test_a_test_set_that_is_not_there_is_told_and_without_any_nothing_begins(
    commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    row = reproduce.Row.read(Path("tiny.yaml"), [])
    assert list(row.sets) == ["val", "multi30k/flickr2016"]
    assert "multi30k/flickr2017 is not there in de and en: no score of it" in capsys.readouterr().err
    Path("data/multi30k/flickr2016.en").unlink()
    with pytest.raises(InputError, match="no test set of multi30k is there in de and en; put multi30k/flickr2016, "):
        reproduce.main(reproduce.parse_words(["tiny.yaml"]))
    assert not commands


def test_seeds_have_models_of_their_own_a_mean_and_an_ensemble(commands: list[list[str]]) -> None:
    first = int(str(tiny.SETTINGS["train.seed"]))
    reproduce.main(reproduce.parse_words(["--seeds", str(first), "2", "--ensemble", "tiny.yaml"]))
    trained = [command[command.index("-o") + 1] for command in commands if command[0] == "train"]
    assert trained == ["runs/tiny", "runs/tiny.seed2"]
    found = json.loads(Path("runs/tiny.seeds/scores.json").read_text(encoding="utf-8"))
    singles = [json.loads(Path(run, "scores.json").read_text(encoding="utf-8")) for run in trained]
    assert [single["seed"] for single in singles] == found["seeds"] == [first, 2]
    for name, kinds in found["spread"].items():
        for kind, spread in kinds.items():
            values = [single["scores"][name][kind]["score"] for single in singles]
            assert spread["mean"] == pytest.approx(sum(values) / 2)
            assert spread["sd"] == pytest.approx(abs(values[0] - values[1]) / 2**0.5)
    assert set(found["ensemble"]) == {"val", "multi30k/flickr2016"}
    assert sum(command.count("-m") == 2 for command in commands) == 2


def test_a_model_of_the_other_direction_reads_along(commands: list[list[str]]) -> None:
    back = str(tiny.reverse_directory())
    words = ["tiny.yaml", "--seeds", str(tiny.SETTINGS["train.seed"]), "2", "--ensemble", "--reverse-model", back]
    assert reproduce.main(reproduce.parse_words(words)) == 0
    along = [command for command in commands if "--reverse-model" in command]
    assert len(along) == 2 * 3 and all(command[command.index("--reverse-model") + 1] == back for command in along)
    together = json.loads(Path("runs/tiny.seeds/scores.json").read_text(encoding="utf-8"))
    single = json.loads(Path("runs/tiny/scores.json").read_text(encoding="utf-8"))
    for found in (single["scores"], single["reranked"], together["ensemble"], together["ensemble_reranked"]):
        assert set(found) == {"val", "multi30k/flickr2016"}
    assert Path("runs/tiny/reranked/translations/val.en").is_file()


@pytest.mark.parametrize("config", MULTI30K, ids=lambda path: path.name)
def test_every_direction_of_multi30k_has_its_test_sets(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = read_config(config).data
    for name in ("train", "val", "flickr2016", "flickr2017"):
        for code in {"de", "en", "fr", "cs"} - ({"cs"} if name == "flickr2017" else set()):
            tiny.write_corpus(tmp_path / "multi30k" / name, 2)
            (tmp_path / "multi30k" / f"{name}.{code}").write_text("x\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NMT_DATA", str(tmp_path))
    row = reproduce.Row.read(config, [])
    assert list(row.sets) == ["val", "multi30k/flickr2016", *(["multi30k/flickr2017"] if data.tgt != "cs" else [])]
    assert f"data.train={tmp_path / 'multi30k/train'}" in row.overrides
    assert row.lines("multi30k/flickr2016", "src") == tmp_path / f"multi30k/flickr2016.{data.src}"


def test_the_directions_are_four() -> None:
    pairs = {(data.src, data.tgt) for data in (read_config(path).data for path in MULTI30K)}
    assert pairs == {("de", "en"), ("en", "de"), ("en", "fr"), ("en", "cs")}


@pytest.mark.parametrize(
    ("corpus", "sets"),
    [
        ("tatoeba-de-en", ["tatoeba-de-en/test", "tatoeba-de-en/test_hard"]),
        ("libreoffice-en-de", ["libreoffice-en-de/test"]),
        ("builtin-corpus/de-en", ["tatoeba-de-en/test", "tatoeba-de-en/test_hard", "libreoffice-en-de/test"]),
    ],
)
def test_other_corpora_have_theirs(
    corpus: str, sets: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [f"{corpus}/train", f"{corpus}/dev", *sets]:
        tiny.write_corpus(tmp_path / "data" / name, 2)
    overrides = [f"data.train=data/{corpus}/train", f"data.dev=data/{corpus}/dev"]
    (tmp_path / "any.yaml").write_text("data: {src: de, tgt: en}\n", encoding="utf-8")
    row = reproduce.Row.read(Path("any.yaml"), overrides)
    assert list(row.sets) == ["dev", *sets]
    assert row.overrides == overrides


def test_what_cannot_be_reproduced_is_told(commands: list[list[str]]) -> None:
    for words, message in (
        (["tiny.yaml", "data.train=data/mine/train"], "no test sets are known for data/mine/train; known are"),
        (["tiny.yaml", "--ensemble"], "--ensemble is of several seeds"),
        (["none.yaml"], "no config file"),
        (["tiny.yaml", "data.train=[a,b]"], "must each name one corpus"),
    ):
        with pytest.raises(InputError, match=message):
            reproduce.main(reproduce.parse_words(words))
    assert not commands


@pytest.mark.parametrize(("number", "whole_group"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_a_signal_stops_the_training_after_saving(number: signal.Signals, whole_group: bool, tmp_path: Path) -> None:
    write_config(tmp_path, {"train.max_steps": 1_000_000, "train.save_every": 1_000_000})
    command = [sys.executable, str(ROOT / "scripts/reproduce"), "tiny.yaml"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    started = subprocess.Popen(
        command, cwd=tmp_path, env=environment, start_new_session=True, stderr=subprocess.PIPE, text=True
    )
    metrics = tmp_path / "runs/tiny/metrics.jsonl"
    deadline = time.monotonic() + 120
    while not metrics.is_file() and time.monotonic() < deadline:
        time.sleep(0.05)
    # Ctrl-C reaches every process of a terminal.
    (os.killpg if whole_group else os.kill)(started.pid, number)
    _, told = started.communicate(timeout=120)
    assert started.returncode == 128 + number
    assert told.endswith("stopped; the same command goes on\n")
    (saved,) = list_checkpoints(tmp_path / "runs/tiny")
    assert saved.name != "step_1000000"


def test_a_command_that_fails_ends_it_with_its_exit_code(tmp_path: Path) -> None:
    write_config(tmp_path)
    command = [sys.executable, str(ROOT / "scripts/reproduce"), "tiny.yaml", "train.optimizer=none"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "unknown optimizer 'none'" in done.stderr and "Traceback" not in done.stderr


# --- BLEU of tokens ---


def test_tokens_are_normalised_divided_and_in_lower_case() -> None:
    assert moses_tokens(["Ein  Mann sagt: „Ja!“", "", "z.B. 3,5 % (ca.)"], "de") == [
        'ein mann sagt : " ja ! "',
        "",
        "z.b. 3,5 % ( ca. )",
    ]


def test_case_and_the_kind_of_quotes_do_not_count_in_the_bleu_of_tokens() -> None:
    hypothesis, reference = "a man’s dog says “hello there, you”", 'A man\'s dog says "Hello there, you"'
    assert tokenised_bleu([hypothesis], [reference], "en").value == pytest.approx(100)
    assert tokenised_bleu(["A man's cat sleeps."], [reference], "en").value < 50


# --- the log of a training ---

FIRST = """2026-11-24 15:00:00,000 INFO 1,269,936 parameters on cpu, bf16, 1 threads
2026-11-24 15:00:30,500 INFO update 250: epoch 0
2026-11-24 15:01:00,500 INFO stopped after 251 updates, saved; the same command goes on
"""
SECOND = """2026-11-25 09:00:00,000 INFO going on from update 251
2026-11-25 09:00:01,000 INFO 1,269,936 parameters on cpu, bf16, 1 threads
2026-11-25 09:02:00,000 WARNING of two
lines
"""
# As versions before 2026-12 wrote it, in the other order.
THIRD = """2026-11-25 12:00:00,000 INFO 1,269,936 parameters on cpu, bf16, 1 threads
2026-11-25 12:00:00,500 INFO going on from update 300
2026-11-25 12:00:01,500 INFO stopped after 301 updates, saved; the same command goes on
"""
MARKED = f"""2026-11-26 09:00:00,000 INFO {BEGUN}
2026-11-26 09:00:05,000 WARNING train.keep was 2, now 3
2026-11-26 09:00:06,000 INFO 1,269,936 parameters on cpu, bf16, 1 threads
2026-11-26 09:00:06,000 INFO going on from update 301
2026-11-26 09:00:10,000 INFO finished after 400 updates
"""
OLD_IDLE = """2026-11-26 10:00:00,000 INFO this training is finished after 400 updates; nothing to do
"""
IDLE = f"""2026-11-26 10:00:00,000 INFO {BEGUN}
2026-11-26 10:00:00,100 INFO this training is finished after 400 updates; nothing to do
"""


@pytest.mark.parametrize(
    ("log", "count", "seconds"),
    [
        ("", 0, 0), (FIRST, 1, 60.5), (SECOND, 1, 120), (FIRST + SECOND, 2, 180.5),
        (FIRST + SECOND + THIRD, 3, 182), (FIRST + THIRD + THIRD, 3, 63.5), (FIRST + FIRST, 2, 121),
        (FIRST + THIRD + OLD_IDLE + OLD_IDLE, 3, 62),
        (FIRST + SECOND + MARKED + IDLE, 4, 190.6), (MARKED + IDLE, 2, 10.1), (MARKED + MARKED, 2, 20),
    ],
)  # fmt: skip
def test_the_time_of_a_training_is_the_sum_of_its_parts(log: str, count: int, seconds: float) -> None:
    assert len(list(parts(log))) == count
    assert wall_seconds(log) == pytest.approx(seconds)


def test_a_run_directory_tells_of_its_training(tmp_path: Path) -> None:
    tiny.train(tmp_path / "run", tiny.config(tmp_path, {"train.seed": 4}))
    (tmp_path / "run/train.log").write_text(FIRST, encoding="utf-8")
    facts = training_facts(tmp_path / "run")
    assert (facts["seed"], facts["updates"], facts["wall_seconds"]) == (4, 4, 60.5)
    assert [line["step"] for line in read_metrics(tmp_path / "run")][:2] == [1, 2]
    assert read_metrics(tmp_path) == []


# --- the command line ---


def test_overrides_may_stand_anywhere() -> None:
    options = parser("Title.\n\nText.")
    options.add_argument("file")
    options.add_argument("--seeds", type=int, nargs="+")
    given = parse(options, ["a.b=1", "--seeds", "1", "2", "model.heads=3", "--", "data.train=x=y", "name"])
    assert (given.overrides, given.seeds, given.file) == (["a.b=1", "model.heads=3", "data.train=x=y"], [1, 2], "name")


@pytest.mark.parametrize(
    ("error", "code"),
    [(InputError("wrong"), 2), (FailureError("failed"), 1), (OSError(28, "No space left on device", "text"), 1)],
)
def test_errors_are_one_line_and_an_exit_code(error: Exception, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> int:
        raise error

    with pytest.raises(SystemExit) as ended:
        run_script("study", main)
    assert ended.value.code == code
    assert capsys.readouterr().err == f"study: {error}\n"
    with contextlib.suppress(SystemExit):
        run_script("study", lambda: None)


def test_ctrl_c_is_one_line_and_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> int:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as ended:
        run_script("study", main)
    assert ended.value.code == 130
    assert capsys.readouterr().err == "study: stopped\n"


@pytest.mark.parametrize("words", ["0", "-1", "1.5", "many", "²"])
def test_what_is_counted_is_above_nothing(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = parser("Title.")
    options.add_argument("--lines", type=positive, nargs="+")
    assert options.parse_args(["--lines", "1", "20"]).lines == [1, 20]
    with pytest.raises(SystemExit) as ended:
        options.parse_args(["--lines", "3", words])
    assert ended.value.code == 2
    assert f"argument --lines: {words!r} is no whole number above 0" in capsys.readouterr().err
