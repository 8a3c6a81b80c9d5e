"""BLEU as the literature on Multi30k reports it: of text normalised and tokenised as by Moses, in lower case.

Not comparable with BLEU of cased, detokenised text, which is this project's headline.
"""

from __future__ import annotations

from collections.abc import Sequence

from nmt.errors import FailureError
from nmt.metrics import Options, Score, evaluate


def moses_tokens(lines: Sequence[str], language: str) -> list[str]:
    """Return lines with normalised punctuation, tokens divided by spaces, in lower case.

    Raises FailureError where sacremoses is not installed.
    """
    try:
        from sacremoses import MosesPunctNormalizer, MosesTokenizer
    except ImportError:
        raise FailureError("tokenised BLEU needs sacremoses; install it by: pip install -e '.[dev]'") from None
    normalizer, tokenizer = MosesPunctNormalizer(language), MosesTokenizer(language)
    # Unescaped, `'` stays one token all the same.
    normalized = (normalizer.normalize(line) for line in lines)
    return [tokenizer.tokenize(line, return_str=True, escape=False).lower() for line in normalized]


def tokenised_bleu(hypotheses: Sequence[str], references: Sequence[str], language: str) -> Score:
    """Return the BLEU of lower-cased Moses tokens of raw text."""
    pair = moses_tokens(hypotheses, language), moses_tokens(references, language)
    (score,) = evaluate(pair[0], [pair[1]], ["bleu"], options=Options(lowercase=True, tokenize="none"))
    return score
