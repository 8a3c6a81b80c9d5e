#!/usr/bin/env python3
"""Write a small model with random weights, German to English, for studies in which reading and writing weigh most.

usage: .venv/bin/python scripts/random_model.py DIR
"""

from __future__ import annotations

import argparse
from pathlib import Path

from lab.command_line import parser, run_script

from nmt.config_reading import build_config
from nmt.model import TranslationModel
from nmt.model_description import ModelDescription
from nmt.model_directory import write_model
from nmt.tokenizer import TokenizerPair
from nmt.tokenizer_training import train_tokenizer

SENTENCE = "Der alte Mann sieht am Dienstag {} Häuser und die Straße."
SIZES = {"embedding_size": 16, "encoder_size": 16, "decoder_size": 16, "heads": 2}


def write_random_model(directory: Path) -> None:
    """Write a model into a new directory."""
    config = build_config({"model": SIZES, "tokenizer": {"vocab_size": 310}}, "random_model")
    tokenizer = train_tokenizer((SENTENCE.format(number) for number in range(200)), config.tokenizer)
    model = TranslationModel(config.model, len(tokenizer), len(tokenizer))
    model.initialize(1)
    directory.mkdir()
    description = ModelDescription(config, len(tokenizer), len(tokenizer))
    write_model(directory, description, TokenizerPair(tokenizer, tokenizer), model.state_dict())


def main() -> None:
    """Write one."""
    arguments: argparse.ArgumentParser = parser(__doc__)
    arguments.add_argument("directory", type=Path, metavar="DIR")
    write_random_model(arguments.parse_args().directory)


if __name__ == "__main__":
    run_script("random_model", main)
