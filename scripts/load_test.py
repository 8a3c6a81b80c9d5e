#!/usr/bin/env python3
"""Let many clients ask a server at once: errors, wrong answers, speed against one client, memory over time.

usage: .venv/bin/python scripts/load_test.py [--model DIR] [--clients N] [--requests N] [-- OPTIONS OF nmt serve]

It starts `nmt serve` on a free port of this machine alone. First one client asks alone, then all together; what they
get must be what one got. It exits with 1 where a request fails, where memory grows or where not all was asked within
--seconds, and says where the gain from sharing batches is too small. Fewer requests than some thousand tell nothing of
memory. Text: a file of --text, a sentence a line, else the demonstration's.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from demo_corpus import generate
from lab.command_line import parser, positive, read_text, run_script

from nmt.commands.ending import Ending
from nmt.errors import FailureError
from nmt.model_description import ModelDescription

SENTENCES = 200
# How often memory is looked at while all clients ask.
SAMPLES = 40
# Requests from which memory can be judged: kernels of ever new batch shapes are made before.
ENOUGH = 2000
# Growth from the second quarter of the requests to the last that passes for flat.
FLAT_MB, FLAT_SHARE = 5.0, 0.03


@dataclass
class Run:
    """What clients saw: a time for each request, what failed, what differed, and the server's memory."""

    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    different: int = 0
    memory: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.times) / self.seconds if self.seconds else 0.0

    def note_memory(self, process: int) -> None:
        """Take note of the resident memory of a process in MB; where it has ended there is none."""
        with suppress(OSError, ValueError):
            status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
            (kilobytes,) = re.findall(r"VmRSS:\s+(\d+)", status)
            self.memory.append(int(kilobytes) / 1024)

    def fail(self, error: str) -> None:
        """Take note of an error, and tell it where it is the first of its kind."""
        if error not in self.errors:
            print(error, file=sys.stderr, flush=True)
        self.errors.append(error)

    def show(self, name: str) -> str:
        """Return a row of the table."""
        if len(self.times) < 2:
            return f"{name:<12} {len(self.times):>8} requests answered"
        parts = statistics.quantiles(self.times, n=100)
        latencies = " ".join(f"{1000 * value:>8.0f}" for value in (parts[49], parts[94], parts[98]))
        return (
            f"{name:<12} {len(self.times):>8,} {self.rate:>8.1f} {latencies} {len(self.errors):>8} {self.different:>9}"
        )


