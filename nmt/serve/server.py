"""What `nmt serve` does: load, listen, answer; on a signal finish what has begun, then end."""

from __future__ import annotations

import contextlib
import logging
import socket
import sys
import time
from collections.abc import Generator

import uvicorn

from nmt.errors import InputError
from nmt.interrupt import Interrupt
from nmt.serve.app import create_app
from nmt.serve.connections import AT_ONCE, bounded
from nmt.serve.downloads import LEAST_KEPT, Downloads
from nmt.serve.engine import Engine
from nmt.serve.keys import Keys
from nmt.serve.monitor import Monitor
from nmt.serve.options import Options, check_origin
from nmt.serve.prefix import read_prefix
from nmt.serve.service import Service

logger = logging.getLogger(__name__)
# Seconds beyond a request's own limit that the last ones get when the server ends.
_GRACE = 5
# Connections that wait to be accepted.
_WAITING = 2048
# What is kept of translated files: as many times the largest request.
_KEPT = 16


def run_server(options: Options) -> None:
    """Serve until SIGINT or SIGTERM, then exit with 128 + its number; a second signal ends it at once.

    Raises InputError for an address, a prefix, origins, keys or models that cannot be used.
    """
    for each in options.origins:
        check_origin(each)
    prefix = read_prefix(options.prefix)
    keys = Keys.read(options.key_file)
    with _bind(options.host, options.port) as listener:
        monitor = Monitor()
        engine = Engine.load(options, monitor)
        downloads = Downloads(max(LEAST_KEPT, _KEPT * options.limits.body))
        service = Service(engine, keys, options.limits, monitor, downloads=downloads, prefix=prefix)
        config = uvicorn.Config(
            create_app(service, options.origins), log_config=None, log_level="warning", access_log=False,
            server_header=False, lifespan="off", ws="none", timeout_graceful_shutdown=_GRACE,
            http=bounded(options.limits.seconds), backlog=AT_ONCE,
        )  # fmt: skip
        with Interrupt() as interrupt:
            server = _Server(config, interrupt, service, options, _greeting(engine, listener))
            try:
                server.run(sockets=[listener])
            finally:
                service.close()
    if interrupt.signal is not None:
        raise SystemExit(128 + interrupt.signal)


def _bind(host: str, port: int) -> socket.socket:
    """Take an address, before minutes are spent on loading; listening begins when all is loaded."""
    if not host:
        raise InputError("an empty --host means every address there is; give 0.0.0.0 for that, or 127.0.0.1")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except (OSError, TypeError, UnicodeError) as error:
        listener.close()
        raise _cannot_listen(host, port, error) from None
    return listener


def _cannot_listen(host: str, port: int, error: Exception) -> InputError:
    # Of other errors, that the name cannot be looked up is all that can be said.
    why = error.strerror if isinstance(error, OSError) else "no name of a machine"
    return InputError(f"cannot listen on {host} port {port}: {why}; choose another --host or --port")


def _greeting(engine: Engine, listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    pairs = ", ".join(f"{src}-{tgt}" for src, tgt in engine.translators)
    return f"nmt: serving {pairs} on http://{f'[{host}]' if ':' in host else host}:{port}"


class _Server(uvicorn.Server):
    """A server that goes on listening while its last requests finish, so that new ones are told 503."""

    def __init__(
        self, config: uvicorn.Config, interrupt: Interrupt, service: Service, options: Options, greeting: str
    ) -> None:
        super().__init__(config)
        self._interrupt, self._gates, self._greeting = interrupt, service.gates, greeting
        self._host, self._port = options.host, options.port
        self._patience = service.limits.seconds + _GRACE
        self._deadline = 0.0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so; raises InputError where another server listens there since."""
        try:
            await super().startup(sockets)
        except OSError as error:
            raise _cannot_listen(self._host, self._port, error) from None
        for each in sockets or []:
            # Others wait with the system: it was told how many are accepted at once.
            each.listen(_WAITING)
        print(self._greeting, file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave the signals to Interrupt."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Look at the signals, ten times a second; returns whether to end."""
        if await super().on_tick(counter):
            return True
        if self._interrupt.signal is None:
            return False
        if not self._gates.draining:
            self._gates.draining = True
            self._deadline = time.monotonic() + self._patience
            logger.info("stopping: %d requests in flight are finished, new ones refused", self._gates.in_flight)
        # Those that are being refused are in flight for a moment too.
        return self._gates.in_flight == 0 or time.monotonic() > self._deadline
