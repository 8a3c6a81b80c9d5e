"""The figure of scripts/claims: BLEU by length of the source, typing errors, training pairs, and over the training."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nmt.errors import FailureError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def need_matplotlib() -> None:
    """Raise FailureError where matplotlib is not installed."""
    if find_spec("matplotlib") is None:
        raise FailureError("the figure needs matplotlib; install it by: pip install -e '.[dev]'")


def draw(rows: Sequence[dict[str, Any]], directory: Path) -> None:
    """Write claims.png and claims.svg of the rows of a table that are done; nothing where none is."""
    if not rows:
        return
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    whole = max(row["pairs"] for row in rows)
    of_all = [row for row in rows if row["pairs"] == whole]
    # A figure is equal for equal data: no date, and names of parts that do not change.
    with mpl.rc_context({"svg.hashsalt": "claims"}):
        figure = Figure(figsize=(10, 7.5), layout="constrained")
        FigureCanvasAgg(figure)
        panels = figure.subplots(2, 2)
        _lengths(panels[0][0], of_all)
        _noise(panels[0][1], of_all)
        _pairs(panels[1][0], rows)
        _curves(panels[1][1], of_all)
        figure.savefig(directory / "claims.png", dpi=150, metadata={"Software": None})
        figure.savefig(directory / "claims.svg", metadata={"Date": None})


def _label(axes: Axes, title: str, x: str, y: str = "BLEU") -> None:
    axes.set_title(title)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)
    axes.legend()


def _lengths(axes: Axes, rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        groups = row["figures"]["lengths"]
        names = [name.replace(" words", "").replace(" and more", "+") for name in groups]
        axes.plot(names, [group["bleu"] for group in groups.values()], marker="o", label=row["name"])
    _label(axes, "Long sentences", "words of the source")


def _noise(axes: Axes, rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        noise = row["figures"]["noise"]
        axes.plot([100 * float(share) for share in noise], list(noise.values()), marker="o", label=row["name"])
    _label(axes, "Typing errors", "words with an error, %")


def _pairs(axes: Axes, rows: Sequence[dict[str, Any]]) -> None:
    cells = [row for row in rows if row["name"].startswith(f"{row['cell']}-") and _is_of_size(row)]
    for cell in dict.fromkeys(row["cell"] for row in cells):
        points = sorted((row["pairs"], row["figures"]["bleu"]) for row in cells if row["cell"] == cell)
        axes.plot([pairs for pairs, _ in points], [bleu for _, bleu in points], marker="o", label=cell)
    axes.set_xscale("log")
    sizes = sorted({row["pairs"] for row in cells})
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    _label(axes, "Little data", "training pairs")


def _is_of_size(row: dict[str, Any]) -> bool:
    """Say whether a row is one of the cells by size, not of another optimiser."""
    return str(row["name"]).rpartition("-")[2] in ("all", str(row["pairs"])) and row["name"].count("-") == 1


def _curves(axes: Axes, rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        curve = row["figures"]["curve"]
        axes.plot([step for step, _ in curve], [bleu for _, bleu in curve], marker="o", label=row["name"])
    _label(axes, "The course of the training", "updates", "BLEU of the development set, greedy")
