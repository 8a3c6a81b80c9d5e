"""What the model saw while it translated: tokens, their log-probabilities, and where the attention lay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nmt.config import SearchConfig
from nmt.glossary import Glossary
from nmt.search import Hypothesis
from nmt.translation import Translation
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
    translator: Translator, texts: Sequence[str], config: SearchConfig, glossary: Glossary | None = None
) -> list[tuple[Translation, Explanation]]:
    """Translate texts, none of them blank or too long for the model, in one batch."""
    encoded = [translator.tokenizers.src.encode(text) for text in texts]
    asked = [translator.sentences.phrases.constraint(text, glossary.find(text)) for text in texts] if glossary else None
    explained = []
    for ids, hypotheses in zip(encoded, translator.sentences.search(encoded, config, constraints=asked), strict=True):
        translation = translator.sentences.translation(ids, hypotheses)
        every = list(map(_explain, translation.alternatives, hypotheses))
        # A text may be found twice, in other pieces.
        texts = [each.target for each in every]
        others = [each for rank, each in enumerate(every) if texts.index(each.target) == rank > 0]
        explained.append((translation, replace(every[0], alternatives=tuple(others))))
    return explained


def _explain(translation: Translation, hypothesis: Hypothesis) -> Explanation:
    return Explanation(
        target=translation.text,
        score=round(translation.score, 4),
        source_tokens=[*translation.src_tokens, _END],
        target_tokens=[*translation.tokens, _END],
        token_scores=[round(value, 4) for value in hypothesis.token_log_probs],
        attention=[[round(value, 4) for value in row] for row in hypothesis.attention.tolist()],
    )
