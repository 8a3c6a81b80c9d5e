"""A translation that goes on: what is kept, what it belongs to, and that the end is as if nothing had happened."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmt.commands.partial_output import Identity, Resumable, fingerprint, resumable
from nmt.errors import FailureError, InputError
from tests import tiny
from tests.strangers import encoded, lists, reuse

LINES = [f"line {number}" for number in range(20)]
MADE_BY: Identity = {"model": "one", "beam_size": 5, "scores": False}


class CrashError(Exception):
    """Stands for the end of the process."""


@pytest.fixture(autouse=True)
def recorded_at_every_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nmt.commands.partial_output._INTERVAL", 0.0)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "text").write_bytes(encoded(LINES))
    return tmp_path / "text"


def translated(line: str) -> str:
    """Return a line's translation, of as many lines as n-best would give."""
    return "\n".join([line.upper()] * (1 + len(line) % 3))


def work_through(work: Resumable, window: int, stop: int | None = None) -> list[str]:
    """Translate as a translator does, window by window, up to a crash after so many lines; return what was read."""
    read: list[str] = []
    source = work.lines()
    while lines := list(islice(source, window)):
        read += lines
        for line in lines:
            if stop == 0:
                raise CrashError
            work.write(translated(line))
            stop = None if stop is None else stop - 1
    return read


def run(text: Path, out: Path, window: int = 3, stop: int | None = None, made_by: Identity = MADE_BY) -> list[str]:
    with resumable(text, out, made_by) as work:
        return work_through(work, window, stop)


def interrupted(text: Path, out: Path, stop: int = 10) -> None:
    with pytest.raises(CrashError):
        run(text, out, stop=stop)


# --- going on ---


def test_an_uninterrupted_run_writes_all_lines_and_leaves_nothing_else(text: Path, tmp_path: Path) -> None:
    assert run(text, tmp_path / "out") == LINES
    assert tiny.files(tmp_path) == {"text": encoded(LINES), "out": encoded(map(translated, LINES))}


@given(lines=lists.filter(len), window=st.integers(1, 4), stops=st.lists(st.integers(0, 6), max_size=4))
@settings(reuse, max_examples=25)
def test_whatever_the_interruptions_the_result_is_the_same(
    lines: list[str], window: int, stops: list[int], tmp_path: Path
) -> None:
    text, out = tmp_path / "text", tmp_path / "out"
    text.write_bytes(b"\xef\xbb\xbf" + encoded(lines))
    for stop in stops:
        try:
            run(text, out, window, stop)
        except CrashError:
            assert not out.exists()
        out.unlink(missing_ok=True)
    run(text, out, window)
    lines = [line.removesuffix("\r") for line in lines]
    assert tiny.files(tmp_path) == {"text": text.read_bytes(), "out": encoded(map(translated, lines))}
    out.unlink()


def test_lines_that_are_done_are_not_done_again(text: Path, tmp_path: Path) -> None:
    interrupted(text, tmp_path / "out", stop=10)
    # Three whole windows of three; the tenth line belongs to one that was not.
    assert (tmp_path / "out.part").read_bytes().startswith(encoded(map(translated, LINES[:9])))
    assert run(text, tmp_path / "out") == LINES[9:]
    assert (tmp_path / "out").read_bytes() == encoded(map(translated, LINES))


def test_each_window_holds_the_lines_it_would_have_held(text: Path, tmp_path: Path) -> None:
    interrupted(text, tmp_path / "out", stop=8)
    with resumable(text, tmp_path / "out", MADE_BY) as work:
        source = work.lines()
        assert (work.first, next(source)) == (6, LINES[6])
        for line in LINES[6:]:
            work.write(translated(line))
        list(source)


def test_a_crash_between_two_records_tears_no_line(text: Path, tmp_path: Path) -> None:
    interrupted(text, tmp_path / "out")
    kept = tiny.files(tmp_path)
    for torn in (b"li", "é".encode()[:1], b"line 9\nline", b"\0" * 99):
        (tmp_path / "out.part").write_bytes(kept["out.part"] + torn)
        (tmp_path / "out.part.json").write_bytes(kept["out.part.json"])
        run(text, tmp_path / "out")
        assert (tmp_path / "out").read_bytes() == encoded(map(translated, LINES))


def test_a_crash_before_the_first_record_is_a_start_from_the_beginning(text: Path, tmp_path: Path) -> None:
    (tmp_path / "out.part").touch()
    run(text, tmp_path / "out")
    (tmp_path / "out.part").write_bytes(b"li")
    (tmp_path / "out.part.json").write_text('{"lines": 0, "bytes": 0, "digest": "", "identity": {"model": "two"}}')
    run(text, tmp_path / "out")
    assert tiny.files(tmp_path) == {"text": encoded(LINES), "out": encoded(map(translated, LINES))}


