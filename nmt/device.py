"""The device a model runs on, its number of threads and its arithmetic."""

from __future__ import annotations

import ctypes
import logging
import math
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import torch

from nmt.errors import FailureError, InputError

logger = logging.getLogger(__name__)

# More than any machine has use for; train.threads has the same limit.
MOST_THREADS = 1024
# How torch says on a CPU, and libraries on a GPU, that memory ran out.
_OUT_OF_MEMORY = ("allocate memory", "out of memory", "ALLOC_FAILED")
_CGROUP = Path("/sys/fs/cgroup")


def choose_device(name: str) -> torch.device:
    """Return the device of a name: auto, cpu, cuda or cuda:N; raises InputError where there is none."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InputError(f"unknown device {name!r}; choose one of: auto, cpu, cuda, cuda:N") from None
    if device.type == "cuda" and not (torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count()):
        raise InputError(f"no device {name!r}: {torch.cuda.device_count()} GPUs seen; use device=cpu or auto")
    if device.type not in ("cpu", "cuda"):
        raise InputError(f"unknown device {name!r}; choose one of: auto, cpu, cuda, cuda:N")
    return device


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """Return float32 or bfloat16; auto takes bfloat16 where the hardware multiplies it and recurrent layers run."""
    if name == "auto":
        return torch.bfloat16 if _has_bf16(device) and _runs_bf16(device) else torch.float32
    if name not in ("fp32", "bf16"):
        raise InputError(f"unknown precision {name!r}; choose one of: auto, fp32, bf16, or int8 to translate")
    if name == "bf16" and not _runs_bf16(device):
        raise InputError(f"precision bf16 does not run on this {device.type}; choose fp32 or auto")
    return torch.bfloat16 if name == "bf16" else torch.float32


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        # Torch tells of the current one.
        with torch.cuda.device(device):
            return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper()
    if limit and not any(word in limit for word in ("BF16", "AMX", "DEFAULT", "ALL")):
        return False
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def _runs_bf16(device: torch.device) -> bool:
    """Say whether a recurrent layer runs in bfloat16: some instruction sets have products but no LSTM."""
    try:
        layer = torch.nn.LSTM(4, 4, device=device, dtype=torch.bfloat16)
        layer(torch.zeros(1, 1, 4, device=device, dtype=torch.bfloat16))
    except torch.OutOfMemoryError:
        raise
    except RuntimeError:
        return False
    return True


def mixed_precision(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[None]:
    """Return a context in which products run in a dtype and weights stay float32."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16)


def cores() -> int:
    """Return how many cores this process may run on, a container's quota considered."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(_CGROUP)
    return count if quota == math.inf else max(1, min(count, math.ceil(quota)))


def _quota(folder: Path) -> float:
    """Return the seconds of CPU a second that control groups allow (version 2, else 1); inf where they say nothing."""
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = (folder / "cpu.max").read_text(encoding="ascii").split()
        return math.inf if quota == "max" else int(quota) / int(period)
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = (
            (folder / f"cpu/cpu.cfs_{name}_us").read_text(encoding="ascii") for name in ("quota", "period")
        )
        return int(quota) / int(period) if int(quota) > 0 else math.inf
    return math.inf


def set_threads(count: int) -> int:
    """Use a number of CPU threads (0 = one per core this process may run on) and return it.

    Raises InputError for more than MOST_THREADS: with very many the system ends the process without a word.
    """
    if count == 0:
        count = cores()
        if os.environ.get("OMP_NUM_THREADS", "").isdigit():
            count = int(os.environ["OMP_NUM_THREADS"])
    if count > MOST_THREADS:
        raise InputError(f"{count} CPU threads are more than {MOST_THREADS}; give one for each core, or 0 for that")
    torch.set_num_threads(max(count, 1))
    return torch.get_num_threads()


def keep_kernels(count: int) -> None:
    """Let oneDNN keep so many kernels, one for each shape it met, unless the environment says otherwise.

    Its own 1,024 are no faster and hold a GB more. It looks once, when the first kernel is made.
    """
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(count))


def release_memory() -> None:
    """Give freed memory back to the system, where the C library can (glibc): with batches of many shapes
    its heap otherwise grows by what lies between them."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether an error tells that memory ran out, of the machine or of a GPU."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and any(words in str(error) for words in _OUT_OF_MEMORY)
    )


@contextmanager
def memory_errors(work: str, advice: str) -> Iterator[None]:
    """Turn errors of too little memory into a FailureError that names the work and what to do."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if is_out_of_memory(error):
            raise FailureError(f"out of memory with {work}; {advice}") from None
        raise
