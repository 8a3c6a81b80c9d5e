"""Tests of checkpoints: written whole or not at all, read with every fault named."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest
import safetensors
import torch

from nmt.checkpoint import (
    Checkpoint,
    check_origin,
    list_checkpoints,
    load_checkpoint,
    newest_counters,
    save_checkpoint,
    set_aside,
)
from nmt.errors import FailureError, InputError
from nmt.model_files import open_regular

FILES = ["weights.safetensors", "optimizer.safetensors", "counters.json", "checksums.json"]


def files(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def refuse(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def make_checkpoint(step: int) -> Checkpoint:
    generator = torch.Generator().manual_seed(step)
    tensors = {
        "weights": {"a": torch.randn(6, 8, generator=generator), "b": torch.arange(step)},
        "optimizer": {"0.exp_avg": torch.randn(3, generator=generator)},
    }
    return Checkpoint(step, tensors, {"epoch": 2, "best": 0.1 + step, "none": None, "position": {"pool": 7}})


def save(directory: Path, *steps: int, keep: int = 9) -> None:
    for step in steps:
        save_checkpoint(directory, make_checkpoint(step), keep)


def same(ours: Checkpoint | None, theirs: Checkpoint) -> bool:
    return (
        ours is not None
        and (ours.step, ours.counters) == (theirs.step, theirs.counters)
        and ours.tensors.keys() == theirs.tensors.keys()
        and all(
            torch.equal(tensor, ours.tensors[group][name])
            for group, tensors in theirs.tensors.items()
            for name, tensor in tensors.items()
        )
    )


def never(message: str) -> None:
    raise AssertionError(f"nothing is damaged, yet: {message}")


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    save(tmp_path, 3)
    assert same(load_checkpoint(tmp_path, never), make_checkpoint(3))
    assert sorted(path.name for path in (tmp_path / "checkpoints" / "step_3").iterdir()) == sorted(FILES)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX systems")
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_who_may_read_a_checkpoint_follows_from_the_umask(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        save(tmp_path, 3)
    finally:
        os.umask(before)
    found = (tmp_path / "checkpoints" / "step_3").iterdir()
    assert {path.name: path.stat().st_mode & 0o777 for path in found} == dict.fromkeys(FILES, 0o666 & ~mask)


def test_without_checkpoints_there_is_nothing_to_load(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path, never) is None
    assert list_checkpoints(tmp_path) == []


def test_the_newest_checkpoint_is_the_one_of_the_most_steps(tmp_path: Path) -> None:
    save(tmp_path, 9, 20, 100)
    (tmp_path / "checkpoints" / "step_x").mkdir()
    (tmp_path / "checkpoints" / "step_²").mkdir()
    (tmp_path / "checkpoints" / ".step_500.tmp").mkdir()
    assert [path.name for path in list_checkpoints(tmp_path)] == ["step_100", "step_20", "step_9"]
    assert same(load_checkpoint(tmp_path, never), make_checkpoint(100))


def test_a_step_saved_again_replaces_the_first(tmp_path: Path) -> None:
    save(tmp_path, 3)
    changed = Checkpoint(3, {"weights": {"a": torch.ones(2)}}, {"epoch": 5})
    save_checkpoint(tmp_path, changed, 2)
    assert same(load_checkpoint(tmp_path, never), changed)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["step_3"]


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_the_newest_are_kept_and_the_others_go(tmp_path: Path, keep: int) -> None:
    save(tmp_path, 9, 10, 11, 12, keep=keep)
    names = ["step_12", "step_11", "step_10"][:keep]
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == sorted(names)


@pytest.mark.parametrize("call", ["os.fsync", "pathlib.Path.rename"])
def test_a_full_disk_leaves_the_older_checkpoints_and_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    save(tmp_path, 3)
    before = files(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(call, refuse)
        with pytest.raises(FailureError, match="step_4: No space left on device; older checkpoints are untouched"):
            save(tmp_path, 4, keep=1)
    assert files(tmp_path) == before
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["step_3"]
    assert same(load_checkpoint(tmp_path, never), make_checkpoint(3))


def test_tensors_that_cannot_be_written_leave_the_older_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise safetensors.SafetensorError("I/O error: No space left on device (os error 28)")

    save(tmp_path, 3)
    before = files(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("nmt.checkpoint.save_file", full)
        with pytest.raises(
            FailureError, match=r"step_4: .*No space left on device .*; older checkpoints are untouched"
        ):
            save(tmp_path, 4, keep=1)
    assert files(tmp_path) == before
    save(tmp_path, 4)
    assert same(load_checkpoint(tmp_path, never), make_checkpoint(4))


def test_what_a_killed_run_left_half_written_is_replaced(tmp_path: Path) -> None:
    left = tmp_path / "checkpoints" / ".step_3.tmp"
    left.mkdir(parents=True)
    (left / "junk").write_bytes(b"junk")
    assert load_checkpoint(tmp_path, never) is None
    save(tmp_path, 3)
    assert same(load_checkpoint(tmp_path, never), make_checkpoint(3))
    assert not left.exists()


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", [truncate, empty, flip, Path.unlink])
def test_a_damaged_checkpoint_is_reported_and_the_one_before_it_taken(
    tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    save(tmp_path, 3, 4)
    damage(tmp_path / "checkpoints" / "step_4" / name)
    reports: list[str] = []
    assert same(load_checkpoint(tmp_path, reports.append), make_checkpoint(3))
    (report,) = reports
    assert report.startswith("checkpoint step_4 is damaged (")


def test_no_flipped_byte_of_the_checksums_goes_unnoticed(tmp_path: Path) -> None:
    save(tmp_path, 3, 4)
    path = tmp_path / "checkpoints" / "step_4" / "checksums.json"
    whole = path.read_bytes()
    for place in range(len(whole) - 1):
        content = bytearray(whole)
        content[place] ^= 1
        path.write_bytes(content)
        reports: list[str] = []
        loaded = load_checkpoint(tmp_path, reports.append)
        assert loaded is not None
        assert (loaded.step, len(reports)) == (3, 1)


def test_damage_everywhere_is_a_failure_that_says_what_to_do(tmp_path: Path) -> None:
    save(tmp_path, 3, 4)
    for folder in list_checkpoints(tmp_path):
        flip(folder / "weights.safetensors")
    reports: list[str] = []
    with pytest.raises(FailureError, match=r"none of the 2 checkpoints in .* is intact; remove them .* --overwrite"):
        load_checkpoint(tmp_path, reports.append)
    assert len(reports) == 2


@pytest.mark.parametrize("keep", [1, 2])
@pytest.mark.parametrize("step", [25, 30, 35])
def test_a_damaged_checkpoint_is_set_aside_and_stays(tmp_path: Path, step: int, keep: int) -> None:
    save(tmp_path, 20, 30)
    (tmp_path / "checkpoints" / "step_30" / "counters.json").write_text("{}")
    damaged = files(tmp_path / "checkpoints" / "step_30")
    assert same(load_checkpoint(tmp_path, lambda _: None), make_checkpoint(20))
    for _ in range(2):
        set_aside(tmp_path, 20)
        assert [path.name for path in list_checkpoints(tmp_path)] == ["step_20"]
    save_checkpoint(tmp_path, make_checkpoint(step), keep)
    assert [path.name for path in list_checkpoints(tmp_path)] == [f"step_{step}", "step_20"][:keep]
    assert same(load_checkpoint(tmp_path, never), make_checkpoint(step))
    assert files(tmp_path / "checkpoints" / "step_30.damaged") == damaged


def test_saving_drops_no_later_checkpoint(tmp_path: Path) -> None:
    save(tmp_path, 20, 30)
    save_checkpoint(tmp_path, make_checkpoint(25), 1)
    assert [path.name for path in list_checkpoints(tmp_path)] == ["step_30", "step_25"]


def test_a_disk_that_does_not_let_a_damaged_checkpoint_be_set_aside_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, 20, 30)
    before = files(tmp_path)
    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(FailureError, match=r"cannot rename .*step_30: No space left on device; nothing was lost"):
        set_aside(tmp_path, 20)
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    "error", [PermissionError(errno.EACCES, "Permission denied"), OSError(errno.EIO, "I/O error"), MemoryError()]
)
@pytest.mark.parametrize("number", range(len(FILES)))
def test_a_checkpoint_that_cannot_be_read_is_no_damaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: Exception
) -> None:
    save(tmp_path, 3, 4)
    before, calls = files(tmp_path), [0]

    def failing(path: Path) -> tuple[BinaryIO, int]:
        calls[0] += 1
        if calls[0] > number:
            raise error
        return open_regular(path)

    monkeypatch.setattr("nmt.checkpoint.open_regular", failing)
    with pytest.raises(FailureError, match=r"cannot read .*step_4: .*; nothing was changed: try again .*move it away"):
        load_checkpoint(tmp_path, never)
    calls[0] = 0
    if number < 2:  # it reads no more
        with pytest.raises(FailureError, match=r"cannot read .*step_4"):
            newest_counters(tmp_path)
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        *(("counters.json", damage) for damage in (truncate, empty, flip, Path.unlink)),
        *(("checksums.json", damage) for damage in (truncate, empty, Path.unlink)),
    ],
)
def test_the_newest_counters_are_those_of_the_newest_checkpoint_that_has_them_intact(
    tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    assert newest_counters(tmp_path) == {}
    save(tmp_path, 3, 4)
    (tmp_path / "checkpoints" / "step_4" / "weights.safetensors").unlink()
    assert newest_counters(tmp_path) == {"step": 4, **make_checkpoint(4).counters}
    damage(tmp_path / "checkpoints" / "step_4" / name)
    assert newest_counters(tmp_path) == {"step": 3, **make_checkpoint(3).counters}


def test_what_a_training_learned_from_is_not_exchanged(tmp_path: Path) -> None:
    check_origin(tmp_path, {}, {"corpus": "a"})
    check_origin(tmp_path, {"corpus": "a", "step": 3}, {"corpus": "a", "vocabulary": "b"})
    with pytest.raises(InputError, match=r"the training corpus changed since .* was trained on it; put it back, give"):
        check_origin(tmp_path, {"corpus": "a"}, {"corpus": "b"})


@pytest.mark.parametrize("name", ["../../secret.json", "/etc/passwd", "a/b.json", "weights.safetensors\n"])
def test_checksums_name_no_file_elsewhere(tmp_path: Path, name: str) -> None:
    save(tmp_path, 3, 4)
    (tmp_path / "checkpoints" / "step_4" / "checksums.json").write_text(json.dumps({name: "0"}))
    reports: list[str] = []
    assert same(load_checkpoint(tmp_path, reports.append), make_checkpoint(3))
    assert "which belongs to no checkpoint" in reports[0]


@pytest.mark.parametrize("name", FILES)
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path, name: str) -> None:
    save(tmp_path, 3, 4)
    path = tmp_path / "checkpoints" / "step_4" / name
    path.unlink()
    os.mkfifo(path)
    reports: list[str] = []
    assert same(load_checkpoint(tmp_path, reports.append), make_checkpoint(3))
    assert "is not a regular file" in reports[0]


def test_deeply_nested_counters_are_damage(tmp_path: Path) -> None:
    save(tmp_path, 3, 4)
    (tmp_path / "checkpoints" / "step_4" / "checksums.json").write_text("[" * 100_000)
    assert same(load_checkpoint(tmp_path, lambda _: None), make_checkpoint(3))
