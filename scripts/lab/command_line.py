"""What the scripts' command lines share: SECTION.KEY=VALUE anywhere, help from the docstring, errors in one line,
counts above 0, a text read."""

from __future__ import annotations

import argparse
import re
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from nmt.errors import FailureError, InputError
from nmt.lines import read_lines

_OVERRIDE = re.compile(r"[a-z_]+\.[a-z_]+=")


def parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser whose help is a script's docstring."""
    summary, _, rest = (doc or "").partition("\n")
    return argparse.ArgumentParser(
        description=summary, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def parse(arguments: argparse.ArgumentParser, words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read a command line; its SECTION.KEY=VALUE, wherever they stand, come to `overrides`."""
    given = sys.argv[1:] if words is None else list(words)
    overrides = [word for word in given if _OVERRIDE.match(word)]
    namespace = arguments.parse_args([word for word in given if not _OVERRIDE.match(word)])
    namespace.overrides = overrides
    return namespace


def positive(text: str) -> int:
    """Read an option that counts something: a number above 0."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def read_text(path: Path) -> list[str]:
    """Return the lines of a text that are not blank; raises InputError where it has none."""
    lines = [line for line in read_lines(path) if line.strip()]
    if not lines:
        raise InputError(f"{path} has no line of text; give a file with a sentence a line")
    return lines


def run_script(name: str, main: Callable[[], int | None]) -> None:
    """End the program as nmt does: 0 done, 1 failed, 2 wrong usage, config or data, 130 on Ctrl-C, said in one line."""
    try:
        sys.exit(main() or 0)
    except (InputError, FailureError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, InputError) else 1)
    except OSError as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print(f"{name}: stopped", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
