"""One worker, many clients: texts of several requests are translated together, fairly and in order."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from nmt.serve.refusal import Refusal

logger = logging.getLogger(__name__)
K = TypeVar("K", bound=Hashable)
R = TypeVar("R")


@dataclass(eq=False)
class _Job(Generic[K, R]):
    """The texts of one request."""

    kind: K
    texts: Sequence[str]
    future: Future[list[R]] = field(default_factory=Future)
    arrived: float = field(default_factory=time.monotonic)
    taken: int = 0
    results: list[R] = field(default_factory=list)


class Batcher(Generic[K, R]):
    """Runs the texts of requests in batches, on one thread of its own.

    Texts share a batch when their requests are of one kind. A batch starts when it is full, or `wait` seconds after
    the request that has waited longest came; requests take turns text by text, so that a long one delays a short one
    by a batch, not by its length. When a batch fails, its requests run one by one, and only what fails alone fails.
    """

    def __init__(
        self, run: Callable[[K, list[str]], list[R]], size: Callable[[K], int], wait: float, most: int
    ) -> None:
        """run: translates texts of one kind; size: the most texts of a batch; most: requests waiting at a time."""
        self._run, self._size, self._wait, self._most = run, size, wait, most
        self._jobs: deque[_Job[K, R]] = deque()
        self._open = 0
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="nmt-translator", daemon=True)
        self._thread.start()

    def submit(self, kind: K, texts: Sequence[str]) -> Future[list[R]]:
        """Queue the texts of a request; cancelling the future drops what is not translated yet.

        Raises Refusal 503 where too many requests wait.
        """
        job: _Job[K, R] = _Job(kind, texts)
        if not texts:
            job.future.set_result([])
            return job.future
        with self._changed:
            if self._open >= self._most or self._closing:
                raise Refusal(503, "too many requests are waiting; try again soon", retry_after=1)
            self._open += 1
            job.future.add_done_callback(self._one_less)
            self._jobs.append(job)
            self._changed.notify()
        return job.future

    def waiting(self) -> int:
        """Return how many requests wait for their translation."""
        return self._open

    def works(self) -> bool:
        """Say whether what is queued will be translated."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Translate what is queued, then end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _one_less(self, _future: Future[list[R]]) -> None:
        with self._changed:
            self._open -= 1

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._jobs and not self._closing:
                    self._changed.wait()
                if not self._jobs:
                    return
                self._gather()
                batch = self._take()
            if batch:
                self._translate(batch)

    def _gather(self) -> None:
        """Wait until the next batch is full or has waited long enough."""
        first = self._jobs[0]
        size, until = self._size(first.kind), first.arrived + self._wait
        while not self._closing and (left := until - time.monotonic()) > 0:
            if sum(len(job.texts) - job.taken for job in self._jobs if job.kind == first.kind) >= size:
                return
            self._changed.wait(left)

    def _take(self) -> list[tuple[_Job[K, R], list[str]]]:
        """Take the next batch: the texts of each request in it, in their order."""
        self._jobs = deque(job for job in self._jobs if not job.future.done())
        if not self._jobs:
            return []
        kind = self._jobs[0].kind
        room = self._size(kind)
        shares = {job: 0 for job in self._jobs if job.kind == kind}
        hungry = list(shares)
        while hungry and room:
            for job in hungry[:room]:
                shares[job] += 1
            room -= len(hungry[:room])
            hungry = [job for job in hungry if job.taken + shares[job] < len(job.texts)]
        batch = []
        for job, share in shares.items():
            if share:
                batch.append((job, list(job.texts[job.taken : job.taken + share])))
                job.taken += share
        # Those of this kind with texts left go to the end, those that got nothing before those that got some.
        rest = [job for job in shares if job.taken < len(job.texts)]
        others = [job for job in self._jobs if job not in shares]
        self._jobs = deque([*others, *sorted(rest, key=lambda job: shares[job] > 0)])
        return batch

    def _translate(self, batch: list[tuple[_Job[K, R], list[str]]]) -> None:
        texts = [text for _, share in batch for text in share]
        try:
            found = self._run(batch[0][0].kind, texts)
            if len(found) != len(texts):
                raise RuntimeError(f"{len(texts)} texts have {len(found)} translations")
        except BaseException as error:  # the thread is the only one there is
            if len(batch) > 1:
                for each in batch:
                    self._translate([each])
                return
            logger.exception("translating failed")
            with suppress(InvalidStateError):
                # Those that are no Exception would end whoever waits.
                told = error if isinstance(error, Exception) else RuntimeError(f"translating ended by {error!r}")
                batch[0][0].future.set_exception(told)
            return
        results = iter(found)
        for job, share in batch:
            job.results += [next(results) for _ in share]
            if len(job.results) == len(job.texts):
                # The client may have hung up in the meantime.
                with suppress(InvalidStateError):
                    job.future.set_result(job.results)
