"""All that the endpoints work with, in one record."""

from __future__ import annotations

from dataclasses import dataclass, field

from nmt.serve.downloads import Downloads
from nmt.serve.engine import Engine
from nmt.serve.gate import Gates
from nmt.serve.keys import Keys
from nmt.serve.monitor import Monitor
from nmt.serve.options import Limits
from nmt.serve.readers import Readers


@dataclass(frozen=True)
class Service:
    """The parts of a server; prefix: the path under which it is served, "" or as read_prefix gives it."""

    engine: Engine
    keys: Keys
    limits: Limits
    monitor: Monitor
    gates: Gates = field(default_factory=Gates)
    downloads: Downloads = field(default_factory=Downloads)
    readers: Readers = field(default_factory=Readers)
    prefix: str = ""

    def close(self) -> None:
        """End what works for the endpoints: what is queued is still translated, what is read is dropped."""
        self.readers.close()
        self.engine.close()
