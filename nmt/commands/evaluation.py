"""What `nmt evaluate` does: translate if asked, score, compare, say it, and draw it if asked."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from nmt.bars import bar, waiting
from nmt.errors import InputError, counted
from nmt.lines import read_lines
from nmt.metrics import Options, Score, SystemScores, check_lines, check_metrics, compare, evaluate
from nmt.pictures.output import check_ending, shown, write_picture
from nmt.pictures.report import Evaluated, report_page
from nmt.pretrained.choosing import choose_models


@dataclass(frozen=True)
class Request:
    """The command's options; see its help."""

    models: tuple[str, ...]
    src: str | None
    tgt: str | None
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
    html: Path | None = None
    reverse: tuple[str, ...] = ()
    reverse_weight: float | None = None


def run_evaluation(request: Request) -> str:
    """Return the scores as text or JSON, and write a report if asked; raises InputError for options or files that
    do not go together."""
    if request.bootstrap and request.randomization:
        raise InputError("--paired-bs and --paired-ar are two tests of one question; give one")
    request = _with_model(request)
    if request.html is not None:
        check_ending(request.html, (".html",))
    references = [list(read_lines(path)) for path in request.ref_paths]
    names = [shown(path) for path in request.ref_paths]
    sources = list(read_lines(request.src_path)) if request.src_path else None
    metrics = [name.strip().lower() for names in request.metrics for name in names.split(",")]
    test: Literal["bs", "ar"] = "bs" if request.bootstrap else "ar"
    other = request.bootstrap or request.randomization
    systems = [(shown(other), list(read_lines(other)))] if other else []
    # What cannot be scored is told before it is translated, which may take long.
    check_metrics(metrics)
    if sources is not None and not request.hyp_path:
        check_lines(shown(request.src_path or "--src"), sources, references, names)
    for name, lines in systems:
        check_lines(name, lines, references, names)
    hypotheses = list(read_lines(request.hyp_path)) if request.hyp_path else _translate(request, sources or [])
    translated = shown(request.hyp_path or request.models[0])
    check_lines(translated, hypotheses, references, names)
    if sources is not None and len(sources) != len(hypotheses):
        counts = f"{shown(request.src_path or '--src')} has {counted(len(sources), 'line')}, but {translated} "
        raise InputError(f"{counts}{len(hypotheses):,}; line N of one must belong to line N of the other")
    systems.append((translated, hypotheses))
    results = _score(request, systems, references, metrics, test)
    if request.html is not None:
        paired = test if other else ""
        evaluated = Evaluated(systems, results, references, sources, paired, request.lowercase)
        write_picture(request.html, report_page(evaluated))
    return _show([(result.system if other else "", result.scores) for result in results], request.form)


def _with_model(request: Request) -> Request:
    """Return the request with what translates; raises InputError where that, or the translations, are not clear."""
    of_translating = {
        "-m": request.models,
        "--from": request.src,
        "--to": request.tgt,
        "--beam-size": request.beam_size,
        "--reverse-model": request.reverse,
        "--reverse-weight": request.reverse_weight is not None,
        "--threads": request.threads,
        "--precision": request.precision != "auto",
    }
    asked = [name for name, given in of_translating.items() if given]
    if request.hyp_path and asked:
        raise InputError(f"--hyp gives translations; leave out {asked[0]}, which is for translating")
    if request.hyp_path:
        return request
    if request.src_path is None:
        raise InputError(
            "-m needs the text to translate: --src FILE"
            if request.models
            else "give either a text to translate (--src FILE, -m DIR or --to CODE) or translations (--hyp FILE)"
        )
    chosen = choose_models(request.models, request.src, request.tgt, request.reverse, _search(request))
    return replace(request, models=chosen.own, reverse=chosen.reverse)


def _search(request: Request) -> dict[str, Any]:
    """Return the decoding settings that are asked for."""
    return {"beam_size": request.beam_size, "reverse_weight": request.reverse_weight, "n_best": 1}


def _score(
    request: Request, systems: list[tuple[str, list[str]]], references: list[list[str]], metrics: list[str],
    test: Literal["bs", "ar"],
) -> list[SystemScores]:  # fmt: skip
    """Return the scores of each system: of one, or of the second as compared with the first."""
    options = Options(lowercase=request.lowercase)
    if len(systems) > 1:
        return compare(systems, references, metrics, test=test, options=options)
    ((name, hypotheses),) = systems
    # A report always shows intervals.
    confidence = request.confidence or request.html is not None
    return [SystemScores(name, evaluate(hypotheses, references, metrics, confidence=confidence, options=options))]


def _translate(request: Request, lines: list[str]) -> list[str]:
    assert request.src_path is not None
    with waiting(f"loading {', '.join(request.models)}"):
        from nmt.parts import Job
        from nmt.translator import Translator

        translator = Translator.load(
            request.models, request.precision, threads=request.threads, processes=True, reverse=request.reverse
        )
        translator.check_languages(request.src, request.tgt)
    config = translator.settings(_search(request))
    translator.check_reranking(config)
    with bar(f"translating {request.src_path.name}", "lines", len(lines)) as advance:
        return [translation.text for translation in translator.stream(lines, Job(config, 0, advance))]


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
