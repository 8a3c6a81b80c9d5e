"""The report of an evaluation: scores, BLEU by length, how sentences fare, and those worth reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nmt.metrics import SystemScores, sentence_chrf
from nmt.pictures.charts import BarChart, Caption, Value, bar_chart
from nmt.pictures.differences import Stretch, cut_short, differences
from nmt.pictures.lengths import bleu_by_length, unit_of_length
from nmt.pictures.pages import render

# Sentences in each list.
_SHOWN = 10
_BINS = 20
_TESTS = {"bs": "paired bootstrap resampling", "ar": "paired approximate randomization"}


@dataclass(frozen=True)
class Evaluated:
    """What was scored: systems (name and lines) and their scores, in one order, the system in question last and a
    baseline, if any, before it; references, sources if known; test: bs or ar, of a baseline."""

    systems: Sequence[tuple[str, Sequence[str]]]
    scores: Sequence[SystemScores]
    references: Sequence[Sequence[str]]
    sources: Sequence[str] | None
    test: str = ""
    lowercase: bool = False


@dataclass(frozen=True)
class Output:
    """A system's translation of a sentence, by what differs from the reference beside it."""

    system: str
    chrf: float
    text: list[Stretch]


@dataclass(frozen=True)
class Case:
    """A sentence worth reading; reference: the one nearest to the last output, marked where that lacks its words."""

    number: int
    source: str | None
    reference: list[Stretch]
    outputs: list[Output]


def report_page(evaluated: Evaluated) -> bytes:
    """Return the page; raises InputError where the numbers of lines differ."""
    chrf = [sentence_chrf(lines, evaluated.references, lowercase=evaluated.lowercase) for _, lines in evaluated.systems]
    names = [name for name, _ in evaluated.systems]
    return render(
        "report.html",
        names=names,
        rows=list(zip(*(each.scores for each in evaluated.scores), strict=True)),
        count=len(evaluated.references[0]),
        references=len(evaluated.references),
        test=_TESTS.get(evaluated.test, ""),
        lengths=_length_chart(evaluated),
        distribution=_distribution(names, chrf),
        lists=[(title, note, _cases(rows, evaluated, chrf)) for title, note, rows in _lists(evaluated, chrf) if rows],
    )


def _length_chart(evaluated: Evaluated) -> BarChart:
    texts = evaluated.sources or evaluated.references[0]
    what = "source" if evaluated.sources else "reference"
    outputs = [lines for _, lines in evaluated.systems]
    buckets = bleu_by_length(texts, outputs, evaluated.references, lowercase=evaluated.lowercase)
    series = [
        (name, [Value(bucket.scores[place].value, bucket.scores[place].ci) for bucket in buckets])
        for place, (name, _) in enumerate(evaluated.systems)
    ]
    said = "; ".join(
        f"{bucket.label}: {' and '.join(f'{score.value:.1f}' for score in bucket.scores)}" for bucket in buckets
    )
    unit = unit_of_length(texts)
    caption = Caption("BLEU by length", said, f"{unit} of the {what} (number of sentences)")
    return bar_chart(caption, [bucket.label for bucket in buckets], series)


def _distribution(names: Sequence[str], chrf: Sequence[Sequence[float]]) -> BarChart:
    width = 100 // _BINS
    series = []
    for name, values in zip(names, chrf, strict=True):
        counts = [0] * _BINS
        for value in values:
            counts[min(int(value / width), _BINS - 1)] += 1
        series.append((name, [Value(count) for count in counts]))
    middles = [sorted(values)[len(values) // 2] for values in chrf]
    said = "; ".join(f"{name}: median {middle:.1f}" for name, middle in zip(names, middles, strict=True))
    groups = [str(place * width) for place in range(_BINS)]
    return bar_chart(
        Caption("Sentences by their chrF", said, f"chrF (the lower end of a bar, which is {width} wide)"),
        groups,
        series,
    )


def _lists(evaluated: Evaluated, chrf: Sequence[Sequence[float]]) -> list[tuple[str, str, list[int]]]:
    """Return title, note and rows of each list of sentences; of equal scores the longer sentence is told first."""
    ours = chrf[-1]
    size = [-len(line) for line in evaluated.references[0]]
    rows = [
        row
        for row, (line, *_) in enumerate(zip(*evaluated.references, strict=True))
        if line.strip() or evaluated.systems[-1][1][row].strip()
    ]

    def first(key: Callable[[int], float], most: int) -> list[int]:
        return sorted(rows, key=lambda row: (key(row), size[row]))[:most]

    worst = first(lambda row: ours[row], min(_SHOWN, -(-len(rows) // 2)))
    best = [row for row in first(lambda row: -ours[row], len(rows)) if row not in worst][:_SHOWN]
    lists = [("Worst sentences", "By chrF", worst), ("Best sentences", "By chrF", best)]
    if len(chrf) < 2:
        return lists
    gain = [new - old for old, new in zip(chrf[0], ours, strict=True)]
    (old, _), (new, _) = evaluated.systems[0], evaluated.systems[-1]
    better = [row for row in first(lambda row: -gain[row], _SHOWN) if gain[row] > 0]
    worse = [row for row in first(lambda row: gain[row], _SHOWN) if gain[row] < 0]
    return [
        ("Where the systems differ most: better", f"{new} gains most chrF over {old}", better),
        ("Where the systems differ most: worse", f"{new} loses most chrF against {old}", worse),
        *lists,
    ]


def _cases(rows: Sequence[int], evaluated: Evaluated, chrf: Sequence[Sequence[float]]) -> list[Case]:
    return [_case(row, evaluated, [values[row] for values in chrf]) for row in rows]


def _case(row: int, evaluated: Evaluated, chrf: Sequence[float]) -> Case:
    output = evaluated.systems[-1][1][row]
    choices = [lines[row] for lines in evaluated.references]
    nearest = max(choices, key=lambda line: sentence_chrf([output], [[line]], lowercase=evaluated.lowercase)[0])
    _, reference = differences(output, nearest)
    outputs = [
        Output(name, value, differences(lines[row], nearest)[0])
        for (name, lines), value in zip(evaluated.systems, chrf, strict=True)
    ]
    source = None if evaluated.sources is None else cut_short(evaluated.sources[row])
    return Case(row + 1, source, reference, outputs)
