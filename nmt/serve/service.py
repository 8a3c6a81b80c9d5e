"""All that the endpoints work with, in one record."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field

from nmt.serve.downloads import Downloads
from nmt.serve.engine import Engine
from nmt.serve.gate import Gates
from nmt.serve.keys import Keys
from nmt.serve.monitor import Monitor
from nmt.serve.options import Limits

# Documents read or written at a time: what bounds the memory they take.
_DOCUMENTS = 2


def _readers() -> Executor:
    return ThreadPoolExecutor(_DOCUMENTS, "nmt-document")


@dataclass(frozen=True)
class Service:
    """The parts of a server."""

    engine: Engine
    keys: Keys
    limits: Limits
    monitor: Monitor
    gates: Gates = field(default_factory=Gates)
    downloads: Downloads = field(default_factory=Downloads)
    readers: Executor = field(default_factory=_readers)