def test_a_crash_between_the_last_name_and_the_record_is_a_start_from_the_beginning(text: Path, tmp_path: Path) -> None:
    interrupted(text, tmp_path / "out")
    (tmp_path / "out.part").rename(tmp_path / "out")
    assert run(text, tmp_path / "out") == LINES
    assert tiny.files(tmp_path) == {"text": encoded(LINES), "out": encoded(map(translated, LINES))}


def test_an_interruption_before_anything_is_done_leaves_nothing(text: Path, tmp_path: Path) -> None:
    interrupted(text, tmp_path / "out", stop=2)
    with pytest.raises(InputError, match="No such file"):
        run(tmp_path / "none", tmp_path / "out")
    assert tiny.files(tmp_path) == {"text": encoded(LINES)}


def test_the_old_output_stays_until_the_new_one_is_whole_with_its_permissions(text: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("old\n")
    out.chmod(0o600)
    interrupted(text, out)
    assert out.read_text() == "old\n"
    assert (tmp_path / "out.part").stat().st_mode & 0o777 == 0o600
    run(text, out)
    assert out.read_bytes() == encoded(map(translated, LINES))
    assert out.stat().st_mode & 0o777 == 0o600


def test_bad_text_midway_keeps_what_was_before_it_and_may_be_mended(text: Path, tmp_path: Path) -> None:
    text.write_bytes(encoded(LINES[:12]) + b"\xff\n" + encoded(LINES[13:]))
    with pytest.raises(InputError, match="line 13: not UTF-8"):
        run(text, tmp_path / "out")
    text.write_bytes(encoded(LINES))
    assert run(text, tmp_path / "out") == LINES[12:]
    assert (tmp_path / "out").read_bytes() == encoded(map(translated, LINES))


def test_a_compressed_text_goes_on_like_a_plain_one(text: Path, tmp_path: Path) -> None:
    import gzip

    (tmp_path / "text.gz").write_bytes(gzip.compress(text.read_bytes()))
    interrupted(tmp_path / "text.gz", tmp_path / "out")
    assert run(text, tmp_path / "out") == LINES[9:]


# --- what it belongs to ---


@pytest.mark.parametrize("changes", [{"model": "two"}, {"beam_size": 4}, {"scores": True}, {"new": 1}])
def test_another_model_or_setting_is_refused_by_name(changes: Identity, text: Path, tmp_path: Path) -> None:
    interrupted(text, tmp_path / "out")
    before = tiny.files(tmp_path)
    ((key, value),) = changes.items()
    old = MADE_BY.get(key)
    message = f"out.part' was made with {key} {old!r}, now given {value!r}; give the same, or remove '.*out.part' and"
    with pytest.raises(InputError, match=message):
        run(text, tmp_path / "out", made_by={**MADE_BY, **changes})
    assert tiny.files(tmp_path) == before


@pytest.mark.parametrize(
    "lines", [[*LINES[:4], "changed", *LINES[5:]], LINES[1:], LINES[:8], [], [*LINES[:3], "", *LINES[3:]]]
)
def test_another_beginning_of_the_text_is_refused_and_nothing_is_lost(
    lines: list[str], text: Path, tmp_path: Path
) -> None:
    interrupted(text, tmp_path / "out")
    text.write_bytes(encoded(lines))
    with pytest.raises(InputError, match=r"the first 9 lines of '.*text' have changed; remove '.*out\.part' and 'out"):
        run(text, tmp_path / "out")
    text.write_bytes(encoded(LINES))
    assert run(text, tmp_path / "out") == LINES[9:]


def test_what_comes_after_the_lines_done_may_change(text: Path, tmp_path: Path) -> None:
    interrupted(text, tmp_path / "out")
    text.write_bytes(encoded([*LINES[:9], "another", "end"]))
    assert run(text, tmp_path / "out") == ["another", "end"]
    assert (tmp_path / "out").read_bytes() == encoded(map(translated, [*LINES[:9], "another", "end"]))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"lines": "x"}', b"\xff", b"[" * 99999, b'{"lines": 1}'])
def test_a_damaged_record_is_told(content: bytes, text: Path, tmp_path: Path) -> None:
    interrupted(text, tmp_path / "out")
    (tmp_path / "out.part.json").write_bytes(content)
    before = tiny.files(tmp_path)
    with pytest.raises(InputError, match=r"out.part.json' is damaged; remove '.*out.part' and 'out.part.json' to st"):
        run(text, tmp_path / "out")
    assert tiny.files(tmp_path) == before


def test_a_circle_of_links_is_refused(text: Path, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError, match="loop' cannot be used: Too many levels"):
        run(text, tmp_path / "loop")


