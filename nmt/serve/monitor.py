"""What the server counts, for Prometheus; texts appear nowhere."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class Monitor:
    """The counters of one server, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.requests = Counter("nmt_requests", "Requests answered", ["path", "status"], registry=self._registry)
        self.seconds = Histogram(
            "nmt_request_seconds", "From a request to its answer", ["path"], buckets=_SECONDS, registry=self._registry
        )
        self.batches = Histogram(
            "nmt_batch_sentences", "Sentences translated together", buckets=_SIZES, registry=self._registry
        )
        self.characters = Counter("nmt_characters", "Source characters translated", registry=self._registry)
        self.failures = Counter("nmt_failures", "Batches the model failed on", registry=self._registry)
        self.lacking = Counter("nmt_lacking", "Translations that lack a term of the glossary", registry=self._registry)
        self._waiting = Gauge("nmt_waiting_requests", "Requests waiting for a translation", registry=self._registry)

    def watch(self, waiting: Callable[[], int]) -> None:
        """Take the number of waiting requests from a function."""
        self._waiting.set_function(waiting)

    def text(self) -> bytes:
        """Return all of it in Prometheus' text format."""
        return generate_latest(self._registry)
