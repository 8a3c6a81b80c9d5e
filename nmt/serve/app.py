"""The ASGI application: the endpoints behind the gate; every error is {"error": message}, on the page a sentence."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from nmt import __version__
from nmt.serve.gate import Gate
from nmt.serve.page import STATIC, Filled
from nmt.serve.prefix import Prefixed
from nmt.serve.refusal import GONE, Refusal
from nmt.serve.routes import router, show_page
from nmt.serve.service import Service

logger = logging.getLogger(__name__)


def create_app(service: Service, origins: Sequence[str] = ()) -> FastAPI:
    """Return the application of a service; origins: of web pages of other servers that may ask it, "*" = all."""

    def refuse(scope: Scope, refusal: Refusal) -> Response:
        return _refusal(service, scope, refusal)

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        return refuse(request.scope, error)

    app = FastAPI(title="nmt", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.service = service
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC))
    paths = [route.path for route in router.routes if isinstance(route, Route)]
    app.add_middleware(
        Gate, gates=service.gates, limits=service.limits, monitor=service.monitor, refuse=refuse, paths=paths
    )
    if origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["*"],
            expose_headers=["Retry-After"],
        )  # fmt: skip
    if service.prefix:
        app.add_middleware(Prefixed, prefix=service.prefix)
    app.add_exception_handler(Refusal, refused)
    app.add_exception_handler(HTTPException, _not_served)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _failed)
    return app


def _refusal(service: Service, scope: Scope, refusal: Refusal) -> Response:
    """Return the response of a refusal: the page, where the form on it was sent, else JSON."""
    # What is left of the body is not read, so the connection ends.
    headers = {"Connection": "close", **refusal.headers} if refusal.status in (413, 503) else refusal.headers
    # A message may quote the request, and that may hold what no UTF-8 can.
    message = refusal.message.encode("utf-8", "backslashreplace").decode()
    if scope["path"] == "/":
        return show_page(service, Filled(error=message), refusal.status, headers)
    return JSONResponse({"error": message}, refusal.status, headers)


async def _not_served(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": str(error.detail)}, error.status_code, error.headers)


async def _gone(_request: Request, _error: Exception) -> JSONResponse:
    return JSONResponse({"error": "the client has gone"}, GONE)


async def _failed(_request: Request, error: Exception) -> JSONResponse:
    """Tell the client that it was not its fault, and no more; the error goes to the log."""
    logger.error("a request failed: %s: %s", type(error).__name__, error)
    return JSONResponse({"error": "the server failed; its log says why"}, 500)
