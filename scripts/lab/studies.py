"""Studies: tasks, some at a time, that go on after a cut and keep going where one fails, collected in a table.

Each task has a folder, runs/STUDY/TASK, with task.json: what its figures depend on and, once it is done, the figures.
A task that is done is not done again; one that was begun is handed its folder to go on from; one that failed is tried
again by the next run.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from types import FrameType
from typing import IO, Any

from lab.measuring import say
from nmt.durable import write_atomically
from nmt.errors import FailureError, InputError
from nmt.signals import SIGNALS, Handling

Figures = dict[str, Any]


class Stopped(Exception):  # noqa: N818  (an order, not an error)
    """A signal ended the study; what is begun goes on with the next run."""


class Processes:
    """The commands of a study's tasks, as the children that a signal is passed on to."""

    def __init__(self) -> None:
        self.signal = 0
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = Lock()
        # SIGHUP comes where the terminal is closed; nohup has it ignored.
        self._handling = Handling(self._stop, (*SIGNALS, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])))

    def __enter__(self) -> Processes:
        self._handling.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._handling.restore()

    def run(self, command: Sequence[object], log: Path | None = None, threads: int = 1) -> str:
        """Run a command and return its stdout; stderr is added to a log, or shown where there is none.

        threads: 0 = as many as it takes by itself. Raises FailureError with the last line it logged (InputError
        where its exit code says wrong usage), Stopped where a signal ended it or came before.
        """
        words = [str(word) for word in command]
        with log.open("a", encoding="utf-8") if log else nullcontext() as errors:
            print("$", *words, file=errors or sys.stderr, flush=True)
            process = self._start(words, errors, threads)
            output, _ = process.communicate()
            with self._lock:
                self._running.discard(process)
        if self.signal:
            raise Stopped
        if process.returncode:
            lines = log.read_text(encoding="utf-8", errors="replace").strip().split("\n") if log else [words[-1]]
            kind = InputError if process.returncode == 2 else FailureError
            raise kind(f"exit code {process.returncode}: {lines[-1]}" + (f" (see {log})" if log else ""))
        return output

    def _start(self, words: list[str], errors: IO[str] | None, threads: int) -> subprocess.Popen[str]:
        limits = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads)) if threads > 0 else {}
        with self._lock:
            if self.signal:
                raise Stopped
            # Of a session of its own, so that Ctrl-C reaches it once, from here: a second one would end it unsaved.
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True,
                encoding="utf-8", env={**os.environ, **limits}, start_new_session=True,
            )  # fmt: skip
            self._running.add(process)
        if self.signal:  # which came while the process was not yet known
            process.send_signal(signal.SIGTERM)
        return process

    def _stop(self, number: int, _: FrameType | None) -> None:
        """Ask every command to end, the second time without asking."""
        again, self.signal = self.signal, number
        for process in list(self._running):
            process.send_signal(signal.SIGKILL if again else signal.SIGTERM)


@dataclass(frozen=True)
class Task:
    """A row of a table.

    facts: all that the figures depend on, as JSON; work: makes them in the folder it is given, or goes on there;
    needs: names of tasks that must be done before; heading: what the row shows beside its figures
    """

    name: str
    facts: Mapping[str, Any]
    work: Callable[[Path, Processes], Figures]
    needs: tuple[str, ...] = ()
    heading: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Row:
    """What has become of a task: done, failed or (open) neither yet."""

    task: Task
    figures: Figures | None = None
    error: str = ""

    def as_dict(self) -> dict[str, Any]:
        state = "done" if self.figures is not None else "failed" if self.error else "open"
        facts = {"name": self.task.name, "state": state, **self.task.heading, "facts": dict(self.task.facts)}
        return {**facts, **({"error": self.error} if self.error else {}), "figures": self.figures}


