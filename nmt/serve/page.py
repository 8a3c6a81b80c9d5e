"""The page at /: a form that works without scripts; with them (static/page.js) it translates as one types."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

HERE = Path(__file__).parent
# What the browser loads besides, all of it our own.
STATIC = HERE / "static"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_KEY = (
    '<div class="row key"><label for="api_key">API key</label>'
    '<input id="api_key" name="api_key" type="password" autocomplete="off"></div>'
)


@dataclass(frozen=True)
class Filled:
    """What the form holds: text, language pair (source-target), translation, and what went wrong."""

    text: str = ""
    pair: str = ""
    translation: str = ""
    error: str = ""


def render(pairs: Sequence[tuple[str, str]], filled: Filled, needs_key: bool) -> str:
    """Return the page; pairs: value and name of each choice."""
    choices = "".join(
        f'<option value="{html.escape(value)}"{" selected" * (value == filled.pair)}>{html.escape(name)}</option>'
        for value, name in pairs
    )
    template = Template((HERE / "page.html").read_text(encoding="utf-8"))
    page = template.substitute(
        choices=choices,
        key=_KEY if needs_key else "",
        error=html.escape(filled.error),
        text=html.escape(filled.text),
        translation=html.escape(filled.translation),
    )
    # What was sent may hold what no UTF-8 can.
    return page.encode("utf-8", "replace").decode()
