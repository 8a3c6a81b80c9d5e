"""Files that are translated whole: a format is a function and a line in FORMATS."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from nmt.serve.refusal import Refusal

# Translates texts, one out for each in.
TranslateTexts = Callable[[list[str]], Awaitable[list[str]]]
FileFormat = Callable[[bytes, TranslateTexts], Coroutine[Any, Any, bytes]]


async def translate_text_file(content: bytes, translate: TranslateTexts) -> bytes:
    """Translate plain text in UTF-8, one line out per line in; a byte order mark is kept."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(400, f"the file is no UTF-8 text (byte {error.start + 1:,})") from None
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    (translated,) = await translate([text.removeprefix("\ufeff")])
    return (mark + translated).encode("utf-8")


FORMATS: dict[str, FileFormat] = {".txt": translate_text_file}
