"""A request that is not answered with a translation: the status and what the client is told."""

from __future__ import annotations

from nmt.errors import InputError
from nmt.surrogates import check_text

# The client hung up: nobody reads the answer; the number is what proxies log.
GONE = 499


class Refusal(Exception):  # noqa: N818  (the request is refused; nothing of ours failed)
    """Ends a request with a status and {"error": message}; retry_after: seconds until another try makes sense."""

    def __init__(self, status: int, message: str, retry_after: int = 0) -> None:
        # So another process can hand it on.
        super().__init__(status, message, retry_after)
        self.status = status
        self.message = message
        self.headers = {"Retry-After": str(retry_after)} if retry_after else {}

    def __str__(self) -> str:
        return self.message


def refuse_half_pairs(text: str) -> None:
    """Raise Refusal 400 for what no UTF-8 can hold."""
    try:
        check_text(text, "the text")
    except InputError as error:
        raise Refusal(400, str(error)) from None
