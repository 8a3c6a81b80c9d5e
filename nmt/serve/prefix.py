"""The path under which a proxy serves the server to the world, such as /translate."""

from __future__ import annotations

import re

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from nmt.errors import InputError

_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")
# Under these the server has more itself, so that a request for it could be one behind a proxy or not.
_OWN = frozenset({"/static", "/download_file", "/frontend", "/languages", "/health", "/metrics"})


def read_prefix(prefix: str) -> str:
    """Return a prefix without a slash at its end, "" = none; raises InputError for what is none."""
    found = prefix.removesuffix("/")
    if not _PREFIX.fullmatch(found) or {".", ".."} & set(found.split("/")):
        raise InputError(f"{prefix!r} is no path of letters, digits and -._~; give --url-prefix /NAME")
    if found in _OWN:
        raise InputError(f"{found} is a path of the server's own; give another --url-prefix")
    return found


class Prefixed:
    """ASGI middleware: takes a prefix, which is not empty, off the paths of requests whose proxy has left it there."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app, self._prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on."""
        path = scope.get("path", "")
        if path == self._prefix and scope["method"] in ("GET", "HEAD"):
            # The paths on the page are relative to the one that ends in a slash.
            await RedirectResponse(f"{self._prefix}/")(scope, receive, send)
            return
        if path.startswith(f"{self._prefix}/"):
            scope = {**scope, "path": path.removeprefix(self._prefix)}
        await self._app(scope, receive, send)
