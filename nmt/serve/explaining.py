"""What the model saw while it translated: tokens, their log-probabilities, and where the attention lay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nmt.carrying.carrier import Prepared, carried
from nmt.carrying.quotes import pair_quotes, with_own_quotes
from nmt.config import SearchConfig
from nmt.glossary import Glossary
from nmt.guidance import Guidance, Missed
from nmt.parts import Part
from nmt.search import Hypothesis
from nmt.translation import Translation, distinct
from nmt.translator import Translator

_END = "</s>"


@dataclass(frozen=True)
class Explanation:
    """A translated part, explained.

    target: the translation, and of it: source and target tokens, both with the end of sentence last, the
    log-probability of each target token (in nats), and attention[target][source], each row of sum 1 (to four
    decimals, averaged over heads and models); alternatives: the next best, each explained likewise
    """

    target: str
    score: float
    source_tokens: list[str]
    target_tokens: list[str]
    token_scores: list[float]
    attention: list[list[float]]
    alternatives: tuple[Explanation, ...] = ()


def explain(
    translator: Translator,
    texts: Sequence[str],
    config: SearchConfig,
    glossary: Glossary | None = None,
    missed: Missed | None = None,
) -> list[tuple[Translation, Explanation]]:
    """Translate texts, none of them blank or too long for the model, in one batch.

    missed: told of the texts whose translations lack a term of the glossary, as by Translator.translate
    What is carried around the model, as `Translator.translate` does, is no token and has no attention.
    """
    guidance = Guidance.of(glossary, "", missed)
    parts = [Part(place, text) for place, text in enumerate(texts)]
    readings = [translator.parts.read(part, config, guidance) for part in parts]
    opened = [translator.parts.open_up(part, config) is not None for part in parts]
    sentences = translator.sentences
    results: dict[int, tuple[Translation, Explanation]] = {}
    for held in (False, True):
        places = [
            place
            for place, reading in enumerate(readings)
            if reading.prepared.text and not opened[place] and (reading.constraint is not None) == held
        ]
        if not places:
            continue
        encoded = [translator.tokenizers.src.encode(readings[place].prepared.text) for place in places]
        asked = [constraint for place in places if (constraint := readings[place].constraint) is not None]
        every = sentences.search(encoded, config, constraints=asked if held else None)
        for place, ids, found in zip(places, encoded, every, strict=True):
            written = sentences.translation(ids, found)
            if translator.parts.find_lost(readings[place], written, config):
                continue
            explained = _carried(readings[place].prepared, written, found, translator)
            if explained:
                results[place] = explained
    whole = [
        results.get(place) or _by_alignment(translator, text, config, glossary) for place, text in enumerate(texts)
    ]
    for place, reading in enumerate(readings):
        if guidance and reading.plan:
            guidance.check(place, reading.plan, whole[place][0].text)
    if guidance or not config.carry:
        return whole
    return [_quoted(text, *each, translator.tgt) for text, each in zip(texts, whole, strict=True)]


def _quoted(
    source: str, translation: Translation, explanation: Explanation, tgt: str
) -> tuple[Translation, Explanation]:
    """Return a translation and what explains it with quotation marks in pairs."""
    every = [
        replace(each, target=pair_quotes(source, each.target, tgt), alternatives=())
        for each in (explanation, *explanation.alternatives)
    ]
    best, *others = distinct(every, lambda each: each.target)
    return with_own_quotes(source, translation, tgt), replace(best, alternatives=tuple(others))


def _carried(
    prepared: Prepared, found: Translation, hypotheses: Sequence[Hypothesis], translator: Translator
) -> tuple[Translation, Explanation] | None:
    """Return what was found with what was carried around it, None where that was lost; other wordings may lose it."""
    translation = carried(prepared, found, translator.tokenizers)
    if translation is None:
        return None
    every = [
        _explain(text, each, hypothesis, prepared.capitals)
        for each, hypothesis in zip(found.alternatives, hypotheses, strict=True)
        if (text := prepared.finish(each.text)) is not None
    ]
    best, *others = distinct(every, lambda each: each.target)
    return translation, replace(best, alternatives=tuple(others))


def _explain(text: str, translation: Translation, hypothesis: Hypothesis, capitals: bool) -> Explanation:
    def shown(tokens: Sequence[str]) -> list[str]:
        return [*(token.upper() if capitals else token for token in tokens), _END]

    return Explanation(
        target=text,
        score=round(translation.score, 4),
        source_tokens=shown(translation.src_tokens),
        target_tokens=shown(translation.tokens),
        token_scores=[round(value, 4) for value in hypothesis.token_log_probs],
        attention=[[round(value, 4) for value in row] for row in hypothesis.attention.tolist()],
    )


def _told_later(_number: int, _lacking: Sequence[str]) -> None:
    """Say nothing: the text is looked at with the others."""


def _by_alignment(
    translator: Translator, text: str, config: SearchConfig, glossary: Glossary | None
) -> tuple[Translation, Explanation]:
    """Return the translation of a text that is carried whole or in parts: each token looks at the one aligned."""
    (translation,) = translator.translate([text], config, glossary=glossary, missed=_told_later)
    width = len(translation.src_tokens)
    looked = {tgt: src for src, tgt in translation.alignment}
    rows = [looked.get(tgt, width) for tgt in range(len(translation.tokens))]
    explanation = Explanation(
        target=translation.text,
        score=round(translation.score, 4),
        source_tokens=[*translation.src_tokens, _END],
        target_tokens=[*translation.tokens, _END],
        token_scores=[*(round(value, 4) for value in translation.token_scores), 0.0],
        attention=[[float(column == row) for column in range(width + 1)] for row in [*rows, width]],
    )
    return translation, explanation
