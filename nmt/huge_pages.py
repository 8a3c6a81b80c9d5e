"""Huge pages for a training: its tensors come and go by the gigabyte, and pages of 4 KiB are many to look up.

The C library asks the system for them if it is told so when a process starts, by a tunable in the environment (glibc
2.35 and later; Linux's transparent huge pages): so the command starts itself once more.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

_SETTING = Path("/sys/kernel/mm/transparent_hugepage/enabled")
_TUNABLES, _TUNABLE = "GLIBC_TUNABLES", "glibc.malloc.hugetlb"


def advisable(setting: str, environment: Mapping[str, str]) -> bool:
    """Say whether asking changes anything: pages are huge for who asks, and nobody has said what to do.

    setting: as /sys/kernel/mm/transparent_hugepage/enabled has it
    """
    return "[madvise]" in setting and _TUNABLE not in environment.get(_TUNABLES, "")


def start_again_with_huge_pages() -> None:
    """Replace the process by the same command with huge pages; does nothing where they are had or can't be."""
    try:
        setting = _SETTING.read_text(encoding="ascii")
    except (OSError, ValueError):
        return
    if not sys.executable or not advisable(setting, os.environ):
        return
    before = os.environ.get(_TUNABLES)
    os.environ[_TUNABLES] = f"{before}:{_TUNABLE}=1" if before else f"{_TUNABLE}=1"
    try:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 (no shell is wanted)
    except OSError:
        return  # at the usual speed then
