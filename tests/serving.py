"""A server in the tests' own process: of the tiny model, or of what stands in for a model."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, cast

from fastapi.testclient import TestClient

from nmt.config import SearchConfig
from nmt.cutting import Cut, cut
from nmt.glossary import Glossary
from nmt.guidance import Missed
from nmt.segments import split_line
from nmt.serve.app import create_app
from nmt.serve.engine import Engine
from nmt.serve.keys import Keys
from nmt.serve.monitor import Monitor
from nmt.serve.options import Limits, Options
from nmt.serve.service import Service
from nmt.translation import Translation
from nmt.translator import Translator
from tests import tiny


class Stand:
    """Takes the place of a translator; keeps the lines it was given."""

    def __init__(self, translate: Callable[[Sequence[str]], Any]) -> None:
        self.lines: list[str] = []
        self.config = SearchConfig()
        self._translate = translate

    def settings(self, changes: object) -> SearchConfig:
        return SearchConfig()

    def cut(self, lines: Sequence[str], config: SearchConfig) -> Cut:
        return cut(lines, lambda line: split_line(line, "de", lambda text: len(text.split()), 100))

    def translate(
        self, lines: Sequence[str], config: SearchConfig, batch_size: int, glossary: Glossary | None, missed: Missed
    ) -> list[Translation]:
        self.lines += lines
        return list(self._translate(lines))


@functools.cache
def tiny_translator() -> Translator:
    return Translator.load(tiny.model_directory(), "fp32", "cpu", 1)


def make_client(translators: dict[tuple[str, str], Any], wait: float = 0.0, **limits: Any) -> TestClient:
    """Return a client of a server; its engine is to be closed by close."""
    options = Options(("tiny",), wait=wait, threads=1, limits=Limits(**limits))
    monitor = Monitor()
    engine = Engine(cast(dict[tuple[str, str], Translator], translators), options, monitor)
    service = Service(engine, Keys([]), options.limits, monitor)
    return TestClient(create_app(service), raise_server_exceptions=False)


def close(client: TestClient) -> None:
    client.app.state.service.close()  # type: ignore[attr-defined]
