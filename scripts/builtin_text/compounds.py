"""Longer sentences for the corpus of the built-in models: two statements made one (Nguyen et al., 2021, who put them
side by side).

Nine of ten sentences of Tatoeba have fewer than eleven words; a model that learned from them alone leaves out the ends
of longer ones. Only what stays grammatical in both languages is joined: statements that keep the order of their words
behind und, aber, oder, denn, or behind a verb of saying without dass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random

Pair = dict[str, str]

_LINKS = (
    {"de": " und ", "en": " and "},
    {"de": ", und ", "en": ", and "},
    {"de": ", aber ", "en": ", but "},
    {"de": ", aber ", "en": " but "},
    {"de": ", denn ", "en": " because "},
    {"de": " oder ", "en": " or "},
)
_LEADS = (
    {"de": "Ich glaube, ", "en": "I think "},
    {"de": "Ich denke, ", "en": "I think "},
    {"de": "Ich weiß, ", "en": "I know "},
    {"de": "Ich hoffe, ", "en": "I hope "},
    {"de": "Er sagt, ", "en": "He says "},
    {"de": "Sie sagt, ", "en": "She says "},
    {"de": "Sie sagen, ", "en": "They say "},
    {"de": "Mein Vater sagt, ", "en": "My father says "},
)
LED = 0.2  # of the sentences made
# What may begin a statement and is written small within one. Sie is left out: small it is another word.
_GERMAN = """ich du er es wir ihr das der die dieser diese dieses ein eine mein meine dein deine sein seine ihre unser
unsere alle viele manche einige jemand niemand nichts alles heute morgen gestern jetzt hier dort dann leider vielleicht
in im am auf an bei mit nach vor zu seit für manchmal oft immer man"""
_ENGLISH = """you he she it we they this that these those the a an my your his her its our their all many some somebody
someone nobody no nothing everything everyone everybody today tomorrow yesterday now here there then unfortunately maybe
perhaps in on at with after before to since for sometimes often always it's he's she's you're we're they're that's
there's"""
_BEGINNINGS = {"de": frozenset(_GERMAN.split()), "en": frozenset(_ENGLISH.split())}
_STATEMENT = re.compile(r"[A-ZÄÖÜ][^.!?:;„“”\"»«()–-]+\.")


def is_statement(pair: Pair) -> bool:
    """Say whether both sides are one plain statement of 3 to 12 words."""
    return all(_STATEMENT.fullmatch(text) and 3 <= len(text.split()) <= 12 for text in pair.values())


def continues(pair: Pair) -> bool:
    """Say whether a statement may stand within a sentence: it is known how its first word is written there."""
    first = {code: text.split(" ", 1)[0] for code, text in pair.items()}
    english = re.match(r"I\b", pair["en"]) is not None or first["en"].lower() in _BEGINNINGS["en"]
    # Capitals behind the beginning make Ihr the polite word.
    return english and first["de"].lower() in _BEGINNINGS["de"] and not re.search(r" (Sie|Ihr\w*|Ihnen)\b", pair["de"])


def within(pair: Pair) -> Pair:
    """Return a statement as it is written within a sentence."""
    return {
        code: text if re.match(r"I\b", text) and code == "en" else text[0].lower() + text[1:]
        for code, text in pair.items()
    }


def compounds(statements: Sequence[Pair], number: int, draws: Random) -> Iterator[Pair]:
    """Yield sentences made of statements, each German and English; none where no statement can go on."""
    ends = [pair for pair in statements if continues(pair)]
    for _ in range(number if ends else 0):
        end = within(draws.choice(ends))
        if draws.random() < LED:
            lead = draws.choice(_LEADS)
            yield {code: lead[code] + end[code] for code in end}
        else:
            start, link = draws.choice(statements), draws.choice(_LINKS)
            yield {code: start[code][:-1] + link[code] + end[code] for code in end}
