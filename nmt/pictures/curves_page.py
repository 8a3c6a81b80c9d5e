"""The page of curves: a chart for each quantity, and where each training stands."""

from __future__ import annotations

from collections.abc import Sequence

from nmt.pictures.charts import Caption, LineChart, line_chart
from nmt.pictures.curves import QUANTITIES, Course, Quantity, last_update, thinned
from nmt.pictures.pages import render


def curves_page(courses: Sequence[Course]) -> bytes:
    """Return the page."""
    told = [quantity for quantity in QUANTITIES if any(course.points(quantity.key) for course in courses)]
    return render(
        "curves.html",
        names=[course.name for course in courses],
        charts=[_chart(quantity, courses) for quantity in told],
        titles=[quantity.title for quantity in told],
        rows=[(course.name, last_update([course]), [_value(q, course) for q in told]) for course in courses],
    )


def _chart(quantity: Quantity, courses: Sequence[Course]) -> LineChart:
    # Every run has its line, drawn or not: a run's colour is the same in all charts.
    lines = [(course.name, thinned(course.points(quantity.key))) for course in courses]
    said = "; ".join(f"{course.name}: {_value(quantity, course)}" for course in courses)
    caption = Caption(quantity.title, f"By updates. {said}.", "updates")
    return line_chart(caption, lines, [0.0, last_update(courses)], [0.0] * quantity.from_zero)


def _value(quantity: Quantity, course: Course) -> str:
    """Say the last value and, where one is better than another, the best."""
    points = course.points(quantity.key)
    if not points:
        return "not told"
    last = quantity.form.format(points[-1][1])
    if not quantity.best:
        return last
    choose = {"min": min, "max": max}[quantity.best]
    step, best = choose(points, key=lambda point: point[1])
    return f"{last}, best {quantity.form.format(best)} at {step:,.0f}"
