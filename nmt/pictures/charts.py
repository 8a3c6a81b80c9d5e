"""Charts as geometry: where lines, bars and ticks lie on a page, in pixels from its upper left corner.

The templates draw them (templates/charts.html); nothing here knows HTML.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 12, 44
_PIECE_WIDTH = 30
_PIECE_BOTTOM = 84


@dataclass(frozen=True)
class Tick:
    """A place on an axis and what is written there."""

    place: float
    label: str


@dataclass(frozen=True)
class Axis:
    """Values from low to high along the pixels from start to end."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[Tick, ...]

    def place(self, value: float) -> float:
        """Return the pixel of a value."""
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)


@dataclass(frozen=True)
class Line:
    """A named line; path: as SVG writes it; dots: points without neighbours, which a path would not show."""

    name: str
    path: str
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Caption:
    """What a chart is called; summary: what it shows, for those who do not see it; x_label: below its axis."""

    title: str
    summary: str
    x_label: str = ""


@dataclass(frozen=True)
class LineChart:
    """Lines over one pair of axes."""

    caption: Caption
    width: float
    height: float
    x: Axis
    y: Axis
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Bar:
    """A bar of a series (by number) from y down to the axis; whisker: the pixels of an interval's ends."""

    series: int
    x: float
    y: float
    width: float
    height: float
    label: str
    whisker: tuple[float, float] | None


@dataclass(frozen=True)
class BarChart:
    """Groups of bars, one of each series."""

    caption: Caption
    width: float
    height: float
    x: Axis
    y: Axis
    series: tuple[str, ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Value:
    """What a bar shows, and half the width of its interval, if it has one."""

    value: float
    half: float | None = None


Points = Sequence[tuple[float, float | None]]


def line_chart(
    caption: Caption, lines: Sequence[tuple[str, Points]], x_shown: Sequence[float], y_shown: Sequence[float]
) -> LineChart:
    """Return a chart of lines (name, points); a value of None is a gap; at least one point has a value.

    x_shown, y_shown: what the axes always reach
    """
    width, height = 560, 300
    known = [(x, y) for _, points in lines for x, y in points if y is not None]
    x = value_axis([*x_shown, *(x for x, _ in known)], _LEFT, width - _RIGHT)
    y = value_axis([*y_shown, *(y for _, y in known)], height - _BOTTOM, _TOP)
    return LineChart(caption, width, height, x, y, tuple(_line(name, points, x, y) for name, points in lines))


def piece_chart(
    caption: Caption, pieces: Sequence[str], lines: Sequence[tuple[str, list[float]]], top: float
) -> LineChart:
    """Return a chart of lines (name, a value for each piece) between 0 and at least top."""
    width = max(480, _LEFT + _RIGHT + _PIECE_WIDTH * len(pieces))
    height = 150 + _PIECE_BOTTOM
    x = band_axis(pieces, _LEFT, width - _RIGHT)
    y = value_axis([0.0, top, *(value for _, values in lines for value in values)], height - _PIECE_BOTTOM, _TOP)
    drawn = tuple(_line(name, [(i + 0.5, value) for i, value in enumerate(values)], x, y) for name, values in lines)
    return LineChart(caption, width, height, x, y, drawn)


def bar_chart(caption: Caption, groups: Sequence[str], series: Sequence[tuple[str, Sequence[Value]]]) -> BarChart:
    """Return a chart of bars from zero: for each group one of each series (name, a value for each group)."""
    width, height = 720, 300
    x = band_axis(groups, _LEFT, width - _RIGHT)
    tops = [each.value + (each.half or 0) for _, values in series for each in values]
    y = value_axis([0.0, *tops], height - _BOTTOM, _TOP)
    room = (x.end - x.start) / len(groups)
    wide = room * 0.76 / len(series)
    bars = [
        _bar(number, each, round(x.start + room * (group + 0.12) + wide * number, 1), wide, y)
        for number, (_, values) in enumerate(series)
        for group, each in enumerate(values)
    ]
    return BarChart(caption, width, height, x, y, tuple(name for name, _ in series), tuple(bars))


def _bar(series: int, shown: Value, left: float, room: float, y: Axis) -> Bar:
    top = y.place(shown.value)
    size = round(room * 0.94, 1), round(y.start - top, 1)
    if shown.half is None:
        return Bar(series, left, top, *size, f"{shown.value:,.0f}", None)
    whisker = y.place(min(shown.value + shown.half, y.high)), y.place(max(shown.value - shown.half, 0.0))
    return Bar(series, left, top, *size, f"{shown.value:,.1f} ± {shown.half:,.1f}", whisker)


def value_axis(values: Sequence[float], start: float, end: float) -> Axis:
    """Return an axis around values, from tick to tick at round numbers (1, 2, 5, 10, …)."""
    low, high = min(values), max(values)
    if high - low < 1e-12 * max(abs(low), abs(high), 1e-300):
        low, high = (min(low, 0.0), max(high, 0.0)) if high or low else (0.0, 1.0)
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    label = _labels(step)
    axis = Axis(first * step, last * step, start, end, ())
    ticks = tuple(Tick(axis.place(number * step), label(number * step)) for number in range(first, last + 1))
    return Axis(axis.low, axis.high, start, end, ticks)


def band_axis(labels: Sequence[str], start: float, end: float) -> Axis:
    """Return an axis of equal bands, label n in the middle of that from n to n + 1."""
    axis = Axis(0, len(labels), start, end, ())
    return Axis(0, len(labels), start, end, tuple(Tick(axis.place(i + 0.5), label) for i, label in enumerate(labels)))


def _labels(step: float) -> Callable[[float], str]:
    """Return what writes the ticks of an axis with as many digits as tell them apart."""
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    if digits > 4:
        return lambda value: f"{value:.3g}"
    return lambda value: f"{value:,.{digits}f}"


def _line(name: str, points: Points, x: Axis, y: Axis) -> Line:
    parts: list[str] = []
    dots = []
    stretch: list[str] = []
    for place, value in [*points, (0.0, None)]:
        if value is not None:
            stretch.append(f"{x.place(place)},{y.place(value)}")
            continue
        if len(stretch) == 1:
            left, top = stretch[0].split(",")
            dots.append((float(left), float(top)))
        elif stretch:
            parts.append("M" + " L".join(stretch))
        stretch = []
    return Line(name, " ".join(parts), tuple(dots))
