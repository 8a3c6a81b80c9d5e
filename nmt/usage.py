"""What the command line itself got wrong, in one line: what was given, what was expected, where to read more."""

from __future__ import annotations

import re

import click

# click's words for what people call otherwise.
_WORDS = [
    (r"is not a valid integer( range)?", "is not a whole number; write it as in 1000, without commas"),
    (r"is not a valid float( range)?", "is not a number; write it as in 0.5, with a point"),
    (r"is not in the range (\S+)", r"is outside of \1"),
    (r"\. Did you mean ('[^']+')\?", r"; did you mean \1?"),
    (r"\. \(Did you mean one of: ([^)]+)\?\)", r"; did you mean one of \1?"),
]


def usage_line(error: click.ClickException) -> str:
    """Return the message about a usage error."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    message = error.format_message().strip().rstrip(".")
    for pattern, words in _WORDS:
        message = re.sub(pattern, words, message)
    if isinstance(error, click.MissingParameter) and isinstance(error.param, click.Option):
        message += f": {(error.param.help or '').rstrip('.')}"
    if isinstance(error, click.NoSuchOption) and context is not None and _is_of_a_command(error, context):
        told = f"no such option {error.option_name!r} of {context.command_path} itself"
        command = f"{context.command_path} COMMAND {error.option_name}"
        return f"{told}; options follow the command: {command}; see {context.command_path} --help"
    if _is_stray_setting(error):
        return f"{_lower(message)}; settings are given without dashes: SECTION.KEY=VALUE, see nmt config"
    if message.endswith("?"):
        return _lower(message)
    return f"{_lower(message)}; see {context.command_path if context else 'nmt'} --help"


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def _is_stray_setting(error: click.ClickException) -> bool:
    """Say whether an option was given to a command that takes settings, which is what was meant."""
    if not isinstance(error, click.NoSuchOption) or error.possibilities or error.ctx is None:
        return False
    return any(parameter.name in ("overrides", "words") for parameter in error.ctx.command.params)


def _is_of_a_command(error: click.NoSuchOption, context: click.Context) -> bool:
    """Say whether an option that was given before the command is one of a command."""
    commands = context.command.commands.values() if isinstance(context.command, click.Group) else ()
    return any(error.option_name in parameter.opts for command in commands for parameter in command.params)
