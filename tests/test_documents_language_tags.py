"""A translated document says that it is in the language of its translation."""

from __future__ import annotations

import pytest

from nmt.documents.formats import FORMATS, with_language


@pytest.mark.parametrize(
    ("suffix", "text", "expected"),
    [
        (".html", '<!doctype html>\n<html lang="de">', '<!doctype html>\n<html lang="en">'),
        (".htm", "<HTML class=x LANG=de-AT><p lang=fr>", "<HTML class=x LANG=en><p lang=fr>"),
        (".xhtml", "<html xml:lang='de' lang='de'/>", "<html xml:lang='en' lang='en'/>"),
        (".html", '<html><p lang="de">', '<html><p lang="de">'),
        (".html", '<html data-lang="de" lang="">', '<html data-lang="de" lang="">'),
        (".html", "<htmlx lang=de>", "<htmlx lang=de>"),
        (".vtt", "WEBVTT\nKind: x\nLanguage: de\n\n00:01", "WEBVTT\nKind: x\nLanguage: en\n\n00:01"),
        (".vtt", "WEBVTT\r\n\r\nLanguage: de", "WEBVTT\r\n\r\nLanguage: de"),
        (".srt", "1\n00:01\nLanguage: de", "1\n00:01\nLanguage: de"),
        (".po", 'msgid ""\nmsgstr ""\n"Language: de_AT\\n"\n', 'msgid ""\nmsgstr ""\n"Language: en\\n"\n'),
        (".pot", 'msgstr ""\n"Language: \\n"\n', 'msgstr ""\n"Language: en\\n"\n'),
        (".po", 'msgstr ""\r\n"Language: de\\n"\r\n', 'msgstr ""\r\n"Language: en\\n"\r\n'),
        (".po", 'msgid "Language: x"\n', 'msgid "Language: x"\n'),
        (".txt", "<html lang=de>", "<html lang=de>"),
        (".md", "<html lang=de>", "<html lang=de>"),
    ],
)
def test_the_language_that_a_document_says_is_that_of_its_translation(suffix: str, text: str, expected: str) -> None:
    assert with_language(f"\ufeff{text} ü".encode(), FORMATS[suffix], "en").decode() == f"\ufeff{expected} ü"
