"""A training starts once more to have huge pages, where that helps and is not refused; all else starts once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import nmt.huge_pages
from nmt.huge_pages import advisable

SETTING = "always [madvise] never\n"
# Names the setting's file, and says what the C library was told before the command runs.
PROGRAM = """
import os, sys
import nmt.cli, nmt.huge_pages
from pathlib import Path
nmt.huge_pages._SETTING = Path(sys.argv.pop())
nmt.cli.main = lambda: print(os.getpid(), os.environ.get("GLIBC_TUNABLES"), sys.argv[1:])
from nmt.__main__ import run
run()
"""


def started(setting: Path, *words: str, tunables: str | None = None) -> tuple[bool, str]:
    """Return whether the process that ran the command is the one that was started, and what it said."""
    environment = {name: value for name, value in os.environ.items() if name != "GLIBC_TUNABLES"}
    environment |= {} if tunables is None else {"GLIBC_TUNABLES": tunables}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words, str(setting)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    pid, said = out.rstrip("\n").split(" ", maxsplit=1)
    return int(pid) == process.pid, said


@pytest.fixture
def setting(tmp_path: Path) -> Path:
    path = tmp_path / "enabled"
    path.write_text(SETTING)
    return path


@pytest.mark.parametrize(
    "text, tunables, expected",
    [
        (SETTING, None, True),
        (SETTING, "glibc.malloc.arena_max=2", True),
        (SETTING, "glibc.malloc.hugetlb=0", False),
        (SETTING, "glibc.malloc.arena_max=2:glibc.malloc.hugetlb=2", False),
        ("[always] madvise never\n", None, False),
        ("always madvise [never]\n", None, False),
        ("", None, False),
    ],
)
def test_they_are_asked_for_where_the_system_gives_them_to_who_asks(
    text: str, tunables: str | None, expected: bool
) -> None:
    assert advisable(text, {} if tunables is None else {"GLIBC_TUNABLES": tunables}) == expected


def test_a_training_starts_again_in_the_same_process_with_the_same_words(setting: Path) -> None:
    same, said = started(setting, "train", "-c", "a b.yaml")
    assert same
    assert said == "glibc.malloc.hugetlb=1 ['train', '-c', 'a b.yaml']"


def test_other_tunables_stay(setting: Path) -> None:
    assert started(setting, "train", tunables="glibc.malloc.arena_max=2") == (
        True,
        "glibc.malloc.arena_max=2:glibc.malloc.hugetlb=1 ['train']",
    )


@pytest.mark.parametrize("words", [("translate", "train"), ("--help",), ("train --help",)])
def test_what_is_no_training_starts_once(setting: Path, words: tuple[str, ...]) -> None:
    assert started(setting, *words) == (True, f"None {list(words)}")


def test_who_refuses_is_heard(setting: Path) -> None:
    assert started(setting, "train", tunables="glibc.malloc.hugetlb=0") == (True, "glibc.malloc.hugetlb=0 ['train']")


def test_a_system_without_them_trains_as_it_is(tmp_path: Path) -> None:
    assert started(tmp_path / "missing", "train") == (True, "None ['train']")


def test_a_python_that_cannot_be_started_again_trains_as_it_is(setting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nmt.huge_pages, "_SETTING", setting)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    monkeypatch.setitem(os.environ, "GLIBC_TUNABLES", "")
    nmt.huge_pages.start_again_with_huge_pages()
