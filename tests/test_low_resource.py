"""The study of small corpora: what it compares, and what it measures."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab.experiments import Corpus, Plan
from lab.studies import Row

from nmt.config import SCALED_KEYS, Config
from nmt.config_reading import read_config
from nmt.errors import InputError
from nmt.scaling import open_keys
from tests import tiny
from tests.script_files import ROOT, InProcess, script

low_resource = script("low_resource")
CONFIG = ROOT / "configs/low-resource.yaml"


def test_the_config_leaves_open_what_follows_from_the_corpus() -> None:
    assert open_keys(read_config(CONFIG)) == list(SCALED_KEYS)


def test_the_untuned_training_has_the_defaults_and_the_longer_one_ends_by_its_updates_alone() -> None:
    plan = Plan(None, Corpus(Path("x"), "de", "en", "train", "dev"), 0, 1)
    variants = {variant.name: variant for variant in low_resource.variants(CONFIG)}
    untuned = read_config(None, plan.settings(variants["untuned"].changes))
    assert open_keys(untuned) == []
    assert (untuned.model, untuned.tokenizer) == (Config().model, Config().tokenizer)
    assert untuned.train == Config().train.model_copy(update={"threads": 1})
    longer = read_config(None, plan.settings(variants["untuned-as-long"].changes))
    assert longer.train == untuned.train.model_copy(update={"max_epochs": 0})
    assert longer.train.patience == 0 and variants["untuned-as-long"].like == "low-resource"
    assert variants["low-resource"].config == CONFIG


def test_both_corpora_are_measured_on_development_and_test_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for corpus, sets in (("multi30k", ("val", "flickr2016")), ("tatoeba-de-en", ("dev", "test"))):
        tiny.write_corpus(Path("data", corpus, "train"), 40)
        for number, name in enumerate(sets):
            tiny.write_corpus(Path("data", corpus, name), 3 + number, 900)
    tiny_settings = [f"{key}={value}" for key, value in tiny.SETTINGS.items() if not key.startswith("data.")]
    arguments = low_resource.parse_words(["-c", str(CONFIG), "-o", "runs/low", "--pairs", "30", *tiny_settings])
    tasks = {task.name: task for task in low_resource.tasks_of(arguments)}
    assert len(tasks) == 9 and "tatoeba-from-built-in" not in tasks
    name = "tatoeba-low-resource"
    assert tasks[name].facts["data.train"] == ["runs/low/corpora/tatoeba-de-en-30"]
    (tmp_path / name).mkdir()
    running = InProcess()
    figures = tasks[name].work(tmp_path / name, running)
    sources = [command[command.index("--src") + 1] for command in running.commands if command[0] == "evaluate"]
    assert sources == ["data/tatoeba-de-en/dev.de", "data/tatoeba-de-en/test.de"]
    control = tasks["tatoeba-untuned-as-long"]
    assert control.needs == (name,) and control.facts["updates_of"] == name
    (tmp_path / control.name).mkdir()
    (tmp_path / name / "model/metrics.jsonl").write_text('{"step": 3}\n', encoding="utf-8")
    before = len(running.commands)
    control.work(tmp_path / control.name, running)
    assert "train.max_steps=3" in running.commands[before]
    lines = low_resource.table({name: Row(tasks[name], figures), "other": Row(tasks[name], None, "failed")}).split("\n")
    assert lines[2].startswith(f"| {name} | ") and "| failed |" in lines[3]
    assert {line.count("|") for line in lines} == {lines[0].count("|")}


def test_too_few_pairs_are_told() -> None:
    with pytest.raises(InputError, match="must be above 0"):
        low_resource.main(low_resource.parse_words(["--pairs", "0"]))
