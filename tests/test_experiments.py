"""Trainings of a study: the same budget, the same corpus, and subsets that hold each other."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
from lab.experiments import (
    Corpus,
    Plan,
    budget_options,
    chosen,
    evaluate_dev,
    figures_of,
    make_plan,
    run_study,
    study_options,
    take_pairs,
    train,
    translate,
)
from lab.studies import Processes, Stopped, Task
from lab.training_log import read_metrics

from nmt.config_reading import read_config
from nmt.errors import InputError
from nmt.lines import read_lines
from tests import tiny
from tests.script_files import InProcess, write_config


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_config(tmp_path)


def plan_of(config: Path, steps: int = 2) -> Plan:
    return Plan(config, Corpus.of(read_config(config)), steps, 1)


def test_a_corpus_is_found_where_the_config_says_or_where_corpora_are(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Corpus.of(read_config(config)).folder == Path("data/multi30k")
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    monkeypatch.setenv("NMT_DATA", str(tmp_path / "elsewhere"))
    found = Corpus.of(read_config(config))
    assert found.file(found.dev, found.tgt) == tmp_path / "elsewhere/multi30k/val.en"
    assert found.file(found.dev, found.tgt).is_file()
    with pytest.raises(InputError, match="must each name one corpus"):
        Corpus.of(read_config(config, ["data.dev="]))
    packed = tmp_path / "data/multi30k/train.de.gz"
    packed.parent.mkdir(parents=True)
    packed.touch()
    assert Corpus.of(read_config(config)).folder == Path("data/multi30k")


def test_every_training_has_the_same_updates_and_its_own_changes(config: Path) -> None:
    plan = Plan(config, Corpus.of(read_config(config)), 12, 1, ("model.heads=4",))
    settings = read_config(config, plan.settings(["model.cell=gru", "model.heads=1"]))
    assert (settings.train.max_steps, settings.train.max_epochs, settings.train.eval_every) == (12, 0, 3)
    assert (settings.model.cell, settings.model.heads) == ("gru", 4)
    assert plan.facts(["model.cell=gru"])["model.cell"] == "gru"
    assert "model.cell" not in plan.facts([])
    assert Plan(None, plan.corpus, 0, 1).facts([])["model.dropout"] == "auto"


def test_a_training_is_scored_and_described(config: Path, tmp_path: Path) -> None:
    running = InProcess()
    plan = plan_of(config)
    model = train(tmp_path, running, plan, ["train.seed=5"])
    figures = figures_of(model)
    assert (figures["updates"], figures["seed"]) == (2, 5)
    assert figures["parameters"] > 1000 and figures["minutes"] >= 0
    lowest = min(line["valid_perplexity"] for line in read_metrics(model) if "valid_perplexity" in line)
    assert figures["perplexity"] >= lowest > 1
    scores = evaluate_dev(tmp_path, running, plan, [model, model], ["--beam-size", "1"])
    assert 0 <= scores["bleu"] <= 100 and 0 <= scores["chrf"] <= 100 and "tok:13a" in scores["signature"]
    assert running.commands[-1].count("-m") == 2 and "--beam-size" in running.commands[-1]
    source = plan.corpus.file("flickr2016", "de")
    assert len(translate(tmp_path, running, plan, model, source)) == 4


def test_fewer_pairs_are_among_the_more_and_stay_pairs(config: Path, tmp_path: Path) -> None:
    corpus = plan_of(config).corpus
    taken = []
    for count in (7, 20, 40):
        prefix = take_pairs(corpus, count, tmp_path / "corpora")
        taken.append(list(zip(read_lines(Path(f"{prefix}.de")), read_lines(Path(f"{prefix}.en")), strict=True)))
        assert len(taken[-1]) == count
    assert set(taken[0]) < set(taken[1]) < set(taken[2]) == {tuple(pair) for pair in tiny.pairs(40)}
    assert taken[0] != [tuple(pair) for pair in tiny.pairs(7)]
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "corpora").iterdir()}
    take_pairs(corpus, 7, tmp_path / "corpora")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "corpora").iterdir()} == before
    with pytest.raises(InputError, match="has 40 pairs; 41 are wanted"):
        take_pairs(corpus, 41, tmp_path / "corpora")


def arguments(config: Path, *words: str) -> argparse.Namespace:
    options = budget_options(study_options("A study.", "study", str(config)))
    given = options.parse_args([*words, "-o", "runs/study", "--jobs", "1"])
    given.overrides = []
    return given


def test_steps_are_those_asked_for_and_kept(config: Path) -> None:
    running = InProcess()
    assert make_plan(arguments(config, "--steps", "9"), running).steps == 9
    assert not running.commands
    assert make_plan(arguments(config, "--steps", "9"), running).steps == 9
    with pytest.raises(InputError, match=r"was begun with --steps 9, now --minutes 25"):
        make_plan(arguments(config), running)


def test_steps_from_minutes_are_calibrated_once(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = []

    def fake(folder: Path, processes: Processes, plan: Plan, changes: list[str]) -> Path:
        lines = [{"step": step, "seconds": 50.0 if step <= 20 else 5.0} for step in range(10, plan.steps + 1, 10)]
        lines.append({"step": plan.steps, "valid_loss": 3.0})
        (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        trained.append(folder.name)
        return folder

    monkeypatch.setattr("lab.experiments.train", fake)
    asked = arguments(config, "--minutes", "2")
    # Half a second for an update, the first ones left out.
    assert make_plan(asked, InProcess()).steps == 240
    assert make_plan(asked, InProcess()).steps == 240
    assert trained == ["calibration-1"]


def test_the_calibration_has_lines_of_ten_updates_that_no_validation_cuts(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = []

    def fake(folder: Path, processes: Processes, plan: Plan, changes: list[str]) -> Path:
        measured.append(read_config(plan.config, plan.settings(changes)).train)
        text = "".join(json.dumps({"step": step, "seconds": 1.0}) + "\n" for step in range(10, 70, 10))
        (folder / "metrics.jsonl").write_text(text, encoding="utf-8")
        return folder

    monkeypatch.setattr("lab.experiments.train", fake)
    asked = arguments(config, "--minutes", "1")
    asked.overrides = ["train.log_every=100", "train.eval_every=7", "train.max_steps=5", "train.learning_rate=0.5"]
    assert make_plan(asked, InProcess()).steps == 600
    (settings,) = measured
    assert (settings.log_every, settings.eval_every, settings.max_steps, settings.max_epochs) == (10, 60, 60, 0)
    assert settings.learning_rate == 0.5


@pytest.mark.parametrize("words", [("--minutes", "0"), ("--steps", "-1"), ("--threads", "0")])
def test_a_budget_of_nothing_is_refused(words: tuple[str, ...], config: Path) -> None:
    with pytest.raises(InputError, match="must be above 0"):
        make_plan(arguments(config, *words), InProcess())


def test_chosen_rows_bring_what_they_need() -> None:
    def task(name: str, *needs: str) -> Task:
        return Task(name, {}, lambda *_: {}, needs)

    tasks = [task("a"), task("b", "a"), task("c", "b"), task("d")]
    assert chosen(tasks, ["c"]) == ["a", "b", "c"]
    assert chosen(tasks, []) == ["a", "b", "c", "d"]
    with pytest.raises(InputError, match="no row 'e'; choose among: a, b, c, d"):
        chosen(tasks, ["e"])


def test_the_exit_code_tells_how_a_study_ended() -> None:
    def stopped(processes: Processes) -> bool:
        processes.signal = 15
        raise Stopped

    assert (run_study(lambda _: True), run_study(lambda _: False), run_study(stopped)) == (0, 1, 143)
