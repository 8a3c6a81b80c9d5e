"""What the model saw while it translated: tokens, their log-probabilities, and where the attention lay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nmt.config import SearchConfig
from nmt.search import Hypothesis
from nmt.tokenizer import TokenizerPair
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


def explain(translator: Translator, texts: Sequence[str], config: SearchConfig) -> list[Explanation]:
    """Translate texts, none of them blank or too long for the model, in one batch."""
    encoded = [translator.tokenizers.src.encode(text) for text in texts]
    explained = []
    for ids, hypotheses in zip(encoded, translator.search(encoded, config), strict=True):
        first, *others = (_explain(translator.tokenizers, ids, each) for each in hypotheses)
        explained.append(replace(first, alternatives=tuple(others)))
    return explained


def _explain(tokenizers: TokenizerPair, ids: Sequence[int], hypothesis: Hypothesis) -> Explanation:
    return Explanation(
        target=tokenizers.tgt.decode(hypothesis.tokens).replace("\n", " "),
        score=round(hypothesis.score, 4),
        source_tokens=[*tokenizers.src.pieces(ids), _END],
        target_tokens=[*tokenizers.tgt.pieces(hypothesis.tokens), _END],
        token_scores=[round(value, 4) for value in hypothesis.token_log_probs],
        attention=[[round(value, 4) for value in row] for row in hypothesis.attention.tolist()],
    )
