"""API keys from a file, compared in a time that tells nothing about them."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from nmt.errors import InputError
from nmt.serve.refusal import Refusal


class Keys:
    """The keys that open the server; without any, everyone may use it."""

    def __init__(self, keys: list[str]) -> None:
        self._digests = [_digest(key) for key in keys]

    @classmethod
    def read(cls, path: Path | None) -> Keys:
        """Read a file with a key in each line, blank lines and # comments aside; None = no keys asked for.

        Raises InputError for a file that cannot be read or holds no key.
        """
        if path is None:
            return cls([])
        try:
            lines = path.read_text(encoding="utf-8-sig").split("\n")
        except UnicodeDecodeError:
            raise InputError(f"cannot read the keys in {str(path)!r}: not UTF-8; write one in a line") from None
        except OSError as error:
            raise InputError(f"cannot read the keys in {str(path)!r}: {error.strerror}; give another file") from None
        keys = [key for line in lines if (key := line.strip()) and not key.startswith("#")]
        if not keys:
            raise InputError(f"{str(path)!r} holds no key; write one in a line, or leave out --api-keys")
        return cls(keys)

    @property
    def required(self) -> bool:
        """Whether a request needs a key."""
        return bool(self._digests)

    def check(self, given: str | None) -> None:
        """Raise Refusal 403 where a key is needed and none, or a wrong one, is given."""
        if not self._digests:
            return
        if not given:
            raise Refusal(403, "this server needs an API key; give it as api_key")
        # Digests have one length, and every one is compared: the time tells neither length nor place.
        digest = _digest(given)
        if not any([hmac.compare_digest(digest, each) for each in self._digests]):  # noqa: C419  (any() would stop)
            raise Refusal(403, "invalid API key")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
