"""The page at / in a real browser: headless Chromium against a server on a port of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nmt.translator import Translator
from tests import tiny

pytest.importorskip("selenium", reason="the page is tested through selenium: pip install -e '.[dev]'")

from selenium import webdriver
from selenium.webdriver.support.select import Select

from tests import chromium
from tests.chromium import Page, until
from tests.scripted import ATTENDED, Server

Serve = Callable[..., Server]
BOTH = [("de", "en"), ("en", "de")]
# Its words are prescribed; see tests/scripted.py.
TEXT, TRANSLATION = "das haus ist wichtig.", "this house is important."


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load(tiny.model_directory(), "fp32", "cpu", 1)


@pytest.fixture(scope="module")
def serve(translator: Translator) -> Iterator[Serve]:
    """Return a function that starts a server for language pairs, with keys and limits."""
    servers: list[Server] = []

    def make(pairs: Any = BOTH, **options: Any) -> Server:
        servers.append(Server(translator, pairs, **options))
        return servers[-1]

    yield make
    for each in servers:
        each.stop()


@pytest.fixture(scope="module")
def server(serve: Serve) -> Server:
    return serve()


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    driver = chromium.start(tmp_path_factory.mktemp("chromium"))
    yield driver
    driver.quit()


@pytest.fixture
def visit(driver: webdriver.Chrome) -> Iterator[Callable[[Server], Page]]:
    """Return a function that opens the page; in the end no request may have left the server, and none complained."""
    pages: list[Page] = []

    def visit(server: Server) -> Page:
        pages.append(Page(driver, server))
        pages[-1].size(1200, 900)
        pages[-1].scheme("light")
        pages[-1].addresses()
        until(lambda: pages[-1].text("#formats"))
        return pages[-1]

    yield visit
    ours = tuple(f"{page.server.url}/" for page in pages)
    assert [address for page in pages for address in page.addresses() if not address.startswith(ours)] == []
    assert pages[-1].complaints() == []


@pytest.fixture
def page(visit: Callable[[Server], Page], server: Server) -> Page:
    server.scripted.forget()
    return visit(server)


# Typing


def test_what_is_typed_is_translated_without_a_button(page: Page) -> None:
    assert not page.find("#send").is_displayed()
    page.translate(TEXT, TRANSLATION)
    page.translate("\n\ndas ist", f"{TRANSLATION}\n\nthis is")
    # A request follows a pause, not a key.
    assert len(page.server.scripted.asked) < len(TEXT) / 2
    page.clear()
    page.shows("")


def test_an_overtaken_request_is_aborted(page: Page) -> None:
    scripted = page.server.scripted
    scripted.delays["haus"] = 60
    page.type("haus")
    until(lambda: scripted.asked)
    page.translate(" ist", "house is")
    until(lambda: scripted.dropped == ["haus"])


def test_a_late_answer_is_never_shown(page: Page) -> None:
    scripted = page.server.scripted
    scripted.delays["wichtig"] = 1
    # A browser that aborts nothing.
    page.run("const real = fetch; window.fetch = (path, { signal, ...rest }) => real(path, rest)")
    page.type("wichtig")
    until(lambda: scripted.asked)
    page.translate(" das", "important this")
    until(lambda: "wichtig" in scripted.answered)
    time.sleep(0.2)
    page.shows("important this")


def test_texts_that_are_no_words_are_shown_as_they_are(page: Page) -> None:
    # These words are unknown, so the model itself answers.
    text = "<b onclick=x>ba</b> &amp; {{de}} \u2581 \U0001f600\n\n  gi"
    page.run("const field = document.getElementById('source'); field.value = args[0];"
             "field.dispatchEvent(new Event('input'));", text)  # fmt: skip
    until(lambda: page.all("output:not([aria-busy]) .word"))
    assert page.text("#mirror") == f"{text}\u200b"
    assert "<" not in page.run("return document.querySelector('output').innerHTML.replace(/<\\/?span[^>]*>/g, '')")


def test_the_models_own_answer_is_linked_word_by_word(page: Page, translator: Translator) -> None:
    text = tiny.pairs(12)[11].src
    # The page asks for three alternatives.
    (told,) = translator.translate([text], translator.settings({"beam_size": 4}))
    page.translate(text, told.text)
    assert [word.text for word in page.all("#mirror .word")] == text.split()
    assert "".join(word.text for word in page.all("output .word")) == told.text.replace(" ", "")
    page.hover(page.all("output .word")[0])
    assert 0 < sum(page.shades("#mirror").values()) <= 1.01


# Languages


def test_languages_are_swapped_and_the_text_moves_over(page: Page) -> None:
    page.translate("das haus", "this house")
    page.find("#swap").click()
    page.shows("das haus")
    assert page.find("#source").get_property("value") == "this house"
    assert Select(page.find("#pair")).first_selected_option.text == "English to German"
    assert [page.find(each).get_attribute("lang") for each in (".source", "output")] == ["en", "de"]
    Select(page.find("#pair")).select_by_visible_text("German to English")
    until(lambda: page.server.scripted.asked[-1]["source"] == "de")


def test_swapping_before_the_answer_keeps_what_was_typed(page: Page) -> None:
    page.translate("das ist", "this is")
    page.server.scripted.delays["das ist wichtig"] = 60
    page.type(" wichtig")
    until(lambda: page.all("output[aria-busy]"))
    page.find("#swap").click()
    assert page.find("#source").get_property("value") == "das ist wichtig"


def test_an_answer_that_cannot_be_read_is_told(page: Page) -> None:
    page.run("window.fetch = async () => new Response('<h1>Log in</h1>', { status: 200 })")
    page.type("das")
    until(lambda: page.text("#problem"))
    assert page.text("#problem").startswith("The server's answer could not be read.")
    assert page.find("#again").is_displayed() and not page.all("output[aria-busy]")
    page.run(DROP, "note.txt", "ba de\n", "body")
    until(lambda: page.text("#file-list") == "note.txt: The server's answer could not be read.")


def test_what_is_served_one_way_cannot_be_swapped(visit: Callable[[Server], Page], serve: Serve) -> None:
    page = visit(serve([("de", "en")]))
    assert not page.find("#swap").is_enabled()
    assert "not served" in str(page.find("#swap").get_attribute("title"))


# Alternatives and copying


def test_an_alternative_is_chosen_for_one_sentence_and_copied(page: Page) -> None:
    page.command("Browser.grantPermissions", origin=page.server.url, permissions=["clipboardReadWrite"])
    page.command("Emulation.setFocusEmulationEnabled", enabled=True)
    page.translate("das ist. haus ist", "this is. house is")
    assert page.text("legend") == "Alternatives for sentence 1 of 2"
    assert [each.text for each in page.all("fieldset label")][:2] == ["this is.", "this is this"]
    page.all("output .word")[-1].click()
    assert page.text("legend") == "Alternatives for sentence 2 of 2"
    page.all("fieldset input")[1].click()
    page.shows("this is. house house")
    page.hover(page.all("output .word")[-1])
    assert page.shades("#mirror") == {"ist": ATTENDED}
    page.find("#copy").click()
    until(lambda: page.text("#copy") == "Copied")
    assert page.run("return navigator.clipboard.readText()") == "this is. house house"
    assert page.text("#note") == "Translation copied"


# Attention


def test_a_word_pointed_at_shades_what_the_model_attended_to(page: Page) -> None:
    page.translate(TEXT, TRANSLATION)
    words = page.all("output .word")
    assert [word.text for word in words] == ["this", "house", "is", "important", "."]
    page.hover(words[3])
    assert page.shades("#mirror") == {"wichtig": ATTENDED}
    # Two pieces at 0.05 are less than a sure word's.
    assert "“important”: 12 % sure, attended to “wichtig” 75 %" in page.text("#reading")
    page.away()
    assert page.shades("#mirror") == {} and page.text("#reading") == ""


def test_a_word_of_the_text_shades_what_attended_to_it(page: Page) -> None:
    page.translate(TEXT, TRANSLATION)
    # The field lies over its mirror, whose words are those that are seen.
    page.hover(page.all("#mirror .word")[1])
    assert page.shades("output") == {"house": ATTENDED}
    assert page.text("#reading") == "“haus”: attended to by “house” 75 %"
    page.away()
    assert page.shades("output") == {}
    page.press("HOME")
    until(lambda: page.shades("output") == {"this": ATTENDED})


def test_words_are_reached_by_keys(page: Page) -> None:
    page.translate(TEXT, TRANSLATION)
    page.press("TAB")
    until(lambda: page.shades("#mirror") == {"das": ATTENDED})
    page.press("ARROW_RIGHT", "ARROW_RIGHT")
    until(lambda: page.shades("#mirror") == {"ist": ATTENDED})
    page.press("END", "ARROW_LEFT", "ARROW_RIGHT", "ARROW_RIGHT", "HOME", "ARROW_LEFT")
    until(lambda: page.shades("#mirror") == {"das": ATTENDED})
    (word,) = page.all("output [tabindex='0']")
    assert (word.text, word.get_attribute("aria-describedby")) == ("this", "reading")


def test_the_mirror_lies_exactly_behind_the_field(page: Page) -> None:
    page.size(360, 740)
    text = f"{TEXT} " * 8 + "\n\ndas"
    page.translate(text, " ".join([TRANSLATION] * 8) + "\n\nthis")
    field, behind = page.run(
        "return ['#source', '#mirror'].map((name) => {"
        " const e = document.querySelector(name), box = e.getBoundingClientRect(), style = getComputedStyle(e);"
        " return [box.x, box.y, box.width, box.height, e.scrollHeight, style.font, style.letterSpacing, style.padding];"
        "})"
    )
    assert field == behind


def test_the_heat_map_shows_the_attention_as_a_table(page: Page) -> None:
    page.translate("das haus. wichtig", "this house. important")
    page.find("#open-heat-map").click()
    assert [each.text for each in page.all("thead th")] == ["das", "haus", ".", "(end)"]
    assert [each.text for each in page.all("tbody th")] == ["this", "house", "."]
    cells = [each.text for each in page.all("tbody td")]
    assert cells == ["75", "·", "·", "25", "·", "75", "·", "25", "·", "·", "75", "25"]
    Select(page.find("#sentence")).select_by_index(1)
    assert [each.text for each in page.all("tbody th")] == ["important"]
    page.find("#subwords").click()
    assert [each.text for each in page.all("thead th")] == ["_wich", "tig", "(end)"]
    assert [each.text for each in page.all("tbody th")] == ["_impo", "rtan", "t", "(end)"]
    assert page.find("tbody tr:last-child td:last-child").text == "100"
    page.press("ESCAPE")
    assert not page.find("#heat-map").is_displayed()
    assert page.focused() == "open-heat-map"


def test_confidence_is_shaded_underlined_and_told(page: Page) -> None:
    page.translate(TEXT, TRANSLATION)
    assert page.all("[data-sure]") == []
    page.find("#confidence").click()
    assert {each.text: each.get_attribute("data-sure") for each in page.all("[data-sure]")} == {
        "house": "middling",
        "important": "low",
    }
    assert page.text("#doubts").startswith("Less sure of: “important” (12 %), “house” (55 %).")
    lines = [each.value_of_css_property("text-decoration-style") for each in page.all("[data-sure]")]
    assert lines == ["dotted", "solid"]
    page.translate(" das", f"{TRANSLATION} this")
    assert len(page.all("[data-sure]")) == 2
    page.find("#confidence").click()
    assert page.all("[data-sure]") == [] and not page.find("#doubts").is_displayed()


# Files


@pytest.fixture
def downloads(page: Page, tmp_path: Path) -> Path:
    page.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    return tmp_path


def test_a_chosen_file_is_translated_and_downloaded(page: Page, downloads: Path, translator: Translator) -> None:
    pair = tiny.pairs(9)[8]
    letter = downloads / "ein Brief.txt"
    letter.write_text(f"{pair.src}\n", encoding="utf-8")
    page.find("#file").send_keys(str(letter))
    until((downloads / "ein Brief.en.txt").is_file)
    expected = translator.translate([pair.src])[0].text
    assert (downloads / "ein Brief.en.txt").read_text(encoding="utf-8") == f"{expected}\n"
    assert page.text("#file-list") == "ein Brief.txt is translated: ein Brief.en.txt"
    assert page.find("#file").get_attribute("accept") == page.text("#formats").replace(", ", ",")


DROP = """
const data = new DataTransfer();
data.items.add(new File([typeof args[1] === "string" ? args[1] : Uint8Array.from(args[1])], args[0]));
for (const type of ["dragover", "drop"]) {
  const event = new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true });
  document.querySelector(args[2]).dispatchEvent(event);
}
"""


def test_a_file_dropped_anywhere_is_translated_and_downloaded(page: Page, downloads: Path) -> None:
    page.run(DROP, "note.txt", "ba de\n", "#source")
    until((downloads / "note.en.txt").is_file)
    assert page.find("#source").get_property("value") == ""


def test_columns_of_a_table_are_named_beside_it(page: Page, downloads: Path) -> None:
    page.run(DROP, "words.csv", "id,text\n1,ba de\n", "body")
    until(lambda: "found: id, text" in page.text("#file-list"))
    page.find("#columns").send_keys("text, id")
    page.run(DROP, "words.csv", "id,text\n1,ba de\n", "body")
    until((downloads / "words.en.csv").is_file)
    assert page.text("#tables") == ".csv, .tsv, .json, .jsonl"
    # Those of a table do not hinder other files.
    page.run(DROP, "note.txt", "ba de\n", "body")
    until((downloads / "note.en.txt").is_file)
    assert all("400" in each for each in page.complaints())


@pytest.mark.parametrize(
    ("name", "said"), [("film.mp4", "Files ending in .mp4"), ("README", "Files without an ending")]
)
def test_a_file_of_a_kind_that_is_not_supported_is_told(page: Page, name: str, said: str) -> None:
    page.run(DROP, name, "x", "body")
    until(lambda: page.text("#file-list"))
    assert page.text("#file-list").startswith(f"{name}: {said} are not supported. Supported: ")
    assert ".txt" in page.text("#file-list")


def test_a_file_the_server_refuses_is_told(page: Page) -> None:
    page.run(DROP, "a.txt", [97, 255], "body")
    until(lambda: "UTF-8" in page.text("#file-list"))
    assert page.text("#file-list").startswith("a.txt: Not UTF-8")
    assert all("400" in each for each in page.complaints())


def test_a_file_larger_than_the_server_takes_is_told(visit: Callable[[Server], Page], serve: Serve) -> None:
    page = visit(serve(body=20_000))
    page.run(DROP, "long.txt", "ba de. " * 20_000, "body")
    until(lambda: "more than the server takes at once" in page.text("#file-list"))
    assert "at most 20,000 bytes" in page.text("#file-list")
    assert all("413" in each for each in page.complaints())


# What goes wrong


def test_a_text_longer_than_the_limit_is_told_without_asking(visit: Callable[[Server], Page], serve: Serve) -> None:
    page = visit(serve(characters=20))
    page.type("das ist wichtig das ist")
    until(lambda: page.text("#problem"))
    assert page.text("#problem") == "This text is too long: the server takes at most 20 characters."
    assert page.text("#count") == "23 of at most 20 characters"
    page.clear()
    page.translate("das", "this")
    assert page.text("#problem") == ""


@pytest.mark.parametrize(
    ("status", "said", "told"),
    [
        (413, "the body is too large", "That is more than the server takes at once. The body is too large."),
        (429, "more than 2 requests a minute", "These are more requests than the server takes from one address."),
        (500, "the server failed; its log says why", "The server failed at this; its log says why."),
        (503, "too many wait", "The server is too busy or about to stop. Too many wait."),
    ],
)
def test_what_goes_wrong_is_a_plain_sentence(page: Page, status: int, said: str, told: str) -> None:
    page.server.scripted.refusals.append((status, said, {}))
    page.type("das")
    until(lambda: page.text("#problem"))
    assert page.text("#problem").startswith(told)
    assert page.find("#problem").get_attribute("role") == "alert"
    page.find("#again").click()
    page.shows("this")
    assert page.text("#problem") == "" and not page.find("#again").is_displayed()
    assert all(str(status) in each for each in page.complaints())


def test_the_page_tries_again_when_the_server_said_when(page: Page) -> None:
    page.server.scripted.refusals.append((503, "the server is busy", {"Retry-After": "1"}))
    page.type("das")
    until(lambda: page.text("#problem").endswith("The server is busy. The page tries again by itself."))
    page.shows("this")
    assert page.text("#problem") == ""
    page.complaints()


AT_ONCE = "const real = setTimeout; window.setTimeout = (work, ms) => real(work, Math.min(ms, 400))"


def test_the_page_tries_again_a_few_times_and_keeps_what_it_showed(page: Page) -> None:
    page.translate("das", "this")
    page.run(AT_ONCE)
    asked = page.server.scripted.asked
    page.server.scripted.refusals += [(503, "the server is busy", {"Retry-After": "1"})] * 9
    page.type(" ist")
    until(lambda: "tries again" in page.text("#problem"))
    assert page.text("output[aria-busy]") == "this"
    until(lambda: page.text("#problem").endswith("The server is busy."))
    assert page.text("output:not([aria-busy])") == ""
    time.sleep(1)
    assert [each["q"] for each in asked].count("das ist") == 4
    page.server.scripted.refusals.clear()
    page.find("#again").click()
    page.shows("this is")
    page.complaints()


def test_nothing_is_tried_again_while_the_page_is_hidden(page: Page) -> None:
    page.run(f"Object.defineProperty(document, 'hidden', {{ value: true, writable: true }}); {AT_ONCE}")
    page.server.scripted.refusals.append((503, "the server is busy", {"Retry-After": "1"}))
    page.type("das")
    until(lambda: "tries again" in page.text("#problem"))
    time.sleep(1)
    assert len(page.server.scripted.asked) == 1
    page.run("document.hidden = false; document.dispatchEvent(new Event('visibilitychange'))")
    page.shows("this")
    page.complaints()


REFUSED_ONCE = """
const real = fetch, refused = new Set();
window.fetch = async (path, ...rest) => {
  if (!path.endsWith(args[0]) || refused.has(path)) return real(path, ...rest);
  refused.add(path);
  return new Response('{"error": "too many wait"}', { status: 503, headers: { "Retry-After": "1" } });
};
"""


def test_a_file_is_sent_again_where_the_page_says_so(page: Page, downloads: Path) -> None:
    page.run(REFUSED_ONCE, "translate_file")
    page.run(DROP, "note.txt", "ba de\n", "body")
    until(lambda: page.text("#file-list").endswith("Too many wait. The page tries again by itself."))
    until((downloads / "note.en.txt").is_file)
    assert page.text("#file-list") == "note.txt is translated: note.en.txt"


def test_an_answer_that_the_page_fails_at_is_told(page: Page) -> None:
    page.run("window.fetch = async () => new Response('{}', { status: 200 })")
    page.type("das")
    until(lambda: page.text("#problem") == "The page failed at this answer.")
    assert not page.all("output[aria-busy]")
    assert "TypeError" in until(page.complaints)[0]


def test_a_browser_that_knows_no_words_shows_those_between_spaces(page: Page) -> None:
    script = (
        "const all = Intl.Segmenter; delete Intl.Segmenter;"
        "const { wordsOf } = await import('./static/pieces.js?without');"
        "Intl.Segmenter = all;"
        "return args[0].map(([pieces, text]) => wordsOf(pieces, text, 'de').map(({ text }) => text))"
    )
    spelled = [(pieces, text) for pieces, text, _ in SPELLED if not text.startswith("我")]
    words = [[word for word, _ in found] for _, text, found in SPELLED if not text.startswith("我")]
    assert page.run(script, spelled) == words


def test_a_server_that_is_gone_is_told(visit: Callable[[Server], Page], serve: Serve) -> None:
    gone = serve()
    page = visit(gone)
    gone.stop()
    page.type("das")
    until(lambda: page.text("#problem") == "The server cannot be reached. Is it running?")
    assert all("ERR_CONNECTION_REFUSED" in each for each in page.complaints())


def test_a_key_is_asked_for_and_kept_for_the_session_alone(visit: Callable[[Server], Page], serve: Serve) -> None:
    page = visit(serve(keys=("secret",)))
    page.type("ba de")
    until(lambda: "Enter an API key" in page.text("#problem"))
    page.find("#api_key").send_keys("wrong")
    until(lambda: "valid API key" in page.text("#problem"))
    page.find("#api_key").clear()
    page.find("#api_key").send_keys("secret")
    until(lambda: page.all("output .word"))
    assert page.text("#problem") == ""
    page.driver.refresh()
    page.clear()
    page.type("ba de gi")
    until(lambda: page.all("output .word"))
    assert page.run("return [localStorage.length, document.cookie]") == [0, ""]
    assert all("403" in each for each in page.complaints())
    page.run("sessionStorage.clear()")


# For everyone


def test_without_scripts_the_form_works(page: Page, translator: Translator) -> None:
    page.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.driver.refresh()
        text = tiny.pairs(5)[4].src
        page.type(text)
        page.find("#send").click()
        until(lambda: page.text("output"))
        assert page.text("output") == translator.translate([text])[0].text
        assert page.find("#source").get_attribute("value") == text
        for hidden in ("#swap", "#tools", "#files", "#alternatives", "#again"):
            assert not page.find(hidden).is_displayed()
    finally:
        page.command("Emulation.setScriptExecutionDisabled", value=False)


def test_on_a_phone_nothing_is_wider_than_the_screen(page: Page) -> None:
    page.size(360, 740)
    wide = "return document.documentElement.scrollWidth <= innerWidth"
    assert page.run(wide)
    page.type("das " * 30 + "haus" * 40)
    until(lambda: page.all("output:not([aria-busy]) .word"))
    page.find("#confidence").click()
    assert page.run(wide)
    page.find("#open-heat-map").click()
    assert page.run(wide)
    box = page.find("#heat-map").rect
    assert box["x"] >= 0 and box["x"] + box["width"] <= 360 and box["height"] <= 740


CONTRASTS = """
const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
function light(color) {
  paint.fillStyle = color;
  paint.fillRect(0, 0, 1, 1);
  const linear = [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3)
    .map((part) => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}
const of = (name) => light(getComputedStyle(document.documentElement).getPropertyValue(name));
const ratio = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
return args[0].map(([text, ground]) => ratio(of(text), of(ground)));
"""


def test_day_and_night_have_colours_of_their_own_with_contrast(page: Page) -> None:
    pairs = [
        [text, ground] for text in ("--text", "--quiet", "--accent", "--problem") for ground in ("--page", "--card")
    ]
    pairs += [["--text", "--attention"], ["--on-accent", "--accent"]]
    grounds = []
    for scheme in ("light", "dark"):
        page.scheme(scheme)
        grounds.append(page.find("body").value_of_css_property("background-color"))
        ratios = page.run(CONTRASTS, pairs)
        assert min(ratios) >= 4.5, list(zip(pairs, ratios, strict=True))
    assert grounds[0] != grounds[1]


def test_the_tab_key_goes_through_the_page_in_the_order_it_is_read(page: Page) -> None:
    page.translate(TEXT, TRANSLATION)
    page.run("document.activeElement.blur(); getSelection().removeAllRanges(); document.querySelector('#pair').focus()")
    order = [page.focused()]
    while order[-1] != "file" and len(order) < 20:
        page.press("TAB")
        order.append(page.focused())
        outline = page.run("return getComputedStyle(document.activeElement).outlineStyle")
        # The field's frame and the button that stands for the file field show the focus instead.
        assert outline == "solid" or order[-1] in ("source", "file"), order
    assert order == [
        "pair", "swap", "source", "word pointed", "copy", "open-heat-map", "confidence", "wording", "file",
    ]  # fmt: skip


def test_everything_that_takes_the_focus_has_a_name(page: Page) -> None:
    page.translate("das haus. wichtig", "this house. important")
    for opened in (False, True):
        if opened:
            page.find("#open-heat-map").click()
        nodes = page.command("Accessibility.getFullAXTree")["nodes"]
        controls = {"button", "checkbox", "combobox", "radio", "textbox", "region", "dialog", "table", "status", "link"}
        named = {
            (node["role"]["value"], node.get("name", {}).get("value", ""))
            for node in nodes
            if not node["ignored"] and node["role"]["value"] in controls - {"status"}
        }
        assert named and all(name for _, name in named), named
        assert {"button", "checkbox", "combobox"} <= {role for role, _ in named}
    assert page.find("output").get_attribute("aria-live") == "polite"


def test_scripts_and_styles_are_files_that_the_policy_lets_through(page: Page) -> None:
    page.translate("das", "this")
    inline = "return document.querySelectorAll('script:not([src]), style, [onclick]').length"
    assert page.run(inline) == 0
    page.run(
        "document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.evil = 1' }))"
    )
    assert page.run("return typeof window.evil") == "undefined"
    assert all("Content Security Policy" in each for each in page.complaints())


# Pieces


# Pieces, their text, and its words with the pieces that take part in each.
SPELLED: list[tuple[list[str], str, list[Any]]] = [
    (["▁Ha", "us", "▁am", "▁See", "."], "Haus am See.", [["Haus", [0, 1]], ["am", [2]], ["See", [3]], [".", [4]]]),
    (["▁don", "'", "t"], "don't", [["don't", [0, 1, 2]]]),
    (["▁", "x"], "  x", [["x", [0, 1]]]),
    # A letter of two bytes, and one typed as two code points that the model reads as one.
    (["▁a", "<0xC3>", "<0xB6>", "b"], "aöb", [["aöb", [0, 1, 2, 3]]]),
    (["▁für", "▁uns"], "fu\u0308r  uns", [["fu\u0308r", [0]], ["uns", [1]]]),
    (["▁", "<0xF0>", "<0x9F>", "<0x98>", "<0x80>", "▁ja"], "😀 ja", [["😀", [0, 1, 2, 3, 4]], ["ja", [5]]]),
    (["▁a", "<0xFF>", "▁b"], "a\ufffd b", [["a", [0]], ["\ufffd", [1]], ["b", [2]]]),
    (["▁我喜", "欢", "书"], "我喜欢书", [["我", [0]], ["喜欢", [0, 1]], ["书", [2]]]),
    (["▁a", "▁_", "▁b"], "a \u2581 b", [["a", [0]], ["\u2581", [1]], ["b", [2]]]),
    ([], "", []),
]


def test_pieces_are_joined_to_words(page: Page) -> None:
    script = (
        "const { wordsOf } = await import('./static/pieces.js');"
        "return args[0].map(([pieces, text]) => wordsOf(pieces, text, 'de_AT'))"
    )
    found = page.run(script, SPELLED)
    assert [[[word["text"], [piece for piece, _ in word["shares"]]] for word in words] for words in found] == [
        words for _, _, words in SPELLED
    ]


def test_a_piece_that_lies_in_two_words_is_shared_out(page: Page) -> None:
    script = (
        "const { wordsOf } = await import('./static/pieces.js');"
        "return wordsOf(['▁ab', 'c.d'], 'abc.d', 'no language').map(({ text, shares }) => [text, shares])"
    )
    words = page.run(script)
    whole = sum(share for _, shares in words for piece, share in shares if piece == 1)
    assert whole == pytest.approx(1)
