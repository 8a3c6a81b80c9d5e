"""The ASGI application: the endpoints behind the gate; every error is {"error": message}."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from nmt import __version__
from nmt.serve.gate import Gate, refuse
from nmt.serve.page import STATIC
from nmt.serve.refusal import GONE, Refusal
from nmt.serve.routes import router
from nmt.serve.service import Service

logger = logging.getLogger(__name__)


def create_app(service: Service, origins: Sequence[str] = ()) -> FastAPI:
    """Return the application of a service; origins: of web pages of other servers that may ask it, "*" = all."""
    # The documentation pages of FastAPI load scripts from elsewhere; our server's pages load nothing.
    app = FastAPI(title="nmt", version=__version__, docs_url=None, redoc_url=None)
    app.state.service = service
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC))
    paths = [route.path for route in router.routes if isinstance(route, Route)]
    app.add_middleware(Gate, gates=service.gates, limits=service.limits, monitor=service.monitor, paths=paths)
    if origins:
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["*"])
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _failed)
    return app


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, HTTPException):
        return JSONResponse({"error": str(error.detail)}, error.status_code, error.headers)
    assert isinstance(error, Refusal)
    return refuse(error)


async def _gone(_request: Request, _error: Exception) -> JSONResponse:
    return refuse(Refusal(GONE, "the client has gone"))


async def _failed(_request: Request, error: Exception) -> JSONResponse:
    """Tell the client that it was not its fault, and no more; the error goes to the log."""
    logger.error("a request failed: %s: %s", type(error).__name__, error)
    return JSONResponse({"error": "the server failed; its log says why"}, 500)
