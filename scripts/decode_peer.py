"""Time how one toolkit translates, in a process of its own: run by the Python that the toolkit is installed in.

usage: PYTHON scripts/decode_peer.py TOOLKIT MODEL SRC OUT JOBS

JOBS: JSON, a list of [name, beam size, sentences in a batch, sentences in all, tokens each translation has (0 =
as the model ends it)], done in this order in one process. Writes the translations to OUT.NAME, and to OUT.json:
seconds to import and load, seconds of each job, its output tokens, peak memory. SRC holds a sentence a line:
subwords for the other toolkits, plain text for ours.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.measuring import peak_megabytes


@dataclass(frozen=True)
class Job:
    """How to translate; length: tokens each translation has, 0 = as the model ends it."""

    name: str
    beam: int
    batch: int
    sentences: int
    length: int


# Returns for each line the translation's text and its number of tokens.
Translate = Callable[[list[str], Job], list[tuple[str, int]]]


def _joined(pieces: str) -> tuple[str, int]:
    """Return the text of subwords written with spaces between them, and their number."""
    tokens = pieces.split()
    return "".join(tokens).replace("\u2581", " ").strip(), len(tokens)


def load_ours(model: str, _src: str) -> Translate:
    from nmt.translator import Translator

    threads = int(os.environ.get("OMP_NUM_THREADS", "0"))
    translator = Translator.load(model, os.environ.get("BENCH_PRECISION", "auto"), threads=threads)

    def translate(lines: list[str], job: Job) -> list[tuple[str, int]]:
        settings = {"beam_size": job.beam}
        if job.length:
            settings |= {"min_length": job.length, "max_length": job.length}
        found = translator.translate(lines, translator.settings(settings), job.batch)
        return [(each.text, len(each.tokens)) for each in found]

    return translate


def load_opennmt(model: str, src: str) -> Translate:
    from onmt.inference_engine import InferenceEnginePY
    from onmt.opts import translate_opts
    from onmt.utils.parse import ArgumentParser

    parser = ArgumentParser()
    translate_opts(parser)
    options = parser.parse_args(["-model", model, "-src", src, "-output", os.devnull, "-batch_type", "sents"])
    ArgumentParser.validate_translate_opts(options)
    ArgumentParser._get_all_transform_translate(options)
    ArgumentParser._validate_transforms_opts(options)
    ArgumentParser.validate_translate_opts_dynamic(options)
    engine = InferenceEnginePY(options)

    def translate(lines: list[str], job: Job) -> list[tuple[str, int]]:
        engine.opt.batch_size, engine.translator.beam_size = job.batch, job.beam
        if job.length:
            engine.translator.min_length = engine.translator.max_length = job.length
            engine.translator.max_length_ratio = 0
        _, found = engine.infer_list(lines)
        return [_joined(best) for best, *_ in found]

    return translate


def load_eole(model: str, src: str) -> Translate:
    from eole.config.run import PredictConfig
    from eole.inference_engine import InferenceEnginePY

    config = PredictConfig(model_path=[model], src=src, output=os.devnull, batch_type="sents", gpu_ranks=[])
    engine = InferenceEnginePY(config)

    def translate(lines: list[str], job: Job) -> list[tuple[str, int]]:
        engine.config.batch_size = job.batch
        settings = {"beam_size": job.beam}
        if job.length:
            settings |= {"min_length": job.length, "max_length": job.length, "max_length_ratio": 0}
        _, _, found = engine.infer_list(lines, settings=settings)
        return [_joined(best) for best, *_ in found]

    return translate


def load_joey(model: str, _src: str) -> Translate:
    from joeynmt.config import load_config, parse_global_args
    from joeynmt.prediction import predict, prepare

    tree = load_config(Path(model) / "config.yaml")
    tree["model_dir"] = model
    tree["testing"]["load_model"] = str(Path(model) / "latest.ckpt")
    given = parse_global_args(tree, rank=0, mode="translate")
    network, _, _, data = prepare(given, rank=0, mode="translate")

    def translate(lines: list[str], job: Job) -> list[tuple[str, int]]:
        data.reset_cache()
        for line in lines:
            data.set_item(line)
        settings = {"beam_size": job.beam, "batch_size": job.batch}
        if job.length:
            settings |= {"min_output_length": job.length, "max_output_length": job.length}
        found = predict(
            model=network, data=data, compute_loss=False, device=given.device, rank=0, n_gpu=0, normalization="none",
            num_workers=0, args=given.test._replace(**settings), autocast=given.autocast,
        )  # fmt: skip
        return [_joined(text) for text in found[2]]

    return translate


TOOLKITS: dict[str, Callable[[str, str], Translate]] = {
    "ours": load_ours,
    "opennmt": load_opennmt,
    "eole": load_eole,
    "joey": load_joey,
}


def main(toolkit: str, model: str, src: str, out: str, jobs: str) -> None:
    """Load, do the jobs, write what they took."""
    start = time.perf_counter()
    translate = TOOLKITS[toolkit](model, src)
    result: dict[str, Any] = {"load_seconds": time.perf_counter() - start, "jobs": {}}
    lines = Path(src).read_text(encoding="utf-8").split("\n")[:-1]
    for job in (Job(*each) for each in json.loads(jobs)):
        start = time.perf_counter()
        found = translate(lines[: job.sentences], job)
        seconds = time.perf_counter() - start
        tokens = sum(count for _, count in found)
        result["jobs"][job.name] = {"seconds": seconds, "sentences": len(found), "tokens": tokens}
        Path(f"{out}.{job.name}").write_text("".join(f"{text}\n" for text, _ in found), encoding="utf-8")
    result["peak_mb"] = peak_megabytes()
    Path(f"{out}.json").write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
