"""Tests of loading models to translate with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from nmt.config import SearchConfig
from nmt.errors import InputError
from nmt.model_loading import ModelBundle, load_bundle
from nmt.quantized import weight_levels
from nmt.translator import Translator
from tests import tiny


def load(*directories: Path) -> ModelBundle:
    return load_bundle(directories, "fp32", torch.device("cpu"))


def test_generation_config_sets_the_defaults(tmp_path: Path) -> None:
    shutil.copytree(tiny.model_directory(), tmp_path / "model")
    file = tmp_path / "model" / "generation_config.json"
    file.write_text('{"beam_size": 3, "n_best": 2}', encoding="utf-8")
    assert load(tmp_path / "model").search == SearchConfig(beam_size=3, n_best=2)
    file.unlink()
    assert load(tmp_path / "model").search.beam_size == tiny.SETTINGS["search.beam_size"]


def test_an_ensemble_needs_one_vocabulary(tmp_path: Path) -> None:
    tiny.train(tmp_path / "other", tiny.config(tmp_path, {"train.max_steps": 1, "tokenizer.kind": "bpe"}))
    with pytest.raises(InputError, match=r"other has another vocabulary than .*model"):
        load(tiny.model_directory(), tmp_path / "other")
    with pytest.raises(InputError, match="name at least one"):
        load()


def cut(file: str, end: int | None, replacement: bytes = b"") -> tuple[str, int | None, bytes]:
    return file, end, replacement


@pytest.mark.parametrize(
    ("file", "end", "replacement"),
    [
        *(cut(name, end) for name in ("shared.spm", "model.safetensors", "config.json") for end in (0, 1, 100, -1)),
        *(cut(name, 0, b"\x00garbage\xff" * 50) for name in ("shared.spm", "model.safetensors", "config.json")),
        cut("config.json", 0, b'{"format_version": 99, "src_vocab_size": 300, "tgt_vocab_size": 300}'),
        cut("config.json", 0, b'{"format_version": 1, "src_vocab_size": -1, "tgt_vocab_size": 1e99}'),
        cut("config.json", 0, b"[" * 100_000),
        cut("generation_config.json", 0, b"[]"),
        cut("generation_config.json", 0, b'{"beam_size": "wide"}'),
        cut("generation_config.json", 3),
    ],
)
def test_a_damaged_file_is_named(file: str, end: int, replacement: bytes, tmp_path: Path) -> None:
    shutil.copytree(tiny.model_directory(), tmp_path / "model")
    path = tmp_path / "model" / file
    # The JSON files end in a line feed, without which they are whole.
    end = -3 if end == -1 and file.endswith(".json") else end
    path.write_bytes(path.read_bytes()[:end] + replacement)
    with pytest.raises(InputError, match=file.replace(".", r"\.")) as caught:
        load(tmp_path / "model")
    assert "\n" not in str(caught.value)


def test_a_missing_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no model directory"):
        load(tmp_path / "none")
    with pytest.raises(InputError, match=r"not a model directory: it has no config\.json"):
        load(tmp_path)
    shutil.copytree(tiny.model_directory(), tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"no file .*model\.safetensors"):
        load(tmp_path / "model")
    (tmp_path / "model" / "shared.spm").unlink()
    with pytest.raises(InputError, match=r"\.spm"):
        load(tmp_path / "model")


@pytest.mark.skipif(weight_levels() == 0, reason="this CPU has no 8-bit products in torch")
@pytest.mark.parametrize(
    "settings", [{"layer_norm": True}, {"layer_norm": True, "cell": "gru", "residual": True}], ids=str
)
def test_a_normalised_model_decodes_with_8_bit_weights(settings: dict[str, object], tmp_path: Path) -> None:
    tiny.train(tmp_path / "run", tiny.config(tmp_path, {f"model.{key}": value for key, value in settings.items()}))
    lines = [pair.src for pair in tiny.pairs(4)]
    assert len(Translator.load(tmp_path / "run", precision="int8").translate(lines)) == len(lines)


def test_8_bit_weights_are_refused_where_the_cpu_does_not_multiply_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nmt.model_loading.weight_levels", lambda: 0)
    directory, cpu = tiny.model_directory(), torch.device("cpu")
    with pytest.raises(InputError, match="precision int8 does not run on this cpu; choose fp32, bf16 or auto"):
        load_bundle([directory], "int8", cpu)
    assert load_bundle([directory], "auto", cpu).models[0].quantized_output is None
