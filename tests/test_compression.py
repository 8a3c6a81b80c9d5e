"""Compressed files: read as they are named, refused where they are damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from nmt.errors import InputError
from nmt.lines import read_lines
from tests.strangers import COMPRESSORS, write


@pytest.mark.parametrize("suffix", [suffix for suffix in COMPRESSORS if suffix])
def test_compressed_parts_joined_in_one_file_are_read_as_one_text(tmp_path: Path, suffix: str) -> None:
    compress = COMPRESSORS[suffix]
    path = tmp_path / f"text{suffix}"
    path.write_bytes(compress(b"one\ntw") + compress(b"") + compress(b"o\nthree\n"))
    assert list(read_lines(path)) == ["one", "two", "three"]


@pytest.mark.parametrize("suffix", [suffix for suffix in COMPRESSORS if suffix])
def test_a_truncated_compressed_file_is_refused(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"text{suffix}", [f"{n * 7919}" for n in range(9999)])
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match=rf"text{suffix} is damaged or truncated after line \d+"):
        list(read_lines(path))


@pytest.mark.parametrize("suffix", [suffix for suffix in COMPRESSORS if suffix])
def test_a_file_that_is_not_what_its_suffix_says_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"text{suffix}"
    path.write_bytes(b"plain text, not compressed\n")
    with pytest.raises(InputError, match="is damaged or truncated after line 0"):
        list(read_lines(path))


@pytest.mark.parametrize("suffix", [suffix for suffix in COMPRESSORS if suffix])
def test_a_bit_flipped_compressed_file_is_read_or_refused_but_never_crashes(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"text{suffix}", [f"{n * 7919}" for n in range(40)])
    data = path.read_bytes()
    for position in range(0, len(data), 3):
        path.write_bytes(data[:position] + bytes([data[position] ^ 16]) + data[position + 1 :])
        try:
            list(read_lines(path))
        except InputError as error:
            assert str(path) in str(error)


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_a_missing_file_is_refused_by_name(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(InputError, match=rf"cannot read '.*nothing{suffix}': No such file"):
        list(read_lines(tmp_path / f"nothing{suffix}"))
