"""HTML and files over HTTP: what `nmt translate` makes of them, through the shared queue and within the limits."""

from __future__ import annotations

import io
import json
import re
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import docx
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from nmt.documents.formats import FORMATS, translate_document
from nmt.serve.formats import TEXTS
from nmt.serve.reading import given as given_lines
from nmt.serve.reading import read
from tests import fakes, serving, tiny

Open = Callable[..., TestClient]
PAIR = {"source": "de", "target": "en"}
DOCUMENTS = {
    "a.txt": "Haus {name}\r\n\r\nhttps://x.de/haus %s gut. Ja!\n",
    "a.html": "<p title='Haus'>Das <b>Haus</b> &amp; gut<script>haus()</script>",
    "a.md": "# Haus\n\nDas `haus` ist [gut](https://x.de/haus).\n",
    "a.srt": "1\n00:00:01,000 --> 00:00:02,000\n<i>Haus</i>\n",
    "a.vtt": "WEBVTT\n\n00:01.000 --> 00:02.000 line:0\nHaus\n",
    "a.po": 'msgid "%d Haus"\nmsgid_plural "%d Haus gut"\nmsgstr[0] ""\nmsgstr[1] ""\n',
    "a.csv": 'id,text\n1,"Haus, {x}"\n',
    "a.tsv": "id\ttext\n1\tHaus\n",
    "a.json": '{"id": 1, "text": "Haus\\n%s"}',
    "a.jsonl": '{"text": "Haus"}\n{"text": "gut", "id": "haus"}\n',
}  # fmt: skip


@pytest.fixture(scope="module")
def open_client() -> Iterator[Open]:
    opened: list[TestClient] = []

    def make(translate: Any = fakes.upper, **changes: Any) -> TestClient:
        opened.append(serving.make_client({("de", "en"): serving.Stand(translate)}, **changes))
        return opened[-1]

    yield make
    for each in opened:
        serving.close(each)


@pytest.fixture(scope="module")
def client(open_client: Open) -> TestClient:
    return open_client()


def html(client: TestClient, q: object, **fields: object) -> Any:
    response = client.post("/translate", json={"q": q, "format": "html", **PAIR, **fields})
    assert response.status_code == 200, response.text
    return response.json()


def send(client: TestClient, name: str, content: bytes | str, **fields: object) -> Any:
    return client.post("/translate_file", files={"file": (name, content)}, data={**PAIR, **fields})


def fetch(client: TestClient, name: str, content: bytes | str, **fields: object) -> bytes:
    response = send(client, name, content, **fields)
    assert response.status_code == 200, response.text
    return client.get(response.json()["translatedFileUrl"]).content


def refused(response: Any, status: int) -> str:
    assert response.status_code == status, response.text
    (error,) = response.json().values()
    assert "\n" not in error
    return str(error)


# HTML


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("Haus", "HAUS"),
        ("Das <b>Haus</b> ist <i class='x'>gut</i>.", "DAS <b>HAUS</b> IST <i class='x'>GUT</i>."),
        ("<p>Haus</p>\n<p>gut</p>\n", "<p>HAUS</p>\n<p>GUT</p>\n"),
        ("Gr&ouml;&szlig;e &amp; &lt;5&gt; &nbsp;", "GRÖSSE &amp; &lt;5&gt; &nbsp;"),
        ("<script>'<b>'</script>gut<!-- c -->", "<script>'<b>'</script>GUT<!-- c -->"),
        ('<img src="a" alt="Haus"><br/>gut', '<img src="a" alt="HAUS"><br/>GUT'),
        ("<span translate='no'>Haus</span> gut", "<span translate='no'>Haus</span> GUT"),
        ("a < b > c", "A &lt; B &gt; C"),
        ("Haus {name} %s https://x.de/a", "HAUS {name} %s https://x.de/a"),
        ("", ""), ("<br>", "<br>"), (" \n ", " \n "), ("</p><b>", "</p><b>"),
    ],
)  # fmt: skip
def test_html_keeps_its_markup(client: TestClient, page: str, expected: str) -> None:
    assert html(client, page) == {"translatedText": expected}


def test_a_list_of_html_is_answered_by_a_list_in_one_batch(open_client: Open) -> None:
    client = open_client(wait=0.5)
    pages = ["<b>Haus</b>", "", "<p>gut<p>ja", "<br>"]
    assert html(client, pages)["translatedText"] == ["<b>HAUS</b>", "", "<p>GUT<p>JA", "<br>"]
    assert "nmt_batch_sentences_count 1.0" in client.get("/metrics").text
    assert html(client, [])["translatedText"] == []


