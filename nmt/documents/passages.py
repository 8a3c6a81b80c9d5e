"""From passages to translated passages, any number of them in order, by whatever translates lines."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from nmt.documents.frames import Frame
from nmt.documents.marks import Item, Kind, Mark, Passage, has_letters
from nmt.documents.placeholders import protect, protect_all
from nmt.documents.weaving import weave

if TYPE_CHECKING:
    from nmt.translation import Translation

# Lines in, a translation for each out, as Translator.stream does.
Translate = Callable[[Iterable[str]], Iterable["Translation"]]
TranslatePassages = Callable[[Iterable[Passage]], Iterator[list[Item]]]
# Characters that placeholders, tags and addresses are made of, beside words.
_SPECIAL = re.compile(r"[<>{}&%$`@\\]|//|(?i:www)\.|[\u2600-\u27BF\U0001F000-\U0001FAFF]")


def translate_passages(passages: Iterable[Passage], translate: Translate) -> Iterator[list[Item]]:
    """Yield each passage translated, its marks and what must not be translated in its texts kept.

    A passage without letters is given back as it is.
    """
    waiting: deque[list[Item]] = deque()
    frames: deque[Frame | None] = deque()

    def texts() -> Iterator[str]:
        for passage in passages:
            items = list(protect_all(passage))
            frame = Frame(items) if has_letters(items) else None
            waiting.append(items)
            frames.append(frame)
            # A blank line takes its turn and costs nothing.
            yield frame.text if frame else ""

    for translation in translate(texts()):
        items, frame = waiting.popleft(), frames.popleft()
        yield _woven(items, frame, translation) if frame else items
    assert not waiting, "a line was not translated"


def _woven(items: list[Item], frame: Frame, translation: Translation) -> list[Item]:
    """Return a translation with all marks; the source where there is none, or its words would make others of them."""
    if translation.text.strip() in ("", frame.text):
        return items
    kept, markup = _kept(items), _markup(items)
    for text in (translation.text, _SPECIAL.sub("", translation.text)):
        woven = weave(frame, replace(translation, text=text))
        if _kept(woven) == kept and _markup(woven) <= markup:
            return woven
    return items


def _kept(passage: Passage) -> Counter[object]:
    """Count what a reader of the finished text takes for placeholders, tags and so on, and all other marks."""
    shown = [item if isinstance(item, str) else _shown(item) for item in passage]
    text = "".join(part if isinstance(part, str) else " " for part in shown)
    found = Counter[object](item.content for item in protect(text) if not isinstance(item, str))
    found.update(id(part) for part in shown if not isinstance(part, str))
    return found


def _shown(mark: Mark) -> object:
    """Return the content of a mark; the address of a link that it ends goes on into no text behind it."""
    ends_link = mark.kind is Kind.CLOSE and isinstance(mark.content, str) and "//" in mark.content
    return f"{mark.content} " if ends_link else mark.content


def _markup(passage: Passage) -> Counter[str]:
    """Count the characters of the texts that markup and placeholders are made of: "{x}}" is no placeholder any more."""
    return Counter(character for item in passage if isinstance(item, str) for character in item if character in "<>&{}")
