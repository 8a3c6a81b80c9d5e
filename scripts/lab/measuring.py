"""What the benchmarks share: options, processes timed from outside, instruction sets, tables. Imports no library."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

# What each library is told to make do with, for measuring what a plainer CPU would do.
ISAS = {
    "avx2": {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
    "avx512": {
        "ONEDNN_MAX_CPU_ISA": "AVX512_CORE",
        "ATEN_CPU_CAPABILITY": "avx512",
        "MKL_ENABLE_INSTRUCTIONS": "AVX512",
    },
}

# Percent of a core that others may take before a measurement is called disturbed.
_DISTURBED = 5


@dataclass(frozen=True)
class Finished:
    """A process that ended: seconds from its start, its largest resident memory, its two outputs together.

    others_percent: CPU time that other processes, or other machines on the same hardware, took meanwhile, in
    percent of one core; a parallel run that has to wait for one of its threads can slow down many times
    """

    status: int
    seconds: float
    peak_mb: float
    output: str
    others_percent: float


def parse(arguments: argparse.ArgumentParser, words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line of a benchmark, with what all have: threads, precision, instruction set, JSON."""
    add = arguments.add_argument
    add("--threads", type=int, default=default_threads())
    add("--precision", choices=["auto", "fp32", "bf16", "int8"], default="auto", help="ours")
    add("--isa", choices=list(ISAS), help="make do with this instruction set")
    add("--json", type=result_file, metavar="FILE")
    options = arguments.parse_args(words)
    # Training knows no int8: with it, only decoding changes.
    options.decode_precision = options.precision
    options.precision = "auto" if options.precision == "int8" else options.precision
    return options


def result_file(text: str) -> Path:
    """Read the name of a file to write, an option: that it cannot be is told before the hours of measuring."""
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is no file in a folder that is there")
    return path


def run(command: Sequence[str | Path], environment: Mapping[str, str], stdin: str = "") -> Finished:
    """Run a command to its end.

    Memory is what the system counted for it. A process starts out with its parent's count, so the caller
    must be small itself: the benchmarks import torch in processes of their own only.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as given:
        given.write(stdin.encode())
        given.seek(0)
        start, busy = time.perf_counter(), _busy_seconds()
        with subprocess.Popen(
            [str(part) for part in command],
            stdin=given, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **environment},
        ) as process:  # fmt: skip
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        others = 100 * max(_busy_seconds() - busy - usage.ru_utime - usage.ru_stime, 0) / seconds
        output.seek(0)
        text = output.read().decode(errors="replace")
    return Finished(process.returncode, seconds, usage.ru_maxrss * 1024 / 1e6, text, others)


def measure(command: Sequence[str | Path], environment: Mapping[str, str], stdin: str = "") -> Finished:
    """Run a command whose speed counts: tell when others were busy meanwhile."""
    done = run(command, environment, stdin)
    if done.others_percent > _DISTURBED and done.seconds > 1:
        say(f"warning: meanwhile others took {done.others_percent:.0f}% of a core; measure on an idle machine")
    return done


def _busy_seconds() -> float:
    """Return the CPU time all processes have had, and what was stolen from this machine, since it started."""
    first = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0]
    user, nice, system, _idle, _wait, hard, soft, stolen, *_ = map(int, first.split()[1:])
    return (user + nice + system + hard + soft + stolen) / os.sysconf("SC_CLK_TCK")


def peak_megabytes() -> float:
    """Return the largest resident memory of this process since its program was loaded."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").split("\n"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("no VmHWM in /proc/self/status; memory is measured on Linux")


def default_threads() -> int:
    """Return the number of cores this process may run on."""
    return len(os.sched_getaffinity(0))


def environment(threads: int, isa: str | None) -> dict[str, str]:
    """Return the variables that set threads and instruction set (None = all that the CPU has)."""
    count = str(threads)
    return {"OMP_NUM_THREADS": count, "MKL_NUM_THREADS": count, **(ISAS[isa] if isa else {})}


def machine() -> dict[str, Any]:
    """Describe the machine, for the JSON."""
    model = platform.processor()
    flags: list[str] = []
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n"):
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            model = value.strip()
        elif name.strip() == "flags":
            flags = [flag for flag in value.split() if flag.startswith(("avx", "amx"))]
    now = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
    return {"cpu": model, "cores": os.cpu_count(), "vector_flags": flags, "date_utc": now, "load": os.getloadavg()[0]}


def middle(values: Sequence[float]) -> float:
    """Return the median, or not-a-number of nothing."""
    return median(values) if values else float("nan")


def table(columns: Mapping[str, Mapping[str, Any]]) -> str:
    """Lay out numbers by name, one column each; what is no number, or missing everywhere, is left out."""
    numbers = {
        head: {name: value for name, value in column.items() if isinstance(value, int | float)}
        for head, column in columns.items()
    }
    names = list(dict.fromkeys(name for column in numbers.values() for name in column))
    width = max(14, *(len(head) + 2 for head in columns)) if columns else 14
    lines = ["".ljust(44) + "".join(head.rjust(width) for head in columns)]
    for name in names:
        cells = [f"{column[name]:,.3f}" if name in column else "-" for column in numbers.values()]
        lines.append(name.ljust(44) + "".join(cell.rjust(width) for cell in cells))
    return "\n".join(lines)


def say(text: str) -> None:
    """Tell progress on stderr."""
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)
