"""The .spm file: read strictly, so that SentencePiece's own reader meets only what its training writes.

A .spm is a protocol buffer: field 1 holds the pieces, 2 the trainer's settings, 3 and 5 how text is normalised
before and after, 4 a test. SentencePiece trusts most of it, in C++: a long piece has overflowed its stack
(github.com/google/sentencepiece/issues/1263), a forged table of normalisation has led it outside its memory
(issues/1269). So what a stranger's file says is understood and checked here, and written anew.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from nmt.config import MOST_PIECES
from nmt.errors import InputError

VocabularyKind = Literal["unigram", "bpe"]
_Value = int | bytes


class Spm(NamedTuple):
    """A SentencePiece model, written anew from what a .spm says."""

    model: bytes
    kind: VocabularyKind


class _Piece(NamedTuple):
    text: str
    score: float
    kind: int


class _Field(NamedTuple):
    """A field of a message: its number, how it is written, and what it holds."""

    number: int
    wire: int
    value: _Value


class _Rule(NamedTuple):
    """A field's name, what a file must say there, and what SentencePiece takes where it says nothing."""

    name: str
    wanted: _Value
    default: _Value


# What SentencePiece writes for a space.
SPACE = "\u2581"
MOST_PIECE_BYTES = 1_000
_LARGEST_SCORE = 1e7
_VARINT, _BYTES, _FLOAT = 0, 2, 5
_NORMAL, _UNKNOWN, _CONTROL, _SYMBOL, _UNUSED, _BYTE = _KINDS = (1, 2, 3, 4, 5, 6)
_SCORE = struct.Struct("<f")
_SPECIAL = [("<pad>", _CONTROL), ("<unk>", _UNKNOWN), ("<s>", _CONTROL), ("</s>", _CONTROL)]
_ALL_BYTES = {f"<0x{byte:02X}>" for byte in range(256)}
# What every vocabulary holds.
FIXED_PIECES = {text for text, _ in _SPECIAL} | _ALL_BYTES
# The field of the kind in the trainer's settings, and its values.
_KIND = 3
_VOCABULARIES: dict[VocabularyKind, int] = {"unigram": 1, "bpe": 2}
# The numbers of pad, unk, bos and eos in the trainer's settings, and what SentencePiece takes if they are left out.
_IDS = {43: -1, 40: 0, 41: 1, 42: 2}
# Further settings that change how text is read.
_SETTINGS: dict[int, _Rule] = {
    24: _Rule("treat_whitespace_as_suffix", 0, 0),
    35: _Rule("byte_fallback", 1, 0),
    44: _Rule("unk_surface", " \u2047 ".encode(), " \u2047 ".encode()),
    45: _Rule("unk_piece", b"<unk>", b"<unk>"),
    46: _Rule("bos_piece", b"<s>", b"<s>"),
    47: _Rule("eos_piece", b"</s>", b"</s>"),
    48: _Rule("pad_piece", b"<pad>", b"<pad>"),
}
_NORMALIZER: dict[int, _Rule] = {
    1: _Rule("name", b"identity", b"identity"),
    2: _Rule("precompiled_charsmap", b"", b""),
    3: _Rule("add_dummy_prefix", 1, 1),
    4: _Rule("remove_extra_whitespaces", 1, 1),
    5: _Rule("escape_whitespaces", 1, 1),
    6: _Rule("normalization_rule_tsv", b"", b""),
}


def rewrite_spm(data: bytes) -> Spm:
    """Return a SentencePiece model written anew from what a .spm says of its pieces and settings.

    Raises InputError where it is no SentencePiece model, or none of the form that nmt trains: unigram or bpe with
    byte fallback, text as it is, pad, unk, bos, eos = 0, 1, 2, 3.
    """
    pieces: list[bytes] = []
    kind: VocabularyKind | None = None
    try:
        for field, wire, value in _fields(data):
            if field == 1 and wire == _BYTES and len(pieces) < MOST_PIECES:
                pieces.append(_bytes(value))
            elif field == 2 and wire == _BYTES and kind is None:
                kind = _check_settings(_message(_bytes(value)))
            elif field in (3, 5) and wire == _BYTES:
                _check(_message(_bytes(value)), _NORMALIZER)
            else:
                raise InputError(f"it holds a field {field} that no training of nmt writes, or too often")
        if kind is None or not pieces:
            raise InputError(f"it holds no {'pieces' if kind else 'settings'}")
        _check_pieces([_piece(piece) for piece in pieces])
    except (IndexError, struct.error):
        raise InputError("not a SentencePiece model: it is cut short") from None
    except InputError as error:
        raise InputError(f"not a SentencePiece model that nmt reads: {error}") from None
    return Spm(_write(pieces, kind), kind)


def retire_pieces(data: bytes, unwanted: Callable[[str], bool]) -> bytes:
    """Return a SentencePiece model that writes none of the ordinary pieces that are unwanted; their ids stay.

    Raises InputError as rewrite_spm does.
    """
    pieces: list[bytes] = []
    model, vocabulary = rewrite_spm(data)
    for field, _, value in _fields(model):
        if field == 1:
            text, score, kind = _piece(_bytes(value))
            retired = kind == _NORMAL and unwanted(text)
            pieces.append(_write_piece(text, score, _UNUSED) if retired else _bytes(value))
    return _write(pieces, vocabulary)