@pytest.mark.parametrize("part", [None, b""])
@pytest.mark.parametrize("content", [b"", b'{"mine": 1}', b"[1]", b"ba\nde\n"])
def test_a_file_that_only_has_the_name_of_a_record_is_refused_and_left_as_it_is(
    part: bytes | None, content: bytes, text: Path, tmp_path: Path
) -> None:
    (tmp_path / "out.part.json").write_bytes(content)
    if part is not None:
        (tmp_path / "out.part").write_bytes(part)
    before = tiny.files(tmp_path)
    with pytest.raises(InputError, match=r"out.part.json', where .* is another file; move it away or give another -o"):
        run(text, tmp_path / "out")
    assert tiny.files(tmp_path) == before


def test_a_part_cut_short_is_told(text: Path, tmp_path: Path) -> None:
    interrupted(text, tmp_path / "out")
    (tmp_path / "out.part").write_bytes(b"LINE")
    with pytest.raises(InputError, match=r"out.part' is shorter than 'out.part.json' says; remove"):
        run(text, tmp_path / "out")


def test_a_file_of_that_name_that_is_not_ours_is_left_alone(text: Path, tmp_path: Path) -> None:
    (tmp_path / "out.part").write_text("mine\n")
    before = tiny.files(tmp_path)
    with pytest.raises(InputError, match=r"out.part' is there without its .json; move it away or give another -o"):
        run(text, tmp_path / "out")
    assert tiny.files(tmp_path) == before


@pytest.mark.skipif(os.name != "posix", reason="needs locks")
def test_two_runs_at_once_are_refused(text: Path, tmp_path: Path) -> None:
    with resumable(text, tmp_path / "out", MADE_BY) as work:
        with pytest.raises(InputError, match=r"another run is writing '.*out.part'"):
            run(text, tmp_path / "out")
        assert work_through(work, 3) == LINES
    assert (tmp_path / "out").read_bytes() == encoded(map(translated, LINES))


@pytest.mark.parametrize("name", ["folder", "missing/out", "out.gz", os.devnull])
def test_an_output_that_cannot_be_gone_on_with_is_refused(name: str, text: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=r"is a directory|is not writable|would not be compressed|--resume needs one"):
        run(text, tmp_path / name)
    assert tiny.files(tmp_path) == {"text": encoded(LINES)}


def test_a_text_may_be_replaced_by_its_own_translation(text: Path, tmp_path: Path) -> None:
    interrupted(text, text)
    run(text, text)
    assert tiny.files(tmp_path) == {"text": encoded(map(translated, LINES))}


# --- a disk that refuses ---


def test_a_full_disk_is_told_and_what_is_done_is_kept(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter(range(99))
    sync = os.fsync

    def full_later(handle: int) -> None:
        if next(calls) > 8:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(handle)

    monkeypatch.setattr(os, "fsync", full_later)
    with pytest.raises(FailureError, match="No space left on device"):
        run(text, tmp_path / "out")
    monkeypatch.setattr(os, "fsync", sync)
    done = json.loads((tmp_path / "out.part.json").read_bytes())["lines"]
    assert done > 0
    assert run(text, tmp_path / "out") == LINES[done:]
    assert (tmp_path / "out").read_bytes() == encoded(map(translated, LINES))


def test_records_are_not_made_more_often_than_the_interval(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def records() -> Iterator[int]:
        with resumable(text, tmp_path / "out", MADE_BY) as work:
            for line in work.lines():
                yield json.loads((tmp_path / "out.part.json").read_bytes())["lines"]
                work.write(translated(line))

    assert len(set(records())) == len(LINES)
    monkeypatch.setattr("nmt.commands.partial_output._INTERVAL", 3600.0)
    assert set(records()) == {0}


# --- the model ---


@settings(max_examples=25)
@given(name=st.sampled_from(["config.json", "model.safetensors", "shared.spm"]), place=st.integers(0, 10**6))
def test_any_change_of_a_models_files_changes_its_fingerprint(name: str, place: int) -> None:
    directory = tiny.model_directory()
    changed = directory.with_name("changed")
    shutil.rmtree(changed, ignore_errors=True)
    changed.mkdir()
    for each in ("config.json", "model.safetensors", "shared.spm"):
        shutil.copy(directory / each, changed)
    assert fingerprint([changed]) == fingerprint([directory]) != fingerprint([directory, directory])
    content = bytearray((changed / name).read_bytes())
    content[place % len(content)] ^= 1
    (changed / name).write_bytes(content)
    assert fingerprint([changed]) != fingerprint([directory])
    shutil.copy(directory / name, changed)
    (changed / "shortlist.safetensors").write_bytes(content)
    assert fingerprint([changed]) != fingerprint([directory])
