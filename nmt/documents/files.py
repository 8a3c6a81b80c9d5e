"""Documents as files: read within limits, written whole or not at all."""

from __future__ import annotations

import sys
from pathlib import Path

from nmt.documents.formats import Format, format_of
from nmt.durable import write_atomically
from nmt.errors import FailureError, InputError
from nmt.output import check_output, check_stdout, write_to_stdout

# A document is held in memory as a whole.
MOST_BYTES = 1 << 26


def read_document(path: Path) -> bytes:
    """Return a document's bytes; raises InputError where it cannot be read or is larger than MOST_BYTES."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; give a file that is there") from None
    if len(content) > MOST_BYTES:
        raise InputError(f"{path} is larger than {MOST_BYTES >> 20} MiB; divide it, or give lines of text by -i")
    return content


def check_document_output(path: Path, form: Format, output: Path | None) -> None:
    """Raise InputError where a document's translation cannot be written: a directory, or another format's name."""
    if output is None:
        check_stdout()
        if form.binary and sys.stdout.isatty():
            raise InputError(f"a {form.name} document is not for the screen; give -o FILE{path.suffix}")
        return
    check_output(output)
    other = format_of(output)
    if other not in (None, form):
        raise InputError(f"{path} is translated as {form.name}, not to {output.suffix}; give -o FILE{path.suffix}")
    if not output.resolve().parent.is_dir():
        raise InputError(f"output {str(output)!r} is not writable: its folder does not exist")


def write_document(content: bytes, output: Path | None) -> None:
    """Write a document to a file (None = stdout), which a link may name."""
    if output is None:
        write_to_stdout(content)
    elif output.exists() and not output.is_file():
        try:
            output.write_bytes(content)
        except OSError as error:
            raise FailureError(f"cannot write {str(output)!r}: {error.strerror}") from None
    else:
        write_atomically(output.resolve(), content)
