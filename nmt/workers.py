"""Independent pieces of work side by side, each on a CPU core of its own.

Two batches on a core each are done sooner than one after the other on two cores: small products do not divide
well, and threads that share one wait for the slowest. They also take no harm from whatever else the cores run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

T = TypeVar("T")
R = TypeVar("R")


class Workers:
    """As many workers as torch has CPU threads, started when first of use."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None

    def map(self, work: Callable[[T], R], pieces: Sequence[T]) -> list[R]:
        """Return what work gives for each piece, in order; raises what it raises, of the first piece that fails."""
        count = torch.get_num_threads()
        if count == 1 or len(pieces) < 2:
            return [work(piece) for piece in pieces]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(count, "translator", initializer=torch.set_num_threads, initargs=(1,))
        futures = [self._pool.submit(work, piece) for piece in pieces]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()
            # A worker's setting becomes that of threads yet to come; this one goes on with its own.
            torch.set_num_threads(count)
