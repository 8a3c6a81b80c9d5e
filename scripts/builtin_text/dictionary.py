"""Words and their translations, found in sentence pairs: what a dictionary of a corpus would have.

Single words are what people type, and what sentences do not teach: alone, a word has no neighbours. A pair of words is
taken where each is the likeliest translation of the other by IBM Model 1 (Brown et al., 1993), both stand together in
most of their sentences, and the English one is not a part of a fixed phrase. Words have the case that they mostly have
within sentences (Lita et al., 2003).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from nmt.lexicon import likeliest

Pair = dict[str, str]

# A pair of words stands in so many sentence pairs, and in these shares of those with either.
SEEN, OF_GERMAN, OF_ENGLISH = 5, 0.5, 0.3
# A neighbour that stands beside a word in this share of its sentences belongs to it, unless it is as frequent as
# articles are.
FIXED, EVERYWHERE = 0.5, 0.01
# Long sentences link too many words.
LONGEST = 20
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_BEGINNING = re.compile(r"[.!?:„“”\"]")


class Side:
    """The sentences of a language: words as numbers, without case, and the case that each mostly has."""

    def __init__(self, texts: list[str]) -> None:
        self.numbers: dict[str, int] = {}
        cases: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self.sentences = []
        for text in texts:
            sentence, end = [], 0
            for match in _WORD.finditer(text):
                number = self.numbers.setdefault(match[0].lower(), len(self.numbers))
                # The first word of a sentence has a large letter, whatever it is.
                if end and not _BEGINNING.search(text[end : match.start()]):
                    cases[number][match[0]] += 1
                sentence.append(number)
                end = match.end()
            self.sentences.append(sentence)
        self.words = {number: found.most_common(1)[0][0] for number, found in cases.items()}


def dictionary(pairs: Iterable[Pair]) -> list[Pair]:
    """Return the pairs of a German and an English word that stand for each other in sentence pairs, by German word."""
    both = list(pairs)
    de, en = (Side([pair[code] for pair in both]) for code in ("de", "en"))
    sentences = [
        (source, target)
        for source, target in zip(de.sentences, en.sentences, strict=True)
        if 0 < len(source) <= LONGEST and 0 < len(target) <= LONGEST
    ]
    if not sentences:
        return []
    into = likeliest(sentences, len(de.numbers), 1)[:, 0].tolist()
    back = likeliest([pair[::-1] for pair in sentences], len(en.numbers), 1)[:, 0].tolist()
    german = Counter(word for source, _ in sentences for word in set(source))
    english = Counter(word for _, target in sentences for word in set(target))
    together: Counter[int] = Counter()
    beside: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for source, target in sentences:
        for word in set(source):
            if into[word] in target:
                together[word] += 1
                place = target.index(into[word])
                beside[word].update(target[max(place - 1, 0) : place] + target[place + 1 : place + 2])
    found = []
    for number in (number for _, number in sorted(de.numbers.items())):
        other, times = into[number], together[number]
        if (
            back[other] == number
            and german[number] >= SEEN
            and times >= max(OF_GERMAN * german[number], OF_ENGLISH * english[other])
            and number in de.words
            and other in en.words
            and all(
                count < FIXED * times or english[neighbour] > EVERYWHERE * len(sentences)
                for neighbour, count in beside[number].items()
            )
        ):
            found.append({"de": de.words[number], "en": en.words[other]})
    return found
