"""The processes that torchrun starts to train one model together: how they find and hear each other."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nmt.device import cores
from nmt.errors import FailureError, InputError
from nmt.group import Group, Place
from nmt.heartbeat import Heartbeat
from nmt.interrupt import end_with_parent

if TYPE_CHECKING:
    from torch.distributed import Store  # type: ignore[attr-defined]

logger = logging.getLogger(__name__)

_JOIN_LIMIT = timedelta(minutes=2)
# One rank may keep the others waiting: it writes checkpoints, or got the longer sentences to validate. A rank that
# died is noticed long before, by its closed connections or by its heartbeat.
_EXCHANGE_LIMIT = timedelta(hours=2)
_POLL_SECONDS = 0.1
_PROBE_SECONDS = 10.0
_READY, _TOLD, _LOST = "ready", "told", "lost"


class LostError(FailureError):
    """Another process of the group is gone; what there is to say, it said itself."""


class LaunchedGroup(Group):
    """One of several processes that torchrun started."""

    signal_grace = 2.0

    def __init__(self, place: Place) -> None:
        """Find the others' meeting point; raises FailureError where there is none."""
        super().__init__(place)
        end_with_parent(signal.SIGTERM)
        self._store = _rendezvous()
        self._device = torch.device("cpu")
        self._heartbeat: Heartbeat | None = None

    def threads(self, count: int) -> int:
        """Share the cores out; torchrun's own OMP_NUM_THREADS=1 is a default of its, not the user's wish."""
        if count or os.environ.get("OMP_NUM_THREADS", "1") != "1":
            return count
        return max(cores() // self.place.local_size, 1)

    def device(self, device: torch.device) -> torch.device:
        """Give each process of a machine a GPU of its own; raises InputError where there are too few."""
        if device.type != "cuda":
            return device
        if device.index is not None:
            raise InputError(f"train.device={device} is one GPU for {self.size} processes; use cuda, auto or cpu")
        if self.place.local_size > torch.cuda.device_count():
            raise InputError(
                f"{self.place.local_size} processes but {torch.cuda.device_count()} GPUs on this machine; start "
                "fewer, or use train.device=cpu"
            )
        return torch.device("cuda", self.place.local_rank)

    def announce(self) -> None:
        with _losses():
            self._store.set(_READY, "1")

    def await_leader(self) -> None:
        with _losses():
            # Waiting inside the store would not hear signals.
            while not self._store.check([_READY]):
                time.sleep(_POLL_SECONDS)

    def connect(self, device: torch.device) -> None:
        import torch.distributed as dist

        self._device = device
        backend = "nccl" if device.type == "cuda" else "gloo"
        if device.type == "cuda":
            torch.cuda.set_device(device)
        try:
            self._heartbeat = Heartbeat(self._store, self.rank, self.size)
            dist.init_process_group(
                backend,
                store=dist.PrefixStore(backend, self._store),  # type: ignore[attr-defined]
                rank=self.rank,
                world_size=self.size,
                timeout=_EXCHANGE_LIMIT,
                device_id=device if device.type == "cuda" else None,
            )
            # NCCL connects at the first exchange.
            self._exchange(b"")
        except (RuntimeError, ValueError, OSError) as error:
            raise FailureError(
                f"the {self.size} processes cannot be connected by {backend}: {_first_line(error)}; check that they "
                "reach each other (GLOO_SOCKET_IFNAME or NCCL_SOCKET_IFNAME names the network), or train with one"
            ) from None
        self._heartbeat.start()

    def add(self, buffer: Tensor) -> None:
        import torch.distributed as dist

        with _losses():
            dist.all_reduce(buffer)

    def gather(self, content: bytes) -> list[bytes]:
        with _losses():
            return self._exchange(content)

    def _exchange(self, content: bytes) -> list[bytes]:
        import torch.distributed as dist

        length = torch.tensor([len(content)], device=self._device)
        lengths = [torch.zeros_like(length) for _ in range(self.size)]
        dist.all_gather(lengths, length)
        counts = [int(each) for each in lengths]
        padded = torch.zeros(max(*counts, 1), dtype=torch.uint8)
        if content:
            padded[: len(content)] = torch.frombuffer(bytearray(content), dtype=torch.uint8)
        padded = padded.to(self._device)
        parts = [torch.zeros_like(padded) for _ in range(self.size)]
        dist.all_gather(parts, padded)
        return [part[:count].cpu().numpy().tobytes() for part, count in zip(parts, counts, strict=True)]

    def is_to_tell(self, error: Exception) -> bool:
        """Say whether it is for this process to tell an error that ends it: what several find, the first tells, and
        that another is gone none does where that one told why."""
        try:
            if isinstance(error, LostError):
                return not self._store.check([_TOLD]) and self._store.add(_LOST, 1) == 1
            self._store.set(_TOLD, "1")
            digest = hashlib.blake2b(str(error).encode(), digest_size=16).hexdigest()
            return self._store.add(f"{_TOLD}/{digest}", 1) == 1
        except RuntimeError:  # the store is gone, with torchrun or the leader
            return self.leads

    def tell_launcher(self, error: Exception) -> None:
        """Write the error where torchrun looks for the first of all, to name it at the end."""
        path = os.environ.get("TORCHELASTIC_ERROR_FILE")
        if not path:
            return
        # It prints py_callstack; a traceback would say less than the message.
        extra = {"py_callstack": f"nmt: {error}", "timestamp": str(int(time.time()))}
        content = json.dumps({"message": {"message": f"nmt: {error}", "extraInfo": extra}})
        with suppress(OSError), open(path, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(content)

    def leave(self) -> None:
        # torchrun ends the others as soon as one ended other than by 0, so all end together.
        if torch.distributed.is_initialized():
            with suppress(LostError):
                self.gather(b"")
        self.break_off()

    def break_off(self) -> None:
        """End the connections as they are; the others notice."""
        if self._heartbeat is not None:
            self._heartbeat.stop()
        if torch.distributed.is_initialized():
            with suppress(RuntimeError):
                torch.distributed.destroy_process_group()


@contextmanager
def joined() -> Iterator[Group]:
    """Give this process's group, by the environment that torchrun makes."""
    place = Place.read(os.environ)
    if place.size == 1:
        yield Group()
        return
    if not torch.distributed.is_available():
        raise InputError("this build of torch has no torch.distributed; train without torchrun")
    group = LaunchedGroup(place)
    try:
        yield group
        group.leave()
    except (FailureError, InputError) as error:
        if not group.is_to_tell(error):
            raise SystemExit(2 if isinstance(error, InputError) else 1) from None
        group.tell_launcher(error)
        raise
    finally:
        group.break_off()


def _rendezvous() -> Store:
    """Return the store over which processes find each other."""
    from torch.distributed.rendezvous import rendezvous

    try:
        if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == str(True):
            # torchrun keeps the store: where nobody answers at once, torchrun is dead and was so before this process
            # could ask to die with it. The store's own reader would try for minutes.
            place = os.environ.get("MASTER_ADDR", ""), int(os.environ.get("MASTER_PORT", "0"))
            socket.create_connection(place, timeout=_PROBE_SECONDS).close()
        store, _, _ = next(rendezvous("env://", timeout=_JOIN_LIMIT))
    except (RuntimeError, ValueError, OSError) as error:
        where = ":".join(os.environ.get(name, "?") for name in ("MASTER_ADDR", "MASTER_PORT"))
        raise FailureError(
            f"cannot meet the other processes at {where}: {_first_line(error)}; start with torchrun --standalone "
            "--nproc-per-node N -m nmt train …"
        ) from None
    found: Store = store
    return found


@contextmanager
def _losses() -> Iterator[None]:
    """Turn a broken connection into LostError."""
    try:
        yield
    except RuntimeError as error:
        logger.debug("%s", error)
        raise LostError(
            "another process of this training ended; its own message says why, if it could give one. The last "
            "checkpoint is intact and the same command goes on"
        ) from None


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).split("\n")[0][:200]
