"""What `nmt plot` does: read the course of trainings and draw it, or hand it to TensorBoard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from nmt.errors import InputError
from nmt.pictures import event_files, figures
from nmt.pictures.curves import Course, read_courses
from nmt.pictures.curves_image import curves_image
from nmt.pictures.curves_page import curves_page
from nmt.pictures.output import check_ending, check_folder, check_library, write_picture

_PAGE = ".html"
DRAWN: dict[str, Callable[[Sequence[Course]], bytes]] = {
    _PAGE: curves_page,
    ".png": partial(curves_image, ending=".png"),
    ".svg": partial(curves_image, ending=".svg"),
}


def run_plot(runs: Sequence[Path], output: Path | None, events: Path | None) -> None:
    """Write a picture, event files below a folder, or both.

    Raises InputError for runs and outputs that cannot be used, before anything is written.
    """
    ending = "" if output is None else check_ending(output, DRAWN)
    if ending not in ("", _PAGE):
        check_library(figures.EXTRA[0], f"a picture ending in {ending}", figures.EXTRA[1])
    if events is not None:
        check_library(event_files.EXTRA[0], "--tensorboard", event_files.EXTRA[1])
        if events.exists() and not events.is_dir():
            raise InputError(f"--tensorboard {str(events)!r} is a file; give a folder")
        check_folder(events if events.exists() else events.parent)
    courses = read_courses(runs)
    if output is not None:
        write_picture(output, DRAWN[ending](courses))
    if events is not None:
        event_files.write_event_files(courses, events)
