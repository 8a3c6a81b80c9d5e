"""What the model saw while it translated: tokens, their log-probabilities, and where the attention lay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nmt.config import SearchConfig
from nmt.glossary import Glossary
from nmt.translator import Translator

_END = "</s>"


@dataclass(frozen=True)
class Explanation:
    """A translated part, explained.

    best: the n best texts; the rest is of the first: source and target tokens, both with the end of sentence last,
    the log-probability of each target token (in nats), and attention[target][source], each row of sum 1 (to four
    decimals, averaged over heads and models)
    """

    best: tuple[str, ...]
    score: float
    source_tokens: list[str]
    target_tokens: list[str]
    token_scores: list[float]
    attention: list[list[float]]


def explain(
    translator: Translator, texts: Sequence[str], config: SearchConfig, glossary: Glossary | None = None
) -> list[Explanation]:
    """Translate texts, none of them blank or too long for the model, in one batch."""
    src, tgt = translator.tokenizers.src, translator.tokenizers.tgt
    encoded = [src.encode(text) for text in texts]
    asked = [translator.phrases.constraint(text, glossary.find(text)) for text in texts] if glossary else None
    explained = []
    for ids, hypotheses in zip(encoded, translator.search(encoded, config, constraints=asked), strict=True):
        first = hypotheses[0]
        explained.append(
            Explanation(
                best=tuple(tgt.decode(each.tokens).replace("\n", " ") for each in hypotheses),
                score=round(first.score, 4),
                source_tokens=[*src.pieces(ids), _END],
                target_tokens=[*tgt.pieces(first.tokens), _END],
                token_scores=[round(value, 4) for value in first.token_log_probs],
                attention=[[round(value, 4) for value in row] for row in first.attention.tolist()],
            )
        )
    return explained