def _fields(data: bytes) -> Iterator[_Field]:
    """Yield the fields of a message; raises InputError, IndexError or struct.error where it is none."""
    at, end = 0, len(data)
    while at < end:
        tag, at = _varint(data, at)
        field, wire = tag >> 3, tag & 7
        if wire == _BYTES:
            size, at = _varint(data, at)
            if size > end - at:
                raise IndexError
            value: _Value = data[at : at + size]
            at += size
        elif wire == _VARINT:
            value, at = _varint(data, at)
        elif wire == _FLOAT:
            if end - at < 4:
                raise IndexError
            value = data[at : at + 4]
            at += 4
        else:
            raise InputError(f"it holds a field of the unknown type {wire}")
        yield _Field(field, wire, value)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return an unsigned number of at most 64 bits and where it ends."""
    first = data[at]
    if first < 128:
        return first, at + 1
    number = 0
    for place in range(10):
        byte = data[at + place]
        number |= (byte & 127) << 7 * place
        if byte < 128:
            return number, at + place + 1
    raise InputError("it holds a number of more than 64 bits")


def _bytes(value: _Value) -> bytes:
    assert isinstance(value, bytes)
    return value


def _message(data: bytes) -> dict[int, _Value]:
    """Return the fields of a message by number; of a repeated one, the last, as SentencePiece reads it."""
    return {field: value for field, _, value in _fields(data)}


def _check_settings(settings: dict[int, _Value]) -> VocabularyKind:
    """Return the kind of vocabulary."""
    given = tuple(_signed(settings.get(field, default)) for field, default in _IDS.items())
    if given != (0, 1, 2, 3):
        raise InputError(f"it numbers pad, unk, bos, eos {given!s:.100}; expected (0, 1, 2, 3)")
    _check({field: value for field, value in settings.items() if field in _SETTINGS}, _SETTINGS)
    given_kind = settings.get(_KIND, 1)
    for kind, number in _VOCABULARIES.items():
        if given_kind == number:
            return kind
    raise InputError(f"it is of kind {given_kind!r:.40}; expected 1 (unigram) or 2 (bpe)")


def _signed(value: _Value) -> _Value:
    return value - (1 << 64) if isinstance(value, int) and value >= 1 << 63 else value


def _check(given: dict[int, _Value], expected: dict[int, _Rule]) -> None:
    for field in given:
        if field not in expected:
            raise InputError(f"it holds a field {field} that no training of nmt writes")
    for field, (name, wanted, default) in expected.items():
        value = given.get(field, default)
        if value != wanted or type(value) is not type(wanted):
            raise InputError(f"{name} is {value!r:.40}; expected {wanted!r}")


def _piece(data: bytes) -> _Piece:
    """Return text, score and kind of a piece; it must be written as SentencePiece writes it, in this order."""
    size, start = _varint(data, 1)
    end = start + size
    if data[0] != 0x0A or data[end] != 0x15 or len(data) not in (end + 5, end + 7):
        raise InputError("a piece is not text, score and kind alone")
    text, kind = data[start:end], _NORMAL
    if len(data) == end + 7:
        if data[end + 5] != 0x18 or data[end + 6] not in _KINDS:
            raise InputError("a piece is of an unknown kind")
        kind = data[end + 6]
    if not 0 < size <= MOST_PIECE_BYTES or 0 in text:
        raise InputError(f"a piece is empty, longer than {MOST_PIECE_BYTES} bytes or holds a null character")
    (score,) = _SCORE.unpack_from(data, end + 1)
    if not -_LARGEST_SCORE <= score <= _LARGEST_SCORE:
        raise InputError(f"a piece has the score {score}; expected one of at most {_LARGEST_SCORE:.0f} in size")
    try:
        return _Piece(text.decode(), score, kind)
    except UnicodeDecodeError:
        raise InputError(f"a piece is not UTF-8: {text!r:.40}") from None


def _check_pieces(pieces: list[_Piece]) -> None:
    """Raise InputError unless these are four special pieces, the 256 bytes and others, all different."""
    if [(text, kind) for text, _, kind in pieces[:4]] != _SPECIAL:
        raise InputError(f"its first pieces are not {', '.join(text for text, _ in _SPECIAL)}")
    if len({text for text, _, _ in pieces}) != len(pieces):
        raise InputError("it holds a piece twice")
    if {text for text, _, kind in pieces if kind == _BYTE} != _ALL_BYTES:
        raise InputError("its pieces for bytes are not <0x00> to <0xFF>")
    if {kind for _, _, kind in pieces[4:]} & {_UNKNOWN, _CONTROL}:
        raise InputError("a piece beyond the first four is special")


def _write_piece(text: str, score: float, kind: int) -> bytes:
    content = text.encode()
    return b"\x0a" + _number(len(content)) + content + b"\x15" + _SCORE.pack(score) + bytes((0x18, kind))


def _write(pieces: list[bytes], kind: VocabularyKind) -> bytes:
    """Return a serialised model of serialised pieces."""
    numbers = {_KIND: _VOCABULARIES[kind], 4: len(pieces), 35: 1, 40: 1, 41: 2, 42: 3, 43: 0}
    settings = b"".join(_number(field << 3) + _number(value) for field, value in numbers.items())
    return b"".join([*(_part(1, piece) for piece in pieces), _part(2, settings), _part(3, b"\x0a\x08identity")])


def _part(field: int, content: bytes) -> bytes:
    return _number(field << 3 | _BYTES) + _number(len(content)) + content


def _number(value: int) -> bytes:
    """Return a number as the format writes it, seven bits a byte."""
    if value < 128:
        return bytes((value,))
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    written.append(value)
    return bytes(written)
