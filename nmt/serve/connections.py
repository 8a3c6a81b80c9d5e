"""Connections: how many there may be, and how long one may take to ask something or to read its answer.

uvicorn itself waits for ever for the head of a request, and for a client to read the rest of its answer.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from uvicorn.protocols.http.h11_impl import H11Protocol

# Seconds in which the head of a request must have come, from the connection's beginning or the last answer.
_HEAD_SECONDS = 10.0
# Seconds for what is still to be sent when a connection is to be closed.
_LEAVING_SECONDS = 30.0
# Connections accepted before those beyond the limit are closed.
AT_ONCE = 16
# Files beside connections that the server may have open, and what is accepted meanwhile; connections where the system
# sets no limit.
_OTHER_FILES = 128
_MOST = 10_000


def bounded(
    seconds: float, most: int | None = None, head: float = _HEAD_SECONDS, leaving: float = _LEAVING_SECONDS
) -> type[H11Protocol]:
    """Return uvicorn's protocol with bounds: of connections, and of the time for all that a client does.

    seconds: from a request to its answer; most: connections at a time, None = as many as there may be files
    head, leaving: seconds for the head of a request, and for what is left to send in the end
    """
    room = most or _most_connections()

    class Connection(H11Protocol):
        """A connection that is closed where no request comes, or no answer is taken, in time."""

        _timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > room:
                transport.abort()
                return
            self._close_in(head)

        def data_received(self, data: bytes) -> None:
            before = self.cycle
            super().data_received(data)
            if self.cycle is not before:
                self._close_in(seconds + head)

        def on_response_complete(self) -> None:
            before = self.cycle
            super().on_response_complete()
            # A request that had come already is being answered now.
            self._close_in(head if self.cycle is before else seconds + head)

        def connection_lost(self, exc: Exception | None) -> None:
            if self._timer is not None:
                self._timer.cancel()
            super().connection_lost(exc)

        def _close_in(self, delay: float) -> None:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self.loop.call_later(delay, self._close)

        def _close(self) -> None:
            self.transport.close()
            self._timer = self.loop.call_later(leaving, self.transport.abort)

    return Connection


def _most_connections() -> int:
    """Return how many connections there may be: with one more file than the system allows, none would be accepted."""
    with suppress(ImportError):  # there is no such limit but on Unix
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY:
            return max(1, min(soft - _OTHER_FILES, _MOST))
    return _MOST
