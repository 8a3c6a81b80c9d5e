"""Curves of trainings: what is read, drawn and handed to TensorBoard, and what is refused."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from nmt.errors import InputError
from nmt.pictures.charts import Caption, Value, bar_chart, line_chart, value_axis
from nmt.pictures.curves import METRICS, QUANTITIES, read_courses, thinned
from nmt.pictures.curves_page import curves_page
from nmt.pictures.plotting import run_plot
from tests import tiny
from tests.pages import check_page


def write_run(folder: Path, count: int = 6, end: str = "") -> Path:
    """Write the metrics.jsonl of a training that tells a validation in the middle, and what could not be told."""
    lines: list[dict[str, object]] = []
    for step in range(50, 50 * (count + 1), 50):
        loss = None if step == 100 else 400 / step
        lines.append({"step": step, "epoch": 0, "loss": loss, "learning_rate": step / 1e5, "resident_mb": 700 + step,
                      "tokens_per_second": 9000, "seconds": 2.5, "best": True, "note": "text"})  # fmt: skip
        if step == 150:
            lines.append({"step": step, "valid_loss": 1.5, "valid_bleu": 31.25, "best": True})
    folder.mkdir(parents=True)
    (folder / METRICS).write_text("".join(json.dumps(line) + "\n" for line in lines) + end, encoding="utf-8")
    return folder


def test_every_line_that_tells_a_quantity_is_a_point_and_what_is_null_is_none(tmp_path: Path) -> None:
    (course,) = read_courses([write_run(tmp_path / "run")])
    assert course.name == "run"
    assert course.points("loss") == [(step, 400 / step) for step in (50, 150, 200, 250, 300)]
    assert course.points("valid_bleu") == [(150, 31.25)]
    assert course.points("best") == course.points("note") == []


def test_a_line_that_is_being_written_does_not_count(tmp_path: Path) -> None:
    whole = read_courses([write_run(tmp_path / "whole")])[0].lines
    assert read_courses([write_run(tmp_path / "cut", end='{"step": 350, "lo')])[0].lines == whole
    assert len(read_courses([write_run(tmp_path / "last", end='{"step": 350, "loss": 2}')])[0].lines) == len(whole) + 1


def test_runs_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / name) for name in ("a/run", "b/run", "b/other")]
    assert [course.name for course in read_courses(runs)] == ["a/run", "b/run", "other"]
    assert read_courses([runs[0] / METRICS])[0] == read_courses([runs[0]])[0]


def test_what_is_no_training_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / METRICS).write_bytes(b"")
    (tmp_path / "text.jsonl").write_text('{"step": 1, "loss": 2}\nba de\n', encoding="utf-8")
    (tmp_path / "list.jsonl").write_text("[1]\n", encoding="utf-8")
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff\n")
    refused = {
        "empty": r"there is no .*metrics\.jsonl; give the directory of a training",
        "no-run": "there is no",
        "new": "tells nothing yet",
        "text.jsonl": "line 2 is not of a training: expected JSON with a step, found 'ba de'",
        "list.jsonl": "line 1 is not of a training",
        "bytes.jsonl": "is not UTF-8",
    }
    for name, message in refused.items():
        with pytest.raises(InputError, match=message):
            run_plot([tmp_path / name], tmp_path / "x.html", None)
    run = write_run(tmp_path / "run")
    with pytest.raises(InputError, match="given twice"):
        run_plot([run, tmp_path / "new" / ".." / "run"], tmp_path / "x.html", None)
    assert not (tmp_path / "x.html").exists()


def test_outputs_that_cannot_be_written_are_refused_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    for output, events, message in (
        ("x.pdf", None, r"choose one of: \.html, \.png, \.svg"),
        ("no/x.html", None, "there is no folder"),
        (None, "file", "is a file; give a folder"),
        (None, "no/events", "there is no folder"),
    ):
        paths = [None if name is None else tmp_path / name for name in (output, events)]
        with pytest.raises(InputError, match=message):
            run_plot([Path("no-run")], *paths)
    monkeypatch.setattr("nmt.pictures.output.find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"needs matplotlib; install it by: pip install -e '\.\[plot\]'"):
        run_plot([Path("no-run")], tmp_path / "x.svg", None)
    with pytest.raises(InputError, match=r"needs tensorboard; install it by: pip install -e '\.\[tensorboard\]'"):
        run_plot([Path("no-run")], None, tmp_path / "events")


def test_the_page_shows_every_quantity_of_every_run(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / "<b>one"), write_run(tmp_path / "two", 9)]
    found = check_page(curves_page(read_courses(runs)))
    text = " ".join(" ".join(found.text).split())
    assert all(quantity.title in text for quantity in QUANTITIES)
    assert "<b>one" in text and "best 0.889 at 450" in text and "31.25, best 31.25 at 150" in text
    paths = [value for name, value in found.attributes if name == "d"]
    assert len(paths) == len(QUANTITIES) * len(runs)
    # The loss that was not told is a gap: no point stands for it, and the line goes on to the next.
    assert [(path or "").count(",") for path in paths[:2]] == [5, 8]


@pytest.mark.parametrize("ending", [".png", ".svg"])
def test_images_are_drawn_whatever_the_runs_are_called(ending: str, tmp_path: Path) -> None:
    runs = [write_run(tmp_path / name) for name in ("_hidden", "$\\frac{", "<a>&")]
    run_plot(runs, tmp_path / f"curves{ending}", None)
    content = (tmp_path / f"curves{ending}").read_bytes()
    if ending == ".png":
        assert content.startswith(b"\x89PNG")
        return
    text = "".join(ElementTree.fromstring(content).itertext())
    assert all(name in text for name in ("_hidden", "$\\frac{", "<a>&", "Learning rate"))
    run_plot(runs, tmp_path / "again.svg", None)
    assert (tmp_path / "again.svg").read_bytes() == content


def test_tensorboard_reads_what_was_written_and_a_newer_export_replaces_it(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run, events = write_run(tmp_path / "run"), tmp_path / "events"
    run_plot([run], None, events)
    (events / "run" / "events.out.tfevents.1.other").write_bytes(b"")
    with (run / METRICS).open("a", encoding="utf-8") as file:
        file.write('{"step": 350, "loss": 1.0, "seconds": 2.5}\n')
    run_plot([run], None, events)
    assert len(list((events / "run").glob("*.nmt"))) == 1
    assert sorted(path.name for path in events.iterdir()) == ["run"]
    assert (events / "run" / "events.out.tfevents.1.other").exists()
    read = EventAccumulator(str(next((events / "run").glob("*.nmt"))))
    read.Reload()
    assert set(read.Tags()["scalars"]) == {quantity.key for quantity in QUANTITIES}
    assert [(each.step, each.value) for each in read.Scalars("loss")][-1] == (350, 1.0)
    assert [each.wall_time for each in read.Scalars("resident_mb")] == [2.5 * number for number in range(1, 7)]


def test_the_command_writes_what_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = write_run(tmp_path / "run")
    assert tiny.run_nmt("plot", run) == 0
    assert tiny.run_nmt("plot", run, "--tensorboard", "events") == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curves.html", "events", "run"]
    assert tiny.run_nmt("plot", run, "-o", "x.jpg") == 2
    assert tiny.run_nmt("plot") == 2


# --- charts ---


@pytest.mark.parametrize(
    "values", [[0.0, 1.0], [3.2, 9.7], [0.0, 0.00093], [-4.0, 18_950], [5.0, 5.0], [0.0], [-2.0], [1e-9, 3e-9], [1e12]]
)
def test_axes_hold_all_values_between_few_round_ticks_with_labels_of_their_own(values: list[float]) -> None:
    axis = value_axis(values, 0, 100)
    assert axis.low <= min(values) and max(values) <= axis.high
    assert 2 <= len(axis.ticks) <= 8
    assert len({tick.label for tick in axis.ticks}) == len(axis.ticks)
    assert (axis.ticks[0].place, axis.ticks[-1].place) == (0, 100)
    for tick in axis.ticks:
        told = float(tick.label.replace(",", ""))
        assert axis.place(told) == pytest.approx(tick.place, abs=1.5)


def test_many_points_become_means_of_neighbours() -> None:
    points = [(float(x), float(x % 10)) for x in range(10_000)]
    few = thinned(points)
    assert len(few) == 1000 and set(few) == {(10 * i + 4.5, 4.5) for i in range(1000)}
    assert thinned(points[:1000]) == points[:1000]


def test_a_gap_divides_a_line_and_a_lonely_point_is_a_dot() -> None:
    points = [(0.0, 1.0), (1.0, 2.0), (2.0, None), (3.0, 3.0), (4.0, None)]
    (line,) = line_chart(Caption("", ""), [("a", points)], [], [0.0]).lines
    assert line.path.count("M") == 1 and line.path.count(",") == 2
    assert len(line.dots) == 1


def test_bars_stand_side_by_side_as_high_as_their_values() -> None:
    series = [("a", [Value(10, 2), Value(20, 30)]), ("b", [Value(5), Value(0)])]
    chart = bar_chart(Caption("", ""), ["x", "y"], series)
    heights = {(bar.series, bar.x): bar.height for bar in chart.bars}
    ordered = [heights[key] for key in sorted(heights, key=lambda key: key[1])]
    assert [height / ordered[0] for height in ordered] == pytest.approx([1, 0.5, 2, 0], abs=0.01)
    lefts = sorted(bar.x for bar in chart.bars)
    assert all(right - left >= chart.bars[0].width for left, right in pairwise(lefts))
    whiskers = [bar.whisker for bar in chart.bars]
    assert whiskers[2:] == [None, None] and whiskers[1] is not None
    assert whiskers[1][1] == chart.y.place(0)
