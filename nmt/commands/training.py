"""What nmt train does: one process, or several that torchrun started, in a run directory."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from nmt.config_reading import read_config
from nmt.distributed import joined
from nmt.errors import FailureError, InputError
from nmt.group import Group
from nmt.lock import PATIENCE_SECONDS, DirectoryLock
from nmt.preparing.run import open_run, prepare_run
from nmt.trainer import Trainer

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """What the command line asks for; config: a YAML file, None for the defaults."""

    config: Path | None
    overrides: tuple[str, ...]
    directory: Path
    overwrite: bool


def run_training(request: Request) -> int | None:
    """Train, or go on; returns None, or the number of the signal that stopped the training after saving.

    Raises InputError for what cannot be trained, FailureError where training fails.
    """
    with joined() as group:
        return _lead(request, group) if group.leads else _follow(request, group)


def _lead(request: Request, group: Group) -> int | None:
    directory = request.directory
    config = read_config(request.config, request.overrides)
    with DirectoryLock(directory, PATIENCE_SECONDS):
        run = prepare_run(config, directory, request.overwrite)
        group.announce()
        with _logged(directory / "train.log"):
            stopped = Trainer(run, group).train()
        if not stopped:
            logger.info("model in %s; translate with: nmt translate -m %s", directory, directory)
        return stopped


def _follow(request: Request, group: Group) -> int | None:
    """Train along; what is to be said the leader says, but for the error that ends this process."""
    logging.getLogger("nmt").setLevel(logging.ERROR)
    # A wrong config is told once, by the leader.
    group.await_leader()
    run = open_run(read_config(request.config, request.overrides), request.directory)
    return Trainer(run, group).train()


# The first line of each part of a training in its log: what a run says first differs from run to run.
BEGUN = "nmt train begins"


class _LogFile(logging.FileHandler):
    """A log that does not matter more than the training: a full disk is told where something is lost by it."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (the base class names it)
        """Say nothing."""


@contextmanager
def _logged(path: Path) -> Iterator[None]:
    """Write what is logged within, and the error that ends it, to a file as well."""
    handler = _LogFile(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    nmt = logging.getLogger("nmt")
    handler.handle(nmt.makeRecord(nmt.name, logging.INFO, path.name, 0, BEGUN, (), None))
    nmt.addHandler(handler)
    try:
        yield
    except (FailureError, InputError) as error:
        handler.handle(nmt.makeRecord(nmt.name, logging.ERROR, path.name, 0, str(error), (), None))
        raise
    finally:
        nmt.removeHandler(handler)
        with suppress(OSError):
            handler.close()
