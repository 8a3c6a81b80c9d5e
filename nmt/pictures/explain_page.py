"""The page of a translation looked into, with what a newcomer needs to read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nmt.pictures.charts import Caption, LineChart, piece_chart
from nmt.pictures.explanation import Explanation, LayerView
from nmt.pictures.heat import HeatTable, heat_table, number, plain, share
from nmt.pictures.pages import render

_READING = {
    "lstm": (
        "An LSTM reads one piece after another and keeps what it has read in its cells, one number for each unit. At "
        "every piece three gates, each between 0 and 1, decide for each unit: the forget gate how much of the old "
        "value stays (1 keeps all of it, 0 forgets it), the input gate how much of what is new is taken in, the "
        "output gate how much is let out to the rest of the network."
    ),
    "gru": (
        "A GRU reads one piece after another and keeps what it has read in its state, one number for each unit. At "
        "every piece two gates, each between 0 and 1, decide for each unit: the update gate how much of the old value "
        "stays (1 keeps all of it), the reset gate how much the old state takes part in the new value."
    ),
    "rnn": (
        "A plain recurrent network reads one piece after another and keeps what it has read in its state, one number "
        "for each unit. It has no gates: at every piece the whole state is computed anew, so nothing is kept on "
        "purpose, and only the size of the state can be shown."
    ),
}
_MEANS = (
    "The lines are means over all units of a layer: they say how the layer as a whole behaves at a piece, not what it "
    "knows. A layer that reads backwards begins at the last piece. The decoder’s columns are the pieces it had just "
    "read when it wrote the next: <s> at the start, then what it wrote before."
)
_UNITS = (
    "Below the charts are single units: those that keep most of their value from piece to piece, where a gate says so, "
    "and the one that best follows the position in the sentence, quotes or brackets (r, the correlation). Among many "
    "units one fits a short sentence by accident: what the best unit reaches in 95 of 100 shuffles of the pieces is "
    "given as chance. Look at more sentences before you believe that a unit means something."
)
_SOURCES = {
    "lstm": (
        "LSTM: Hochreiter and Schmidhuber (1997), Long short-term memory",
        "Forget gate: Gers, Schmidhuber and Cummins (2000), Learning to forget: continual prediction with LSTM",
    ),
    "gru": ("GRU: Cho et al. (2014), Learning phrase representations using RNN encoder-decoder",),
    "rnn": ("Recurrent network: Elman (1990), Finding structure in time",),
}
_ALWAYS = (
    "Looking at single cells: Karpathy, Johnson and Fei-Fei (2015), Visualizing and understanding recurrent networks",
    "Attention: Bahdanau, Cho and Bengio (2015), Neural machine translation by jointly learning to align and translate",
    "What attention does not explain: Jain and Wallace (2019), Attention is not explanation",
)


@dataclass(frozen=True)
class _Section:
    """A layer on the page."""

    title: str
    size: int
    charts: tuple[LineChart, ...]
    numbers: HeatTable
    units: HeatTable


def explain_page(explanation: Explanation) -> bytes:
    """Return the page."""
    return render(
        "explain.html",
        explanation=explanation,
        attention=_attention("Attention", explanation, explanation.attention),
        second_attention=explanation.second_attention
        and _attention("Second attention", explanation, explanation.second_attention),
        paragraphs=(_READING[explanation.cell], _MEANS, _UNITS),
        layers=[_section(view, explanation) for view in explanation.layers],
        sources=(*_SOURCES[explanation.cell], *_ALWAYS),
        end=explanation.source_pieces[-1],
        has_bytes=any(piece.startswith("<0x") for piece in (*explanation.source_pieces, *explanation.target_pieces)),
    )


def cell_name(cell: str) -> str:
    """Return what the magnitude of a kind of cell is called."""
    return f"size of the {'cell' if cell == 'lstm' else 'state'} (its mean distance from 0)"


def _attention(title: str, explanation: Explanation, attention: list[list[float]]) -> HeatTable:
    rows = [
        (piece, f"{probability:.0%}", weights)
        for piece, probability, weights in zip(
            explanation.target_pieces, explanation.probabilities, attention, strict=True
        )
    ]
    caption = f"{title} of each target piece (rows) on the source pieces (columns)"
    return heat_table(caption, "target ↓ source →", explanation.source_pieces, rows, share)


def _section(view: LayerView, explanation: Explanation) -> _Section:
    gates = [(f"{name}: near 1 it {explanation.meanings[name]}", values) for name, values in view.gates.items()]
    size = cell_name(explanation.cell)
    sizes = [(size, view.magnitude)]
    charts = [piece_chart(Caption(f"{view.title}: {size}", _ranges(sizes)), view.pieces, sizes, 0.0)]
    if gates:
        caption = Caption(f"{view.title}: gates", _ranges(view.gates.items()))
        charts.insert(0, piece_chart(caption, view.pieces, gates, 1.0))
    means = [*view.gates.items(), *sizes]
    numbers = heat_table(
        f"{view.title}: means over units", "", view.pieces, [(name, "", values) for name, values in means], plain
    )
    rows = [(f"unit {unit.number}", unit.reason, unit.values) for unit in view.units]
    held = f"{view.title}: what single units hold after each piece; orange above 0, blue below, stronger further away"
    return _Section(view.title, view.size, tuple(charts), numbers, heat_table(held, "", view.pieces, rows, number))


def _ranges(lines: Iterable[tuple[str, list[float]]]) -> str:
    """Say between what each line runs."""
    said = ", ".join(f"{name} between {min(values):.2f} and {max(values):.2f}" for name, values in lines)
    return f"{said[:1].upper()}{said[1:]}."
