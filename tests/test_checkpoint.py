"""Tests of the model directory: written whole or not at all, read with every fault named."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from nmt.checkpoint import (
    Checkpoint,
    ModelDescription,
    list_checkpoints,
    load_checkpoint,
    read_model,
    read_search_config,
    save_checkpoint,
    to_json,
    write_model,
)
from nmt.config import Config, TokenizerConfig, build_config
from nmt.errors import FailureError, InputError
from nmt.model import TranslationModel
from nmt.tokenizer import Tokenizer, TokenizerPair, train_tokenizer

SIZES = {"embedding_size": 6, "encoder_size": 8, "decoder_size": 10, "heads": 2}
SRC_IDS, SRC_LENGTHS = torch.tensor([[50, 60, 7, 8, 3], [9, 3, 0, 0, 0]]), torch.tensor([5, 2])
TGT_IN = torch.tensor([[2, 7, 40, 90], [2, 5, 50, 0]])
FILES = ["weights.safetensors", "optimizer.safetensors", "counters.json", "checksums.json"]


def files(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def refuse(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


# --- checkpoints ---


def make_checkpoint(step: int) -> Checkpoint:
    generator = torch.Generator().manual_seed(step)
    tensors = {
        "weights": {"a": torch.randn(6, 8, generator=generator), "b": torch.arange(step)},
        "optimizer": {"0.exp_avg": torch.randn(3, generator=generator)},
    }
    return Checkpoint(step, tensors, {"epoch": 2, "best": 0.1 + step, "none": None, "position": {"pool": 7}})


def save(directory: Path, *steps: int, keep: int = 9) -> None:
    for step in steps:
        save_checkpoint(directory, make_checkpoint(step), keep)


def same(ours: Checkpoint | None, theirs: Checkpoint) -> bool:
    return (
        ours is not None
        and (ours.step, ours.counters) == (theirs.step, theirs.counters)
        and ours.tensors.keys() == theirs.tensors.keys()
        and all(
            torch.equal(tensor, ours.tensors[group][name])
            for group, tensors in theirs.tensors.items()
            for name, tensor in tensors.items()
        )
    )


def never(message: str) -> None:
    raise AssertionError(f"nothing is damaged, yet: {message}")


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    save(tmp_path, 3)
    assert same(load_checkpoint(tmp_path, never), make_checkpoint(3))
    assert sorted(path.name for path in (tmp_path / "checkpoints" / "step_3").iterdir()) == sorted(FILES)


def test_without_checkpoints_there_is_nothing_to_load(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path, never) is None
    assert list_checkpoints(tmp_path) == []


def test_the_newest_checkpoint_is_the_one_of_the_most_steps(tmp_path: Path) -> None:
    save(tmp_path, 9, 20, 100)
    (tmp_path / "checkpoints" / "step_x").mkdir()
    (tmp_path / "checkpoints" / "step_²").mkdir()
    (tmp_path / "checkpoints" / ".step_500.tmp").mkdir()
    assert [path.name for path in list_checkpoints(tmp_path)] == ["step_100", "step_20", "step_9"]
    assert same(load_checkpoint(tmp_path, never), make_checkpoint(100))


def test_a_step_saved_again_replaces_the_first(tmp_path: Path) -> None:
    save(tmp_path, 3)
    changed = Checkpoint(3, {"weights": {"a": torch.ones(2)}}, {"epoch": 5})
    save_checkpoint(tmp_path, changed, 2)
    assert same(load_checkpoint(tmp_path, never), changed)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["step_3"]


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_the_newest_are_kept_and_the_others_go(tmp_path: Path, keep: int) -> None:
    save(tmp_path, 9, 10, 11, 12, keep=keep)
    names = ["step_12", "step_11", "step_10"][:keep]
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == sorted(names)


@pytest.mark.parametrize("call", ["os.fsync", "pathlib.Path.rename"])
def test_a_full_disk_leaves_the_older_checkpoints_and_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    save(tmp_path, 3)
    before = files(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(call, refuse)
        with pytest.raises(FailureError, match="step_4: No space left on device; older checkpoints are untouched"):
            save(tmp_path, 4, keep=1)
    assert files(tmp_path) == before
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["step_3"]
    assert same(load_checkpoint(tmp_path, never), make_checkpoint(3))


def test_what_a_killed_run_left_half_written_is_replaced(tmp_path: Path) -> None:
    left = tmp_path / "checkpoints" / ".step_3.tmp"
    left.mkdir(parents=True)
    (left / "junk").write_bytes(b"junk")
    assert load_checkpoint(tmp_path, never) is None
    save(tmp_path, 3)
    assert same(load_checkpoint(tmp_path, never), make_checkpoint(3))
    assert not left.exists()


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", [truncate, empty, flip, Path.unlink])
def test_a_damaged_checkpoint_is_reported_and_the_one_before_it_taken(
    tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    save(tmp_path, 3, 4)
    damage(tmp_path / "checkpoints" / "step_4" / name)
    reports: list[str] = []
    assert same(load_checkpoint(tmp_path, reports.append), make_checkpoint(3))
    (report,) = reports
    assert report.startswith("checkpoint step_4 is damaged (")


def test_no_flipped_byte_of_the_checksums_goes_unnoticed(tmp_path: Path) -> None:
    save(tmp_path, 3, 4)
    path = tmp_path / "checkpoints" / "step_4" / "checksums.json"
    whole = path.read_bytes()
    for place in range(len(whole) - 1):
        content = bytearray(whole)
        content[place] ^= 1
        path.write_bytes(content)
        reports: list[str] = []
        loaded = load_checkpoint(tmp_path, reports.append)
        assert loaded is not None
        assert (loaded.step, len(reports)) == (3, 1)


def test_damage_everywhere_is_a_failure_that_says_what_to_do(tmp_path: Path) -> None:
    save(tmp_path, 3, 4)
    for folder in list_checkpoints(tmp_path):
        flip(folder / "weights.safetensors")
    reports: list[str] = []
    with pytest.raises(FailureError, match=r"none of the 2 checkpoints in .* is intact; remove them .* --overwrite"):
        load_checkpoint(tmp_path, reports.append)
    assert len(reports) == 2


# --- models ---


@pytest.fixture(scope="module")
def shared(lines: list[str]) -> TokenizerPair:
    both = train_tokenizer(lines, TokenizerConfig(kind="bpe", vocab_size=290))
    return TokenizerPair(both, both)


@pytest.fixture(scope="module")
def separate(shared: TokenizerPair, lines: list[str]) -> TokenizerPair:
    return TokenizerPair(shared.src, train_tokenizer(lines, TokenizerConfig(kind="bpe", vocab_size=295)))


def write(directory: Path, tokenizers: TokenizerPair, **changes: object) -> TranslationModel:
    config = build_config({"model": {**SIZES, **changes}, "search": {"beam_size": 3}}, "test")
    sizes = len(tokenizers.src), len(tokenizers.tgt)
    model = TranslationModel(config.model, *sizes).eval()
    model.initialize(1)
    directory.mkdir(exist_ok=True)
    write_model(directory, ModelDescription(config, *sizes), tokenizers, model.state_dict())
    return model


@pytest.fixture
def directory(tmp_path: Path, shared: TokenizerPair) -> Path:
    """Return a model directory to be damaged."""
    write(tmp_path / "model", shared)
    return tmp_path / "model"


@pytest.mark.parametrize("tie, cell", [("all", "lstm"), ("output", "gru"), ("none", "rnn")])
@pytest.mark.parametrize("kind", ["shared", "separate"])
def test_a_model_comes_back_with_equal_outputs(
    tmp_path: Path, request: pytest.FixtureRequest, tie: str, cell: str, kind: str
) -> None:
    tie = "output" if (tie, kind) == ("all", "separate") else tie
    tokenizers: TokenizerPair = request.getfixturevalue(kind)
    model = write(tmp_path / "m", tokenizers, tie=tie, cell=cell)
    read, read_tokenizers, description = read_model(tmp_path / "m")
    assert not read.training
    assert read_tokenizers.shared == tokenizers.shared
    assert (description.src_vocab, description.tgt_vocab) == (len(tokenizers.src), len(tokenizers.tgt))
    assert description.config.model == model.config
    ours, theirs = (each(SRC_IDS, SRC_LENGTHS, TGT_IN) for each in (model, read))
    assert torch.equal(ours.features, theirs.features)
    assert torch.equal(model.logits(ours.features), read.logits(theirs.features))
    assert (read.output.weight is read.tgt_embedding.weight) == (tie != "none")


def test_a_model_directory_holds_what_translating_needs_and_nothing_half_written(directory: Path) -> None:
    assert sorted(files(directory)) == ["config.json", "generation_config.json", "model.safetensors", "shared.spm"]


def test_a_tied_weight_is_stored_once(directory: Path) -> None:
    stored = load_file(directory / "model.safetensors")
    assert [name for name, weight in stored.items() if weight.shape == (290, 6)] == ["tgt_embedding.weight"]


def test_a_description_reads_back_the_same(tmp_path: Path) -> None:
    description = ModelDescription(build_config({"data": {"src": "no"}, "train": {"seed": 7}}, "test"), 11, 13)
    (tmp_path / "config.json").write_bytes(description.to_bytes())
    assert ModelDescription.read(tmp_path) == description


def test_decoding_defaults_come_from_their_own_file_where_there_is_one(directory: Path) -> None:
    description = ModelDescription.read(directory)
    assert read_search_config(directory, description).beam_size == 3
    (directory / "generation_config.json").write_bytes(to_json({"beam_size": 7}))
    assert read_search_config(directory, description).beam_size == 7
    (directory / "generation_config.json").unlink()
    assert read_search_config(directory, description) == description.config.search


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 100_000, b"[]", b'{"beam_sise": 3}', b'{"beam_size": 0}'])
def test_wrong_decoding_defaults_are_refused_by_name(directory: Path, content: bytes) -> None:
    (directory / "generation_config.json").write_bytes(content)
    with pytest.raises(InputError, match=r"generation_config\.json"):
        read_search_config(directory, ModelDescription.read(directory))


def test_what_is_no_model_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no model directory '.*none'; give one made by nmt train"):
        read_model(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"no model directory '.*file'"):
        read_model(tmp_path / "file")
    with pytest.raises(InputError, match=r"is not a model directory: it has no config\.json"):
        read_model(tmp_path)


def change_config(directory: Path, **changes: Any) -> None:
    path = directory / "config.json"
    path.write_bytes(to_json({**json.loads(path.read_bytes()), **changes}))


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"format_version": 2}, r"config\.json has format version 2; this program reads 1"),
        ({"format_version": None}, r"config\.json has format version None"),
        ({"src_vocab_size": 3}, r"config\.json: vocabulary sizes \(3, 290\) must be"),
        ({"src_vocab_size": 10**7}, r"config\.json: vocabulary sizes"),
        ({"src_vocab_size": "290"}, r"config\.json: vocabulary sizes"),
        ({"model": {"cel": "gru"}}, r"config\.json: unknown key 'model\.cel'; did you mean 'model\.cell'"),
        ({"models": {}}, r"config\.json: unknown section 'models'; did you mean 'model'"),
        ({"tgt_vocab_size": 291}, r"the tokenizers hold \(290, 290\) pieces, config\.json says \(290, 291\)"),
        ({"model": {**SIZES, "embedding_size": 7}}, r"model\.safetensors: weight 'tgt_embedding\.weight' has shape"),
        (
            {"model": {**SIZES, "layer_norm": True}},
            r"model\.safetensors: weight 'encoder\.norms\.0\.\S+' is missing",
        ),
        ({"model": {**SIZES, "decoder_layers": 1}}, r"model\.safetensors: weight 'decoder\.\S+' (is unex|has shape)"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(directory: Path, changes: dict[str, Any], message: str) -> None:
    change_config(directory, **changes)
    with pytest.raises(InputError, match=message) as raised:
        read_model(directory)
    assert str(directory) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'"x"', b"3", b"{", b"\xff", b"[" * 100_000, b" " * (2 << 20)])
def test_a_config_that_is_none_is_refused_by_name(directory: Path, content: bytes) -> None:
    (directory / "config.json").write_bytes(content)
    with pytest.raises(InputError, match=r"config\.json"):
        read_model(directory)


@pytest.mark.parametrize("name", ["model.safetensors", "shared.spm"])
@pytest.mark.parametrize("damage", [truncate, empty, Path.unlink])
def test_a_damaged_file_is_refused_by_name(directory: Path, name: str, damage: Callable[[Path], None]) -> None:
    damage(directory / name)
    # Without shared.spm the pair of source.spm and target.spm is looked for.
    named = re.escape("source.spm" if damage is Path.unlink and name == "shared.spm" else name)
    with pytest.raises(InputError, match=named):
        read_model(directory)


def drop(weights: dict[str, Tensor]) -> None:
    del weights["output.bias"]


def add(weights: dict[str, Tensor]) -> None:
    weights["more"] = torch.ones(1)


def reshape(weights: dict[str, Tensor]) -> None:
    weights["output.bias"] = torch.ones(289)


@pytest.mark.parametrize(
    "change, message",
    [
        (drop, "weight 'output.bias' is missing"),
        (add, "weight 'more' is unexpected"),
        (reshape, "weight 'output.bias' has shape (289,), expected (290,)"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    directory: Path, change: Callable[[dict[str, Tensor]], None], message: str
) -> None:
    path = directory / "model.safetensors"
    weights = load_file(path)
    change(weights)
    save_file(weights, path)
    with pytest.raises(InputError, match=re.escape(f"{path}: {message}")):
        read_model(directory)


def test_a_failed_rewrite_leaves_the_weights_that_were_there(
    directory: Path, shared: TokenizerPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(directory)
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(FailureError):
        write(directory, shared, cell="gru")
    assert files(directory) == before


def test_tokenizers_already_there_are_not_written_again(
    directory: Path, shared: TokenizerPair, tokenizer: Tokenizer
) -> None:
    written = (directory / "shared.spm").stat()
    write(directory, shared)
    assert (directory / "shared.spm").stat().st_mtime_ns == written.st_mtime_ns
    write(directory, TokenizerPair(tokenizer, tokenizer))
    assert (directory / "shared.spm").read_bytes() == tokenizer.model


def test_a_description_of_the_defaults_is_whole() -> None:
    tree = json.loads(ModelDescription(Config(), 11, 13).to_bytes())
    assert {"format_version", "src_vocab_size", "tgt_vocab_size"} < tree.keys()
    assert {key: tree[key] for key in Config.model_fields} == Config().model_dump(mode="json")


@pytest.mark.parametrize("keep", [1, 2])
def test_saving_drops_later_checkpoints_and_never_the_one_just_written(tmp_path: Path, keep: int) -> None:
    save(tmp_path, 20, 30)
    (tmp_path / "checkpoints" / "step_30" / "counters.json").write_text("{}")
    reports: list[str] = []
    assert same(load_checkpoint(tmp_path, reports.append), make_checkpoint(20))
    save_checkpoint(tmp_path, make_checkpoint(25), keep)
    assert [path.name for path in list_checkpoints(tmp_path)] == ["step_25", "step_20"][:keep]
    assert same(load_checkpoint(tmp_path, never), make_checkpoint(25))
