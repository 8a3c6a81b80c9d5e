"""How translations are written: plain text, fields divided by |||, or JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from nmt.translation import Translation

Formatter = Callable[[int, Translation], str]


def formatter(form: str, *, scores: bool, alignments: bool, n_best: int) -> Formatter:
    """Return what turns a line's number and translation into text; with n_best > 1 text has a line for each."""

    def text(number: int, translation: Translation) -> str:
        best = translation.alternatives or (translation,)
        if n_best == 1:
            return " ||| ".join(_fields(translation, scores, alignments))
        return "\n".join(f"{number} ||| " + " ||| ".join(_fields(each, scores, alignments)) for each in best)

    def jsonl(number: int, translation: Translation) -> str:
        tree: dict[str, Any] = {"line": number, **_tree(translation)}
        if n_best > 1:
            tree["alternatives"] = [_tree(each) for each in translation.alternatives]
        return json.dumps(tree, ensure_ascii=False)

    return {"text": text, "jsonl": jsonl}[form]


def _fields(translation: Translation, scores: bool, alignments: bool) -> list[str]:
    fields = [translation.text]
    if scores:
        fields.append(f"{translation.score:.4f}")
    if alignments:
        fields.append(" ".join(f"{src}-{tgt}" for src, tgt in translation.alignment))
    return fields


def _tree(translation: Translation) -> dict[str, Any]:
    return {
        "text": translation.text,
        "score": round(translation.score, 4),
        "tokens": list(translation.tokens),
        "token_scores": [round(score, 4) for score in translation.token_scores],
        "source_tokens": list(translation.src_tokens),
        "alignment": [list(pair) for pair in translation.alignment],
    }