def test_html_is_what_the_command_makes_of_a_page_with_a_real_model() -> None:
    translator = serving.tiny_translator()
    client = serving.make_client({("de", "en"): translator})
    page = "".join(f"<p>{pair.src} <b>{pair.tgt}</b> {{x}}. &amp; {pair.src}</p>" for pair in tiny.pairs(4))
    for name in ("page.html", "page.txt", "page.md"):
        whole = translate_document(page.encode(), FORMATS[name[4:]], translator.stream)
        assert fetch(client, name, page) == whole
    assert html(client, page)["translatedText"].encode() == translate_document(
        page.encode(), FORMATS[".html"], translator.stream
    )
    tree = html(client, page, alternatives=1, detail=True, source="auto")
    assert tree["alternatives"][0].count("<b>") == tree["translatedText"].count("<b>") == 4
    assert tree["detectedLanguage"]["language"] == "de"
    assert {part["line"] for part in tree["detail"]} == {0, 1, 2, 3}
    serving.close(client)


def test_plain_text_is_left_to_the_model_as_it_is(open_client: Open) -> None:
    stand = serving.Stand(fakes.upper)
    client = serving.make_client({("de", "en"): stand})
    client.post("/translate", json={"q": "Das <b>Haus</b> &amp; {x} https://x.de", **PAIR})
    assert stand.lines == ["Das <b>Haus</b> &amp; {x} https://x.de"]
    serving.close(client)


def test_a_paragraph_is_cut_into_sentences_and_put_together(open_client: Open) -> None:
    stand = serving.Stand(fakes.upper)
    client = serving.make_client({("de", "en"): stand})
    text = "Das ist gut.  Das auch! " + "haus " * 250
    for form in TEXTS:
        stand.lines.clear()
        tree = client.post("/translate", json={"q": text, "format": form, **PAIR}).json()
        assert tree["translatedText"].split() == text.upper().split()
        assert [len(line.split()) for line in stand.lines] == [3, 2, 100, 100, 50]
    serving.close(client)


@settings(max_examples=60)
@given(
    st.lists(
        st.sampled_from(["Haus", " ", "<b>", "</b>", "<p>", "&amp;", "&#228;", "<", ">", "&", "{x}", "\n", "\0"])
    ).map("".join)
)
def test_any_html_is_answered(client: TestClient, page: str) -> None:
    found = html(client, page)["translatedText"]
    pattern = re.compile(r"</?[bp]>")
    assert sorted(pattern.findall(found)) == sorted(pattern.findall(page))


@pytest.mark.parametrize("form", list(TEXTS))
def test_half_a_surrogate_pair_is_refused_in_every_format(client: TestClient, form: str) -> None:
    body = f'{{"q": ["gut", "ba \\ud800 x"], "source": "de", "target": "en", "format": "{form}"}}'
    assert "surrogate" in refused(client.post("/translate", content=body), 400)


# Files


@pytest.mark.parametrize("name", list(DOCUMENTS))
def test_a_file_is_what_the_command_makes_of_it(client: TestClient, name: str) -> None:
    form = FORMATS[name[1:]]
    columns = ("text",) if form.has_columns else ()
    whole = translate_document(DOCUMENTS[name].encode(), form, fakes.upper, columns)
    assert whole != DOCUMENTS[name].encode()
    assert fetch(client, name.upper(), DOCUMENTS[name], column=list(columns)) == whole


def test_every_format_of_the_command_is_served(client: TestClient) -> None:
    served = client.get("/frontend/settings").json()["supportedFilesFormat"]
    assert served == list(FORMATS)
    assert {name[1:] for name in DOCUMENTS} | {".docx"} <= set(served)


def word(text: str = "Haus {x}") -> bytes:
    document = docx.Document()
    document.add_paragraph(text).add_run(" gut").bold = True
    document.sections[0].header.paragraphs[0].text = "Oben"
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def test_a_word_document_is_translated_and_fetched_in_one_batch(open_client: Open) -> None:
    client = open_client(wait=0.5)
    document = docx.Document(io.BytesIO(fetch(client, "a.docx", word())))
    assert document.paragraphs[0].text == "HAUS {x} GUT"
    assert document.sections[0].header.paragraphs[0].text == "OBEN"
    assert "nmt_batch_sentences_count 1.0" in client.get("/metrics").text


def test_columns_are_asked_for_and_told(client: TestClient) -> None:
    table = "id,text,note\n1,Haus,gut\n"
    assert "found: id, text, note" in refused(send(client, "a.csv", table), 400)
    assert "no column 'x'" in refused(send(client, "a.csv", table, column="x"), 400)
    assert "column is for tables" in refused(send(client, "a.txt", table, column="x"), 400)
    assert "found: id, text, note" in refused(send(client, "a.csv", table, column=""), 400)
    assert "invalid column" in refused(send(client, "a.csv", table, column=["text", ""]), 400)
    assert "found: a" in refused(send(client, "a.json", '{"a": "b"}'), 400)
    assert fetch(client, "a.csv", table, column=["text", "note"]) == b"id,text,note\n1,HAUS,GUT\n"
    assert fetch(client, "a.csv", table, column="3") == b"id,text,NOTE\n1,Haus,GUT\n"


