"""How a command ends: an error is one line on stderr, and an exit code.

0 done, 1 failed, 2 wrong usage, config or data, 130 / 143 stopped by SIGINT / SIGTERM after saving.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import click

from nmt.bars import LogLines
from nmt.errors import FailureError, InputError
from nmt.usage import usage_line


def run(commands: click.Group) -> None:
    """Run the command that the command line names; raises SystemExit where it does not end well."""
    _log_to_stderr()
    try:
        commands(prog_name="nmt", standalone_mode=False)
    except click.exceptions.Abort:
        raise SystemExit(130) from None
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        raise SystemExit(2) from None
    except click.ClickException as error:
        click.echo(f"nmt: {usage_line(error)}", err=True)
        raise SystemExit(2) from None
    except click.exceptions.Exit as error:
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except InputError as error:
        click.echo(f"nmt: {error}", err=True)
        raise SystemExit(2) from None
    except FailureError as error:
        click.echo(f"nmt: {error}", err=True)
        raise SystemExit(1) from None
    except (RuntimeError, MemoryError) as error:
        from nmt.device import is_out_of_memory

        if not is_out_of_memory(error):
            raise
        told = str(error).split("\n")[0][:200] or "the machine has no more"
        click.echo(f"nmt: out of memory: {told}; take smaller batches, a smaller model or another device", err=True)
        raise SystemExit(1) from None
    except OSError as error:
        # A full disk behind stdout, say.
        from nmt.output import drop_stdout

        drop_stdout()
        click.echo(f"nmt: {f'{error.filename}: ' if error.filename else ''}{error.strerror or error}", err=True)
        raise SystemExit(1) from None


def _log_to_stderr() -> None:
    if sys.stderr is None:
        # It was closed before: what would be told goes nowhere.
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  (as long as the program)
    logging.basicConfig(format="%(message)s", handlers=[LogLines(sys.stderr)])
    # Of libraries, warnings alone are told.
    logging.getLogger("nmt").setLevel(logging.INFO)
