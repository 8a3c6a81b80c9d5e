"""Paths that users name: some cannot even be looked for, for they are too long, go round in a circle or through a
folder that is closed."""

from __future__ import annotations

from pathlib import Path

from nmt.errors import InputError

_LONGEST_SHOWN = 200


def usable(path: Path) -> Path:
    """Return a path under which there is something, or might be; raises InputError for another."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:
        name = str(path) if len(str(path)) <= _LONGEST_SHOWN else f"{str(path)[:_LONGEST_SHOWN]}…"
        raise InputError(f"{name!r} cannot be used: {getattr(error, 'strerror', error)}; give another path") from None
    return path


def there(path: Path) -> bool:
    """Say whether there is something under a path, as far as can be seen."""
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True
