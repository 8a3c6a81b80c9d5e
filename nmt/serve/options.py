"""What a server is started with: models, address, keys and limits."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from nmt.errors import InputError

# As browsers write it: no path, not even a slash.
_ORIGIN = re.compile(r"\*|[a-z][a-z0-9+.-]*://[^\s/?#@A-Z]+")


@dataclass(frozen=True)
class Limits:
    """What one request, and all together, may ask for."""

    body: int = 2_000_000  # bytes of a request
    characters: int = 50_000  # of all texts of a request
    texts: int = 128  # in the list of a request
    alternatives: int = 5  # beside the best translation
    queue: int = 256  # requests waiting for their translation
    seconds: float = 60.0  # from a request's arrival to its answer
    per_minute: int = 0  # requests of one address; 0 = no limit
    detailed: int = 5_000  # characters where details are asked for, which grow with the square of a part's length


@dataclass(frozen=True)
class Options:
    """The command's options; see its help.

    wait: seconds a batch waits for more requests; key_file: a key in each line, None = no keys asked for
    glossary: terms that every translation holds; None = no such terms
    origins: of other web pages that may ask this server; prefix: the path under which a proxy serves it
    beam_size, reverse_weight: None = each model's own
    batch_size: sentences translated together, 0 = as many as suit the beam
    """

    models: tuple[str, ...]
    host: str = "127.0.0.1"
    port: int = 5000
    key_file: Path | None = None
    wait: float = 0.01
    beam_size: int | None = None
    reverse_weight: float | None = None
    glossary: Path | None = None
    origins: tuple[str, ...] = ()
    prefix: str = ""
    precision: str = "auto"
    device: str = "auto"
    threads: int = 0
    batch_size: int = 0
    limits: Limits = field(default_factory=Limits)


def check_origin(origin: str) -> None:
    """Raise InputError for what is no origin of web pages, and so would match none."""
    if not _ORIGIN.fullmatch(origin):
        expected = "scheme://host or scheme://host:port in lower case, such as https://example.org, or *"
        raise InputError(f"{origin!r} is no origin; give --allow-origin {expected}")
