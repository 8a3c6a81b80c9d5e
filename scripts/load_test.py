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
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from demo_corpus import generate

from nmt.model_directory import ModelDescription

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
        return len(self.times) / self.seconds

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
            sys.exit(f"the server did not start: {line}")
        yield int(found[1]), process.pid
    finally:
        process.terminate()
        if process.wait(90) != 143:
            sys.exit(f"the server ended with {process.returncode}")


def memory(process: int) -> float:
    """Return the resident memory of a process in MB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    (kilobytes,) = re.findall(r"VmRSS:\s+(\d+)", status)
    return int(kilobytes) / 1024


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
                self._run.errors.append(f"{type(error).__name__}: {error}")
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

    def __iter__(self) -> Work:
        return self

    def __next__(self) -> str:
        with self._lock:
            number = self._next
            if number >= self._load.requests or time.monotonic() > self._load.until:
                raise StopIteration
            self._next += 1
            if number % max(self._load.requests // SAMPLES, 1) == 0:
                self._run.memory.append(memory(self._process))
        return self._sentences[number % len(self._sentences)]


def ask(
    address: tuple[int, int], pair: tuple[str, str], sentences: Sequence[str], load: Load, known: dict[str, str]
) -> Run:
    """Let clients ask; address: port and process id; known: translations seen."""
    run = Run()
    work = Work(sentences, load, run, address[1])
    start = time.perf_counter()
    clients = [Client(address[0], pair, work, run, known) for _ in range(load.clients)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    run.seconds = time.perf_counter() - start
    run.memory.append(memory(address[1]))
    return run


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


def main() -> None:
    """Run the test and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("runs/demo"))
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--single", type=int, default=400, help="requests of the one client")
    parser.add_argument("--seconds", type=float, default=3600, help="for all of it; what is left then is not asked")
    parser.add_argument("--text", type=Path)
    parser.add_argument("--least-gain", type=float, default=5.0, help="all clients against one, in requests a second")
    parser.add_argument("options", nargs="*", help="of nmt serve, after --")
    options = parser.parse_args()
    data = ModelDescription.read(options.model).config.data
    if options.text:
        sentences = [line for line in options.text.read_text(encoding="utf-8").split("\n") if line.strip()]
    else:
        sentences = [pair[0] for pair in generate(SENTENCES, 7)]
    pair = data.src, data.tgt
    until = time.monotonic() + options.seconds
    with server(options.model, options.options) as address:
        known: dict[str, str] = {}
        # What is allocated once is allocated here.
        ask(address, pair, sentences, Load(1, 20, until), {})
        one = ask(address, pair, sentences[:SENTENCES], Load(1, options.single, until), known)
        many = ask(address, pair, sentences[:SENTENCES], Load(options.clients, options.requests, until), known)
    heads = " ".join(f"{name:>8}" for name in ("requests", "per s", "p50 ms", "p95 ms", "p99 ms", "errors"))
    print(f"{'':<12} {heads} different")
    print(one.show("1 client"))
    print(many.show(f"{options.clients} clients"))
    gain = many.rate / one.rate if one.times else 0.0
    print(f"gain {gain:.1f} times" + (f", wanted {options.least_gain:g}" if gain < options.least_gain else ""))
    flat = is_flat(many.memory, len(many.times))
    errors = one.errors + many.errors
    if left := options.single + options.requests - len(one.times) - len(many.times) - len(errors):
        errors.append(f"{left:,} requests were not made within {options.seconds:g} s")
    for error in sorted(set(errors))[:5]:
        print(error, file=sys.stderr)
    if many.different:
        print(f"{many.different:,} answers differ from those to one client", file=sys.stderr)
    sys.exit(0 if flat and not errors and not many.different else 1)


if __name__ == "__main__":
    main()
