"""Tests of the .spm file: what our training writes is read, all else is refused before SentencePiece meets it."""

from __future__ import annotations

import gc
import struct
import time
from collections.abc import Callable
from random import Random

import pytest
import sentencepiece
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmt.config import TokenizerConfig
from nmt.errors import InputError
from nmt.spm import _number, _part, rewrite_spm
from nmt.tokenizer import Tokenizer, normalize
from nmt.tokenizer_training import train_tokenizer

few = settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXTS = ["Der Mann hört <br> Öl.", "", "  x  y ", "\U0001f600 \u2028\t", "ab__x__c"]


def piece(text: bytes, score: float = -1.0, kind: int = 1) -> bytes:
    return _part(1, _part(1, text) + b"\x15" + struct.pack("<f", score) + b"\x18" + _number(kind))


def parts(model: bytes) -> list[bytes]:
    """Return the serialised fields of a model that SentencePiece wrote: pieces, settings, normaliser."""
    found, at = [], 0
    while at < len(model):
        size, end = model[at + 1], at + 2
        if size >= 128:
            size, end = size - 128 + 128 * model[at + 2], at + 3
        found.append(model[at : end + size])
        at = end + size
    return found


def test_a_rewritten_model_reads_text_as_the_original(tokenizer: Tokenizer) -> None:
    original, rewritten = sentencepiece.SentencePieceProcessor(), sentencepiece.SentencePieceProcessor()
    original.LoadFromSerializedProto(tokenizer.model)
    rewritten.LoadFromSerializedProto(rewrite_spm(tokenizer.model).model)
    assert original.GetPieceSize() == rewritten.GetPieceSize()
    for text in map(normalize, TEXTS):
        ids = original.EncodeAsIds(text)
        assert rewritten.EncodeAsIds(text) == ids
        assert rewritten.DecodeIds(ids) == original.DecodeIds(ids)
    assert [rewritten.IdToPiece(i) for i in range(290)] == [original.IdToPiece(i) for i in range(290)]


def test_rewriting_twice_changes_nothing(tokenizer: Tokenizer) -> None:
    once = rewrite_spm(tokenizer.model)
    assert rewrite_spm(once.model) == once


@given(data=st.data())
@few
def test_any_change_is_refused_or_gives_a_tokenizer_that_works(tokenizer: Tokenizer, data: st.DataObject) -> None:
    changed = bytearray(tokenizer.model)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        loaded = Tokenizer(bytes(changed))
    except InputError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 300
    else:
        assert loaded.decode(loaded.encode("Der Mann")) is not None


@pytest.mark.parametrize(
    "strange, message",
    [
        (piece(b"a" * 200_000), "longer than 1000 bytes"),  # sentencepiece issue 1263
        (piece(b""), "a piece is empty"),
        (piece(b"a\0"), "null character"),
        (piece(b"\xff"), "not UTF-8"),
        (piece(b"new", float("nan")), "has the score nan"),
        (piece(b"new", float("-inf")), "has the score -inf"),
        (piece(b"new", 3e38), "has the score 3"),
        (piece(b"new", kind=7), "unknown kind"),
        (piece(b"new", kind=3), "beyond the first four is special"),
        (piece(b"new", kind=6), "bytes are not <0x00>"),
        (piece(b"<0x41>"), "twice"),
        (_part(1, _part(1, b"new")), "cut short|not text, score and kind"),
        (_part(4, b""), "field 4"),
        (_part(200, b"x"), "field 200"),
        (_part(3, _part(2, b"\4\0\0\0\xff\xff\xff\xff")), "precompiled_charsmap"),  # sentencepiece issue 1269
        (_part(3, _part(1, b"nmt_nfkc")), "name is b'nmt_nfkc'; expected b'identity'"),
        (_part(5, _part(2, b"\0" * 8)), "name is b''|precompiled_charsmap|field"),
        (_part(2, b""), "field 2"),
        (b"\x0b", "unknown type 3"),
        (b"\x0a" + b"\xff" * 10, "more than 64 bits"),
    ],
)
def test_what_no_training_writes_is_refused(tokenizer: Tokenizer, strange: bytes, message: str) -> None:
    with pytest.raises(InputError, match=f"not a SentencePiece model.*(?:{message})"):
        rewrite_spm(tokenizer.model + strange)


def without_bytes(model: bytes) -> bytes:
    return b"".join(part for part in parts(model) if b"<0x41>" not in part)


def without_settings(model: bytes) -> bytes:
    return b"".join(part for part in parts(model) if part[0] != 0x12)


def of_kind(model: bytes, kind: int) -> bytes:
    return b"".join(part if part[0] != 0x12 else _part(2, part[2:] + b"\x18" + _number(kind)) for part in parts(model))


def without_fallback(model: bytes) -> bytes:
    ids = b"".join(_number(field << 3) + _number(value) for field, value in {40: 1, 41: 2, 42: 3, 43: 0}.items())
    return b"".join(part if part[0] != 0x12 else _part(2, ids) for part in parts(model))


@pytest.mark.parametrize(
    "change, message",
    [
        (without_bytes, "bytes are not <0x00>"),
        (without_settings, "no settings"),
        (lambda model: of_kind(model, 3), "of kind 3; expected 1"),
        (without_fallback, "byte_fallback is 0; expected 1"),
        (lambda model: b"".join(parts(model)[1:]), "first pieces are not <pad>"),
    ],
)
def test_a_model_of_another_form_is_refused(
    tokenizer: Tokenizer, change: Callable[[bytes], bytes], message: str
) -> None:
    assert b"".join(parts(tokenizer.model)) == tokenizer.model
    with pytest.raises(InputError, match=message):
        rewrite_spm(change(tokenizer.model))


def test_a_vocabulary_is_of_the_kind_that_its_file_says_whatever_its_scores(lines: list[str]) -> None:
    for kind, other, number in (("unigram", "bpe", 2), ("bpe", "unigram", 1)):
        trained = train_tokenizer(lines, TokenizerConfig(vocab_size=290, kind=kind))
        assert trained.kind == rewrite_spm(trained.model).kind == kind
        renamed = Tokenizer(of_kind(trained.model, number))
        assert renamed.kind == other
        ways = renamed.ways(lines[0], 8)
        assert len(ways) == (1 if other == "bpe" else 8)
        assert ways[0] == renamed.encode(lines[0])
        assert {renamed.decode(way) for way in ways} == {lines[0]}
        assert renamed.decode(renamed.sample(lines[0], 0.5, Random(1))) == lines[0]


def test_a_large_vocabulary_is_read_in_little_time(lines: list[str]) -> None:
    model = train_tokenizer(lines, TokenizerConfig(vocab_size=290)).model
    large = model + b"".join(piece(f"w{number}".encode()) for number in range(8000))
    # The objects of thousands of tests before are no part of the work: going through them takes half a second.
    gc.collect()
    gc.freeze()
    try:
        start = time.process_time()
        rewrite_spm(large)
        seconds = time.process_time() - start
    finally:
        gc.unfreeze()
    # 15 ms on an idle core.
    assert seconds < 0.5
