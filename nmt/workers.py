"""Independent pieces of work side by side, each on a CPU core of its own.

Two batches on a core each are done sooner than one after the other on two cores: small products do not divide
well, and threads that share one wait for the slowest. They also take no harm from whatever else the cores run.
Threads of one process still wait for each other's Python; processes do not, but are for programs that may be
copied: those of the command line.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Generic, TypeVar
from weakref import finalize

import torch

from nmt.errors import FailureError
from nmt.interrupt import end_with_parent

T = TypeVar("T")
R = TypeVar("R")

# How long a process that is asked to end goes on, to hand over a result.
_GRACE_SECONDS = 3
# What a process does; it has it from the one it is a copy of.
_work: Callable[[Any], Any]


class Workers(Generic[T, R]):
    """As many workers as torch has CPU threads, started when first of use."""

    def __init__(self, work: Callable[[T], R], processes: bool = False) -> None:
        """work: what is done with a piece; processes: whether this process may be copied (on Linux)"""
        self._work = work
        self._processes = processes and sys.platform == "linux"
        self._pool: Executor | None = None

    def map(self, pieces: Sequence[T]) -> Iterator[R]:
        """Yield what the work gives for each piece, in order; raises what it raises, of the first piece that fails."""
        count = torch.get_num_threads()
        if count == 1 or len(pieces) < 2:
            yield from map(self._work, pieces)
            return
        if self._pool is None:
            self._pool = self._start(count)
        work = _do if self._processes else self._work
        futures = [self._pool.submit(work, piece) for piece in pieces]
        try:
            for future in futures:
                yield future.result()
        except BrokenProcessPool:
            raise FailureError(
                "a process that translates was ended, perhaps for want of memory; lower --batch-size or --threads"
            ) from None
        finally:
            for future in futures:
                future.cancel()
            if not self._processes:
                # A worker's setting becomes that of threads yet to come; this one goes on with its own.
                torch.set_num_threads(count)

    def _start(self, count: int) -> Executor:
        if not self._processes:
            return ThreadPoolExecutor(count, "translator", initializer=_take_one_thread)
        copied = multiprocessing.get_context("fork")
        pool = ProcessPoolExecutor(count, copied, initializer=_begin, initargs=(self._work,))
        # Without waiting for it, a program that ends right then may wake what is just being closed.
        finalize(self, pool.shutdown, cancel_futures=True)
        return pool


def _begin(work: Callable[[Any], Any]) -> None:
    """Make a new process ready: one thread, which ends with the process it is a copy of, and by no Ctrl-C before."""
    global _work  # noqa: PLW0603  (a process has one work)
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Where all processes are asked to end at once, for the rest of a result the program would wait for ever.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, lambda *_: signal.alarm(_GRACE_SECONDS))
    end_with_parent(signal.SIGKILL)
    _take_one_thread()


def _take_one_thread() -> None:
    # Torch gives a thread the program's number when that thread first asks for it, over one that it set before.
    torch.get_num_threads()
    torch.set_num_threads(1)


def _do(piece: Any) -> Any:
    return _work(piece)
