"""The HTTP interface: every endpoint, every limit, odd texts and failures, without a network."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from nmt.documents.formats import FORMATS
from nmt.errors import InputError
from nmt.serve.app import create_app
from nmt.serve.asking import TranslateRequest
from nmt.serve.engine import Engine
from nmt.serve.keys import Keys
from nmt.serve.monitor import Monitor
from nmt.serve.options import Limits, Options
from nmt.serve.server import run_server
from nmt.serve.service import Service
from nmt.translator import Translator
from tests import fakes, serving, tiny

Serve = Callable[..., TestClient]
SENTENCES = [pair.src for pair in tiny.pairs(6)]


@functools.cache
def translator() -> Translator:
    return Translator.load(tiny.model_directory(), "fp32", "cpu", 1)


@functools.cache
def expected(sentence: str) -> str:
    return translator().translate([sentence])[0].text


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """Return a function that makes a server of the tiny model with limits, keys and a waiting time."""
    engines: list[Engine] = []

    def make(keys: tuple[str, ...] = (), wait: float = 0.0, **limits: Any) -> TestClient:
        options = Options(("tiny",), wait=wait, threads=1, limits=Limits(**limits))
        monitor = Monitor()
        engines.append(Engine({("de", "en"): translator()}, options, monitor))
        service = Service(engines[-1], Keys(list(keys)), options.limits, monitor)
        return TestClient(create_app(service), raise_server_exceptions=False)

    yield make
    for each in engines:
        each.close()


@pytest.fixture(scope="module")
def client(serve: Serve) -> TestClient:
    return serve()


@pytest.fixture(scope="module")
def upper() -> Iterator[TestClient]:
    """A server that writes every word in capitals."""
    client = serving.make_client({("de", "en"): serving.Stand(fakes.upper)})
    yield client
    serving.close(client)


def service(client: TestClient) -> Service:
    found: Service = client.app.state.service  # type: ignore[attr-defined]
    return found


def ask(client: TestClient, q: object, **fields: object) -> Any:
    return client.post("/translate", json={"q": q, "source": "de", "target": "en", **fields})


def answers(client: TestClient, q: object, **fields: object) -> Any:
    response = ask(client, q, **fields)
    assert response.status_code == 200, response.text
    return response.json()


def refused(response: Any, status: int) -> str:
    assert response.status_code == status, response.text
    tree = response.json()
    assert list(tree) == ["error"]
    assert "Traceback" not in tree["error"]
    return str(tree["error"])


# Translating


def test_a_text_is_translated_as_the_translator_does(client: TestClient) -> None:
    assert expected(SENTENCES[0])
    for sentence in SENTENCES:
        assert answers(client, sentence) == {"translatedText": expected(sentence)}


def test_json_form_and_query_are_one(client: TestClient) -> None:
    fields = {"q": SENTENCES[0], "source": "de", "target": "en", "format": "text", "api_key": "unused"}
    whole = {"translatedText": expected(SENTENCES[0])}
    assert client.post("/translate", json=fields).json() == whole
    assert client.post("/translate", data=fields).json() == whole
    assert client.post("/translate", params=fields).json() == whole
    assert client.post("/translate", files={"x": b""}, data=fields).json() == whole
    assert client.post("/translate", content=json.dumps(fields)).json() == whole


URLENCODED = "application/x-www-form-urlencoded"


def post_form(client: TestClient, content: bytes, kind: str = URLENCODED) -> Any:
    return client.post("/translate", content=content + b"&source=de&target=en", headers={"content-type": kind})


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        # As `curl -d` sends it, and as a browser does.
        ("q=Grüße, schön +1 😀", "Grüße, schön  1 😀"),
        ("q=Gr%C3%BC%c3%9fe%2C+schön %2B1%", "Grüße, schön +1%"),
        ("q=a;b=c\u2028d%0Ae", "a;b=c\u2028d\ne"),
        ("&x&q=ä&", "ä"),
    ],
)
def test_a_form_is_utf_8_with_or_without_escapes(upper: TestClient, sent: str, meant: str) -> None:
    for kind in (URLENCODED, "Application/X-WWW-form-urlencoded ;charset=utf-8"):
        answer = post_form(upper, sent.encode(), kind)
        assert answer.json() == {"translatedText": meant.upper()}


def test_fields_of_a_form_that_come_several_times_are_a_list(upper: TestClient) -> None:
    assert post_form(upper, "q=ä&q=&q=b".encode()).json() == {"translatedText": ["Ä", "", "B"]}


@pytest.mark.parametrize("q", [b"q=sch\xf6n", b"q=sch%F6n", b"q=\xc3", b"q=%ED%A0%80", b"%ff=a&q=a"])
def test_a_form_that_is_not_utf_8_is_refused(client: TestClient, q: bytes) -> None:
    expected = "the form is not UTF-8; send its text, and what is escaped by %, in UTF-8"
    assert refused(post_form(client, q), 400) == expected


def post_parts(client: TestClient, q: bytes, name: bytes = b"q", kind: str = "multipart/form-data; boundary=x") -> Any:
    fields = {name: q, b"source": b"de", b"target": b"en"}
    parts = [b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % each for each in fields.items()]
    return client.post("/translate", content=b"".join([*parts, b"--x--\r\n"]), headers={"content-type": kind})


def test_a_form_in_parts_is_utf_8_throughout(upper: TestClient) -> None:
    for kind in ("", "; charset=utf-8", '; charset="UTF-8"'):
        answer = post_parts(upper, "schön".encode(), kind=f"Multipart/form-data; boundary=x{kind}")
        assert answer.json() == {"translatedText": "SCHÖN"}
    expected = "the form is not UTF-8; send its text in UTF-8"
    assert refused(post_parts(upper, b"sch\xf6n"), 400) == expected
    assert refused(post_parts(upper, b"a", b"\xf6"), 400) == expected
    for charset in ("latin-1", "undefined", "no-such", "rot13"):
        kind = f"multipart/form-data; boundary=x; charset={charset}"
        assert refused(post_parts(upper, b"gut", kind=kind), 400) == expected
    assert "cannot be read" in refused(post_parts(upper, b"gut", kind="multipart/form-data"), 400)
    assert "cannot be read" in refused(post_parts(upper, b"gut", kind="multipart/form-data; boundary=y"), 400)


@pytest.mark.parametrize("query", [b"q=%ff", b"q=sch\xf6n", b"%ff=a"])
def test_a_query_that_is_not_utf_8_is_refused(client: TestClient, query: bytes) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {**scope_of("/translate", "POST"), "query_string": query + b"&source=de&target=en"}
    asyncio.run(client.app(scope, receive, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 400
    assert b"the query is not UTF-8" in sent[1]["body"]


def test_an_uploaded_file_is_kept_off_the_disk(upper: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", None)
    assert "byte 0xff" in refused(send_file(upper, b"\xff" * 1_500_000), 400)


def test_a_form_of_too_many_fields_is_refused(client: TestClient) -> None:
    assert refused(post_form(client, b"q=a&" * 1000), 400) == "too many fields in the form; at most 1,000"


def test_a_list_is_answered_by_a_list_in_order(client: TestClient) -> None:
    texts = [*SENTENCES, "", SENTENCES[0]]
    assert answers(client, texts)["translatedText"] == [expected(text) for text in texts]
    assert answers(client, [])["translatedText"] == []
    assert answers(client, SENTENCES[:1])["translatedText"] == [expected(SENTENCES[0])]


def test_one_line_in_is_one_line_out(client: TestClient) -> None:
    one, two = SENTENCES[:2]
    text = f"\n{one}\n\n  \n{two}\r\n{one}\u2028{two}\n"
    lines = answers(client, text)["translatedText"].split("\n")
    assert lines[:5] == ["", expected(one), "", "", expected(two) + "\r"]
    assert len(lines) == 7 and lines[5] and lines[6] == ""


@pytest.mark.parametrize("detail", [False, True])
def test_lines_are_indented_as_they_were_with_details_and_alternatives_too(client: TestClient, detail: bool) -> None:
    one, two = SENTENCES[:2]
    text = f"\t{one}\n\t\t- {two}\n  {one}\n \t {two}\n\t123\n  123"
    tree = answers(client, text, detail=detail, alternatives=1)
    indents = ["\t", "\t\t- ", "  ", " \t ", "\t", "  "]
    assert len(tree["alternatives"]) == 1
    for whole, behind in ((tree["translatedText"], r"\S"), (tree["alternatives"][0], "")):
        for line, indent in zip(whole.split("\n"), indents, strict=True):
            assert re.match(re.escape(indent) + behind, line), whole
    assert tree["translatedText"] == "\n".join(each.text for each in translator().translate(text.split("\n")))


@pytest.mark.parametrize("text", ["", " ", "\n", "\t \n\n", "\u3000"])
def test_no_text_is_no_translation(client: TestClient, text: str) -> None:
    assert answers(client, text)["translatedText"] == "\n" * text.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "J",
        "😀🏽‍♀️",
        "\x00",
        "ba\x00de",
        "<b>&amp;",
        "漢字。漢字",
        "x" * 3000,
        "ß" * 20_000,
        "ba de gi. " * 300,
        "٣٫١٤",
        "ba\u2028\x85de\x0b\x1c",
    ],
)
def test_odd_texts_end(client: TestClient, text: str) -> None:
    assert "\n" not in answers(client, text)["translatedText"]


def test_half_a_surrogate_pair_is_refused(client: TestClient) -> None:
    response = client.post("/translate", content=b'{"q": "ba \\ud800", "source": "de", "target": "en"}')
    assert "surrogate" in refused(response, 400)


def test_half_a_surrogate_pair_is_refused_where_nothing_is_translated_too(client: TestClient) -> None:
    for text in (r"<p>ba</p><p>\ud83d</p>", r"<img alt='\ud83d'>ba"):
        content = f'{{"q": "{text}", "format": "html", "source": "de", "target": "en"}}'.encode()
        assert "surrogate" in refused(client.post("/translate", content=content), 400)


def test_auto_finds_a_language_the_models_read(client: TestClient) -> None:
    tree = answers(client, SENTENCES[0], source="auto")
    assert tree["translatedText"] == expected(SENTENCES[0])
    assert tree["detectedLanguage"]["language"] == "de"
    assert 0 <= tree["detectedLanguage"]["confidence"] <= 100
    assert len(answers(client, SENTENCES[:2], source="auto")["detectedLanguage"]) == 2


def test_auto_finds_the_direction_where_two_are_served() -> None:
    stands = {("de", "en"): serving.Stand(fakes.upper), ("en", "de"): serving.Stand(fakes.backwards)}
    client = serving.make_client(stands)
    texts = ["Das ist ein schönes Haus mit Garten.", "", "This is a nice house with a garden.", "x"]
    for target, kept, translated in (("en", 2, 0), ("de", 0, 2)):
        tree = answers(client, texts, source="auto", target=target)
        # What is in the target's language already is given back as it is.
        assert tree["translatedText"][kept] == texts[kept]
        assert tree["translatedText"][1] == ""
        assert [tree["detectedLanguage"][place]["language"] for place in (0, 2)] == ["de", "en"]
        (stand,) = [stand for (_, tgt), stand in stands.items() if tgt == target]
        assert stand.lines == [texts[translated], "x"]
    assert stands["de", "en"].lines[0] not in answers(client, texts, source="auto", target="en")["translatedText"]
    tree = answers(client, f"<p>{texts[2]}</p>\n<p>A<b> b</b>", source="auto", format="html", alternatives=1)
    assert tree["translatedText"] == f"<p>{texts[2]}</p>\n<p>A<b> b</b>"
    serving.close(client)


def test_a_text_asked_for_in_its_own_language_is_given_back(client: TestClient) -> None:
    for language in ("de", "en"):
        tree = answers(client, [SENTENCES[0], "a\n\nb"], source=language, target=language, alternatives=2)
        assert tree == {"translatedText": [SENTENCES[0], "a\n\nb"], "alternatives": [[], []]}
    assert "fr to fr" in refused(ask(client, "ba", source="fr", target="fr"), 400)


def test_a_request_refused_halfway_leaves_nothing_in_the_queue() -> None:
    stands = {("de", "en"): serving.Stand(fakes.upper), ("fr", "en"): serving.Stand(fakes.upper)}
    client = serving.make_client(stands, wait=30, queue=1)
    texts = ["Das ist ein schönes Haus mit Garten.", "C'est une belle maison avec un jardin."]
    assert "too many" in refused(ask(client, texts, source="auto"), 503)
    assert service(client).engine.waiting() == 0
    serving.close(client)
    assert not any(stand.lines for stand in stands.values())


def test_alternatives_come_beside_the_best(client: TestClient) -> None:
    tree = answers(client, f"{SENTENCES[1]}\n{SENTENCES[2]}", alternatives=2)
    assert len(tree["alternatives"]) == 2
    assert {text.count("\n") for text in [tree["translatedText"], *tree["alternatives"]]} == {1}
    both = answers(client, SENTENCES[:2], alternatives=1)["alternatives"]
    assert [len(each) for each in both] == [1, 1]
    assert answers(client, "", alternatives=2)["alternatives"] == []


def test_details_tell_what_the_model_saw(client: TestClient) -> None:
    text = f"{SENTENCES[3]}\n\n{SENTENCES[2]}"
    tree = answers(client, text, detail=True)
    assert tree["translatedText"] == answers(client, text)["translatedText"]
    assert [part["line"] for part in tree["detail"]] == [0, 2]
    assert [part["source"] for part in tree["detail"]] == [SENTENCES[3], SENTENCES[2]]
    for part in tree["detail"]:
        assert part["sourceTokens"][-1] == part["targetTokens"][-1] == "</s>"
        assert "".join(part["sourceTokens"][:-1]).replace("▁", " ").strip() == part["source"]
        assert len(part["tokenScores"]) == len(part["targetTokens"]) == len(part["attention"])
        assert all(score <= 0 for score in part["tokenScores"])
        assert {len(row) for row in part["attention"]} == {len(part["sourceTokens"])}
        assert all(sum(row) == pytest.approx(1, abs=0.01) for row in part["attention"])
    assert [len(each) for each in answers(client, ["ba de", ""], detail=True)["detail"]] == [1, 0]


@pytest.mark.parametrize(
    "text",
    [
        "1. ba de gi",
        "BA DE GI KO",
        "ba de 😀",
        "12345 678",
        "ba de 日本 gi",
        "ba www.example.org/x de",
        "- 😀",
        "ba? 🎉 de!",
    ],
)
def test_what_is_carried_around_the_model_is_so_with_details_too(text: str, client: TestClient) -> None:
    plain, detailed = answers(client, text), answers(client, text, detail=True, alternatives=1)
    assert detailed["translatedText"] == plain["translatedText"]
    assert "".join(part["target"] for part in detailed["detail"]).replace(" ", "") == plain["translatedText"].replace(
        " ", ""
    )
    for part in detailed["detail"]:
        for each in (part, *part["alternatives"]):
            assert len(each["tokenScores"]) == len(each["targetTokens"]) == len(each["attention"])
            assert {len(row) for row in each["attention"]} == {len(part["sourceTokens"])}
            assert all(sum(row) == pytest.approx(1, abs=0.01) for row in each["attention"])
            assert each["targetTokens"][-1] == part["sourceTokens"][-1] == "</s>"


def test_alternatives_have_details_of_their_own(client: TestClient) -> None:
    tree = answers(client, SENTENCES[3], detail=True, alternatives=2)
    (part,) = tree["detail"]
    told = [part, *part["alternatives"]]
    assert [each["target"] for each in told] == [tree["translatedText"], *tree["alternatives"]]
    for each in told:
        assert len(each["tokenScores"]) == len(each["targetTokens"]) == len(each["attention"])
        assert {len(row) for row in each["attention"]} == {len(part["sourceTokens"])}
    assert answers(client, SENTENCES[3], detail=True)["detail"][0]["alternatives"] == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"source": "de", "target": "en"}, "missing q parameter"),
        ({"q": "ba", "source": "de"}, "missing target parameter"),
        ({"q": "ba", "source": "de", "target": "fr"}, "de to fr is not supported; there is: de to en"),
        ({"q": "ba", "source": "auto", "target": "fr"}, "auto to fr is not supported; there is: de to en"),
        ({"q": "ba", "source": "en", "target": "de"}, "en to de is not supported; there is: de to en"),
        ({"q": [], "source": "de", "target": "fr"}, "de to fr is not supported; there is: de to en"),
        ({"q": [], "source": "auto", "target": "fr"}, "auto to fr is not supported; there is: de to en"),
        ({"q": 3, "target": "en"}, "invalid q parameter: input should be a valid string"),
        ({"q": ["ba", 3], "target": "en"}, "invalid q parameter"),
        ({"q": "ba", "target": "en", "alternatives": "many"}, "invalid alternatives parameter"),
        ({"q": "ba", "target": "en", "alternatives": -1}, "invalid alternatives parameter"),
        ({"q": "ba", "target": "x" * 100}, "invalid target parameter"),
        ({"q": "ba", "target": "en", "format": "pdf"}, "invalid format parameter"),
    ],
)
def test_a_request_that_makes_no_sense_is_told_why(client: TestClient, fields: dict[str, object], said: str) -> None:
    assert refused(client.post("/translate", json=fields), 400).startswith(said)


@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff", b"[" * 100_000, b'"q"', b"9" * 5000])
def test_a_body_that_is_no_object_is_refused(client: TestClient, body: bytes) -> None:
    refused(client.post("/translate", content=body, headers={"Content-Type": "application/json"}), 400)


def test_what_may_be_left_out_may_be_null_or_empty(client: TestClient) -> None:
    for empty in (None, ""):
        fields = dict.fromkeys(("format", "alternatives", "detail", "api_key"), empty)
        assert answers(client, SENTENCES[0], **fields) == {"translatedText": expected(SENTENCES[0])}


def test_of_a_list_of_things_that_are_no_text_the_first_is_told(client: TestClient) -> None:
    fields = {"target": "en", "q": [1] * 1000}
    assert "invalid q parameter" in refused(client.post("/translate", json=fields), 400)
    # As a text and as a list: an error for each of a million would take the server's memory.
    with pytest.raises(ValidationError) as caught:
        TranslateRequest.model_validate(fields)
    assert caught.value.error_count() == 2


def test_pages_of_other_servers_may_ask_where_it_is_allowed(serve: Serve) -> None:
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    allowed = "access-control-allow-origin"
    plain = serve()
    assert allowed not in plain.options("/translate", headers=asked).headers
    client = TestClient(create_app(service(plain), ["https://example.org"]))
    assert client.options("/translate", headers=asked).headers[allowed] == "https://example.org"
    fields = {"q": "ba", "source": "de", "target": "en"}
    assert client.post("/translate", json=fields, headers=asked).headers[allowed] == "https://example.org"
    exposed = client.post("/translate", json=fields, headers=asked).headers["access-control-expose-headers"]
    assert exposed == "Retry-After"
    assert allowed not in client.get("/health", headers={"Origin": "https://example.com"}).headers


JUNK = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800") | st.lists(st.text())
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "q": st.text(max_size=8) | st.lists(st.text(max_size=4), max_size=3) | JUNK,
        "source": st.sampled_from(["de", "auto"]) | JUNK,
        "target": st.just("en") | JUNK,
        "alternatives": st.integers(0, 2) | JUNK,
        "format": st.sampled_from(["text", "html"]) | JUNK,
        "detail": st.booleans() | JUNK,
        "api_key": JUNK,
        "file": JUNK,
        "pair": st.just("de>en") | JUNK,
    },
)


@pytest.mark.parametrize("path", ["/translate", "/detect", "/translate_file", "/"])
@settings(max_examples=25)
@given(fields=FIELDS)
def test_whatever_is_sent_the_server_does_not_fail(client: TestClient, path: str, fields: dict[str, Any]) -> None:
    response = client.post(path, content=json.dumps(fields))
    assert response.status_code in (200, 400, 413), response.text


# The other endpoints


def test_detect_ranks_the_languages_of_the_models(client: TestClient) -> None:
    tree = client.post("/detect", data={"q": "This is the house we live in."}).json()
    assert [guess["language"] for guess in tree] == ["en", "de"]
    assert tree[0]["confidence"] > 80 > tree[1]["confidence"]
    assert refused(client.post("/detect", json={}), 400) == "missing q parameter"


def test_languages_health_and_settings(client: TestClient) -> None:
    assert client.get("/languages").json() == [
        {"code": "de", "name": "German", "targets": ["en"]},
        {"code": "en", "name": "English", "targets": []},
    ]
    assert client.get("/health").json() == {"status": "ok"}
    settings = client.get("/frontend/settings").json()
    assert (settings["charLimit"], settings["keyRequired"]) == (Limits().characters, False)
    assert settings["language"]["target"] == {"code": "en", "name": "English"}
    assert settings["supportedFilesFormat"] == list(FORMATS)
    assert settings["detailLimit"] == Limits().detailed
    assert settings["filesWithColumns"] == [".csv", ".tsv", ".json", ".jsonl"]


def test_what_is_not_there_is_an_error_in_json(client: TestClient) -> None:
    refused(client.get("/nowhere"), 404)
    refused(client.put("/translate"), 405)
    refused(client.get("/static/../app.py"), 404)
    refused(client.get("/download_file/x"), 404)


def test_metrics_count_requests_batches_and_characters(serve: Serve) -> None:
    client = serve()
    ask(client, SENTENCES[0])
    ask(client, "ba", target="fr")
    client.get("/stranger/1")
    client.get("/stranger/2")
    for path in ("/health", "/", "/languages", "/metrics", "/frontend/settings"):
        assert client.head(path).status_code == 200
    text = client.get("/metrics").text
    for line in (
        'nmt_requests_total{path="/translate",status="200"} 1.0',
        'nmt_requests_total{path="/translate",status="400"} 1.0',
        'nmt_requests_total{path="other",status="404"} 2.0',
        f"nmt_characters_total {len(SENTENCES[0])}.0",
        "nmt_batch_sentences_count 1.0",
        "nmt_waiting_requests 0.0",
    ):
        assert line in text
    assert "stranger" not in text and SENTENCES[0] not in text


def test_metrics_tell_what_was_refused_by_its_path(serve: Serve) -> None:
    client = serve(body=100, per_minute=2, characters=30)
    refused(ask(client, "ba " * 100), 413)
    refused(send_file(client, b"ba " * 9), 413)
    refused(ask(client, "ba"), 429)
    service(client).gates.draining = True
    refused(client.get("/health"), 503)
    refused(client.get("/stranger/1"), 503)
    text = client.get("/metrics").text
    for line in (
        'nmt_requests_total{path="/translate",status="413"} 1.0',
        'nmt_requests_total{path="/translate_file",status="413"} 1.0',
        'nmt_requests_total{path="/translate",status="429"} 1.0',
        'nmt_requests_total{path="/health",status="503"} 1.0',
        'nmt_requests_total{path="other",status="503"} 1.0',
    ):
        assert line in text


def test_metrics_count_no_characters_of_what_is_not_translated(serve: Serve) -> None:
    client = serve(seconds=0.2, wait=5)
    refused(ask(client, SENTENCES[0]), 503)
    assert "nmt_characters_total 0.0" in client.get("/metrics").text


def test_an_answer_that_is_not_read_counts_as_none(serve: Serve) -> None:
    client = serve(seconds=0.3)
    asyncio.run(asyncio.wait_for(unread(client), 20))
    assert 'path="/download_file/{name}",status="499"} 1.0' in client.get("/metrics").text


async def unread(client: TestClient) -> None:
    """Ask for a file, and read nothing of it."""

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            await asyncio.sleep(60)

    name = service(client).downloads.keep("a.txt", b"x")
    await client.app(scope_of(f"/download_file/{name}"), receive, send)


def scope_of(path: str, method: str = "GET") -> dict[str, Any]:
    """Return a request as a server hands it to an application."""
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": b"", "headers": [], "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80), "scheme": "http", "root_path": "",
    }  # fmt: skip


def send_file(client: TestClient, content: bytes, filename: str = "letter.txt", **fields: str) -> Any:
    data = {"source": "de", "target": "en", **fields}
    return client.post("/translate_file", files={"file": (filename, content)}, data=data)


def test_a_file_is_translated_and_fetched(client: TestClient) -> None:
    response = send_file(client, f"\ufeff{SENTENCES[0]}\n\n{SENTENCES[1]}\n".encode())
    url = response.json()["translatedFileUrl"]
    assert url.startswith("http://testserver/download_file/")
    fetched = client.get(url)
    assert fetched.content.decode() == f"\ufeff{expected(SENTENCES[0])}\n\n{expected(SENTENCES[1])}\n"
    assert fetched.headers["content-disposition"] == 'attachment; filename="letter.en.txt"'


@pytest.mark.parametrize("prefix", ["/translate", "/a/b"])
@pytest.mark.parametrize("kept", [True, False])
def test_behind_a_proxy_all_is_found_under_its_path(client: TestClient, prefix: str, kept: bool) -> None:
    """kept: whether the proxy passes its path on"""
    app = create_app(replace(service(client), prefix=prefix), ["https://example.org"])
    proxied = TestClient(app, base_url="https://nmt.example.org")

    def inside(url: str) -> str:
        """Return the address that the server is asked for, when the world asks for this one."""
        assert url.startswith(f"https://nmt.example.org{prefix}/")
        return url if kept else url.replace(prefix, "", 1)

    page = proxied.get(inside(f"https://nmt.example.org{prefix}/"))
    loaded = re.findall(r'(?:href|src|action)="(.+?)"', page.text)
    assert loaded and not [each for each in loaded if each.startswith("/") or ":" in each]
    assert proxied.get(inside(f"https://nmt.example.org{prefix}/static/page.js")).status_code == 200
    asked = {"q": SENTENCES[0], "source": "de", "target": "en"}
    answer = proxied.post(inside(f"https://nmt.example.org{prefix}/translate"), json=asked)
    assert answer.json() == {"translatedText": expected(SENTENCES[0])}
    sent: Any = {"files": {"file": ("a.txt", SENTENCES[0])}, "data": {"source": "de", "target": "en"}}
    url = proxied.post(inside(f"https://nmt.example.org{prefix}/translate_file"), **sent).json()["translatedFileUrl"]
    assert proxied.get(inside(url)).text == expected(SENTENCES[0])
    moved = proxied.get(prefix, follow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (307, f"{prefix}/")
    assert proxied.get(f"{prefix}more/languages").status_code == 404


def test_a_wrong_prefix_is_told_before_anything_is_loaded() -> None:
    assert tiny.run_nmt("serve", "-m", "gone", "--url-prefix", "nmt") == 2
    with pytest.raises(InputError, match="'nmt' is no path of letters"):
        run_server(Options(("gone",), prefix="nmt"))


def test_a_request_does_not_say_where_the_server_is(client: TestClient) -> None:
    headers = {"X-Forwarded-Prefix": "/evil", "X-Forwarded-Host": "evil.example", "X-Script-Name": "/evil"}
    sent: Any = {"files": {"file": ("a.txt", "")}, "data": {"source": "de", "target": "en"}, "headers": headers}
    url = client.post("/translate_file", **sent).json()["translatedFileUrl"]
    assert url.startswith("http://testserver/download_file/")


def test_files_that_cannot_be_translated_are_told(client: TestClient) -> None:
    assert "byte 0xff at offset 2" in refused(send_file(client, b"ab\xff"), 400)
    assert ".txt, .html" in refused(send_file(client, b"ab", "letter.pdf"), 400)
    assert "missing file" in refused(client.post("/translate_file", data={"source": "de", "target": "en"}), 400)
    assert "missing file" in refused(client.post("/translate_file", json={"target": "en", "file": "x"}), 400)


def test_the_page_translates_without_scripts_and_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert not re.search(r"https?://|<style|style=|<script(?! type=\"module\" src=)", page.text)
    loaded = re.findall(r'(?:href|src)="(.+?)"', page.text)
    assert {"static/page.css", "static/page.js"} < set(loaded)
    assert {client.get(f"/{each}").status_code for each in loaded} == {200}
    (pair,) = re.findall(r'<option value="(.+?)"', page.text)
    assert pair == "de&gt;en"
    filled = client.post("/", data={"q": f"{SENTENCES[0]}\r\n<i>", "pair": "de>en"})
    assert expected(SENTENCES[0]) in filled.text
    assert "<i>" not in filled.text and f"{SENTENCES[0]}\n&lt;i&gt;" in filled.text
    wrong = client.post("/", data={"q": "ba", "pair": "de><b>"})
    assert wrong.status_code == 400 and "<b>" not in wrong.text
    assert re.search(r'role="alert">\w', client.post("/", data={}).text)
    assert '<div id="problem" role="alert"></div>' in page.text


@pytest.mark.parametrize(
    "parts", [{"files": {"q": ("a.txt", b"ba")}}, {"data": {"q": ["ba", "du"]}}], ids=["file", "two"]
)
def test_a_form_with_no_one_text_is_refused(client: TestClient, parts: dict[str, Any]) -> None:
    answer = client.post("/", **parts)
    assert answer.status_code == 400
    assert "q: expected one text, given a file or several" in answer.text


def test_no_page_describes_the_server_by_scripts_of_others(client: TestClient) -> None:
    assert {client.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")} == {404}


def test_a_form_that_is_refused_shows_the_page_again(serve: Serve) -> None:
    client = serve(body=200, per_minute=3)
    form = {"q": "ba " * 200, "pair": "de>en"}
    bad = client.post("/", content=b"q=%ff", headers={"content-type": URLENCODED})
    for response, status, said in (
        (client.post("/", data=form), 413, "The body is too large"),
        (bad, 400, "The form is not UTF-8"),
        (client.post("/", data={"q": "ba", "pair": "de>en"}), 200, ""),
        (client.post("/", data={"q": "ba", "pair": "de>en"}), 429, "More than 3 requests"),
    ):
        assert response.status_code == status
        assert response.headers["content-type"].startswith("text/html")
        assert "default-src 'self'" in response.headers["content-security-policy"]
        assert said.lower() in response.text.lower()
    service(client).gates.draining = True
    assert 'role="alert">the server is stopping' in client.get("/").text
    assert client.get("/").headers["retry-after"]


# Limits


def test_a_body_too_large_is_refused_with_or_without_its_length(serve: Serve) -> None:
    client = serve(body=200)
    fields = {"q": "ba " * 100, "source": "de", "target": "en"}
    assert "200 bytes" in refused(client.post("/translate", json=fields), 413)
    parts = iter([json.dumps(fields).encode()])
    assert "200 bytes" in refused(client.post("/translate", content=parts), 413)
    assert "200 bytes" in refused(client.post("/translate_file", files={"file": ("a.txt", b"x" * 300)}), 413)
    assert ask(client, "ba").status_code == 200


def test_too_many_characters_texts_and_alternatives_are_refused(serve: Serve) -> None:
    client = serve(characters=10, texts=2, alternatives=1)
    assert "11 characters" in refused(ask(client, "a" * 11), 413)
    assert "12 characters" in refused(ask(client, ["a" * 6] * 2), 413)
    assert "at most 10 characters" in refused(send_file(client, b"a" * 11), 413)
    assert "11 characters" in refused(client.post("/detect", json={"q": "a" * 11}), 413)
    assert "at most 10 characters" in refused(send_file(client, b"\n" * 50), 413)
    assert "3 texts" in refused(ask(client, ["a"] * 3), 413)
    assert "at most 1" in refused(ask(client, "ba", alternatives=2), 413)
    assert refused(ask(client, "ba", alternatives=10_000), 413)
    assert ask(client, ["a" * 5] * 2, alternatives=1).status_code == 200
    assert (
        '<div id="problem" role="alert">11 characters' in client.post("/", data={"q": "a" * 11, "pair": "de>en"}).text
    )


def test_details_are_for_short_texts(serve: Serve) -> None:
    client = serve(detailed=5)
    assert "6 characters are too many for details; at most 5" in refused(ask(client, "a" * 6, detail=True), 413)
    assert ask(client, "a" * 5, detail=True).status_code == ask(client, "a" * 6).status_code == 200


def test_a_large_answer_is_given_to_the_connection_in_parts(serve: Serve) -> None:
    client = serve()
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    name = service(client).downloads.keep("a.txt", b"x" * 200_000)
    asyncio.run(client.app(scope_of(f"/download_file/{name}"), receive, send))  # type: ignore[arg-type]
    bodies = [message for message in sent if message["type"] == "http.response.body"]
    assert b"".join(each["body"] for each in bodies) == b"x" * 200_000
    assert max(len(each["body"]) for each in bodies) <= 1 << 16
    assert [each.get("more_body", False) for each in bodies] == [True] * (len(bodies) - 1) + [False]


def test_bodies_that_together_take_too_much_are_refused(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nmt.serve.gate._LEAST_HELD", 0)
    monkeypatch.setattr("nmt.serve.gate._HELD", 2)
    client = serve(body=1000, wait=1.0)
    texts = ["ba " * 200] * 5
    statuses = sorted(response.status_code for response in gather(client, requests(texts)))
    assert statuses == [200, 200, 200, 503, 503]
    assert service(client).gates.held == 0
    assert ask(client, "ba").status_code == 200


def test_requests_beyond_the_rate_are_refused(serve: Serve) -> None:
    client = serve(per_minute=2)
    assert [ask(client, "").status_code for _ in range(2)] == [200, 200]
    response = ask(client, "")
    assert "2 requests a minute" in refused(response, 429)
    assert int(response.headers["retry-after"]) > 0
    # Whoever has one address of IPv6 has all that begin alike.
    for last, status in ((1, 200), (2, 200), (3, 429)):
        other = TestClient(client.app, client=(f"2001:db8::{last}", 1))
        assert ask(other, "").status_code == status
    assert client.get("/health").status_code == 200


@pytest.mark.parametrize("trusted, statuses", [(None, [200, 200, 429]), ("10.0.0.1", [200, 429, 429])])
def test_addresses_behind_a_proxy_count_where_it_is_believed(
    trusted: str | None, statuses: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    if trusted:
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", trusted)
    found = []

    class Asked:
        """In place of a server: the app as it would run, asked by a proxy on this machine."""

        def __init__(self, config: uvicorn.Config, *_: object) -> None:
            config.load()
            self._client = TestClient(config.loaded_app, client=("127.0.0.1", 1))

        def run(self, sockets: object) -> None:
            for address in ("10.9.0.1", "10.9.0.2", "10.9.0.1"):
                body = {"q": "", "source": "de", "target": "en"}
                answer = self._client.post("/translate", json=body, headers={"X-Forwarded-For": address})
                found.append(answer.status_code)

    monkeypatch.setattr("nmt.serve.server._Server", Asked)
    run_server(Options((str(tiny.model_directory()),), port=0, threads=1, limits=Limits(per_minute=1)))
    assert found == statuses


def test_an_address_taken_while_the_models_are_loaded_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]

        def load(options: Options, monitor: Monitor) -> Engine:
            other.listen()
            return Engine({("de", "en"): translator()}, options, monitor)

        monkeypatch.setattr(Engine, "load", load)
        with pytest.raises(InputError, match=rf"cannot listen on 127\.0\.0\.1 port {port}: Address already in use"):
            run_server(Options(("tiny",), port=port, threads=1))


def test_a_request_that_takes_too_long_is_refused_and_dropped(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve(seconds=0.2, wait=5)
    start = time.monotonic()
    response = ask(client, SENTENCES[0])
    assert "0.2 s" in refused(response, 503)
    # The same text would take as long again.
    assert "retry-after" not in response.headers
    assert time.monotonic() - start < 3
    assert service(client).engine.waiting() == 0


def gather(client: TestClient, requests: list[dict[str, Any]]) -> list[httpx2.Response]:
    """Send requests at the same time."""

    async def send() -> list[httpx2.Response]:
        transport = httpx2.ASGITransport(client.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as each:
            return list(await asyncio.gather(*[each.post("/translate", json=request) for request in requests]))

    return asyncio.run(send())


def requests(texts: list[str]) -> list[dict[str, Any]]:
    return [{"q": text, "source": "de", "target": "en"} for text in texts]


def test_a_queue_that_is_full_refuses(serve: Serve) -> None:
    client = serve(queue=3, wait=1.0)
    statuses = sorted(response.status_code for response in gather(client, requests(SENTENCES[:5])))
    assert statuses == [200, 200, 200, 503, 503]
    assert ask(client, SENTENCES[0]).status_code == 200


def test_clients_at_the_same_time_share_batches_and_each_gets_its_own_answer(serve: Serve) -> None:
    client = serve(wait=1.0)
    texts = SENTENCES * 3
    responses = gather(client, requests(texts))
    assert [response.json()["translatedText"] for response in responses] == [expected(text) for text in texts]
    assert "nmt_batch_sentences_count 1.0" in client.get("/metrics").text
    assert f"nmt_batch_sentences_sum {len(texts)}.0" in client.get("/metrics").text


def test_a_client_that_hangs_up_is_dropped(serve: Serve) -> None:
    client = serve(wait=20)
    sent: list[Any] = []
    messages = iter([{"type": "http.request", "body": json.dumps(requests(["ba"])[0]).encode()}])

    async def receive() -> Any:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        sent.append(message)

    start = time.monotonic()
    asyncio.run(client.app(scope_of("/translate", "POST"), receive, send))  # type: ignore[arg-type]
    assert time.monotonic() - start < 10
    assert sent[0]["status"] == 499
    assert service(client).engine.waiting() == 0
    assert "nmt_batch_sentences_count 0.0" in client.get("/metrics").text


# Keys, failures, the end


def test_a_key_is_needed_where_there_are_keys(serve: Serve) -> None:
    client = serve(keys=("secret", "other"))
    assert "api_key" in refused(ask(client, "ba"), 403)
    assert "invalid" in refused(ask(client, "ba", api_key="wrong"), 403)
    assert "invalid" in refused(ask(client, "ba", api_key="\u00fc"), 403)
    refused(ask(client, "ba", api_key=["secret"]), 403)
    assert ask(client, "ba", api_key="secret").status_code == 200
    refused(client.post("/detect", data={"q": "ba"}), 403)
    assert client.post("/detect", data={"q": "ba", "api_key": "other"}).status_code == 200
    refused(send_file(client, b"ba"), 403)
    assert send_file(client, b"ba", api_key="other").status_code == 200
    assert client.get("/languages").status_code == client.get("/health").status_code == 200
    assert client.get("/frontend/settings").json()["keyRequired"] is True
    assert 'name="api_key"' in client.get("/").text
    assert client.post("/", data={"q": "ba", "pair": "de>en"}).status_code == 403
    assert client.post("/", data={"q": "ba", "pair": "de>en", "api_key": "secret"}).status_code == 200


def test_a_failing_model_is_an_error_and_the_server_lives_on(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve(wait=0.2)
    whole = translator().translate

    def failing(lines: list[str], *rest: Any, **others: Any) -> Any:
        if "bad" in lines:
            raise RuntimeError("/secret/path: out of luck")
        return whole(lines, *rest, **others)

    monkeypatch.setattr(translator(), "translate", failing)
    responses = gather(client, requests([SENTENCES[0], "bad", SENTENCES[1]]))
    assert [response.status_code for response in responses] == [200, 500, 200]
    assert refused(responses[1], 500) == "the server failed; its log says why"
    assert 'path="/translate",status="500"} 1.0' in client.get("/metrics").text
    assert answers(client, SENTENCES[0])["translatedText"] == expected(SENTENCES[0])


def test_health_tells_where_nothing_is_translated_any_more(serve: Serve) -> None:
    client = serve()
    assert client.get("/health").status_code == 200
    service(client).engine.close()
    assert "nothing is translated" in refused(client.get("/health"), 503)


def test_a_stopping_server_refuses_new_requests(serve: Serve) -> None:
    client = serve()
    service(client).gates.draining = True
    assert "stopping" in refused(ask(client, "ba"), 503)
    assert refused(client.get("/health"), 503)
    assert client.get("/metrics").status_code == 200
    assert service(client).gates.in_flight == 0


def test_a_glossary_holds_for_every_request(tmp_path: Path) -> None:
    terms = tmp_path / "terms.tsv"
    terms.write_text("ba\tMOP\n", encoding="utf-8")
    options = Options(("tiny",), threads=1, glossary=terms)
    engine = Engine({("de", "en"): translator()}, options, Monitor())
    client = TestClient(create_app(Service(engine, Keys([]), Limits(), Monitor())))
    for fields in ({}, {"detail": True}, {"alternatives": 1}):
        tree = answers(client, ["ba", "po"], **fields)
        assert "MOP" in tree["translatedText"][0].split()
        assert tree["translatedText"][1] == expected("po")
    engine.close()
    with pytest.raises(InputError, match="--glossary is for one pair of languages"):
        Engine({("de", "en"): translator(), ("fr", "en"): translator()}, options, Monitor())


def test_a_term_that_no_translation_holds_is_counted_and_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = tmp_path / "terms.tsv"
    terms.write_text("ba\tthis is far too long for a short translation\n", encoding="utf-8")
    monkeypatch.setattr(translator(), "config", translator().settings({"max_length": 4}))
    monitor = Monitor()
    engine = Engine({("de", "en"): translator()}, Options(("tiny",), threads=1, glossary=terms), monitor)
    client = TestClient(create_app(Service(engine, Keys([]), Limits(), monitor)))
    with caplog.at_level(logging.INFO, "nmt"):
        for number, fields in enumerate(({}, {"detail": True}), 1):
            answers(client, ["ba ko", "ba 😀 lu", "po"], **fields)
            assert f"nmt_lacking_total {2 * number}.0" in client.get("/metrics").text
    assert [record.getMessage() for record in caplog.records if record.name.startswith("nmt")] == []
    engine.close()


@pytest.mark.parametrize("weight", [50.0, 0.0])
def test_models_of_both_directions_rerank(weight: float) -> None:
    models = (str(tiny.model_directory()), str(tiny.reverse_directory()))
    options = Options(models, threads=1, precision="fp32", reverse_weight=weight)
    engine = Engine.load(options, Monitor())
    client = TestClient(create_app(Service(engine, Keys([]), Limits(), Monitor())))
    one = Translator.load(models[0], "fp32", "cpu", 1, reverse=models[1])
    sources = [pair.src for pair in tiny.pairs(30, 900)]
    texts = [each.text for each in one.translate(sources, one.settings({"reverse_weight": weight}))]
    for fields in ({}, {"detail": True}):
        assert answers(client, sources, **fields)["translatedText"] == texts
    assert (texts != [expected(source) for source in sources]) == (weight > 0)
    engine.close()


def test_models_of_several_languages_are_chosen_by_the_request(serve: Serve) -> None:
    both = {("de", "en"): translator(), ("fr", "en"): translator(), ("de", "fr"): translator()}
    engine = Engine(both, Options(("tiny",), threads=1), Monitor())
    client = TestClient(create_app(Service(engine, Keys([]), Limits(), Monitor())))
    assert [(each["code"], each["targets"]) for each in client.get("/languages").json()] == [
        ("de", ["en", "fr"]),
        ("fr", ["en"]),
        ("en", []),
    ]
    texts = ["Das ist ein schönes Haus mit Garten.", "C'est une belle maison avec un jardin."]
    tree = answers(client, texts, source="auto")
    assert [each["language"] for each in tree["detectedLanguage"]] == ["de", "fr"]
    assert tree["translatedText"] == [expected(text) for text in texts]
    assert "en to fr" in refused(ask(client, "ba", source="en", target="fr"), 400)
    engine.close()


# The command


def test_help_and_import_load_neither_the_server_nor_torch() -> None:
    code = (
        "import sys, nmt, nmt.cli\n"
        "try: nmt.cli.commands(['serve', '--help'])\n"
        "except SystemExit: pass\n"
        "print({'fastapi', 'uvicorn', 'torch', 'starlette'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("set()\n")


def test_without_its_packages_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("nmt.cli.find_spec", lambda name: None if name == "uvicorn" else name)
    assert tiny.run_nmt("serve", "-m", "nowhere") == 2
    assert capfd.readouterr().err == "nmt: nmt serve needs uvicorn; install by: pip install -e '.[serve]'\n"
