"""Tests of the model directory: written whole or not at all, read with every fault named."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from nmt import quantized
from nmt.config import Config, SearchConfig, TokenizerConfig
from nmt.config_reading import build_config
from nmt.errors import FailureError, InputError
from nmt.model import TranslationModel
from nmt.model_description import BEFORE, ModelDescription, read_search_config, to_json
from nmt.model_directory import read_model, write_model
from nmt.tokenizer import Tokenizer, TokenizerPair
from nmt.tokenizer_training import train_tokenizer
from tests import tiny

ROOT = Path(__file__).resolve().parent.parent
SIZES = {"embedding_size": 6, "encoder_size": 8, "decoder_size": 10, "heads": 2}
SRC_IDS, SRC_LENGTHS = torch.tensor([[50, 60, 7, 8, 3], [9, 3, 0, 0, 0]]), torch.tensor([5, 2])
TGT_IN = torch.tensor([[2, 7, 40, 90], [2, 5, 50, 0]])


def files(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def refuse(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def empty(path: Path) -> None:
    path.write_bytes(b"")


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


def test_decoding_defaults_that_are_there_stay(directory: Path, shared: TokenizerPair) -> None:
    (directory / "generation_config.json").write_text('{"beam_size": 9}')
    write(directory, shared)
    assert (directory / "generation_config.json").read_text() == '{"beam_size": 9}'


@pytest.mark.parametrize("precision, share", [("bf16", 0.7), ("int8", 0.6), ("int7", 0.6)])
def test_a_model_stored_in_fewer_bits_comes_back_nearly_the_same(
    tmp_path: Path, separate: TokenizerPair, precision: str, share: float
) -> None:
    model = write(tmp_path / "whole", separate, tie="output")
    description = ModelDescription.read(tmp_path / "whole")
    (tmp_path / "small").mkdir()
    write_model(tmp_path / "small", description, separate, model.state_dict(), precision)
    read, tokenizers, again = read_model(tmp_path / "small")
    assert again == description and tokenizers.files() == separate.files()
    assert read.output.weight is read.tgt_embedding.weight
    assert {weight.dtype for weight in read.parameters()} == {torch.float32}
    ours, theirs = (each(SRC_IDS, SRC_LENGTHS, TGT_IN).features for each in (model, read))
    assert 0 < (ours - theirs).abs().max() < 0.02
    sizes = [(tmp_path / name / "model.safetensors").stat().st_size for name in ("small", "whole")]
    assert sizes[0] < share * sizes[1]


@pytest.mark.parametrize("attention, products", [("additive", 8), ("dot", 7)])
def test_decoding_in_8_bits_multiplies_by_the_same_numbers_from_a_file_of_8_bits(
    tmp_path: Path, separate: TokenizerPair, monkeypatch: pytest.MonkeyPatch, attention: str, products: int
) -> None:
    # All CPUs that multiply 8 bits exactly round to these levels.
    monkeypatch.setattr(quantized, "weight_levels", lambda: quantized.LEVELS)
    found: list[tuple[Tensor, Tensor]] = []
    monkeypatch.setattr(torch.ops.onednn, "qlinear_prepack", lambda levels, _: levels, raising=False)

    def rounding(weight: Tensor, highest: int, round_rows: Callable[..., Any] = quantized.round_rows) -> object:
        found.append(round_rows(weight, highest))
        return found[-1]

    sizes = {"encoder_size": 10} if attention == "dot" else {}
    whole = write(tmp_path / "whole", separate, tie="output", attention=attention, input_feeding=True, **sizes)
    description = ModelDescription.read(tmp_path / "whole")
    (tmp_path / "small").mkdir()
    write_model(tmp_path / "small", description, separate, whole.state_dict(), "int8")
    small, _, _ = read_model(tmp_path / "small")
    monkeypatch.setattr(quantized, "round_rows", rounding)
    for model in (whole, small):
        model.quantize()
    # Two of each recurrent layer, one of the output, of the layer before it, of the second attention's question and,
    # where it projects them, of queries.
    assert len(found) == 2 * products
    for exact, restored in zip(found[:products], found[products:], strict=True):
        assert all(torch.equal(one, other) for one, other in zip(exact, restored, strict=True))


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


def test_a_model_made_before_there_was_a_setting_is_what_it_was(tmp_path: Path, shared: TokenizerPair) -> None:
    later = {"lexical_shortcut", "second_attention", "encoder_residual"}
    model = write(tmp_path / "model", shared, **dict.fromkeys(later, False))
    stored = json.loads((tmp_path / "model/config.json").read_bytes())
    assert stored["format_version"] == 1 and not later & stored["model"].keys()
    read, _, description = read_model(tmp_path / "model")
    assert description.config.model == model.config
    assert torch.equal(*(each(SRC_IDS, SRC_LENGTHS, TGT_IN).features for each in (model, read)))


@pytest.mark.parametrize(
    "has, precision, version",
    [
        (set(), "fp32", 1),
        (set(), "bf16", 1),
        (set(), "int8", 2),
        ({"lexical_shortcut"}, "fp32", 3),
        ({"lexical_shortcut"}, "int8", 3),
        ({"second_attention"}, "fp32", 4),
        ({"lexical_shortcut", "second_attention"}, "int8", 4),
        ({"encoder_residual"}, "int7", 5),
    ],
)
def test_a_model_has_the_lowest_version_that_tells_what_is_in_it(
    tmp_path: Path, shared: TokenizerPair, has: set[str], precision: str, version: int
) -> None:
    later = ("lexical_shortcut", "second_attention", "encoder_residual")
    model = write(tmp_path / "model", shared, **{key: key in has for key in later})
    description = ModelDescription.read(tmp_path / "model")
    write_model(tmp_path / "model", description, shared, model.state_dict(), precision)
    assert json.loads((tmp_path / "model/config.json").read_bytes())["format_version"] == version
    assert ModelDescription.read(tmp_path / "model") == description


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"format_version": 6}, r"config\.json has format version 6; this program reads 1 to 5"),
        ({"format_version": True}, r"config\.json has format version True; this program reads 1 to 5"),
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
    # What came later stands there where it is otherwise than before.
    tree["model"] = BEFORE | tree["model"]
    later = {"reverse_weight", "spell_out", "stand_ins", "keep_end"}
    assert not later & tree["search"].keys()
    tree["search"] |= SearchConfig().model_dump(include=later)
    assert {key: tree[key] for key in Config.model_fields} == Config().model_dump(mode="json")


# --- a stranger's model ---


def test_a_model_in_a_zip_comes_back_with_equal_outputs(directory: Path, tmp_path: Path) -> None:
    (directory / "train.log").write_text("of no use elsewhere")
    (directory / "README.md").write_text("card")
    tiny.write_zip(directory, tmp_path / "model.zip")
    ours, tokenizers, description = read_model(directory)
    theirs, zipped, again = read_model(tmp_path / "model.zip")
    assert again == description
    assert zipped.files() == tokenizers.files()
    assert torch.equal(ours(SRC_IDS, SRC_LENGTHS, TGT_IN).features, theirs(SRC_IDS, SRC_LENGTHS, TGT_IN).features)
    assert read_search_config(tmp_path / "model.zip", again).beam_size == 3
    assert ModelDescription.read(tmp_path / "model.zip") == description
    with zipfile.ZipFile(tmp_path / "model.zip") as archive:
        assert set(archive.namelist()) == set(files(directory)) - {"train.log"}


def test_a_zip_translates_as_its_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny.write_zip(tiny.model_directory(), tmp_path / "model.zip")
    (tmp_path / "text").write_text("ba de gi\n\nko lu\n")
    printed = []
    for model in (tiny.model_directory(), tmp_path / "model.zip"):
        assert tiny.run_nmt("translate", "-m", model, "-i", tmp_path / "text") == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert printed[0].count("\n") == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.zip", "text"]


def test_equal_models_give_equal_zips(directory: Path, tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        tiny.write_zip(directory, tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_a_zip_of_something_else_is_refused_by_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("generation_config.json", "{}")
    with pytest.raises(InputError, match=r"other\.zip' is not a model directory: it has no config\.json"):
        read_model(tmp_path / "other.zip")


HUGE = [
    {"embedding_size": 10**7},
    {"embedding_size": 65_536},
    {"encoder_size": 65_536, "decoder_size": 65_536, "encoder_layers": 100, "decoder_layers": 100},
    {"encoder_layers": 10**9},
    {"decoder_layers": 10**30},
    {"heads": 10**6},
]
# In a process of its own, as the tests' memory has peaks of its own: megabytes and seconds that a model takes.
READING = """
import json, sys, time
from pathlib import Path
from lab.measuring import peak_megabytes
from nmt.errors import InputError
from nmt.model_directory import read_model
for place in sys.argv[1:]:
    before, start, said = peak_megabytes(), time.process_time(), ""
    try:
        read_model(Path(place))
    except InputError as error:
        said = str(error)
    print(json.dumps([peak_megabytes() - before, time.process_time() - start, said]))
