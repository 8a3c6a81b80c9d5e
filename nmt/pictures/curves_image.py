"""The image of curves: a panel for each quantity."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nmt.pictures.curves import QUANTITIES, Course, last_update, thinned
from nmt.pictures.figures import GRID, new_figure, settings, style, to_bytes, visible


def curves_image(courses: Sequence[Course], ending: str) -> bytes:
    """Return the image as .png or .svg."""
    told = [quantity for quantity in QUANTITIES if any(course.points(quantity.key) for course in courses)]
    rows = math.ceil(len(told) / 2)
    with settings():
        figure = new_figure(11, 2.9 * rows + 0.3 * len(courses))
        panels = figure.subplots(rows, 2, squeeze=False).flatten()
        for axes, quantity in zip(panels, told, strict=False):
            for number, course in enumerate(courses):
                points = thinned(course.points(quantity.key))
                marker = "." if len(points) < 20 else ""
                axes.plot([x for x, _ in points], [y for _, y in points], marker=marker, **style(number))
            axes.set_title(quantity.title, loc="left")
            axes.set_xlabel("updates")
            axes.set_xlim(0, max(last_update(courses), 1) * 1.02)
            axes.grid(axis="y", color=GRID)
            if quantity.from_zero:
                axes.set_ylim(bottom=0)
        for axes in panels[len(told) :]:
            axes.set_axis_off()
        # A name that begins with _ would be left out, were it not given along with its line.
        figure.legend(
            panels[0].lines, [visible(course.name) for course in courses], loc="outside lower center", frameon=False
        )
        return to_bytes(figure, ending)
