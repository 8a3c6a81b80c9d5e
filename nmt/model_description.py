"""What a model says of itself: config.json, what it was made from, and generation_config.json, how it decodes.

Both are read as a stranger's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nmt.config import MOST_PIECES, Config, SearchConfig
from nmt.config_reading import build_config
from nmt.errors import InputError
from nmt.model_files import CONFIG, GENERATION, ModelFiles, no_model, open_model

# A model has the lowest version that tells what is in it, so that older programs read what they can.
FORMAT_VERSIONS = {"fp32": 1, "bf16": 1, "int8": 2, "int7": 2}
# Settings of the network that came later: what a model is like whose config.json does not have them, and the version
# of a model that is otherwise.
BEFORE = {"lexical_shortcut": False, "second_attention": False, "encoder_residual": False}
_LATER = {"lexical_shortcut": 3, "second_attention": 4, "encoder_residual": 5}
# Likewise of decoding, where the value that has always been is not written: older programs know no such key.
_LATER_SEARCH = ("reverse_weight", "spell_out", "stand_ins", "keep_end")
_BEFORE_SEARCH = {key: SearchConfig.model_fields[key].default for key in _LATER_SEARCH}
_VERSIONS = sorted({*FORMAT_VERSIONS.values(), *_LATER.values()})
# What decoding defaults may ask for, which take effect unasked. A command may ask for more.
_MOST_SEARCH = {"beam_size": 100, "n_best": 100, "min_length": 1000, "max_length": 10_000, "max_length_ratio": 20}


def to_json(value: object) -> bytes:
    """Return a value as indented JSON."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


@dataclass(frozen=True)
class ModelDescription:
    """config.json: what a model directory was made from."""

    config: Config
    src_vocab: int
    tgt_vocab: int

    def to_bytes(self, precision: str = "fp32") -> bytes:
        """Return the file's content beside weights stored in a precision."""
        tree = self.config.model_dump(mode="json")
        section = _without(tree["model"], BEFORE)
        version = max(FORMAT_VERSIONS[precision], *(_LATER.get(key, 0) for key in section))
        return to_json(
            {
                "format_version": version,
                "src_vocab_size": self.src_vocab,
                "tgt_vocab_size": self.tgt_vocab,
                **tree,
                "model": section,
                "search": search_tree(self.config.search),
            }
        )

    @classmethod
    def read(cls, path: Path) -> ModelDescription:
        """Read the config.json of a model directory or zip; raises InputError where it is none."""
        with open_model(path) as files:
            return cls.read_from(files)

    @classmethod
    def read_from(cls, files: ModelFiles) -> ModelDescription:
        """Read a model's config.json; raises InputError where it is none."""
        where = files.where(CONFIG)
        if not files.exists(CONFIG):
            raise InputError(no_model(files.path))
        try:
            tree = json.loads(files.read(CONFIG))
            version = tree.pop("format_version")
            sizes = tree.pop("src_vocab_size"), tree.pop("tgt_vocab_size")
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
            if isinstance(error, KeyError) and "model_type" in tree:
                raise InputError(_foreign(files.path, tree["model_type"])) from None
            raise InputError(f"{where} is not a model's config ({_reason(error)})") from None
        if type(version) is not int or version not in _VERSIONS:
            raise InputError(f"{where} has format version {version!r:.40}; this program reads 1 to {_VERSIONS[-1]}")
        if not all(type(size) is int and 4 <= size <= MOST_PIECES for size in sizes):
            raise InputError(f"{where}: vocabulary sizes {sizes!s:.80} must be whole numbers from 4 to {MOST_PIECES:,}")
        if isinstance(tree.get("model"), dict):
            tree["model"] = BEFORE | tree["model"]
        return cls(build_config(tree, where), *sizes)


def _reason(error: Exception) -> str:
    """Return why a file is no model's config."""
    if isinstance(error, KeyError):
        return f"it has no {error}"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return f"not JSON: {error!s:.200}" if isinstance(error, ValueError) else "it holds no keys and values"


def search_tree(search: SearchConfig) -> dict[str, object]:
    """Return decoding settings as they are written."""
    return _without(search.model_dump(mode="json"), _BEFORE_SEARCH)


def _without(section: dict[str, object], before: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in section.items() if key not in before or before[key] != value}


def _foreign(path: Path, kind: object) -> str:
    given = f"{str(path)!r} is a Hugging Face model ({kind!s:.60})"
    return f"{given}; nmt reads the recurrent models that nmt train makes, give one of those"


def check_own_search(config: SearchConfig, where: str) -> None:
    """Raise InputError for more than a model's own decoding defaults may ask for."""
    for key, most in _MOST_SEARCH.items():
        if getattr(config, key) > most:
            raise InputError(f"{where}: {key}={getattr(config, key)} is too much for a model's own; at most {most}")


def read_search_config(path: Path, description: ModelDescription, checked: bool = True) -> SearchConfig:
    """Return the decoding defaults of a model directory or zip, from generation_config.json where there is one.

    Raises InputError where they are damaged or, if checked, ask for too much.
    """
    with open_model(path) as files:
        if not files.exists(GENERATION):
            where, config = files.where(CONFIG), description.config.search
        else:
            where = files.where(GENERATION)
            try:
                tree = json.loads(files.read(GENERATION))
            except (ValueError, RecursionError) as error:
                raise InputError(f"{where} is not JSON ({error!s:.200})") from None
            config = build_config({"search": tree}, where).search
    if checked:
        check_own_search(config, where)
    return config
