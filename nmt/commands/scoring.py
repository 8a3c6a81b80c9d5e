"""What `nmt score` does: pairs in, the log-probability of each out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nmt.bars import free, shown, told, waiting
from nmt.commands.ending import Ending
from nmt.corpus import read_two_files
from nmt.lines import count_lines
from nmt.output import check_apart, output_lines
from nmt.translator import Translator


@dataclass(frozen=True)
class Request:
    """The command's options; see its help."""

    models: tuple[str, ...]
    src: str | None
    tgt: str | None
    src_path: Path
    tgt_path: Path
    output: Path | None
    normalize: bool
    precision: str
    device: str
    threads: int
    batch_size: int


def run_scoring(request: Request) -> None:
    """Write a line for each pair; raises InputError for files or models that cannot be used."""
    check_apart(request.output, request.src_path, request.tgt_path)
    output, drawn = request.output, shown() and free(request.output)
    with Ending(lambda: f"{str(output)!r} is as it was" if output else ""), output_lines(output) as write:
        pairs = read_two_files(request.src_path, request.tgt_path)
        with waiting(f"loading {', '.join(request.models)}"):
            translator = Translator.load(request.models, request.precision, request.device, request.threads)
        translator.check_languages(request.src, request.tgt)
        scores = translator.score(pairs, request.batch_size or 64)
        for values in told(scores, "scoring", "pairs", count_lines(request.src_path)) if drawn else scores:
            write(_line(values, request.normalize))


def _line(values: list[float], normalize: bool) -> str:
    return f"{sum(values) / (len(values) if normalize else 1):.6f}"
