"""Processes that read and write documents: whatever a document makes of its reader, it can be ended at any time.

A thread cannot be: it would read on when its client has gone, hold up every other, and the server's end.
Such a process answers the calls that come through a connection until that ends.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from nmt.serve.refusal import Refusal

T = TypeVar("T")
# Documents read or written at a time: what bounds the memory they take.
_DOCUMENTS = 2
_BROKEN = (OSError, EOFError)
# Modules are looked for where ours were, not in the working directory.
_PROGRAM = "import sys; sys.path[:] = {0!r}; from {1} import answer_calls; answer_calls({2})"


class _Reader:
    """A process that calls functions for us, one after another."""

    def __init__(self) -> None:
        self._connection, other = Pipe()
        with other:
            # In a session of its own: Ctrl-C in a terminal asks the server alone to end, and that finishes its work.
            self._process = subprocess.Popen(  # noqa: S603  (nothing of a request is in the command)
                [sys.executable, "-c", _PROGRAM.format(sys.path, __name__, other.fileno())],
                pass_fds=[other.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Return what a function gives; raises what it raises, and one of _BROKEN where the process ended before."""
        self._connection.send((function, arguments))
        done, answer = self._connection.recv()
        if not done:
            raise answer
        return answer

    def lives(self) -> bool:
        """Say whether the process has not ended."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()

    def forget(self) -> None:
        """End the process, and give back what it took of ours; no call may be under way."""
        self.kill()
        self._process.wait()
        self._connection.close()


class _Turn:
    """A call on its way to a reader and back, which may be stopped all the while."""

    def __init__(self) -> None:
        self.stopped = False
        self._lock = threading.Lock()
        self._reader: _Reader | None = None

    def begin(self, reader: _Reader) -> None:
        """Take a reader: from now on stopping ends it."""
        with self._lock:
            self._reader = reader
            if self.stopped:
                reader.kill()

    def end(self) -> None:
        """Let the reader go: from now on it is another's."""
        with self._lock:
            self._reader = None

    def stop(self) -> None:
        """Drop the call, and end the process that works on it."""
        with self._lock:
            self.stopped = True
            if self._reader is not None:
                self._reader.kill()


class Readers:
    """Some processes, started when they are needed; calls beyond wait for their turn."""

    def __init__(self, most: int = _DOCUMENTS) -> None:
        # One for each process, to wait for it.
        self._threads = ThreadPoolExecutor(most, "nmt-document")
        self._idle: list[_Reader] = []
        self._turns: set[_Turn] = set()

    async def run(self, function: Callable[..., T], *arguments: object) -> T:
        """Return what a function of a module gives, called by a process; cancelling it ends that process.

        Raises the Refusal that it raises, and RuntimeError for any other error.
        """
        turn = _Turn()
        self._turns.add(turn)
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._call, turn, function, arguments)
        finally:
            # Where it is done, nothing is left to stop.
            turn.stop()
            self._turns.discard(turn)

    def close(self) -> None:
        """End all processes, at once."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for turn in list(self._turns):
            turn.stop()
        while self._idle:
            self._idle.pop().forget()

    def _take(self) -> _Reader:
        """Return an idle process that has not ended, or a new one."""
        while self._idle:
            with suppress(IndexError):
                reader = self._idle.pop()
                if reader.lives():
                    return reader
                reader.forget()
        return _Reader()

    def _call(self, turn: _Turn, function: Callable[..., T], arguments: tuple[object, ...]) -> T:
        reader = self._take()
        turn.begin(reader)
        try:
            result: T = reader.call(function, arguments)
            return result
        except _BROKEN as error:
            turn.stop()
            raise RuntimeError(f"the process that read a document has ended: {error!r}") from None
        finally:
            turn.end()
            if turn.stopped:
                reader.forget()
            else:
                self._idle.append(reader)


def answer_calls(descriptor: int) -> None:
    """Call the functions that come through a connection until there are no more, and send what they give."""
    with Connection(descriptor) as calls:
        while True:
            try:
                function, arguments = calls.recv()
            except EOFError:
                return
            try:
                answer = True, function(*arguments)
            except Refusal as refusal:
                answer = False, refusal
            except Exception as error:
                # Of a library's errors not all can be sent.
                answer = False, RuntimeError(f"{type(error).__name__}: {error}")
            calls.send(answer)
