"""What the model saw while it translated: tokens, their log-probabilities, and where the attention lay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nmt.config import SearchConfig
from nmt.glossary import Glossary
from nmt.translator import Translation, Translator

_END = "</s>"


@dataclass(frozen=True)
class Explanation:
    """A translated part, explained.

    target: the best translation, and of it: source and target tokens, both with the end of sentence last, the
    log-probability of each target token (in nats), and attention[target][source], each row of sum 1 (to four
    decimals, averaged over heads and models)
    """

    target: str
    score: float
    source_tokens: list[str]
    target_tokens: list[str]
    token_scores: list[float]
    attention: list[list[float]]


def explain(
    translator: Translator, texts: Sequence[str], config: SearchConfig, glossary: Glossary | None = None
) -> list[tuple[Translation, Explanation]]:
    """Translate texts, none of them blank or too long for the model, in one batch."""
    encoded = [translator.tokenizers.src.encode(text) for text in texts]
    asked = [translator.phrases.constraint(text, glossary.find(text)) for text in texts] if glossary else None
    explained = []
    for ids, hypotheses in zip(encoded, translator.search(encoded, config, constraints=asked), strict=True):
        translation = translator.translation(ids, hypotheses)
        explanation = Explanation(
            target=translation.text,
            score=round(translation.score, 4),
            source_tokens=[*translation.src_tokens, _END],
            target_tokens=[*translation.tokens, _END],
            token_scores=[round(value, 4) for value in hypotheses[0].token_log_probs],
            attention=[[round(value, 4) for value in row] for row in hypotheses[0].attention.tolist()],
        )
        explained.append((translation, explanation))
    return explained
