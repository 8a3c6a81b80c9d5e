"""Text from strangers: what files and pipes may hold, as strategies of Hypothesis and as a list."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable, Iterable
from pathlib import Path

import zstandard
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# What other programs take for the end of a line, of a file or of a text; what is easily lost, sorted or taken apart;
# what nothing is assigned to; what markup or a vocabulary means by itself.
ODD = [
    "", " ", "\r", "a\rb", "\r\r", "\u2028", "\u2029", "\x85", "\x0b\x0c", "\x00", "a\x00b", "\x1a", "\x1b[31m",
    "\ufeff", "\x1c", "🙂🏳️‍🌈", "👩‍👩‍👧‍👦", "e\u0301", "a" + "\u0301\u0316" * 40, "\u0301", "\u200d", "\u202eba",
    "שָׁלוֹם", "السلام",
    "\ue000", "\U000f0000", "\u0378", "\U000e0fff", "\ufffe", "\uffff", "\u2581", "|||", "<s>", "<unk>", "<0x0A>",
    "\ufffd", "漢字", "ᄒ\u1161\u11ab", "\x7f", "\U0010ffff", "\u00a0", "\u200b", "ǅ", "ﬁ", "𝕬", "x" * 300,
]  # fmt: skip
# Bytes that are not UTF-8: a stray byte, Latin-1, half a surrogate pair, too long a form, beyond Unicode, cut short;
# and where in them the first wrong byte is.
NOT_UTF_8 = {
    b"\xff": 0, b"Stra\xdfe": 4, b"ba \xed\xa0\x80": 3, b"\xc0\x80": 0, b"\xf4\x90\x80\x80": 0, "é".encode()[:1]: 0,
}  # fmt: skip

# Anything UTF-8 can hold but a line feed.
texts = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=12) | st.sampled_from(ODD),
    max_size=3,
).map("".join)
# A carriage return before a line feed belongs to the end of the line.
lines_of_text = texts.filter(lambda text: not text.endswith("\r"))
lists = st.lists(texts, max_size=6)
# A test may use its temporary folder for every example.
reuse = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: zstandard.ZstdCompressor().compress(data),
}


def encoded(lines: Iterable[str]) -> bytes:
    """Return lines as a file holds them."""
    return "".join(line + "\n" for line in lines).encode()


def write(path: Path, lines: Iterable[str]) -> Path:
    """Write lines to a file, compressed by its suffix, and return its path."""
    path.write_bytes(COMPRESSORS.get(path.suffix, bytes)(encoded(lines)))
    return path