class Study:
    """The tasks of a folder, and what has become of them."""

    def __init__(
        self, directory: Path, tasks: Sequence[Task], processes: Processes, only: Collection[str] = ()
    ) -> None:
        """only: names of the tasks to do, none = all; the table has the others as they are"""
        self.directory = directory
        self.only = frozenset(only or (task.name for task in tasks))
        self.rows = {task.name: Row(task) for task in tasks}
        self._processes = processes
        if len(self.rows) < len(tasks):
            raise InputError(f"two tasks of {directory} have one name: {sorted(task.name for task in tasks)}")

    def run(self, jobs: int) -> dict[str, Row]:
        """Do what is wanted and not done, as many tasks at a time as there are jobs, and keep table.json up to date.

        Raises Stopped where a signal came; tasks under way have then saved what they had.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        opened = [row for row in self.rows.values() if not self._reopen(row)]
        waiting = [row for row in opened if row.task.name in self.only]
        self._write_table()
        with ThreadPoolExecutor(jobs) as pool:
            running: dict[Future[Figures], Row] = {}
            while waiting or running:
                for row in self._ready(waiting)[: jobs - len(running)]:
                    waiting.remove(row)
                    say(f"{self.directory.name}: {row.task.name} begins")
                    running[pool.submit(self._work, row)] = row
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    self._settle(running.pop(future), future)
        if self._processes.signal:
            raise Stopped
        return self.rows

    @property
    def complete(self) -> bool:
        """Whether all that was to be done is done."""
        return all(self.rows[name].figures is not None for name in self.only)

    def _reopen(self, row: Row) -> bool:
        """Read what is known of a task from before; say whether it needs no work."""
        path = self.directory / row.task.name / "task.json"
        if not path.is_file():
            return False
        known = json.loads(path.read_text(encoding="utf-8"))
        if known["facts"] != json.loads(json.dumps(row.task.facts)):
            row.error = f"{path.parent} was begun with other settings; remove it, or give another folder by -o"
            say(f"{self.directory.name}: {row.task.name}: {row.error}")
            return True
        row.figures = known["figures"]
        return row.figures is not None

    def _ready(self, waiting: list[Row]) -> list[Row]:
        """Return the tasks whose needs are met; those whose never will be are taken out as failed."""
        if self._processes.signal:
            waiting.clear()
        ready = []
        for row in list(waiting):
            needs = [self.rows[name] for name in row.task.needs]
            if failed := [need.task.name for need in needs if need.error]:
                row.error = f"needs {', '.join(failed)}, which failed"
                waiting.remove(row)
                self._write_table()
                return self._ready(waiting)
            if all(need.figures is not None for need in needs):
                ready.append(row)
        return ready

    def _work(self, row: Row) -> Figures:
        folder = self.directory / row.task.name
        folder.mkdir(parents=True, exist_ok=True)
        self._write(row, None)
        figures = row.task.work(folder, self._processes)
        self._write(row, figures)
        return figures

    def _write(self, row: Row, figures: Figures | None) -> None:
        tree = {"facts": dict(row.task.facts), "figures": figures}
        write_json(self.directory / row.task.name / "task.json", tree)

    def _settle(self, row: Row, future: Future[Figures]) -> None:
        """Take note of how a task ended; one that fails does not end the others."""
        try:
            row.figures = future.result()
            say(f"{self.directory.name}: {row.task.name} is done")
        except Stopped:
            say(f"{self.directory.name}: {row.task.name} is stopped; the same command goes on")
        except Exception as error:
            plain = isinstance(error, FailureError | InputError)
            row.error = str(error) if plain else f"{type(error).__name__}: {error}"
            say(f"{self.directory.name}: {row.task.name} failed: {row.error}")
        self._write_table()

    def _write_table(self) -> None:
        write_json(self.directory / "table.json", [row.as_dict() for row in self.rows.values()])


def write_json(path: Path, tree: object) -> None:
    """Write indented JSON, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, (json.dumps(tree, indent=1, ensure_ascii=False) + "\n").encode())


def markdown(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table; numbers with two decimals, None as a dash."""

    def cell(value: object) -> str:
        text = "–" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)
        return text.replace("|", r"\|").replace("\n", " ")

    lines = [columns, ["---"] * len(columns), *([cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
