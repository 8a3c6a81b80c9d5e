"""Halves of surrogate pairs, which are no text: JSON can spell them, and Python so reads bytes that are not UTF-8."""

from __future__ import annotations

import re

from nmt.errors import InputError

# What Python reads single bytes as (PEP 383).
_BYTES = range(0xDC80, 0xDD00)
_HALF = re.compile("[\ud800-\udfff]")


def check_text(text: str, what: str) -> str:
    """Return a text as it is; raises InputError saying what holds half a surrogate pair, and where."""
    if not text.isascii() and (found := _HALF.search(text)):
        code, where = ord(found[0]), f"at character {found.start() + 1:,}"
        byte = f", or the byte 0x{code & 0xFF:02x}, which is not UTF-8," * (code in _BYTES)
        raise InputError(f"{what}: half a surrogate pair (U+{code:04X} {where}){byte} is no text; leave it out")
    return text
