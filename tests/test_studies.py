"""Studies: tasks that go on after a cut and after a failure, and end politely on a signal."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lab.studies import Figures, Processes, Row, Stopped, Study, Task, markdown

from nmt.errors import FailureError, InputError


@pytest.fixture
def processes() -> Iterator[Processes]:
    with Processes() as running:
        yield running


def counting(name: str, done: list[str], **rest: object) -> Task:
    def work(folder: Path, _: Processes) -> Figures:
        assert folder.is_dir()
        done.append(name)
        return {"score": len(name)}

    return Task(name, {"of": name}, work, **rest)  # type: ignore[arg-type]


def failing(name: str, error: Callable[[], Exception]) -> Task:
    def work(folder: Path, _: Processes) -> Figures:
        (folder / "begun").touch()
        raise error()

    return Task(name, {}, work)


def states(rows: dict[str, Row]) -> dict[str, str]:
    return {name: row.as_dict()["state"] for name, row in rows.items()}


def read_table(folder: Path) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in json.loads((folder / "table.json").read_text(encoding="utf-8"))}


@pytest.mark.parametrize("jobs", [1, 3])
def test_every_task_is_done_once_and_its_figures_are_in_the_table(
    jobs: int, tmp_path: Path, processes: Processes
) -> None:
    done: list[str] = []
    tasks = [counting(name, done, heading={"size": len(name)}) for name in ("a", "bb", "ccc")]
    assert set(states(Study(tmp_path, tasks, processes).run(jobs)).values()) == {"done"}
    assert sorted(done) == ["a", "bb", "ccc"]
    again = Study(tmp_path, tasks, processes).run(jobs)
    assert sorted(done) == ["a", "bb", "ccc"]
    assert [row.figures for row in again.values()] == [{"score": 1}, {"score": 2}, {"score": 3}]
    table = read_table(tmp_path)
    assert list(table) == ["a", "bb", "ccc"]
    assert table["bb"]["figures"] == {"score": 2} and table["bb"]["size"] == 2


def test_some_tasks_are_done_and_the_table_has_the_others_as_they_are(tmp_path: Path, processes: Processes) -> None:
    done: list[str] = []
    tasks = [counting(name, done) for name in ("a", "bb", "ccc")]
    Study(tmp_path, tasks, processes, ["bb"]).run(1)
    study = Study(tmp_path, tasks, processes, ["a"])
    study.run(1)
    assert study.complete and done == ["bb", "a"]
    assert {name: row["state"] for name, row in read_table(tmp_path).items()} == {
        "a": "done",
        "bb": "done",
        "ccc": "open",
    }
    assert not Study(tmp_path, tasks, processes).complete


@pytest.mark.parametrize("error", [FailureError("the disk is full"), KeyError("bug"), InputError("no such config")])
def test_a_task_that_fails_does_not_end_the_others_and_is_tried_again(
    error: Exception, tmp_path: Path, processes: Processes
) -> None:
    done: list[str] = []
    tasks = [failing("bad", lambda: error), counting("good", done), counting("after", done, needs=("bad",))]
    rows = Study(tmp_path, tasks, processes).run(1)
    assert states(rows) == {"bad": "failed", "good": "done", "after": "failed"}
    assert str(error.args[0]) in rows["bad"].error
    assert rows["after"].error == "needs bad, which failed"
    assert read_table(tmp_path)["bad"]["error"] == rows["bad"].error
    mended = [Task("bad", {}, lambda folder, _: {"begun": (folder / "begun").exists()}), *tasks[1:]]
    rows = Study(tmp_path, mended, processes).run(1)
    assert states(rows) == dict.fromkeys(rows, "done")
    assert rows["bad"].figures == {"begun": True}
    assert done == ["good", "after"]


def test_a_task_waits_for_what_it_needs(tmp_path: Path, processes: Processes) -> None:
    done: list[str] = []
    tasks = [counting("last", done, needs=("middle",)), counting("middle", done, needs=("first",))]
    Study(tmp_path, [*tasks, counting("first", done)], processes).run(3)
    assert done == ["first", "middle", "last"]


def test_no_more_tasks_at_a_time_than_jobs(tmp_path: Path, processes: Processes) -> None:
    running, most, lock = 0, 0, threading.Lock()

    def work(_: Path, __: Processes) -> Figures:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.03)
        with lock:
            running -= 1
        return {}

    Study(tmp_path, [Task(str(number), {}, work) for number in range(6)], processes).run(2)
    assert most == 2


def test_a_task_begun_with_other_settings_is_left_alone_and_told(tmp_path: Path, processes: Processes) -> None:
    Study(tmp_path, [Task("a", {"steps": 3}, lambda *_: {"score": 1})], processes).run(1)
    before = (tmp_path / "a/task.json").read_bytes()
    rows = Study(tmp_path, [Task("a", {"steps": 4}, lambda *_: {"score": 2})], processes).run(1)
    assert "a was begun with other settings" in rows["a"].error
    assert (tmp_path / "a/task.json").read_bytes() == before


def test_two_tasks_of_one_name_are_refused(tmp_path: Path, processes: Processes) -> None:
    with pytest.raises(InputError, match="have one name"):
        Study(tmp_path, [counting("a", []), counting("a", [])], processes)


def test_a_command_gives_its_output_and_logs_the_rest(tmp_path: Path, processes: Processes) -> None:
    code = "import os, sys; print(os.environ['OMP_NUM_THREADS']); print('told', file=sys.stderr)"
    assert processes.run([sys.executable, "-c", code], tmp_path / "log", 3) == "3\n"
    assert (tmp_path / "log").read_text(encoding="utf-8").endswith("told\n")


@pytest.mark.parametrize("number", [0, -1])
def test_without_a_number_of_threads_a_command_takes_its_own(
    number: int, tmp_path: Path, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import os; print(os.environ.get('OMP_NUM_THREADS'), os.environ.get('MKL_NUM_THREADS'))"
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "5")
    assert processes.run([sys.executable, "-c", code], tmp_path / "log", number) == "None 5\n"


@pytest.mark.parametrize(("code", "kind"), [(1, FailureError), (2, InputError), (3, FailureError)])
def test_a_command_that_fails_is_told_by_its_last_line(
    code: int, kind: type[Exception], tmp_path: Path, processes: Processes
) -> None:
    failing = f"import sys; print('no such thing', file=sys.stderr); sys.exit({code})"
    with pytest.raises(kind, match=rf"exit code {code}: no such thing \(see .*log\)"):
        processes.run([sys.executable, "-c", failing], tmp_path / "log")


SAVING = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (open(sys.argv[1], "a").write("saved\\n"), sys.exit(143)))
print("ready", file=sys.stderr, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_every_command_save_and_leaves_the_rest_for_later(number: int, tmp_path: Path) -> None:
    saved = tmp_path / "saved"

    def work(folder: Path, running: Processes) -> Figures:
        return {"output": running.run([sys.executable, "-c", SAVING, saved], folder / "log")}

    def interrupt() -> None:
        logs = [tmp_path / "study" / name / "log" for name in "ab"]
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if all(log.is_file() and "ready\n" in log.read_text(encoding="utf-8").split("$", 1)[-1] for log in logs):
                break
            time.sleep(0.02)
        os.kill(os.getpid(), number)

    done: list[str] = []
    with Processes() as running:
        study = Study(tmp_path / "study", [Task("a", {}, work), Task("b", {}, work), counting("c", done)], running)
        threading.Thread(target=interrupt, daemon=True).start()
        with pytest.raises(Stopped):
            study.run(2)
        assert running.signal == number
        with pytest.raises(Stopped):
            running.run([sys.executable, "-c", ""], tmp_path / "log")
    assert saved.read_text(encoding="utf-8") == "saved\nsaved\n"
    assert states(study.rows) == {"a": "open", "b": "open", "c": "open"} and not done


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="the system has no SIGHUP")
def test_a_signal_that_nohup_has_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Processes() as running:
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
            os.kill(os.getpid(), signal.SIGHUP)
            assert not running.signal
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_markdown_table_shows_numbers_shortly_and_keeps_its_columns() -> None:
    assert markdown(["a", "b"], [[1.2345, None], ["x|y\nz", 7]]).split("\n") == [
        "| a | b |",
        "| --- | --- |",
        "| 1.23 | – |",
        r"| x\|y z | 7 |",
    ]
