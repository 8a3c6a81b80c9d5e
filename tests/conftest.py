"""What several test files share: sentences, tokenizers and models too small to take time."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import settings

from nmt.config import ModelConfig, TokenizerConfig
from nmt.model import TranslationModel
from nmt.tokenizer import Tokenizer
from nmt.tokenizer_training import train_tokenizer

# The same examples in every run of the same tests, so that a commit which passes here passes anywhere;
# `pytest --hypothesis-profile=explore` draws others each time, more of them.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=1000, deadline=None)
settings.load_profile("repeatable")

# Servers of the tests are on this machine: no proxy is to be asked for them.
for variable in ("no_proxy", "NO_PROXY"):
    os.environ[variable] = ",".join(filter(None, [os.environ.get(variable), "127.0.0.1", "localhost"]))

# A shell starts background jobs with SIGINT ignored, and so would be the processes that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def lines() -> list[str]:
    """Return sentences enough for a vocabulary of 300 pieces, 256 of them bytes."""
    nouns, verbs, ends = ["Der Mann", "Die Frau", "Ein Kind"], ["sieht", "hört", "kauft"], ["Häuser", "Straßen", "Öl"]
    return [f"{noun} {verb} {end}." for noun, verb, end in product(nouns, verbs, ends)]


@pytest.fixture(scope="session", params=["unigram", "bpe"])
def tokenizer(request: pytest.FixtureRequest, lines: list[str]) -> Tokenizer:
    """Return a tokenizer of each kind."""
    return train_tokenizer(lines, TokenizerConfig(kind=request.param, vocab_size=290, symbols=["<br>", "__x__"]))


@pytest.fixture(scope="session")
def make_model() -> Callable[..., TranslationModel]:
    """Return a function that makes a model in evaluation mode: embedding 6, encoder 8, decoder 10, vocabulary 11."""

    def make(vocab: tuple[int, int] = (11, 11), seed: int = 1, **changes: object) -> TranslationModel:
        # Dot attention takes equal widths alone.
        decoder_size = 8 if changes.get("attention") == "dot" else 10
        sizes = {"embedding_size": 6, "encoder_size": 8, "decoder_size": decoder_size, "heads": 2}
        model = TranslationModel(ModelConfig.model_validate({**sizes, **changes}), *vocab)
        model.initialize(seed)
        return model.eval()

    return make