"""


def test_a_config_of_a_huge_model_is_refused_in_little_time_and_memory(directory: Path, tmp_path: Path) -> None:
    places = [shutil.copytree(directory, tmp_path / f"huge-{number}") for number in range(len(HUGE))]
    for place, changes in zip(places, HUGE, strict=True):
        change_config(place, model={**SIZES, **changes})
    command = [sys.executable, "-c", READING, str(directory), *map(str, places)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'scripts'}{os.pathsep}{ROOT}"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    whole, *huge = map(json.loads, done.stdout.strip().split("\n"))
    assert whole[2] == "" and len(huge) == len(HUGE)
    for megabytes, seconds, said in huge:
        assert re.search(r"config\.json: model\.|model\.safetensors: weight", said)
        assert megabytes < 100
        assert seconds < 5


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 1e30])
def test_weights_of_a_diverged_training_are_refused_by_name(directory: Path, number: float) -> None:
    weights = load_file(directory / "model.safetensors")
    weights["output.bias"][7] = number
    save_file(weights, directory / "model.safetensors")
    with pytest.raises(InputError, match=r"model\.safetensors: weight 'output\.bias' holds numbers from .* diverged"):
        read_model(directory)


def test_decoding_defaults_that_would_fill_the_memory_are_refused(directory: Path) -> None:
    description = ModelDescription.read(directory)
    (directory / "generation_config.json").write_bytes(to_json({"beam_size": 101}))
    with pytest.raises(InputError, match=r"generation_config\.json: beam_size=101 is too much for a model's own"):
        read_search_config(directory, description)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "shared.spm"])
def test_a_pipe_in_the_place_of_a_file_is_refused(directory: Path, name: str) -> None:
    (directory / name).unlink()
    os.mkfifo(directory / name)
    with pytest.raises(InputError, match=re.escape(str(directory))):
        read_model(directory)


def test_loading_draws_no_random_numbers(directory: Path) -> None:
    before = torch.random.get_rng_state()
    read_model(directory)
    assert torch.equal(torch.random.get_rng_state(), before)
