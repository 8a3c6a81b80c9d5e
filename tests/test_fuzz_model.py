"""Tests of what a stranger's model can do: nothing. Many damaged ones are loaded, in a process that may crash."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import fuzz_model
import pytest

# All of them, 2,000 and more: .venv/bin/python scripts/fuzz_model.py
MUTATIONS = 300


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    fuzz_model.make_models(folder)
    return folder


def test_a_damaged_model_loads_or_is_refused_by_one_clear_line(models: Path) -> None:
    outcomes = list(fuzz_model.run(models, seed=7, first=0, last=MUTATIONS))
    assert [each for each in outcomes if each.kind not in fuzz_model.CLEAN] == []
    assert [each.number for each in outcomes] == list(range(MUTATIONS))
    # The mutations are neither all fatal nor all harmless.
    assert {fuzz_model.LOADED, fuzz_model.REFUSED} <= {each.kind for each in outcomes}


@pytest.mark.parametrize("end, kind", [("os.kill(os.getpid(), 11)", "crash"), ("time.sleep(60)", "hang")])
def test_a_crash_or_a_hang_costs_one_mutation_and_is_told(
    models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, end: str, kind: str
) -> None:
    # A child like the real one, whose second mutation ends badly.
    child = tmp_path / "child.py"
    child.write_text(
        "import json, os, sys, time\n"
        "first, last = int(sys.argv[-2]), int(sys.argv[-1])\n"
        "for number in range(first, last):\n"
        '    print(json.dumps({"begin": number}), flush=True)\n'
        f"    if number == 1: {end}\n"
        '    print(json.dumps({"number": number, "file": "f", "kind": "loaded"}), flush=True)\n'
    )
    monkeypatch.setattr(fuzz_model, "__file__", str(child))
    monkeypatch.setattr(fuzz_model, "SECONDS", 2.0)
    outcomes = list(fuzz_model.run(models, 1, 0, 4))
    assert [(each.number, each.kind) for each in outcomes] == [(0, "loaded"), (1, kind), (2, "loaded"), (3, "loaded")]


def test_a_mutation_is_the_same_each_time(models: Path, tmp_path: Path) -> None:
    outcomes = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        outcome = fuzz_model.try_one(models, tmp_path / name, seed=7, number=3)
        outcomes.append((outcome.file, outcome.kind, outcome.message.replace(str(tmp_path / name), "")))
    assert outcomes[0] == outcomes[1]


def test_the_report_counts_by_file_and_lists_failures() -> None:
    outcomes = [
        fuzz_model.Outcome(0, "config.json", fuzz_model.REFUSED),
        fuzz_model.Outcome(1, "config.json", fuzz_model.LOADED),
        fuzz_model.Outcome(2, "?", "crash", "exit code -11", peak=2048),
    ]
    text = fuzz_model.report(outcomes, 3.0)
    assert "config.json  1" in text
    assert "mutation 2, ?: crash: 'exit code -11'" in text
    assert text.endswith("3 mutations, 1 failures, 3 s, at most 2 MiB of memory")


def test_a_failure_is_told_when_it_comes_and_the_report_when_the_study_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*_: object) -> Iterator[fuzz_model.Outcome]:
        yield fuzz_model.Outcome(0, "config.json", fuzz_model.LOADED)
        yield fuzz_model.Outcome(1, "?", "crash", "exit code -11")
        assert "mutation 1, ?: crash: 'exit code -11'" in capsys.readouterr().err
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(fuzz_model, "run", run)
    with pytest.raises(SystemExit) as end:
        fuzz_model.count(tmp_path, 1, 9)
    assert end.value.code == 130
    assert "2 mutations, 1 failures" in capsys.readouterr().out
