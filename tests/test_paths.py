"""Paths that users name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nmt.errors import InputError
from nmt.paths import there, usable

LONG = ["x" * 300, "x/" * 3000, "there/" + "x" * 256]


def test_what_is_there_or_might_be_is_usable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there").touch()
    Path("dangling").symlink_to("none")
    names = ["there", ".", "/", "dangling", "none", "none/a", "there/a", "-", "é\udcff"]
    assert [usable(Path(name)) for name in names] == [*map(Path, names)]
    assert [name for name in names if there(Path(name))] == ["there", ".", "/"]


@pytest.mark.parametrize("name", [*LONG, "loop", "loop/a", "nul\0"])
def test_what_cannot_even_be_looked_for_is_refused_in_one_short_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there").mkdir()
    Path("loop").symlink_to("loop")
    assert not there(Path(name))
    with pytest.raises(InputError, match=r"cannot be used: .*; give another path") as caught:
        usable(Path(name))
    assert str(caught.value).isprintable() and len(str(caught.value)) < 400


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may look everywhere")
def test_what_lies_in_a_closed_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0)
    with pytest.raises(InputError, match="Permission denied"):
        usable(tmp_path / "a")
    tmp_path.chmod(0o700)
