"""The smaller parts of the server: keys, rate, downloads, languages, readers, connections."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.routing import Route
from uvicorn.server import ServerState

from nmt.errors import InputError
from nmt.serve.connections import bounded
from nmt.serve.downloads import Downloads
from nmt.serve.engine import Answer
from nmt.serve.keys import Keys
from nmt.serve.languages import Identifier, name
from nmt.serve.options import check_origin
from nmt.serve.prefix import read_prefix
from nmt.serve.rate import Rate
from nmt.serve.readers import Readers
from nmt.serve.refusal import Refusal, refuse_half_pairs
from nmt.serve.routes import router
from nmt.translation import Translation


class Clock:
    """A time that passes when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_key_of_the_file_opens_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("\ufeff# ours\n  # others\nfirst\n\n  zweiter ü \n", encoding="utf-8")
    keys = Keys.read(file)
    assert keys.required
    for key in ("first", "zweiter ü"):
        keys.check(key)
    for wrong in (None, "", "# ours", "# others", "firs", "first ", "\ud800"):
        with pytest.raises(Refusal) as refusal:
            keys.check(wrong)
        assert refusal.value.status == 403


def test_keys_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr("hmac.compare_digest", compare)
    Keys(["one", "two", "three"]).check("one")
    assert len(compared) == 3
    assert {len(each) for pair in compared for each in pair} == {32}


@pytest.mark.parametrize("content", [None, b"", b"# nothing\n", b"\xff\xfe"])
def test_a_file_without_keys_is_told(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "keys").write_bytes(content)
    with pytest.raises(InputError, match="key"):
        Keys.read(tmp_path / "keys")


def test_without_a_file_no_key_is_asked_for() -> None:
    Keys.read(None).check(None)


def test_requests_beyond_the_rate_are_refused_until_time_has_passed() -> None:
    clock = Clock()
    rate = Rate(3, clock)
    for _ in range(3):
        rate.check("here")
    with pytest.raises(Refusal) as refusal:
        rate.check("here")
    assert refusal.value.status == 429
    assert refusal.value.headers == {"Retry-After": "21"}
    rate.check("elsewhere")
    clock.now += 20.1
    rate.check("here")
    with pytest.raises(Refusal):
        rate.check("here")


def test_addresses_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nmt.serve.rate._MOST_ADDRESSES", 10)
    clock = Clock()
    rate = Rate(1, clock)
    for number in range(25):
        clock.now += 0.001
        rate.check(str(number))
    assert len(rate._buckets) == 10
    with pytest.raises(Refusal):
        rate.check("24")
    clock.now += 61
    rate.check("new")
    assert set(rate._buckets) == {"new"}


def test_no_limit_is_no_limit() -> None:
    rate = Rate(0)
    for _ in range(1000):
        rate.check("here")


def test_a_download_is_kept_for_a_while_under_a_name_nobody_guesses() -> None:
    clock = Clock()
    downloads = Downloads(100, clock)
    names = [downloads.keep("../Brief an Ö\\.txt", b"one"), downloads.keep("../Brief an Ö\\.txt", b"two")]
    assert [downloads.get(each) for each in names] == [b"one", b"two"]
    assert len(set(names)) == 2
    assert all(len(each) > 32 and "/" not in each and each.isascii() for each in names)
    clock.now += 601
    assert [downloads.get(each) for each in names] == [None, None]


def test_old_downloads_give_way_to_new_ones() -> None:
    downloads = Downloads(10)
    first, second, third = (downloads.keep("a.txt", letter * 4) for letter in (b"a", b"b", b"c"))
    assert [downloads.get(each) for each in (first, second, third)] == [None, b"bbbb", b"cccc"]
    large = downloads.keep("b.txt", b"d" * 20)
    assert [downloads.get(each) for each in (second, third, large)] == [None, None, b"d" * 20]


@pytest.mark.parametrize(
    ("text", "language"), [("Das ist ein Haus und das ein Baum.", "de"), ("This is the house we live in.", "en")]
)
def test_a_text_is_in_its_language(text: str, language: str) -> None:
    guesses = Identifier().rank(text, ["xx", "en", "de_AT", "de"])
    assert guesses[0].language.startswith(language)
    assert guesses[0].confidence > 80
    assert ("xx", 0.0) in guesses


def test_no_text_is_in_no_language() -> None:
    assert Identifier().rank(" \n", ["de", "en"]) == [("de", 0.0), ("en", 0.0)]


def test_languages_have_names() -> None:
    assert [name(code) for code in ("de", "nb", "de_AT", "zh-Hant", "qxx")] == [
        "German", "Norwegian Bokmål", "German (AT)", "Chinese (Hant)", "qxx",
    ]  # fmt: skip


def test_what_is_no_origin_is_told() -> None:
    for origin in ("*", "https://example.org", "http://localhost:8080", "http://[::1]:80", "moz-extension://x-1"):
        check_origin(origin)
    for wrong in ("", "example.org", "https://example.org/", "https://Example.org", "https://a b", "https://*/x", "**"):
        with pytest.raises(InputError, match="is no origin; give --allow-origin scheme://host"):
            check_origin(wrong)


def test_what_is_no_prefix_of_a_path_is_told() -> None:
    for given, meant in (
        ("", ""),
        ("/", ""),
        ("/nmt", "/nmt"),
        ("/a.b/~c-1/", "/a.b/~c-1"),
        ("/translate", "/translate"),
    ):
        assert read_prefix(given) == meant
    for wrong in (
        "nmt",
        "//nmt",
        "/nmt//",
        "/a/../b",
        "/.",
        "/a b",
        "/ü",
        "/%41",
        "https://example.org/",
        "/a?b",
        "/a\n",
    ):
        with pytest.raises(InputError, match="give --url-prefix /NAME"):
            read_prefix(wrong)


