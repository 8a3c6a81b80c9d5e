"""What `nmt evaluate` does: translate if asked, score, compare, and say it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from nmt.errors import InputError
from nmt.lines import read_lines
from nmt.metrics import Score, compare, evaluate


@dataclass(frozen=True)
class Request:
    """The command's options; see its help."""

    models: tuple[str, ...]
    src_path: Path | None
    hyp_path: Path | None
    ref_paths: tuple[Path, ...]
    metrics: tuple[str, ...]
    confidence: bool
    bootstrap: Path | None
    randomization: Path | None
    lowercase: bool
    form: str
    beam_size: int | None
    precision: str
    threads: int


def run_evaluation(request: Request) -> str:
    """Return the scores as text or JSON; raises InputError for options or files that do not go together."""
    if request.bootstrap and request.randomization:
        raise InputError("--paired-bs and --paired-ar are two tests of one question; give one")
    if bool(request.models) == bool(request.hyp_path):
        raise InputError("give either a model and its source (-m DIR --src FILE) or translations (--hyp FILE)")
    if request.models and request.src_path is None:
        raise InputError("-m needs the text to translate: --src FILE")
    references = [list(read_lines(path)) for path in request.ref_paths]
    hypotheses = list(read_lines(request.hyp_path)) if request.hyp_path else _translate(request)
    metrics = [name for names in request.metrics for name in names.split(",")]
    other = request.bootstrap or request.randomization
    if other is None:
        scores = evaluate(hypotheses, references, metrics, confidence=request.confidence, lowercase=request.lowercase)
        return _show([("", scores)], request.form)
    systems = [(_name(other), list(read_lines(other))), (_name(request.hyp_path or request.models[0]), hypotheses)]
    test = "bs" if request.bootstrap else "ar"
    results = compare(systems, references, metrics, test=test, lowercase=request.lowercase)  # type: ignore[arg-type]
    return _show([(result.system, result.scores) for result in results], request.form)


def _name(path: str | Path) -> str:
    """Return a path to be shown, whose bytes may be no text."""
    return os.fsencode(path).decode("utf-8", "replace")


def _translate(request: Request) -> list[str]:
    from nmt.translator import Translator

    assert request.src_path is not None
    lines = list(read_lines(request.src_path))
    translator = Translator.load(request.models, request.precision, threads=request.threads, processes=True)
    config = translator.settings({"beam_size": request.beam_size, "n_best": 1})
    return [translation.text for translation in translator.translate(lines, config)]


def _show(systems: list[tuple[str, list[Score]]], form: str) -> str:
    if form == "json":
        trees = [{"system": name, "scores": [score.as_dict() for score in scores]} for name, scores in systems]
        return json.dumps(trees if systems[0][0] else trees[0]["scores"], indent=1, ensure_ascii=False)
    lines = []
    for name, scores in systems:
        if name:
            lines.append(f"{name}:")
        lines += [score.format() for score in scores]
    return "\n".join(lines)
