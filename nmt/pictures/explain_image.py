"""The image of a translation looked into: its attention, and the gates of every layer below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nmt.pictures.explain_page import cell_name
from nmt.pictures.explanation import Explanation, LayerView
from nmt.pictures.figures import GRID, new_figure, settings, style, to_bytes, visible, write_pieces

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def explain_image(explanation: Explanation, ending: str) -> bytes:
    """Return the image as .png or .svg."""
    columns, rows = len(explanation.source_pieces), len(explanation.target_pieces)
    heat = max(3.0, 0.28 * rows + 1.4)
    looks = [("Attention", explanation.attention)]
    if explanation.second_attention is not None:
        looks.append(("Second attention", explanation.second_attention))
    layers = explanation.layers
    most = max(columns, *(len(view.pieces) for view in layers))
    with settings():
        figure = new_figure(max(8.0, 0.32 * most + 4), heat * len(looks) + 2.6 * len(layers))
        heights = [heat] * len(looks) + [1.3, 1.3] * len(layers)
        axes = figure.subplots(len(heights), 1, height_ratios=heights)
        for each, (title, attention) in zip(axes, looks, strict=False):
            _draw_attention(each, title, explanation, attention)
        below = axes[len(looks) :]
        for number, view in enumerate(layers):
            _draw_gates(below[2 * number], view, explanation)
            _draw_size(below[2 * number + 1], view, explanation)
        handles, labels = below[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
        figure.suptitle(visible(explanation.translation), wrap=True)
        return to_bytes(figure, ending)


def _draw_attention(axes: Axes, title: str, explanation: Explanation, attention: list[list[float]]) -> None:
    image = axes.imshow(attention, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    write_pieces(axes, explanation.source_pieces)
    labels = [
        f"{visible(piece)} {probability:.0%}"
        for piece, probability in zip(explanation.target_pieces, explanation.probabilities, strict=True)
    ]
    axes.set_yticks(range(len(labels)), labels)
    axes.set_title(f"{title}: where each target piece (rows, with its probability) looks in the source", loc="left")
    figure = axes.figure
    figure.colorbar(image, ax=axes, fraction=0.02, label="weight")


def _draw_gates(axes: Axes, view: LayerView, explanation: Explanation) -> None:
    axes.set_title(f"{view.title}: gates, means over {view.size} units", loc="left")
    if not view.gates:
        axes.set_axis_off()
        axes.set_title(f"{view.title}: {view.size} units, which have no gates", loc="left", y=0)
        return
    for number, (name, values) in enumerate(view.gates.items()):
        axes.plot(values, label=f"{name}: near 1 it {explanation.meanings[name]}", marker=".", **style(number))
    axes.set_ylim(0, 1)
    axes.set_xticks(range(len(view.pieces)), [])
    axes.grid(axis="y", color=GRID)


def _draw_size(axes: Axes, view: LayerView, explanation: Explanation) -> None:
    axes.plot(view.magnitude, marker=".", **style(0))
    axes.set_ylim(0, max(view.magnitude) * 1.1)
    axes.grid(axis="y", color=GRID)
    axes.set_title(cell_name(explanation.cell), loc="left")
    write_pieces(axes, view.pieces)