@contextmanager
def server(model: Path, options: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Start a server; yields its port and process id, and sees that it ends as it should."""
    command = [sys.executable, "-m", "nmt", "serve", "-m", str(model), *options, "--host", "127.0.0.1", "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    line = process.stderr.readline()
    found = re.search(r":(\d+)$", line.strip())
    # What it says later would fill the pipe.
    threading.Thread(target=lambda: sys.stderr.writelines(process.stderr or ()), daemon=True).start()
    try:
        if found is None:
            raise FailureError(f"the server did not start: {line.strip()}")
        yield int(found[1]), process.pid
    finally:
        process.terminate()
        try:
            code = process.wait(90)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
    if code != 143:
        raise FailureError(f"the server ended with {code}")


class Client(threading.Thread):
    """Asks for sentence after sentence over one connection, a next one when the last is answered."""

    def __init__(self, port: int, pair: tuple[str, str], work: Iterator[str], run: Run, known: dict[str, str]) -> None:
        super().__init__()
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._fields = {"source": pair[0], "target": pair[1]}
        self._work, self._run, self._known = work, run, known

    def run(self) -> None:
        """Work until no sentence is left."""
        for sentence in self._work:
            start = time.perf_counter()
            try:
                answer = self._ask(sentence)
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._run.fail(f"{type(error).__name__}: {error}")
                self._connection.close()
                continue
            self._run.times.append(time.perf_counter() - start)
            self._run.different += self._known.setdefault(sentence, answer) != answer
        self._connection.close()

    def _ask(self, sentence: str) -> str:
        body = json.dumps({"q": sentence, **self._fields})
        self._connection.request("POST", "/translate", body, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise ValueError(f"{response.status} {content[:200]!r}")
        return str(json.loads(content)["translatedText"])


@dataclass(frozen=True)
class Load:
    """How many clients ask, how often in all, and the time at which they stop whatever is left."""

    clients: int
    requests: int
    until: float


class Work:
    """The sentences in turn, shared by all clients; notes the server's memory on the way."""

    def __init__(self, sentences: Sequence[str], load: Load, run: Run, process: int) -> None:
        self._sentences, self._load, self._run, self._process = sentences, load, run, process
        self._lock = threading.Lock()
        self._next = 0
        self._stopped = False

    def stop(self) -> None:
        """Give out no more."""
        self._stopped = True

    def __iter__(self) -> Work:
        return self

    def __next__(self) -> str:
        with self._lock:
            number = self._next
            if self._stopped or number >= self._load.requests or time.monotonic() > self._load.until:
                raise StopIteration
            self._next += 1
            if number % max(self._load.requests // SAMPLES, 1) == 0:
                self._run.note_memory(self._process)
        return self._sentences[number % len(self._sentences)]


@dataclass(frozen=True)
class Target:
    """A server: its port, process id and languages."""

    port: int
    process: int
    pair: tuple[str, str]


def ask(target: Target, sentences: Sequence[str], load: Load, known: dict[str, str], run: Run) -> None:
    """Let clients ask, and note in a run what they saw; known: translations seen."""
    work = Work(sentences, load, run, target.process)
    start = time.perf_counter()
    clients = [Client(target.port, target.pair, work, run, known) for _ in range(load.clients)]
    for each in clients:
        each.start()
    try:
        for each in clients:
            each.join()
    finally:
        work.stop()
        run.seconds = time.perf_counter() - start
    run.note_memory(target.process)


def is_flat(samples: Sequence[float], requests: int) -> bool:
    """Say whether memory has stopped growing by the second quarter, as far as can be told; prints its course."""
    print("memory, MB:", " ".join(f"{value:.0f}" for value in samples))
    quarter = max(len(samples) // 4, 1)
    early, late = statistics.mean(samples[quarter : 2 * quarter] or samples), statistics.mean(samples[-quarter:])
    flat = late - early <= FLAT_MB + FLAT_SHARE * early
    verdict = "flat" if flat else f"it grows, or {requests:,} requests are too few" if requests < ENOUGH else "it grows"
    start, middle, end = samples[0], samples[len(samples) // 2], samples[-1]
    print(f"at the start {start:.1f} MB, in the middle {middle:.1f} MB, at the end {end:.1f} MB")
    print(f"mean of the second quarter {early:.1f} MB, of the last {late:.1f} MB: {verdict}")
    return flat or requests < ENOUGH


def parse_words(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    arguments = parser(__doc__)
    arguments.add_argument("--model", type=Path, default=Path("runs/demo"))
    arguments.add_argument("--clients", type=positive, default=32)
    arguments.add_argument("--requests", type=positive, default=10_000)
    arguments.add_argument("--single", type=positive, default=400, help="requests of the one client")
    arguments.add_argument("--seconds", type=float, default=3600, help="for all of it; what is left then is not asked")
    arguments.add_argument("--text", type=Path)
    arguments.add_argument(
        "--least-gain", type=float, default=5.0, help="all clients against one, in requests a second"
    )
    arguments.add_argument("options", nargs="*", help="of nmt serve, after --")
    return arguments.parse_args(words)


def main(options: argparse.Namespace) -> int:
    """Run the test and print its table, of what was done if it is stopped; returns the exit code."""
    data = ModelDescription.read(options.model).config.data
    sentences = read_text(options.text) if options.text else [pair[0] for pair in generate(SENTENCES, 7)]
    one, many, passed = Run(), Run(), False
    until = time.monotonic() + options.seconds
    with Ending(lambda: "the table is of what was asked" if one.seconds else ""):
        try:
            with server(options.model, options.options) as (port, process):
                target = Target(port, process, (data.src, data.tgt))
                known: dict[str, str] = {}
                # What is allocated once is allocated here.
                ask(target, sentences, Load(1, 20, until), {}, Run())
                ask(target, sentences[:SENTENCES], Load(1, options.single, until), known, one)
                ask(target, sentences[:SENTENCES], Load(options.clients, options.requests, until), known, many)
        finally:
            if one.seconds:
                passed = report(one, many, options)
    return 0 if passed else 1


def report(one: Run, many: Run, options: argparse.Namespace) -> bool:
    """Print the table and what went wrong; returns whether nothing did."""
    heads = " ".join(f"{name:>8}" for name in ("requests", "per s", "p50 ms", "p95 ms", "p99 ms", "errors"))
    print(f"{'':<12} {heads} different")
    print(one.show("1 client"))
    print(many.show(f"{options.clients} clients"))
    gain = many.rate / one.rate if one.times else 0.0
    print(f"gain {gain:.1f} times" + (f", wanted {options.least_gain:g}" if gain < options.least_gain else ""))
    flat = is_flat(many.memory, len(many.times)) if many.memory else False
    errors = one.errors + many.errors
    if left := options.single + options.requests - len(one.times) - len(many.times) - len(errors):
        errors.append(f"{left:,} requests were not made")
    for error in sorted(set(errors))[:5]:
        print(error, file=sys.stderr)
    if many.different:
        print(f"{many.different:,} answers differ from those to one client", file=sys.stderr)
    return flat and not errors and not many.different


if __name__ == "__main__":
    run_script("load_test", lambda: main(parse_words()))
