"""The two ways a command ends badly that are not bugs: what was given cannot be used, or the work failed."""


class InputError(ValueError):
    """What the user gave (usage, config, data, a model directory) cannot be used; exit code 2.

    The message is one line: what was given, what was expected, what to do.
    """


class TooLargeError(InputError):
    """What the user gave takes more memory or time than anything sensible of its kind."""


class FailureError(RuntimeError):
    """The work itself failed (divergence, a full disk); exit code 1, older state is intact."""
