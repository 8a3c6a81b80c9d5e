"""Subtitles, SubRip and WebVTT: the text of the cues; times, numbers, settings and notes stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from nmt.documents.cue_times import TIME, UNSEEN, put_times, take_times
from nmt.documents.marks import Item, Mark
from nmt.documents.passages import TranslatePassages
from nmt.documents.placeholders import protect
from nmt.documents.stretches import Stretch, join, translate_stretches
from nmt.errors import InputError

_TIME = re.compile(r"[ \t]*(?:\d{1,4}:)?\d{1,2}:\d{2}[,.]\d{1,3}[ \t]*-->[ \t]*(?:\d{1,4}:)?\d{1,2}:\d{2}[,.]\d{1,3}")
_DASH = re.compile(r"\s*[-–—]\s*")
_STYLES = r"(?:\s|</?(?!v[.\s])[^<>\s][^<>]{0,100}>|\{[^{}]{0,100}\})*"
_SOUND = r"(?:\[[^\[\]]{1,200}\]|\([^()]{1,200}\))"
_NAME = r"[A-ZÀ-Þ][A-ZÀ-Þ\d .'’-]{1,30}:"
# Lines that begin what is said by another, or sung; nothing goes on into a sound that is a whole line, nor behind one.
_BEGINS = re.compile(rf"{_STYLES}(?:[-–—♪♫]|<v[.\s]|{_NAME}(?!\S)|{_SOUND}{_STYLES}$)")
_ENDS = re.compile(rf"{_STYLES}(?:{_SOUND}|{_NAME}){_STYLES}$")
# A sound or name in brackets begins something only behind the end of a sentence.
_BRACKET, _SENTENCE_END = re.compile(rf"{_STYLES}\["), re.compile(rf"[.!?…♪\])]{_STYLES}$")
# A line's end as other subtitles write it.
_BREAK = re.compile(r"\\[Nn]")
# Positions and the like in braces, as in {\an8}, such subtitles' space and WebVTT's times within a cue.
_STYLE = re.compile(rf"(\{{\\[^{{}}\n]{{0,100}}\}}|\\h|{TIME})")
# What is not broken at its spaces.
_WORD = re.compile(r"(?:<[^<>]*>|\{[^{}]*\}|\S)+")

# The place of a line and its text.
_Line = tuple[int, str]


def translate_subtitles(text: str, translate: TranslatePassages, _columns: Sequence[str]) -> str:
    """Translate the cues; raises InputError where there is none.

    Lines of a cue are translated as one text and broken into as many again, unless they are of several speakers, sounds
    or songs.
    """
    stretches = [stretch for cue in _cues(text) for stretch in _stretches(text, cue)]
    if not stretches and text.strip() and not text.startswith("WEBVTT"):
        raise InputError("no cue with a time, such as 00:00:01,000 --> 00:00:02,000, was found")
    return translate_stretches(text, stretches, translate)


def _cues(text: str) -> Iterator[list[_Line]]:
    """Yield the lines of each cue.

    A blank line ends one of WebVTT; one of SubRip goes on to the next number and time.
    """
    blank_ends = text.startswith("WEBVTT")
    line_end = "\n" if "\n" in text else "\r"
    place = 0
    cue: list[_Line] | None = None
    for line in text.split(line_end):
        # The number of the next cue.
        numbered = bool(cue and cue[-1][1].strip().isdecimal())
        timed = _TIME.match(line) or (numbered and "-->" in line)
        if timed or (blank_ends and not line.strip()):
            yield (cue or [])[: -1 if timed and numbered else None]
            cue = [] if timed else None
        elif cue is not None:
            cue.append((place, line.removesuffix("\r")))
        place += len(line) + 1
    yield cue or []


def _stretches(text: str, cue: Sequence[_Line]) -> Iterator[Stretch]:
    groups = _groups([part for place, line in cue for part in _parts(place, line)])
    for group in groups:
        (start, first), (last, line) = group[0], group[-1]
        dash = _DASH.match(first) if len(groups) > 1 else None
        begin = dash.end() if dash else 0
        said = "\n".join(line for _, line in group)[begin:]
        # A dash may be all that a line has.
        if said.strip():
            breaks = [text[place + len(line) : after] for (place, line), (after, _) in pairwise(group)]
            yield _stretch(start + begin, last + len(line), said, breaks)


def _parts(place: int, line: str) -> Iterator[_Line]:
    """Yield the lines into which signs divide a line."""
    done = 0
    for sign in _BREAK.finditer(line):
        yield place + done, line[done : sign.start()]
        done = sign.end()
    yield place + done, line[done:]


def _groups(cue: Sequence[_Line]) -> list[list[_Line]]:
    """Return the lines of a cue that are not blank, as those that say something together."""
    groups: list[list[_Line]] = []
    for start, line in cue:
        if not groups or _is_apart(groups[-1][-1][1], line):
            groups.append([])
        groups[-1].append((start, line))
    return [group for group in groups if group[0][1].strip()]


def _is_apart(before: str, line: str) -> bool:
    """Say whether a line goes on with nothing of the one before it."""
    if not (before.strip() and line.strip()):
        return True
    in_brackets = _BRACKET.match(line) and _SENTENCE_END.search(before)
    return bool(in_brackets or _BEGINS.match(line) or _ENDS.match(before))


def _stretch(start: int, end: int, text: str, breaks: Sequence[str]) -> Stretch:
    passage, times = take_times(list(_items(text)))
    return Stretch(start, end, passage, lambda result: _break(_one_line(put_times(result, times)), breaks))


def _items(text: str) -> Iterator[Item]:
    for place, part in enumerate(_STYLE.split(text)):
        if place % 2:
            yield Mark(part)
        else:
            yield from protect(part)


def _one_line(passage: Sequence[Item]) -> str | None:
    """Return a cue's text, which must not look like a time; None where there is none: an empty line ends a cue."""
    text = join([item.replace("-->", "->") if isinstance(item, str) else item for item in passage])
    return text if UNSEEN.sub("", text).strip() else None


def _break(text: str | None, breaks: Sequence[str]) -> str | None:
    """Break a text between words into lines of about equal length, as many as there are words for.

    breaks: what stands between the lines
    """
    if text is None or not breaks:
        return text
    words = _words(text)
    lines = len(breaks) + 1
    # What the line of each word would be, were the text one ribbon cut into equal parts.
    ends = list(accumulate(len(word) + 1 for word in words))
    wanted = [int((end - len(word) / 2) * lines / ends[-1]) for word, end in zip(words, ends, strict=True)]
    broken: list[list[str]] = [[]]
    for place, word in enumerate(words):
        left = len(words) - place
        # A line more where it is time, or where the words left are as many as the lines.
        if broken[-1] and len(broken) < lines and (wanted[place] >= len(broken) or left <= lines - len(broken)):
            broken.append([])
        broken[-1].append(word)
    return "".join(f"{before}{' '.join(line)}" for before, line in zip(["", *breaks], broken, strict=False))


def _words(text: str) -> list[str]:
    """Return a text's words; tags and styles that stand alone make no line, so they go with a word beside them."""
    words: list[str] = []
    waiting: list[str] = []
    for word in _WORD.findall(text):
        if not UNSEEN.fullmatch(word):
            words.append(" ".join([*waiting, word]))
            waiting = []
        elif words and not waiting and word.startswith("</"):
            words[-1] += f" {word}"
        else:
            waiting.append(word)
    if waiting:
        words[-1:] = [" ".join([*words[-1:], *waiting])]
    return words
