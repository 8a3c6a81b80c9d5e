"""Tests of typed configuration."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path
from typing import Any

import pytest
import torch

from nmt.config import Config
from nmt.config_reading import build_config, read_config
from nmt.errors import InputError
from nmt.model import TranslationModel

SHIPPED = sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))


@pytest.mark.parametrize(
    "written, number", [("1e-3", 1e-3), ("2E4", 2e4), ("1.5e-3", 1.5e-3), ("1e+2", 100.0), ("5", 5.0), (".5", 0.5)]
)
def test_numbers_with_an_exponent_are_numbers(tmp_path: Path, written: str, number: float) -> None:
    (tmp_path / "a.yaml").write_text(f"train:\n  learning_rate: {written}\n", encoding="utf-8")
    for config in (read_config(tmp_path / "a.yaml"), read_config(None, [f"train.learning_rate={written}"])):
        assert config.train.learning_rate == number
        assert isinstance(config.train.learning_rate, float)


@pytest.mark.parametrize("code", ["no", "on", "yes", "off", "y", "NO"])
def test_a_language_code_is_text_where_yaml_sees_a_truth_value(tmp_path: Path, code: str) -> None:
    (tmp_path / "a.yaml").write_text(f"data:\n  src: {code}\n", encoding="utf-8")
    assert read_config(tmp_path / "a.yaml").data.src == code
    assert read_config(None, [f"data.src={code}"]).data.src == code


@pytest.mark.parametrize("written, value", [("true", True), ("False", False)])
def test_true_and_false_are_truth_values(written: str, value: bool) -> None:
    assert read_config(None, [f"data.deduplicate={written}"]).data.deduplicate is value


def test_overrides_win_over_the_file_and_the_last_one_over_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("train:\n  seed: 3\n  max_steps: 7\n", encoding="utf-8")
    config = read_config(tmp_path / "a.yaml", ["train.seed=4", "model.cell=gru", "train.seed=5"])
    assert (config.train.seed, config.train.max_steps, config.model.cell) == (5, 7, "gru")


@pytest.mark.parametrize(
    "written, sources", [("a", ["a"]), ("[a, b]", ["a", "b"]), ("'a,b'", ["a,b"]), ("", []), ("[]", []), ("null", [])]
)
def test_one_source_may_stand_for_a_list_of_one(written: str, sources: list[str]) -> None:
    assert read_config(None, [f"data.train={written}"]).data.train == sources


@pytest.mark.parametrize(
    "path",
    [
        "a #b/train", "[x]/train", "- x", "-", "2024-01-01", "2024/train", "2024", "1e3", "true", "~", "x: y/a",
        "{x}", "*x", "@x", "%x", "!x", "&x", "x, y", " x ", "'x'/y", 'x"', "[", "a\\b", "|", "> x", "?", "a\u2028b",
    ],
)  # fmt: skip
def test_a_path_is_taken_as_it_is_given(path: str) -> None:
    config = read_config(None, [f"data.train={path}", f"train.start_from={path}"])
    assert (config.data.train, config.train.start_from) == ([path], path)


@pytest.mark.parametrize("date", ["2024-01-01", "2024-01-01 10:00:00"])
def test_a_date_in_a_file_is_text(tmp_path: Path, date: str) -> None:
    (tmp_path / "a.yaml").write_text(f"data:\n  train: {date}\n  src: {date}\n", encoding="utf-8")
    data = read_config(tmp_path / "a.yaml").data
    assert (data.train, data.src) == ([date], date)


def test_an_equals_sign_may_stand_in_a_value() -> None:
    assert read_config(None, ["data.train=a=b"]).data.train == ["a=b"]


@pytest.mark.parametrize(
    "override, message",
    [
        ("train.lerning_rate=1", "unknown key 'train.lerning_rate'; did you mean 'train.learning_rate'?"),
        ("train.lr=1", "unknown key 'train.lr'; did you mean 'train.learning_rate'?"),
        ("search.beamsize=1", "unknown key 'search.beamsize'; did you mean 'search.beam_size'?"),
        ("trian.seed=1", "unknown section 'trian'; did you mean 'train'?"),
        ("zzz.seed=1", "unknown section 'zzz'; choose one of: data, tokenizer, model, train, search"),
        ("train.max_steps=many", "train.max_steps: expected a whole number from 0; given 'many'"),
        ("train.max_steps=1.5", "train.max_steps: expected a whole number from 0; given 1.5"),
        ("train.max_steps=1,000", "expected a whole number from 0; given '1,000'; write 1000"),
        ("train.learning_rate=1,5", "expected a number above 0; given '1,5'; write 1.5"),
        ("train=5", "override 'train=5' must look like section.key=value; an example: train.max_steps=1000"),
        ("train.max_steps=-1", "train.max_steps: expected a whole number from 0; given -1"),
        ("train.betas=[0.9]", "train.betas"),
        ("train.learning_rate=.nan", "train.learning_rate"),
        ("train.max_epochs=-5", "expected a whole number from 0, or auto; given -5"),
        ("model.dropout=1", "model.dropout: expected a number from 0 to below 1, or auto; given 1"),
        ("search.temperature=0", "search.temperature: expected a number from 0.001 to 1000; given 0"),
        ("train.betas=[0.9, 2]", "train.betas.1: expected a list of 2 numbers from 0 to below 1; given 2"),
        ("model.dropout=", "model.dropout: expected a number from 0 to below 1, or auto; given nothing"),
        ("model.tie=some", "model.tie: expected none, output or all; given 'some'"),
        ("data.src=[5]", "data.src: expected a text; given [5]"),
        ("train.max_steps=true", "train.max_steps: expected a whole number from 0; given True"),
        ("train.learning_rate=True", "train.learning_rate: expected a number above 0; given True"),
        ("model.dropout=false", "model.dropout: expected a number from 0 to below 1, or auto; given False"),
        ("train.betas=[0.9, true]", "train.betas.1: expected"),
        ("train.seed=[", "override 'train.seed=[': not valid YAML"),
        ("data.train='a'b'", "not valid YAML"),
        ("data.train=\udcff", "is not UTF-8, is no text"),
        ("train.seed", "override 'train.seed' must look like section.key=value"),
        ("seed=1", "override 'seed=1' must look like section.key=value; did you mean 'train.seed=…'?"),
        ("train.a.b=1", "unknown key 'train.a.b'"),
    ],
)
def test_a_wrong_override_is_refused_with_advice(override: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as raised:
        read_config(None, [override])
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"- 1\n", "must hold sections (data, tokenizer, model, train, search)"),
        (b"train: 3\n", "section 'train' must hold keys and values (as max_epochs: 20), not 3"),
        (b"max_steps: 10\n", "'max_steps' stands outside its section; put it under 'train'"),
        (b"train: {seed: 1}\ntrain: {seed: 2}\n", "line 2: 'train' stands there twice"),
        (b"train: [\n", "not valid YAML"),
        (b"train: !!python/object/apply:os.getcwd []\n", "not valid YAML"),
        (b"train:\n  sead: 3\n", "did you mean 'train.seed'?"),
        (b"1: {}\n", "unknown section 1"),
        (b"train: {1: 2}\n", "unknown key 'train.1'"),
        (b"\xff\xfe\xff", "is not UTF-8 text; give a YAML file"),
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "wrong.yaml").write_bytes(content)
    with pytest.raises(InputError, match=re.escape(message)) as raised:
        read_config(tmp_path / "wrong.yaml")
    assert "wrong.yaml" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_config_may_come_through_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=["train: {seed: 7}\n"], daemon=True)
    writer.start()
    assert read_config(tmp_path / "pipe").train.seed == 7
    writer.join(10)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no config file '.*none\.yaml'"):
        read_config(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    "written, number",
    [("0100", 100), ("08", 8), ("1_000", 1000), ("0", 0), ("0x10", 16), ("0b11", 3)],
)
def test_whole_numbers_are_decimal_whatever_they_begin_with(written: str, number: int, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"train: {{max_steps: {written}}}\n", encoding="utf-8")
    for config in (read_config(tmp_path / "a.yaml"), read_config(None, [f"train.max_steps={written}"])):
        assert config.train.max_steps == number


@pytest.mark.parametrize("key", ["train.warmup_steps", "train.learning_rate"])
@pytest.mark.parametrize("written", ["1:30", "1:30.5"])
def test_a_time_is_no_number(key: str, written: str) -> None:
    with pytest.raises(InputError, match=rf"{re.escape(key)}: expected a .*number .*; given '{written}'"):
        read_config(None, [f"{key}={written}"])


def test_a_section_whose_keys_are_all_remarks_takes_overrides(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("data:\n  src: de\ntrain:\n  # max_epochs: 5\n", encoding="utf-8")
    config = read_config(tmp_path / "a.yaml", ["train.seed=7", "train.max_epochs=3", "data.tgt=en"])
    assert (config.train.seed, config.train.max_epochs, config.data.src, config.data.tgt) == (7, 3, "de", "en")


@pytest.mark.parametrize("content", ["", "# nothing but a remark\n", "train: {}\n"])
def test_a_file_that_says_nothing_is_the_defaults(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.yaml").write_text(content, encoding="utf-8")
    assert read_config(tmp_path / "a.yaml") == Config()


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["data.src=no", "data.tgt='null'", "data.train=[ä b, 'c: d', '# e', '007']"],
        ["train.learning_rate=1e-7", "train.betas=[0.8, 0.95]", "search.length_penalty=-0.5"],
        ["tokenizer.symbols=['yes', '~', '12:30:45', '2020-01-01', '=', '', '\u2028', 'true']"],
    ],
)
def test_a_config_kept_as_json_reads_back_the_same(overrides: list[str]) -> None:
    config = read_config(None, overrides)
    assert build_config(config.model_dump(mode="json"), "dump") == config


def test_no_number_is_a_truth_value() -> None:
    for key, value in Config().flat().items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            with pytest.raises(InputError, match=rf"{re.escape(key)}: expected a .*number.*; given True"):
                read_config(None, [f"{key}=true"])


def test_flat_names_every_key_by_its_section() -> None:
    flat = Config().flat()
    assert flat["train.seed"] == Config().train.seed
    assert len(flat) == sum(len(section) for section in Config().model_dump().values())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_every_shipped_config_is_short_loads_and_builds_its_model(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").split("\n")) - 1 <= 30
    config = read_config(path)
    sizes = (11, 11) if config.tokenizer.shared else (11, 13)
    with torch.device("meta"):
        model = TranslationModel(config.model, *sizes)
    assert model.output.out_features == sizes[1]


def test_configs_are_shipped() -> None:
    assert SHIPPED


@pytest.mark.parametrize(
    "key, value",
    [
        ("model.encoder_layers", 10**9),
        ("model.embedding_size", 10**7),
        ("train.seed", 10**30),
        ("search.max_length", 2**31),
        ("search.beam_size", 10_001),
        ("search.n_best", 10_001),
        ("search.length_penalty", 1e300),
        ("search.temperature", 1e-300),
        ("data.max_length", 10**6),
        ("tokenizer.vocab_size", 10**6 + 1),
    ],
)
def test_a_number_beyond_all_use_is_refused_by_name(key: str, value: float) -> None:
    section, name = key.split(".")
    with pytest.raises(InputError, match=rf"{section}\.{name}: expected a .*number (from|to) [^;]*; given"):
        build_config({section: {name: value}}, "test")


@pytest.mark.parametrize(
    "tree",
    [
        {"data": {"src": ["a" * 10**6]}},
        {"data": {"k" * 10**6: 1}},
        {"data": {"\x1b[31m\n": 1}},
        {"k\n" * 10**5: {}},
        {"data": ["x"] * 10**5},
        {"model": {"heads": {"a": [0] * 10**5}}},
    ],
)
def test_an_error_is_one_short_line_whatever_was_given(tree: dict[str, Any]) -> None:
    with pytest.raises(InputError) as raised:
        build_config(tree, "test")
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 600


def test_sampling_that_is_not_given_follows_from_the_kind_of_pieces() -> None:
    def sampling(*overrides: str) -> float:
        return read_config(None, overrides).tokenizer.sampling

    assert sampling() == sampling("tokenizer.kind=unigram") == 0.6
    assert sampling("tokenizer.kind=bpe") == 0.1
    assert sampling("tokenizer.kind=bpe", "tokenizer.sampling=0.3") == 0.3
    assert sampling("tokenizer.kind=bpe", "tokenizer.sampling=auto") == 0.1
    assert sampling("tokenizer.sampling=auto") == 0.6
    with pytest.raises(InputError, match=r"tokenizer\.sampling: expected a number from 0 to 1, or auto; given 'much'"):
        sampling("tokenizer.sampling=much")
