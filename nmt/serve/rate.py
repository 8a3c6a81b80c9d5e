"""How many requests an address may make: a bucket for each that fills again with time."""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network

from nmt.serve.refusal import Refusal

# Addresses remembered; beyond, those whose buckets are full again are forgotten, then the oldest.
_MOST_ADDRESSES = 10_000


class Rate:
    """At most so many requests a minute from one address, all at once or spread; 0 = no limit."""

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._most = per_minute
        self._now = now
        # address -> what its bucket held, and when
        self._buckets: dict[str, tuple[float, float]] = {}

    def check(self, address: str) -> None:
        """Count a request; raises Refusal 429 where it is one too many."""
        if not self._most:
            return
        address = _network(address)
        now = self._now()
        held, then = self._buckets.pop(address, (float(self._most), now))
        held = min(self._most, held + (now - then) * self._most / 60)
        self._buckets[address] = (max(held - 1, 0) if held >= 1 else held, now)
        if len(self._buckets) > _MOST_ADDRESSES:
            self._forget(now)
        if held < 1:
            wait = int((1 - held) * 60 / self._most) + 1
            raise Refusal(429, f"more than {self._most} requests a minute; try again in {wait} s", wait)

    def _forget(self, now: float) -> None:
        """Drop buckets that a minute has filled, or else the one longest unused (they lie in order of use)."""
        old = [address for address, (_, then) in self._buckets.items() if now - then >= 60]
        for address in old or [next(iter(self._buckets))]:
            del self._buckets[address]


def _network(address: str) -> str:
    """Return what a client's address is counted by: of IPv6 its first half, for anyone has the rest to choose from."""
    if ":" not in address:
        return address
    try:
        parsed = IPv6Address(address)
    except ValueError:
        return address
    return str(parsed.ipv4_mapped or IPv6Network((parsed, 64), strict=False))
