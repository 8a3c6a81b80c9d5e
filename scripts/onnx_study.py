"""Compare a model with its ONNX graphs: whether they translate the same, and how fast.

usage: .venv/bin/python scripts/onnx_study.py -m runs/demo -i FILE [--lines 1000] [--beams 1 5] [--rounds 3]

The same search runs over the model in PyTorch and over the graphs in ONNX Runtime, both in float32, and over the
8-bit weights that are the default on a CPU, for its speed. They take turns; speeds are of the fastest round.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import torch
from lab.command_line import parser, positive, run_script
from torch import Tensor

from nmt.batches import pad
from nmt.config import SearchConfig
from nmt.ensemble import Ensemble
from nmt.errors import InputError
from nmt.lines import read_lines
from nmt.model_description import read_search_config
from nmt.model_directory import read_model
from nmt.onnx.export import check_graphs
from nmt.onnx.graphs import write_graphs
from nmt.onnx.model import OnnxModel
from nmt.quantized import weight_levels
from nmt.search import Sentences, Special, Step, search
from nmt.tokenizer import BOS, EOS, PAD, UNK

TORCH, ONNX, EIGHT_BITS = "torch fp32", "onnxruntime fp32", "torch int8"
SPECIAL = Special(bos=BOS, eos=EOS, pad=PAD, unk=UNK)
BATCH = 64


class Decoder(Protocol):
    """What the search sees of a model."""

    def start(self, src_ids: Tensor, src_lengths: Tensor, /) -> Any:
        """src_ids: (batch, src_len); src_lengths: (batch,)"""

    def step(self, tokens: Tensor, state: Any, /) -> Step[Any]:
        """tokens: (rows,)"""


def translate(decoder: Decoder, sentences: Sequence[list[int]], config: SearchConfig) -> list[list[int]]:
    """Return the ids of each sentence's translation, in batches of similar lengths."""
    order = sorted(range(len(sentences)), key=lambda number: len(sentences[number]))
    found: list[list[int]] = [[] for _ in sentences]
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        src_ids, src_lengths = pad([[*sentences[number], EOS] for number in chosen])
        with torch.inference_mode():
            state = decoder.start(src_ids, src_lengths)
            results = search(decoder.step, state, Sentences(src_lengths), config, SPECIAL)
        for number, hypotheses in zip(chosen, results, strict=True):
            found[number] = hypotheses[0].tokens
    return found


def parse_words(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    arguments = parser(__doc__)
    arguments.add_argument("-m", "--model", type=Path, required=True)
    arguments.add_argument("-i", "--input", type=Path, required=True)
    arguments.add_argument("--lines", type=positive, default=1000)
    arguments.add_argument("--beams", type=positive, nargs="+", default=[1, 5])
    arguments.add_argument("--rounds", type=positive, default=3)
    arguments.add_argument("--threads", type=positive, default=1)
    return arguments.parse_args(words)


def main(options: argparse.Namespace) -> None:
    """Print the sizes of the graphs, and a row for each beam size."""
    lines = [line for line in islice(read_lines(options.input), options.lines) if line.strip()]
    if not lines:
        raise InputError(f"{options.input} has no line of text among its first {options.lines:,}")
    torch.set_num_threads(options.threads)
    model, tokenizers, description = read_model(options.model)
    graphs = write_graphs(model)
    check_graphs(model, graphs)
    print(", ".join(f"{name} {len(content) / 1e6:.1f} MB" for name, content in graphs.items()))
    decoders: dict[str, Decoder] = {TORCH: Ensemble([model]), ONNX: OnnxModel(graphs)}
    if weight_levels():
        rounded, _, _ = read_model(options.model)
        rounded.quantize()
        decoders[EIGHT_BITS] = Ensemble([rounded])
    sentences = [tokenizers.src.encode(line)[: description.config.data.max_length] for line in lines]
    print(f"{len(sentences)} sentences, {torch.get_num_threads()} threads, sentences a second")
    print("  ".join(["beam", "the same as torch", *decoders]))
    for beam in options.beams:
        config = read_search_config(options.model, description).model_copy(update={"beam_size": beam, "n_best": 1})
        seconds = dict.fromkeys(decoders, float("inf"))
        texts: dict[str, list[str]] = {}
        for _ in range(options.rounds):
            for name, decoder in decoders.items():
                start = time.perf_counter()
                found = translate(decoder, sentences, config)
                seconds[name] = min(seconds[name], time.perf_counter() - start)
                texts[name] = [tokenizers.tgt.decode(tokens) for tokens in found]
        same = sum(one == other for one, other in zip(texts[TORCH], texts[ONNX], strict=True))
        speeds = [f"{len(sentences) / seconds[name]:.0f}".rjust(len(name)) for name in decoders]
        print("  ".join([f"{beam:4}", f"{same} of {len(sentences)}".rjust(17), *speeds]))


if __name__ == "__main__":
    run_script("onnx_study", lambda: main(parse_words()))
