"""What every request passes first: it is counted, and refused while the server stops or beyond the limits."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nmt.serve.monitor import Monitor
from nmt.serve.options import Limits
from nmt.serve.rate import Rate
from nmt.serve.refusal import GONE, Refusal

# What is read and thrown away of a refused body: so many times the body allowed, so many seconds.
_DISCARDED = 4
_DISCARDING_SECONDS = 2.0
# What the bodies of all requests in flight may take: so many times one, but some bytes at least.
_HELD, _LEAST_HELD = 64, 1 << 26
# Bytes of an answer given to the connection at a time: it waits where the client does not read.
_CHUNK = 1 << 16


class Gates:
    """What the gate and the server share: requests in flight and what they hold, and whether new ones may come."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.draining = False
        # Bytes of the bodies of requests in flight.
        self.held = 0


@dataclass
class _Body:
    """What has been read of a request's body, in bytes."""

    size: int = 0


class Gate:
    """ASGI middleware around the whole application."""

    def __init__(
        self,
        app: ASGIApp,
        gates: Gates,
        limits: Limits,
        monitor: Monitor,
        refuse: Callable[[Scope, Refusal], Response],
        paths: Collection[str],
    ) -> None:
        """refuse: gives the response of a refusal; paths: those that are counted by their names"""
        self._refuse = refuse
        self._app, self._gates, self._limits, self._monitor = app, gates, limits, monitor
        self._paths = frozenset(paths)
        self._rate = Rate(limits.per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 0
        body = _Body()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            for part in _chunks(message):
                await send(part)

        self._gates.in_flight += 1
        try:
            self._check(scope)
            handled = self._app(scope, self._counted(receive, body), noting)
            await asyncio.wait_for(handled, self._limits.seconds)
        except Refusal as refusal:
            await self._discard(receive)
            await self._refuse(scope, refusal)(scope, receive, noting)
        except asyncio.TimeoutError:
            if status:
                status = GONE  # a client that does not read: the connection ends
                return
            late = Refusal(503, f"not done within {self._limits.seconds:g} s; send less, or try again later")
            await self._refuse(scope, late)(scope, receive, noting)
        except Exception:
            status = status or 500
            raise
        finally:
            self._gates.in_flight -= 1
            self._gates.held -= body.size
            # Paths nobody serves are one, or any stranger could fill the memory with names.
            path = getattr(scope.get("route"), "path", None) or scope["path"]
            path = path if path in self._paths else "other"
            self._monitor.requests.labels(path, str(status or GONE)).inc()
            self._monitor.seconds.labels(path).observe(time.perf_counter() - start)

    def _check(self, scope: Scope) -> None:
        """Raise Refusal where a request may not go on, whatever it asks for."""
        if self._gates.draining and scope["path"] != "/metrics":
            raise Refusal(503, "the server is stopping", retry_after=5)
        if scope["method"] == "POST":
            self._rate.check((scope.get("client") or ("", 0))[0])
        length = Headers(scope=scope).get("content-length", "")
        if length.isdigit() and int(length) > self._limits.body:
            raise _too_large(self._limits.body)

    def _counted(self, receive: Receive, body: _Body) -> Receive:
        """Return a receive that refuses a body longer than allowed, whatever its header said."""

        async def counted() -> Message:
            message = await receive()
            size = len(message.get("body", b""))
            body.size += size
            self._gates.held += size
            try:
                if body.size > self._limits.body:
                    raise _too_large(self._limits.body)
                if self._gates.held > max(_HELD * self._limits.body, _LEAST_HELD):
                    raise Refusal(503, "too many large requests are in flight; try again soon", retry_after=1)
            except Refusal:
                if message.get("more_body"):
                    await self._discard(receive)
                raise
            return message

        return counted

    async def _discard(self, receive: Receive) -> None:
        """Read what is left of a body, within limits: a connection closed before may lose the answer."""

        async def discard() -> None:
            left = _DISCARDED * self._limits.body
            message = await receive()
            while message.get("more_body") and left > 0:
                left -= len(message["body"])
                message = await receive()

        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(discard(), min(_DISCARDING_SECONDS, self._limits.seconds))


def _chunks(message: Message) -> Iterator[Message]:
    """Yield a message, one with a large body as several."""
    body = message.get("body", b"")
    if message["type"] != "http.response.body" or len(body) <= _CHUNK:
        yield message
        return
    for start in range(0, len(body), _CHUNK):
        more = start + _CHUNK < len(body) or message.get("more_body", False)
        yield {**message, "body": body[start : start + _CHUNK], "more_body": more}


def _too_large(most: int) -> Refusal:
    return Refusal(413, f"the body is too large; at most {most:,} bytes")
