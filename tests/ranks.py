"""Trainings in processes of their own, alone or several together, that a test may kill or spoil at a given point."""

from __future__ import annotations

import math
import multiprocessing
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests import tiny

# As the program does, before torch is loaded: processes that are started here inherit it.
os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")

# By name: what goes wrong in a process, given the count of the call at which it does.
FAULTS: dict[str, Callable[[int], None]] = {}


def fault(make: Callable[[int], None]) -> Callable[[int], None]:
    FAULTS[make.__name__] = make
    return make


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def at_call(module: Any, name: str, number: int, act: Callable[[], Any]) -> None:
    """Replace a function: before its call of a number, counted from 1, something happens."""
    real, calls = getattr(module, name), [0]

    def watched(*arguments: Any, **named: Any) -> Any:
        calls[0] += 1
        result = act() if calls[0] == number else None
        return real(*arguments, **named) if result is None else result

    setattr(module, name, watched)


@fault
def kill_in_batch(number: int) -> None:
    """Between the batches that are summed into an update, or before the first."""
    from nmt import gradients

    at_call(gradients, "cross_entropy", number, kill)


@fault
def kill_in_save(number: int) -> None:
    """Before a write of a checkpoint reaches the disk: its files one by one, its folder, the folder above."""
    from nmt import checkpoint

    real = checkpoint.save_checkpoint

    def save(*arguments: Any) -> None:
        at_call(os, "fsync", number, kill)
        real(*arguments)

    from nmt import training_state

    setattr(training_state, "save_checkpoint", save)  # noqa: B010  (a plain assignment is no matching type)


@fault
def kill_between_renames(number: int) -> None:
    """When the older of two checkpoints of one update has made room."""
    real, calls = os.rename, [0]

    def rename(*paths: Any) -> None:
        calls[0] += 1
        real(*paths)
        if calls[0] == number:
            kill()

    setattr(os, "rename", rename)  # noqa: B010


@fault
def kill_in_renaming(number: int) -> None:
    """Before a file or folder takes its name, or the place of another."""
    at_call(Path, "replace", number, kill)


@fault
def kill_in_validation(number: int) -> None:
    from nmt import validation

    at_call(validation, "cross_entropy", number, kill)


@fault
def signal_in_validation(number: int) -> None:
    from nmt import validation

    at_call(validation, "cross_entropy", number, lambda: os.kill(os.getpid(), signal.SIGTERM))


@fault
def late_signal(number: int) -> None:
    """A signal comes before the batch ahead of this one, which takes longer than one waits."""
    from nmt import gradients, interrupt

    def come() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        interrupt._PATIENCE_SECONDS = -1.0

    at_call(gradients, "cross_entropy", number - 1, come)


@fault
def out_of_memory(number: int) -> None:
    from nmt import gradients

    def fail() -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    at_call(gradients, "cross_entropy", number, fail)


@fault
def no_number(number: int) -> None:
    """The loss of one batch is none."""
    from nmt import gradients
    from nmt.loss import Loss, cross_entropy

    real, calls = cross_entropy, [0]

    def spoilt(*arguments: Any) -> Loss:
        calls[0] += 1
        loss = real(*arguments)
        return Loss(loss.total * math.nan, math.nan) if calls[0] == number else loss

    setattr(gradients, "cross_entropy", spoilt)  # noqa: B010


@fault
def other_weights(number: int) -> None:
    """A weight of this process alone changes."""
    from nmt.gradients import Gradients

    real, calls = Gradients.clear, [0]

    def clear(self: Gradients) -> None:
        calls[0] += 1
        real(self)
        if calls[0] == number:
            next(iter(self._weights)).data.view(-1)[0] += 1e-3

    Gradients.clear = clear  # type: ignore[method-assign]


@fault
def impatient(number: int) -> None:
    """This process gives another up after so many seconds, not the usual ones."""
    from nmt import heartbeat

    heartbeat._LOST_SECONDS, heartbeat._BEAT_SECONDS = number, 0.2


@fault
def hang(number: int) -> None:
    """This process stops without ending."""
    from nmt import gradients

    at_call(gradients, "cross_entropy", number, lambda: os.kill(os.getpid(), signal.SIGSTOP))


@fault
def full_disk(number: int) -> None:
    """No file may grow beyond so many bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (number, resource.RLIM_INFINITY))


@dataclass
class Processes:
    """Processes that train together, and the files of what they say."""

    running: list[Any]
    logs: list[Path] = field(default_factory=list)

    def wait(self, seconds: float = 120) -> list[int]:
        """Return their exit codes; those that do not end are killed, and fail the test."""
        for process in self.running:
            process.join(seconds)
        late = [process for process in self.running if process.is_alive()]
        for process in late:
            process.kill()
            process.join()
        assert not late, f"{len(late)} processes did not end: {self.said()}"
        return [process.exitcode for process in self.running]

    def said(self) -> list[str]:
        """Return what each wrote to stderr."""
        return [path.read_text(encoding="utf-8") if path.exists() else "" for path in self.logs]


@cache
def _context() -> Any:
    """Processes forked from one that has loaded everything and done nothing: they start at once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["nmt.commands.training", "torch._dynamo", "tests.ranks"])
    return context


def start(
    folder: Path, arguments: Sequence[object], size: int = 1, faults: dict[int, tuple[str, int]] | None = None
) -> Processes:
    """Start `nmt ARGUMENTS` in a number of processes; faults: by rank, name and number"""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [str(each) for each in arguments]
    logs = [folder / f"stderr.{rank}" for rank in range(size)]
    running = []
    for rank in range(size):
        place = {"RANK": rank, "WORLD_SIZE": size, "LOCAL_RANK": rank, "LOCAL_WORLD_SIZE": size}
        environment = {**place, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port} if size > 1 else {}
        given = (words, environment, str(logs[rank]), (faults or {}).get(rank))
        running.append(_context().Process(target=_run, args=given, daemon=True))
        running[-1].start()
    return Processes(running, logs)


def train(
    directory: Path,
    folder: Path,
    changes: dict[str, object] | None = None,
    size: int = 1,
    faults: dict[int, tuple[str, int]] | None = None,
) -> Processes:
    """Start a tiny training on the corpus in a folder."""
    logs = folder / f"{directory.name}.logs"
    logs.mkdir(exist_ok=True)
    return start(logs, ["train", "-o", directory, *tiny.overrides(folder, changes)], size, faults)


def _run(arguments: list[str], environment: dict[str, object], log: str, broken: tuple[str, int] | None) -> None:
    os.environ.update({key: str(value) for key, value in environment.items()})
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(handle, 2)
    os.dup2(handle, 1)
    if broken is not None:
        FAULTS[broken[0]](broken[1])
    from nmt.cli import main

    sys.argv = ["nmt", *arguments]
    main()
