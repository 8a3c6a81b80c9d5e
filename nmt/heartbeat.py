"""The heartbeat of each process of a group, by which the others miss one that hangs."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch.distributed import Store  # type: ignore[attr-defined]

_BEAT_SECONDS = 5.0
_LOST_SECONDS = 40.0


class Heartbeat(threading.Thread):
    """Tells the others that this process lives, and ends it when one of them has long not told so.

    A process that dies breaks its connections, which is noticed at once; one that hangs, or whose machine is
    gone, breaks nothing, and without a heartbeat the others would wait for it.
    """

    def __init__(self, store: Store, rank: int, size: int) -> None:
        super().__init__(daemon=True, name="heartbeat")
        self._store = store
        self._rank = rank
        self._others = [other for other in range(size) if other != rank]
        self._beats = 0
        self._done = threading.Event()
        self._beat()

    def stop(self) -> None:
        """End it before the store goes."""
        self._done.set()
        if self.is_alive():
            self.join()

    def run(self) -> None:
        now = time.monotonic()
        heard = dict.fromkeys(self._others, (b"", now))
        while not self._done.wait(_BEAT_SECONDS):
            before, now = now, time.monotonic()
            try:
                self._beat()
                beats = {other: bytes(self._store.get(_key(other))) for other in self._others}
            except RuntimeError:
                # Without a store there is no launcher: it ends us itself, or the connections will.
                return
            # Having slept itself (Ctrl-Z, a laptop's lid), it cannot blame the others for it.
            slept = now - before > 3 * _BEAT_SECONDS
            for other, beat in beats.items():
                if slept or beat != heard[other][0]:
                    heard[other] = (beat, now)
                elif now - heard[other][1] > _LOST_SECONDS:
                    self._give_up(other, now - heard[other][1])

    def _beat(self) -> None:
        self._beats += 1
        self._store.set(_key(self._rank), str(self._beats))

    def _give_up(self, other: int, seconds: float) -> None:
        message = f"nmt: process {other} of this training has not answered for {seconds:.0f} s; ending process"
        print(f"{message} {self._rank}, the last checkpoint is intact", file=sys.stderr, flush=True)
        # The main thread waits inside an exchange, where no exception reaches it.
        os._exit(1)


def _key(rank: int) -> str:
    return f"heartbeat/{rank}"
