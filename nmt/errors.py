"""The two ways a command ends badly that are not bugs: what was given cannot be used, or the work failed; and how
many of what there are, in words."""


def counted(count: int, noun: str) -> str:
    """Return a number with what is counted, such as `1 line` or `2,000 lines`."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


class InputError(ValueError):
    """What the user gave (usage, config, data, a model directory) cannot be used; exit code 2.

    The message is one line: what was given, what was expected, what to do.
    """


class TooLargeError(InputError):
    """What the user gave takes more memory or time than anything sensible of its kind."""


class FailureError(RuntimeError):
    """The work itself failed (divergence, a full disk); exit code 1, older state is intact."""
