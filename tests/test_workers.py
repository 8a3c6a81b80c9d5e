"""Tests of pieces of work side by side."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from nmt.errors import FailureError, InputError
from nmt.workers import Workers

every_kind = pytest.mark.parametrize("processes", [False, True])


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def square(number: int) -> tuple[int, int, int]:
    if number == 13:
        raise InputError("13 is unlucky")
    return number * number, torch.get_num_threads(), os.getpid()


@every_kind
def test_results_come_in_order_from_workers_of_one_thread_each(processes: bool) -> None:
    workers = Workers(square, processes)
    for _ in range(2):
        results = list(workers.map(range(10)))
        assert [result for result, _, _ in results] == [number * number for number in range(10)]
        assert {threads for _, threads, _ in results} == {1}
    assert (os.getpid() in {process for _, _, process in results}) == (not processes)
    assert torch.get_num_threads() == 2


def test_when_workers_go_nothing_of_theirs_is_left_to_the_end_of_the_program() -> None:
    before = set(threading.enumerate())
    workers = Workers(square, processes=True)
    list(workers.map(range(4)))
    assert set(threading.enumerate()) > before
    del workers
    assert set(threading.enumerate()) == before


def test_a_worker_has_one_thread_from_the_first_piece_on_whenever_that_comes() -> None:
    meeting = threading.Barrier(2, timeout=30)

    def work(asks: bool) -> int | None:
        meeting.wait()  # each worker has a piece
        return torch.get_num_threads() if asks else None

    workers = Workers(work)
    assert list(workers.map([False, False])) == [None, None]
    # Meanwhile this thread has set its own number again.
    assert list(workers.map([True, True])) == [1, 1]
    assert torch.get_num_threads() == 2


@every_kind
def test_a_single_piece_is_done_here_with_all_threads(processes: bool) -> None:
    assert list(Workers(square, processes).map([3])) == [(9, 2, os.getpid())]


@every_kind
def test_the_error_of_a_piece_is_raised_and_work_goes_on(processes: bool) -> None:
    workers = Workers(square, processes)
    with pytest.raises(InputError, match="unlucky"):
        list(workers.map([1, 13, 2, 3]))
    assert [result for result, _, _ in workers.map([1, 2])] == [1, 4]


def end_at_two(number: int) -> int:
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_process_that_is_killed_is_told_in_one_line() -> None:
    with pytest.raises(FailureError, match="--batch-size"):
        list(Workers(end_at_two, True).map([1, 2, 3]))


def test_processes_end_with_the_one_they_are_copies_of(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import os, sys, time, torch
        from pathlib import Path
        from nmt.workers import Workers
        torch.set_num_threads(2)
        def work(number):
            Path(sys.argv[1], str(os.getpid())).touch()
            time.sleep(60)
        list(Workers(work, True).map([1, 2]))
    """)
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) as parent:
        while len(found := list(tmp_path.iterdir())) < 2 and parent.poll() is None:
            time.sleep(0.05)
        parent.kill()
    assert len(found) == 2
    deadline = time.monotonic() + 30
    while any(Path("/proc", each.name).exists() for each in found) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(Path("/proc", each.name).exists() for each in found)


def test_a_signal_to_all_processes_at_once_ends_them_all(tmp_path: Path) -> None:
    # Results so large that one is on its way all the time: who waits for the rest of it would wait for ever.
    program = textwrap.dedent("""
        import signal, sys, torch
        from pathlib import Path
        from nmt.workers import Workers
        def stop(*_):
            sys.exit(5)
        signal.signal(signal.SIGTERM, stop)
        torch.set_num_threads(2)
        workers = Workers(lambda number: "x" * 100_000_000, True)
        for number, _ in enumerate(workers.map(range(100))):
            Path(sys.argv[1], str(number)).touch()
    """)
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, start_new_session=True) as parent:
        while len(list(tmp_path.iterdir())) < 4 and parent.poll() is None:
            time.sleep(0.05)
        os.killpg(parent.pid, signal.SIGTERM)
        try:
            assert parent.wait(60) == 5
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(parent.pid, signal.SIGKILL)
