"""The ablations: their rows are valid trainings, and their table is right."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab.experiments import Corpus, Plan
from lab.studies import Row

from nmt.config import ModelConfig
from nmt.config_reading import read_config
from nmt.model import TranslationModel
from tests.script_files import ROOT, InProcess, script, write_config

ablations = script("ablations")
CONFIG = ROOT / "configs/multi30k-quick.de-en.yaml"


def test_every_variant_is_a_model_that_can_be_built_and_differs_from_the_baseline() -> None:
    base = read_config(CONFIG).flat()
    seen = []
    for variant in ablations.VARIANTS:
        config = read_config(CONFIG, variant.changes)
        small = config.model.model_copy(update={"embedding_size": 8, "encoder_size": 16, "decoder_size": 16})
        if config.model.tie == "all":
            assert config.tokenizer.shared
        TranslationModel(ModelConfig(**small.model_dump()), 11, 11)
        changed = {key: value for key, value in config.flat().items() if value != base[key]}
        assert bool(changed) == (variant.name != "baseline-seed-1"), variant.name
        assert changed not in seen
        seen.append(changed)


def test_the_seeds_differ_in_nothing_but_the_seed() -> None:
    changes = [variant.changes for variant in ablations.VARIANTS if variant.name in ablations.BASELINES]
    assert [key for change in changes for key in change] == ["train.seed=1", "train.seed=2", "train.seed=3"]


def test_rows_are_trained_or_made_of_trained_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = write_config(tmp_path)
    plan = Plan(config, Corpus.of(read_config(config)), 2, 1)
    tasks = {task.name: task for task in ablations.tasks_of(plan)}
    running = InProcess()

    def work(name: str) -> dict[str, object]:
        folder = tmp_path / name
        folder.mkdir()
        figures: dict[str, object] = tasks[name].work(folder, running)
        return figures

    figures = {name: work(name) for name in ("baseline-seed-1", "baseline-seed-2", "baseline-seed-3")}
    assert all(found["updates"] == 2 for found in figures.values())
    assert {found["seed"] for found in figures.values()} == {1, 2, 3}
    assert set(work("ensemble-of-3")) == {"bleu", "chrf", "signature"}
    assert set(work("beam-1")) == {"bleu", "chrf", "signature"}
    assert running.commands[-1].count("-m") == 1 and running.commands[-2].count("-m") == 3
    seeds = {"baseline-seed-1", "baseline-seed-2", "baseline-seed-3"}
    needs = {"beam-8": {"baseline-seed-1"}, "ensemble-of-3": seeds, "distilled": seeds}
    assert {name: set(tasks[name].needs) for name in needs} == needs
    assert set(tasks["distilled-near-reference"].needs) == seeds | {"distilled"}


def test_the_table_compares_with_the_mean_of_the_seeds() -> None:
    class Named:
        name = ""

    def row(bleu: float | None, error: str = "") -> Row:
        facts = {"chrf": 50.0, "perplexity": 5.25, "updates": 7, "parameters": 12_000_000}
        figures = None if bleu is None else {"bleu": bleu, **facts}
        return Row(Named(), figures, error)  # type: ignore[arg-type]

    rows = {
        "baseline-seed-1": row(30.0), "baseline-seed-2": row(32.0), "baseline-seed-3": row(None, "a cut | here"),
        "heads-1": row(30.5), "untied": row(None), "beam-1": row(29.5), "ensemble-of-3": row(33.0),
    }  # fmt: skip
    lines = ablations.table(rows).split("\n")
    assert lines[2].startswith("| baseline, 2 seeds | 31.00 ± 1.41 |")
    compared = "one seed with 2 seeds ± 1.41"
    assert lines[6] == f"| heads-1 | 30.50 | -0.50 | {compared} | 50.00 | 5.25 | 12.00 | 7 | – |"
    # A beam is of the first seed's model, and compared with nothing else.
    assert lines[8].startswith("| beam-1 | 29.50 | -0.50 | seed 1 with itself | ")
    assert lines[9].startswith("| ensemble-of-3 | 33.00 | +2.00 | their ensemble with 2 seeds ± 1.41 | ")
    assert {line.count(" | ") for line in lines} == {8}
    assert r"a cut \| here" in lines[5] and "not done yet" in lines[7]


def test_a_table_of_nothing_is_a_table() -> None:
    assert ablations.table({}).startswith("| variant |")
