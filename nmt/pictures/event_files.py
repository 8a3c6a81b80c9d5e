"""Curves as event files, which TensorBoard shows; an extra."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from nmt.errors import FailureError
from nmt.pictures.curves import QUANTITIES, Course

logger = logging.getLogger(__name__)

EXTRA = ("tensorboard", "tensorboard")
# By this ending we know our own files again.
_SUFFIX = ".nmt"
_PATTERN = f"events.out.tfevents.*{_SUFFIX}"


def write_event_files(courses: Sequence[Course], folder: Path) -> None:
    """Write a folder for each run, whose older event file of ours is replaced.

    Raises FailureError where they cannot be written.
    """
    for course in courses:
        place = folder / course.name
        # Beside its place, so that TensorBoard, which may be watching, never sees two files of a run for long.
        temporary = place.with_name(f".{place.name}.{os.getpid()}.tmp")
        try:
            temporary.mkdir(parents=True)
            _write(course, temporary)
            place.mkdir(exist_ok=True)
            before = list(place.glob(_PATTERN))
            for file in temporary.glob(_PATTERN):
                file.replace(place / file.name)
            for file in before:
                file.unlink()
        except OSError as error:
            raise FailureError(f"cannot write {str(place)!r}: {error.strerror}") from None
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        logger.info("wrote %s", place)


def _write(course: Course, folder: Path) -> None:
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder), filename_suffix=_SUFFIX) as writer:
        seconds = 0.0
        for line in course.lines:
            # Time of training alone: validations and stops between do not count.
            seconds += line.get("seconds", 0.0)
            for quantity in QUANTITIES:
                if quantity.key in line:
                    writer.add_scalar(quantity.key, line[quantity.key], int(line["step"]), walltime=seconds)
