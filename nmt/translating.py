"""What `nmt translate` does: lines in, translations out, or a document; lines, from file to file, can go on later."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from nmt import __version__
from nmt.config import SearchConfig
from nmt.documents.files import check_document_output, read_document, write_document
from nmt.documents.formats import format_of, translate_document
from nmt.ending import Ending
from nmt.errors import InputError
from nmt.lines import input_lines, output_lines
from nmt.resuming import Identity, fingerprint, resumable
from nmt.translator import Translation, Translator
from nmt.writing import formatter

Load = Callable[[], tuple[Translator, SearchConfig]]


@dataclass(frozen=True)
class Request:
    """The command's options but those of decoding; see its help."""

    models: tuple[str, ...]
    document: Path | None
    input_path: Path | None
    output: Path | None
    columns: tuple[str, ...]
    resume: bool
    form: str
    scores: bool
    alignments: bool
    batch_size: int


def run_translation(request: Request, load: Load) -> None:
    """Translate; load gives the translator and its settings, after files that cannot be used were told.

    Raises InputError for options, files or text that cannot be used, and FailureError where the disk refuses.
    """
    request = _with_input(request)
    at_once = f"{str(request.output)!r} is as it was; with -i, -o and --resume what is done would be kept"
    with Ending(lambda: at_once if request.output else "") as ending:
        if request.document is not None:
            _translate_document(request, request.document, load)
        elif request.resume:
            _translate_resumably(request, load, ending)
        else:
            _translate_at_once(request, load)


def _with_input(request: Request) -> Request:
    """Return the request with a document, or lines to read; raises InputError where both or neither are clear."""
    if request.document is not None and request.input_path is not None:
        raise InputError(f"both a document ({str(request.document)!r}) and -i are given; give one")
    if request.document is not None and format_of(request.document) is None:
        request = replace(request, document=None, input_path=request.document)
    if request.document is None and request.columns:
        raise InputError("--column is for tables and JSON documents; give one, such as words.csv")
    return request


def _translate_document(request: Request, path: Path, load: Load) -> None:
    form = format_of(path)
    assert form is not None
    if request.resume or request.scores or request.alignments or request.form != "text":
        raise InputError("--resume, --scores, --alignments and -f are for lines of text; give those with -i")
    content = read_document(path)
    check_document_output(path, form, request.output)
    translator, config = load()
    if config.n_best > 1:
        raise InputError("--n-best is for lines of text; give those with -i")

    def translate(lines: Iterable[str]) -> Iterable[Translation]:
        return translator.stream(lines, config, request.batch_size)

    try:
        written = translate_document(content, form, translate, request.columns)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    write_document(written, request.output)


def _translate_at_once(request: Request, load: Load) -> None:
    with input_lines(request.input_path) as groups, output_lines(request.output) as write:
        loaded = load()
        done = 0
        for group in groups:
            done = _translate(request, loaded, group, write, done)


def _translate_resumably(request: Request, load: Load, ending: Ending) -> None:
    path, output = request.input_path, request.output
    if path is None or output is None:
        raise InputError("--resume goes from file to file; give -i FILE and -o FILE")
    ending.left = lambda: ""
    loaded = load()
    with resumable(path, output, _identity(request, *loaded)) as work:
        ending.left = work.kept
        _translate(request, loaded, work.lines(), work.write, work.first)


def _translate(
    request: Request,
    loaded: tuple[Translator, SearchConfig],
    lines: Iterable[str],
    write: Callable[[str], None],
    first: int,
) -> int:
    """Translate lines of which the first has a number, and return the number after the last."""
    translator, config = loaded
    show = formatter(request.form, scores=request.scores, alignments=request.alignments, n_best=config.n_best)
    number = first
    for translation in translator.stream(lines, config, request.batch_size, first):
        write(show(number, translation))
        number += 1
    return number


def _identity(request: Request, translator: Translator, config: SearchConfig) -> Identity:
    """Return all that the bytes of a translation depend on, the input aside."""
    return {
        "nmt": __version__,
        "model": fingerprint([Path(each) for each in request.models]),
        "format": request.form,
        "scores": request.scores,
        "alignments": request.alignments,
        "batch_size": request.batch_size,
        **translator.hardware(),
        **config.model_dump(mode="json"),
    }
