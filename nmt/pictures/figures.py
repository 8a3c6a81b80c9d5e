"""Figures by matplotlib, an extra: made without its global state, so that nothing depends on what ran before."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

logger = logging.getLogger(__name__)

EXTRA = ("matplotlib", "plot")
# The page's colours on white.
COLOURS = ("#0b62b8", "#b84a00", "#0a7a4b", "#8a3fb0", "#a6282f", "#006d77", "#6b5b00", "#444c56")
GRID = "#d5d9de"
DASHES = ("-", "--", ":", "-.")
# $ and _ are text, however a user has set matplotlib up, and the text of an SVG stays text.
_SETTINGS: Any = {
    "text.parse_math": False,
    "text.usetex": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "nmt",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


@contextmanager
def settings() -> Iterator[None]:
    """Draw within this context: our settings over matplotlib's own."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of a size in inches, whose parts find their places themselves."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def style(number: int) -> dict[str, Any]:
    """Return how line number n is drawn: colour and dashes."""
    return {
        "color": COLOURS[number % len(COLOURS)],
        "linestyle": DASHES[(number // len(COLOURS) + number) % len(DASHES)],
        "linewidth": 1.6,
    }


def visible(text: str) -> str:
    """Return a text with a sign for what has no shape, such as control characters, which no SVG may hold."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def write_pieces(axes: Axes, pieces: list[str]) -> None:
    """Write pieces below an axis, one at each whole number."""
    axes.set_xticks(
        range(len(pieces)), [visible(piece) for piece in pieces], rotation=60, ha="right", rotation_mode="anchor"
    )


def to_bytes(figure: Figure, ending: str) -> bytes:
    """Return a figure as .png or .svg; says so where its font lacks a character."""
    written = io.BytesIO()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        metadata: dict[str, Any] = {"Date": None} if ending == ".svg" else {}
        figure.savefig(written, format=ending.removeprefix("."), dpi=150, metadata=metadata)
    if any("missing from font" in str(warning.message) for warning in caught):
        logger.warning("matplotlib's font lacks some of the characters; HTML (-o NAME.html) shows all of them")
    return written.getvalue()
