"""What `nmt translate` does: lines in, translations out, or a document; lines, from file to file, can go on later."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from nmt import __version__
from nmt.bars import Advance, bar, free, shown
from nmt.commands.ending import Ending
from nmt.commands.partial_output import Identity, fingerprint, kept_files, resumable
from nmt.commands.writing import formatter
from nmt.compression import DECOMPRESSORS
from nmt.config import SearchConfig
from nmt.documents.files import check_document_output, read_document, write_document
from nmt.documents.formats import FORMATS, OTHERS, format_of, translate_document, with_language
from nmt.errors import InputError, counted
from nmt.glossary import Glossary
from nmt.guidance import Guidance
from nmt.lines import check_readable, count_lines, input_lines, read_lines
from nmt.output import check_apart, output_lines
from nmt.parts import Job
from nmt.translation import Translation
from nmt.translator import Translator

logger = logging.getLogger(__name__)

Load = Callable[[], tuple[Translator, SearchConfig]]
Ready = tuple[Translator, Job]


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
    glossary: Path | None = None
    prefix: str = ""
    prefixes: Path | None = None
    reverse: tuple[str, ...] = ()
    n_best: int | None = None  # as given, None = the model's own


def run_translation(request: Request, load: Load) -> None:
    """Translate; load gives the translator and its settings, after files that cannot be used were told.

    Raises InputError for options, files or text that cannot be used, and FailureError where the disk refuses.
    """
    request = _with_input(request)
    guidance = _guidance(request)
    at_once = f"{str(request.output)!r} is as it was; with -i, -o and --resume what is done would be kept"
    with Ending(lambda: at_once if request.output else "") as ending:
        if request.document is not None:
            _translate_document(request, request.document, load, guidance)
        elif request.resume:
            _translate_resumably(request, load, ending, guidance)
        else:
            _translate_at_once(request, load, guidance)


def _with_input(request: Request) -> Request:
    """Return the request with a document, or lines to read; raises InputError where both or neither are clear."""
    request = replace(
        request,
        document=_unless_dash(request.document),
        input_path=_unless_dash(request.input_path),
        output=_unless_dash(request.output),
    )
    if request.document is not None and request.input_path is not None:
        raise InputError(f"both a document ({str(request.document)!r}) and -i are given; give one")
    if request.document is not None and format_of(request.document) is None:
        if not request.document.exists():
            raise InputError(_no_document(request.document))
        _check_lines(request.document)
        request = replace(request, document=None, input_path=request.document)
    form = format_of(request.document) if request.document is not None else None
    if request.columns and not (form and form.has_columns):
        raise InputError("--column is for tables and JSON documents; give one, such as words.csv")
    _check_files(request)
    return request


def _unless_dash(path: Path | None) -> Path | None:
    """Return a path, None for the dash that stands for stdin or stdout, as elsewhere."""
    return None if path == Path("-") else path


def _no_document(path: Path) -> str:
    if " " in str(path) or not path.suffix:
        return f"no file {str(path)!r}; give text on stdin: echo {str(path)!r} | nmt translate …"
    return f"no file {str(path)!r}; give a document or a text, a line each"


def _check_lines(path: Path) -> None:
    """Raise InputError for a file, compressed or not, whose lines hold more than text."""
    packed = path.suffix.lower() in DECOMPRESSORS
    name = path.with_suffix("") if packed else path
    if name.suffix.lower() in OTHERS:
        kinds = f"give one of {', '.join(FORMATS)}, or lines of text by -i"
        raise InputError(f"{str(path)!r}: {name.suffix} documents are not translated; {kinds}")
    if packed and format_of(name) not in (None, FORMATS[".txt"]):
        raise InputError(f"{str(path)!r} is a compressed {name.suffix} document; unpack it first")


def _check_files(request: Request) -> None:
    """Raise InputError for lines from or to what is no text, or is missing, and for an output that is an input."""
    path, output = request.input_path, request.output
    form = format_of(path) if path else None
    if form and form.binary:
        raise InputError(f"{str(path)!r} is a {form.name} document, not lines of text; give it without -i")
    if form and form is not FORMATS[".txt"]:
        how = "with --column and without -i" if form.has_columns else "without -i"
        logger.warning(
            "-i translates all of each line of %r, markup too; to translate a document, give it %s", str(path), how
        )
    form = format_of(output) if output and request.document is None else None
    if form and form.binary:
        raise InputError(
            f"output {str(output)!r} has the name of a {form.name} document, but lines of text are written; give "
            "another -o, or such a document to translate"
        )
    if path:
        check_readable(path)
    written = [output, *(kept_files(output) if output and request.resume else ())]
    for each in written:
        check_apart(each, path, request.document, request.glossary, request.prefixes)


def _guidance(request: Request) -> Guidance | None:
    """Return what translations must hold; raises InputError for a glossary or prefixes that cannot be used."""
    if request.prefix and request.prefixes is not None:
        raise InputError("--prefix is for all lines, --prefixes has one for each; give one of them")
    if request.prefixes is not None and request.input_path is not None:
        _check_as_many(request.prefixes, request.input_path)
    glossary = Glossary.read(request.glossary) if request.glossary is not None else None
    prefixes = request.prefix if request.prefixes is None else read_lines(request.prefixes)
    return Guidance.of(glossary, prefixes)


def _check_as_many(prefixes: Path, text: Path) -> None:
    """Raise InputError where there is not a prefix for each line, as far as that can be known before all is read."""
    given, wanted = count_lines(prefixes), count_lines(text)
    if given is not None and wanted is not None and given != wanted:
        found = f"{prefixes} has {counted(given, 'line')}, {text} has {wanted:,}"
        raise InputError(f"{found}; give one for each, empty where any will do")


def _ready(request: Request, load: Load, guidance: Guidance | None) -> Ready:
    """Load the translator; return it with how it is to translate."""
    translator, config = load()
    return translator, Job(config, request.batch_size, guidance=guidance)


def _translate_document(request: Request, path: Path, load: Load, guidance: Guidance | None) -> None:
    form = format_of(path)
    assert form is not None
    if request.prefix or request.prefixes is not None:
        raise InputError("--prefix and --prefixes are for lines of text; give those with -i")
    if request.resume or request.scores or request.alignments or request.form != "text" or (request.n_best or 1) > 1:
        raise InputError("--resume, --scores, --alignments, --n-best and -f are for lines of text; give those with -i")
    content = read_document(path)
    check_document_output(path, form, request.output)
    translator, job = _ready(request, load, guidance)
    job = job._replace(config=job.config.model_copy(update={"n_best": 1}))

    def translate(lines: Iterable[str]) -> Iterable[Translation]:
        if not shown():
            yield from translator.stream(lines, job)
            return
        lines = list(lines)
        with bar(f"translating {path.name}", "passages", len(lines)) as advance:
            yield from translator.stream(lines, job._replace(done=advance))

    try:
        written = translate_document(content, form, translate, request.columns)
    except InputError as error:
        hint = "; give --column NAME" if form.has_columns and not request.columns else ""
        raise InputError(f"{path}: {error}{hint}") from None
    write_document(with_language(written, form, translator.tgt), request.output)


def _translate_at_once(request: Request, load: Load, guidance: Guidance | None) -> None:
    with input_lines(request.input_path) as groups, output_lines(request.output) as write:
        ready = _ready(request, load, guidance)
        done = 0
        for group in groups:
            done = _translate(request, ready, group, write, done)
        _check_prefixes(request, guidance, done)


def _check_prefixes(request: Request, guidance: Guidance | None, lines: int) -> None:
    """Raise InputError where there are more prefixes than lines."""
    if guidance is not None and request.prefixes is not None and next(guidance.prefixes, None) is not None:
        raise InputError(f"{request.prefixes} has more lines than the text, which has {lines:,}; give one for each")


def _translate_resumably(request: Request, load: Load, ending: Ending, guidance: Guidance | None) -> None:
    path, output = request.input_path, request.output
    if path is None or output is None:
        raise InputError("--resume goes from file to file; give -i FILE and -o FILE")
    ending.left = lambda: ""
    ready = translator, job = _ready(request, load, guidance)
    with resumable(path, output, _identity(request, translator, job.config)) as work:
        ending.left = work.kept
        if guidance is not None:
            guidance.take(range(work.first))
        _check_prefixes(request, guidance, _translate(request, ready, work.lines(), work.write, work.first))


def _translate(request: Request, ready: Ready, lines: Iterable[str], write: Callable[[str], None], first: int) -> int:
    """Translate lines of which the first has a number, and return the number after the last."""
    translator, job = ready
    show = formatter(request.form, scores=request.scores, alignments=request.alignments, n_best=job.config.n_best)
    number = first
    with _bar(request, first) as advance:
        for translation in translator.stream(lines, job._replace(done=advance), first):
            write(show(number, translation))
            number += 1
    return number


def _bar(request: Request, first: int) -> AbstractContextManager[Advance]:
    """Return the bar of a file's translation; none for what is typed or piped, nor across results on the screen."""
    path = request.input_path
    if path is None or not shown() or not free(request.output):
        return nullcontext(lambda _: None)
    return bar(f"translating {path.name}", "lines", count_lines(path), first)


def _identity(request: Request, translator: Translator, config: SearchConfig) -> Identity:
    """Return all that the bytes of a translation depend on, the input aside."""
    return {
        "nmt": __version__,
        "model": fingerprint([Path(each) for each in request.models]),
        "format": request.form,
        "scores": request.scores,
        "alignments": request.alignments,
        "batch_size": request.batch_size,
        **{name: _digest(path) for name in ("glossary", "prefixes") if (path := getattr(request, name)) is not None},
        **({"prefix": request.prefix} if request.prefix else {}),
        **({"reverse": fingerprint([Path(each) for each in request.reverse])} if request.reverse else {}),
        **translator.hardware(),
        **config.model_dump(mode="json"),
    }


def _digest(path: Path) -> str:
    """Return a digest of a text's lines; raises InputError where it cannot be read."""
    digest = hashlib.blake2b(digest_size=16)
    for line in read_lines(path):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()