def package(parts: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return written.getvalue()


ENTITIES = b"<!DOCTYPE x [<!ENTITY a0 'ha'>" + b"".join(
    b"<!ENTITY a%d '&a%d;&a%d;'>" % (number, number - 1, number - 1) for number in range(1, 40)
) + b"]><x>&a39;</x>"  # fmt: skip
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("a.docx", b"", 400),
        ("a.docx", b"PK\3\4 no zip", 400),
        ("a.docx", word()[:-30], 400),
        ("a.docx", package({"word/document.xml": ENTITIES}), 400),
        ("a.docx", package({"word/document.xml": OUTSIDE}), 400),
        ("a.docx", package({"word/document.xml": b"<a/>", "b": bytes(100_000_000)}), 413),
        ("a.docx", package({"word/document.xml": b"<a>" + b"<b/>" * 2_000_000 + b"</a>"}), 413),
        ("a.docx", package({"word/document.xml": b" " * 40_000_000}), 413),
        ("a.docx", package({f"{number}": b"" for number in range(11_000)}), 413),
        ("a.html", b"\xff\xfe", 400),
        ("a.json", b"[" * 100_000, 400),
        ("a.json", b'["a \\ud800 b"]', 400),
        ("a.srt", b"Haus", 400),
        ("a.po", b'msgid "a', 400),
    ],
)
def test_a_damaged_file_or_a_bomb_is_refused(client: TestClient, name: str, content: bytes, status: int) -> None:
    refused(send(client, name, content, **({"column": "*"} if name.endswith("json") else {})), status)


def test_a_files_text_is_held_against_the_limits(open_client: Open) -> None:
    client = open_client(characters=30)
    assert "at most 30 characters" in refused(send(client, "a.docx", word("Haus " * 10)), 413)
    assert "at most 30 characters" in refused(send(client, "a.html", "<p>Haus</p>" * 10), 413)
    # Markup is not text.
    assert fetch(client, "a.html", "<p class='x'>Haus</p>" * 5).count(b"HAUS") == 5


def test_a_file_beyond_the_time_limit_is_refused_and_dropped(open_client: Open) -> None:
    client = open_client(seconds=0.3, wait=30)
    begin = time.monotonic()
    assert "0.3 s" in refused(send(client, "a.docx", word()), 503)
    assert time.monotonic() - begin < 10
    assert "nmt_waiting_requests 0.0" in client.get("/metrics").text


def test_a_document_that_takes_too_long_to_read_is_refused_and_holds_nobody_up(
    open_client: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = open_client(seconds=4)
    with monkeypatch.context() as patched:
        patched.setattr("nmt.serve.routes.file_work", lambda *_: fakes.endless)
        statuses: list[int] = []
        threads = [
            threading.Thread(target=lambda: statuses.append(send(client, "a.txt", "Haus").status_code))
            for _ in range(3)
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join(60)
    assert statuses == [503] * 3
    assert fetch(client, "a.txt", "Haus") == b"HAUS"


def test_more_files_at_a_time_than_threads_are_all_answered(open_client: Open) -> None:
    going = threading.Event()

    def held(lines: Sequence[str]) -> Any:
        assert going.wait(20)
        return fakes.upper(lines)

    client = open_client(held)
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(fetch(client, "a.md", "# Haus"))) for _ in range(40)]
    for each in threads:
        each.start()
    # While the model is held up, no thread waits for it, and whoever asks something else is answered.
    limit = time.monotonic() + 20
    while "nmt_waiting_requests 40.0" not in client.get("/metrics").text and time.monotonic() < limit:
        time.sleep(0.05)
    assert "nmt_waiting_requests 40.0" in client.get("/metrics").text
    going.set()
    for each in threads:
        each.join(30)
    assert found == [b"# HAUS"] * 40


# The two passes


@settings(max_examples=100)
@given(st.sampled_from(sorted(DOCUMENTS)), st.integers(0, 10**6))
def test_both_passes_ask_for_the_same_lines(name: str, seed: int) -> None:
    asked: list[list[str]] = []
    form = FORMATS[name[1:]]

    def work(translate: Any) -> bytes:
        def asking(lines: Any) -> Any:
            asked.append([])
            return translate(asked[-1].append(line) or line for line in lines)  # type: ignore[func-returns-value]

        return translate_document(DOCUMENTS[name].encode(), form, asking, ("text",) if form.has_columns else ())

    (lines,) = read([work], 10**6)
    written = work(given_lines(list(fakes.hostile(seed)(lines))))  # type: ignore[operator]
    assert asked[: len(asked) // 2] == asked[len(asked) // 2 :]
    assert written == work(fakes.hostile(seed))


def test_json_with_escapes_for_half_pairs_is_kept_where_it_is_not_translated(client: TestClient) -> None:
    text = '{"a": "\\ud800", "b": "haus"}'
    assert fetch(client, "a.json", text, column="b") == text.replace("haus", "HAUS").encode()
    assert json.loads(fetch(client, "a.json", text, column="*"))["b"] == "HAUS"
