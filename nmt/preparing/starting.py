"""A training that starts from another model: its weights, vocabulary and sizes are taken over (fine-tuning)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from nmt.config import Config, ModelConfig, TokenizerConfig
from nmt.corpus import path_of
from nmt.errors import InputError
from nmt.model_description import ModelDescription
from nmt.model_directory import read_model
from nmt.preparing.growing import may_gain
from nmt.pretrained.models import builtin_models
from nmt.tokenizer import TokenizerPair

logger = logging.getLogger(__name__)

# What may differ from the model to start from: all else decides which weights there are and what they mean.
_OWN = {
    "model": {"dropout", "embedding_dropout", "word_dropout", "recurrent_dropout", "attention_dropout", "init"},
    "tokenizer": {"sampling", "split_digits"},
}
_SECTIONS: dict[str, type[ModelConfig | TokenizerConfig]] = {"model": ModelConfig, "tokenizer": TokenizerConfig}


@dataclass(frozen=True)
class Start:
    """A model to start from."""

    description: ModelDescription
    vocabulary: TokenizerPair

    def tokenizers(self, settings: TokenizerConfig) -> TokenizerPair:
        """Return its tokenizers with the settings that may be a training's own."""
        kept = self.vocabulary
        if settings.split_digits == self.description.config.tokenizer.split_digits:
            return kept
        src = kept.src.with_single_digits()
        return TokenizerPair(src, src if kept.shared else kept.tgt.with_single_digits())


def model_path(name: str) -> Path:
    """Return the directory or zip of a model: a path, or the languages of a built-in model such as de-en.

    Raises InputError where there is neither.
    """
    path = path_of(name)
    if path.exists():
        return path
    there = {str(pair): path for pair, path in builtin_models().items()}
    if name in there:
        return there[name]
    built_in = f", or a built-in model: {', '.join(there)}" if there else ""
    raise InputError(f"train.start_from: no model {name!r}; give the directory or zip of one{built_in}")


def find_start(name: str, directory: Path) -> Start:
    """Return the model of that name, read and found whole, for a training in a directory.

    Raises InputError where there is none, where it is damaged, or where the training would write over it.
    """
    path = model_path(name)
    if path.resolve() == directory.resolve():
        raise InputError(f"train.start_from and the output directory are both {name!r}; give another directory")
    read = read_model(path)
    return Start(read.description, read.tokenizers)


def adopt(config: Config, kept: ModelDescription) -> Config:
    """Return a config whose sizes and vocabulary, where it does not give them, are those of the model to start from.

    It may have more where that is asked for, see `growing.py`. Warns of other languages. Raises InputError for another
    value given that is not the model's.
    """
    _tell_languages(config, kept.config)
    sections = {}
    for name, kind in _SECTIONS.items():
        given, theirs = getattr(config, name), getattr(kept.config, name)
        keys = kind.model_fields.keys() - _OWN[name]
        if isinstance(given, ModelConfig):
            keys -= may_gain(given, theirs)
        for key in sorted(keys & given.model_fields_set):
            if getattr(given, key) != getattr(theirs, key):
                raise InputError(
                    f"{name}.{key} is {getattr(given, key)!r}, but {getattr(theirs, key)!r} in the model that "
                    f"train.start_from names ({config.train.start_from}); leave out {name}.{key}"
                )
        own = {key: getattr(given, key) for key in given.model_fields_set - keys}
        # Made anew: what is not given may follow from what is taken over, as sampling does from the kind of pieces.
        sections[name] = kind(**own, **{key: getattr(theirs, key) for key in keys})
    # Digits that are split stay so.
    split = config.tokenizer.split_digits or kept.config.tokenizer.split_digits
    sections["tokenizer"] = sections["tokenizer"].model_copy(update={"split_digits": split})
    return config.model_copy(update=sections)


def _tell_languages(config: Config, kept: Config) -> None:
    """Warn where a model is of other languages: a mistake, but for a language near to the model's or another code."""
    own, theirs = ((each.data.src, each.data.tgt) for each in (config, kept))
    if own != theirs:
        logger.warning(
            "this training is from %r to %r, but the model that train.start_from names (%s) from %r to %r",
            *own,
            config.train.start_from,
            *theirs,
        )