def test_a_prefix_is_no_path_that_the_server_has_itself() -> None:
    read = {route.path for route in router.routes if isinstance(route, Route) and "GET" in (route.methods or ())}
    own = {f"/{path.split('/')[1]}" for path in read} - {"/"}
    assert "/languages" in own
    for path in (*own, "/static"):
        with pytest.raises(InputError, match="the server's own"):
            read_prefix(path)


def test_an_alternative_that_reads_like_another_is_left_out() -> None:
    def line(*texts: str) -> Translation:
        return Translation(texts[0], alternatives=tuple(Translation(text) for text in texts))

    answer = Answer([line("a", "b", "a", "c"), line("x", "x", "x", "x"), Translation("")], None, [])
    assert [[each.text for each in lines] for lines in answer.ranked()] == [
        ["a", "x", ""],
        ["b", "x", ""],
        ["c", "x", ""],
    ]


def test_a_reader_does_one_thing_after_another_and_outlives_errors() -> None:
    readers = Readers(1)

    async def check() -> None:
        process = await readers.run(os.getpid)
        assert process != os.getpid()
        assert await readers.run(sorted, "ba") == ["a", "b"]
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            await readers.run(divmod, 1, 0)
        with pytest.raises(Refusal, match="surrogate") as refusal:
            await readers.run(refuse_half_pairs, "\ud800")
        assert refusal.value.status == 400
        assert await readers.run(os.getpid) == process

    asyncio.run(check())
    readers.close()


def test_a_reader_that_is_no_longer_waited_for_or_ends_makes_room_for_another() -> None:
    readers = Readers(1)

    async def check() -> None:
        process = await readers.run(os.getpid)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(readers.run(time.sleep, 120), 0.2)
        other = await asyncio.wait_for(readers.run(os.getpid), 60)
        assert other != process
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
        with pytest.raises(RuntimeError, match="has ended"):
            await readers.run(os._exit, 1)
        os.kill(await readers.run(os.getpid), signal.SIGKILL)
        await asyncio.sleep(0.2)
        assert await readers.run(abs, -1) == 1
        # What works when all ends is ended too.
        working = asyncio.ensure_future(readers.run(time.sleep, 120))
        await asyncio.sleep(0.2)
        readers.close()
        with pytest.raises(RuntimeError, match="has ended"):
            await asyncio.wait_for(working, 60)

    asyncio.run(check())


def test_a_reader_of_documents_does_not_load_torch() -> None:
    code = "import sys, nmt.serve.readers, nmt.serve.reading, nmt.serve.formats; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# Connections


def connected(check: Callable[[Callable[[], Any]], Any], **bounds: Any) -> None:
    """Run a check with what opens connections to a server that answers "yes" to every request."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = b"y" * 50_000_000 if scope["path"] == "/large" else b"yes"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    async def run() -> None:
        config = uvicorn.Config(app, http=bounded(60, **bounds), lifespan="off", log_config=None)
        config.load()
        state = ServerState()

        def protocol() -> asyncio.Protocol:
            made: Any = config.http_protocol_class
            connection: asyncio.Protocol = made(config=config, server_state=state, app_state={})
            return connection

        server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        await check(lambda: asyncio.open_connection("127.0.0.1", port))
        server.close()

    asyncio.run(run())


REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


def test_a_connection_without_a_whole_request_is_closed() -> None:
    async def check(connect: Callable[[], Any]) -> None:
        for sent in (
            b"",
            REQUEST[:-2],
            REQUEST + REQUEST[:-2],
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n",
        ):
            reader, writer = await connect()
            writer.write(sent)
            told = await asyncio.wait_for(reader.read(), 20)
            assert told.count(b"yes") == (sent.count(b"\r\n\r\n"))
            writer.close()

    connected(check, head=0.3)


def test_a_connection_whose_head_comes_by_and_by_is_closed_too() -> None:
    async def check(connect: Callable[[], Any]) -> None:
        _, writer = await connect()
        with pytest.raises(ConnectionError):
            for number in range(200):
                writer.write(b"GET / HTTP/1.1\r\n" if number == 0 else b"X: y\r\n")
                await writer.drain()
                await asyncio.sleep(0.05)

    connected(check, head=0.3)


def test_a_request_in_time_is_answered_on_the_same_connection() -> None:
    async def check(connect: Callable[[], Any]) -> None:
        reader, writer = await connect()
        for _ in range(5):
            writer.write(REQUEST)
            assert b"200" in await reader.readuntil(b"yes")
            await asyncio.sleep(0.5)
        writer.close()

    connected(check, head=2.0)


def test_a_client_that_does_not_read_its_answer_is_left() -> None:
    async def check(connect: Callable[[], Any]) -> None:
        reader, writer = await connect()
        writer.write(REQUEST.replace(b"/ ", b"/large "))
        await asyncio.sleep(3)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(50_000_000), 20)
        writer.close()

    connected(check, head=0.3, leaving=0.3)


def test_connections_too_many_are_closed_at_once() -> None:
    async def check(connect: Callable[[], Any]) -> None:
        first, second, third = [await connect() for _ in range(3)]
        with suppress(ConnectionError):
            assert await asyncio.wait_for(third[0].read(), 20) == b""
        for reader, writer in (first, second):
            writer.write(REQUEST)
            assert b"200" in await reader.readuntil(b"yes")
        first[1].close()
        await asyncio.sleep(0.2)
        reader, writer = await connect()
        writer.write(REQUEST)
        assert b"200" in await reader.readuntil(b"yes")

    connected(check, most=2)
