"""The server as a process: existing clients, many at once, signals and exit codes."""

from __future__ import annotations

import http.client
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from libretranslatepy import LibreTranslateAPI

from nmt.translator import Translator
from tests import tiny

ROOT = Path(__file__).resolve().parent.parent
SENTENCES = [pair.src for pair in tiny.pairs(12)]


class Server:
    """A running `nmt serve` with the tiny model."""

    def __init__(self, *options: str) -> None:
        model = ["-m", str(tiny.model_directory()), "--precision", "fp32", "--threads", "1"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nmt", "serve", *model, "--port", "0", *options], cwd=ROOT, text=True,
            stderr=subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        found = re.fullmatch(r"nmt: serving de-en on (http://127\.0\.0\.1:(\d+))\n", line)
        assert found, line
        self.url, self.port = found[1], int(found[2])

    def ask(self, text: str) -> tuple[int, Any]:
        """Return status and answer of a request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        body = json.dumps({"q": text, "source": "de", "target": "en"})
        connection.request("POST", "/translate", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = response.status, json.loads(response.read())
        connection.close()
        return answer

    def waiting(self) -> int:
        """Return how many requests wait for their translation."""
        (number,) = re.findall(rb"^nmt_waiting_requests (\d+)", self.metrics(), re.MULTILINE)
        return int(number)

    def metrics(self) -> bytes:
        """Return what the server tells Prometheus."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=10) as response:
            return bytes(response.read())

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal; return the exit code and what was said after the start."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=30)
        return self.process.returncode, said


@pytest.fixture(scope="module")
def expected() -> dict[str, str]:
    found = Translator.load(tiny.model_directory(), "fp32", "cpu", 1).translate(SENTENCES)
    return {sentence: each.text for sentence, each in zip(SENTENCES, found, strict=True)}


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "keys"
    path.write_text("secret\n")
    return path


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for what leaves it as it was; it ends by Ctrl-C."""
    server = Server("--body-limit", "20000")
    yield server
    assert server.end(signal.SIGINT)[0] == 130


@pytest.fixture
def start() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*options: str) -> Server:
        servers.append(Server(*options))
        return servers[-1]

    yield start
    for each in servers:
        if each.process.poll() is None:
            each.process.kill()
            each.process.communicate()


def together(work: Callable[[str], object], texts: list[str]) -> list[object]:
    """Return what work gives for each text, all at the same time."""
    results: dict[int, object] = {}

    def run(number: int) -> None:
        results[number] = work(texts[number])

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(texts))]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    return [results.get(number) for number in range(len(texts))]


def test_libretranslates_own_client_works_unchanged(server: Server, expected: dict[str, str]) -> None:
    client = LibreTranslateAPI(server.url)
    for sentence in SENTENCES[:3]:
        assert client.translate(sentence, "de", "en") == expected[sentence]
    assert client.translate("", "de", "en") == ""
    assert client.translate(SENTENCES[0], "auto", "en") == expected[SENTENCES[0]]
    assert {"code": "de", "name": "German", "targets": ["en"]} in client.languages()
    assert client.detect("This is the house we live in.")[0]["language"] == "en"
    with pytest.raises(urllib.error.HTTPError) as error:
        client.translate("ba", "en", "es")
    assert error.value.code == 400
    assert "not supported" in json.loads(error.value.read())["error"]


def test_markup_alternatives_and_files_go_through_ordinary_clients(server: Server, expected: dict[str, str]) -> None:
    fields = {"q": f"<p>{SENTENCES[0]}</p>", "source": "de", "target": "en", "format": "html", "alternatives": "1"}
    with urllib.request.urlopen(f"{server.url}/translate", urllib.parse.urlencode(fields).encode()) as response:
        tree = json.load(response)
    assert re.fullmatch("<p>[^<>]+</p>", tree["translatedText"])
    assert re.fullmatch("<p>[^<>]+</p>", *tree["alternatives"])
    content = f"{SENTENCES[1]}\n\n%s {{x}}\n"
    with httpx2.Client(base_url=server.url, timeout=60) as client:
        files = {"file": ("letter.txt", content)}
        answer = client.post("/translate_file", data={"source": "auto", "target": "en"}, files=files)
        assert answer.status_code == 200, answer.text
        fetched = client.get(answer.json()["translatedFileUrl"])
    assert fetched.text == f"{expected[SENTENCES[1]]}\n\n%s {{x}}\n"
    assert fetched.headers["content-disposition"] == 'attachment; filename="letter.en.txt"'


def test_many_clients_at_once_get_what_is_theirs(server: Server, expected: dict[str, str]) -> None:
    texts = SENTENCES * 4
    answers = together(server.ask, texts)
    assert answers == [(200, {"translatedText": expected[text]}) for text in texts]


def test_a_body_too_large_is_answered_though_it_is_still_sent(server: Server) -> None:
    for size in (15_000, 60_000):
        status, answer = server.ask("a " * size)
        assert (status, list(answer)) == (413, ["error"])


def test_what_is_no_request_harms_nobody(server: Server, expected: dict[str, str]) -> None:
    begun = b"POST /translate HTTP/1.1\r\nHost: here\r\nContent-Length: 99\r\n\r\n{"
    for sent in (b"\x16\x03\x01 no HTTP\r\n\r\n", b"POST /translate HTTP/1.1\r\n\r\n{", begun, b""):
        with socket.create_connection(("127.0.0.1", server.port), 5) as connection:
            connection.sendall(sent)
    assert server.ask(SENTENCES[0]) == (200, {"translatedText": expected[SENTENCES[0]]})
    limit = time.monotonic() + 20
    while b'path="/translate",status="499"} 1.0' not in server.metrics():
        assert time.monotonic() < limit, server.metrics()
        time.sleep(0.02)


def test_silent_connections_neither_use_up_the_files_nor_fill_the_log(start: Callable[..., Server]) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    try:
        server = start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    silent = [socket.create_connection(("127.0.0.1", server.port), 10) for _ in range(300)]
    time.sleep(1)
    for each in silent:
        each.close()
    assert server.ask(SENTENCES[0])[0] == 200
    code, said = server.end(signal.SIGTERM)
    assert code == 143 and "accept" not in said


def test_on_sigterm_what_has_begun_is_finished_and_new_requests_are_refused(
    start: Callable[..., Server], key_file: Path, expected: dict[str, str]
) -> None:
    # A lone request waits for others: time for the signal to come in between.
    server = start("--batch-wait", "2500", "--api-keys", str(key_file))
    client = LibreTranslateAPI(server.url, "secret")
    answers: list[str] = []
    asking = threading.Thread(target=lambda: answers.append(client.translate(SENTENCES[0], "de", "en")))
    asking.start()
    limit = time.monotonic() + 20
    while server.waiting() < 1 and time.monotonic() < limit:
        time.sleep(0.02)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    status, answer = server.ask(SENTENCES[1])
    assert (status, answer["error"]) == (503, "the server is stopping")
    asking.join(30)
    assert answers == [expected[SENTENCES[0]]]
    _, said = server.process.communicate(timeout=30)
    assert server.process.returncode == 143
    assert "Traceback" not in said
    with pytest.raises(ConnectionRefusedError):
        server.ask(SENTENCES[1])


def test_an_address_in_use_and_a_model_that_is_none_are_told(
    server: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert tiny.run_nmt("serve", "-m", tiny.model_directory(), "--port", server.port) == 2
    assert "cannot listen on 127.0.0.1 port" in capfd.readouterr().err
    for host, said in (("", "an empty --host means every address"), ("ä" * 70, "cannot listen on ää")):
        assert tiny.run_nmt("serve", "-m", tiny.model_directory(), "--port", 0, "--host", host) == 2
        assert said in capfd.readouterr().err
    assert tiny.run_nmt("serve", "-m", tmp_path, "--port", 0, "--allow-origin", "example.org") == 2
    assert "'example.org' is no origin" in capfd.readouterr().err
    assert tiny.run_nmt("serve", "-m", tmp_path, "--port", 0) == 2
    assert "is not a model directory" in capfd.readouterr().err
    assert tiny.run_nmt("serve", "-m", tmp_path, "--port", 0, "--api-keys", tmp_path / "none") == 2
    told = f"nmt: cannot read the keys in {str(tmp_path / 'none')!r}: No such file or directory; give another file\n"
    assert capfd.readouterr().err == told
