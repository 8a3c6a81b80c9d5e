"""The list of settings: complete, readable, and a config file one can use."""

from __future__ import annotations

from pathlib import Path

import pytest

from nmt.config import Config
from nmt.config_reading import read_config
from nmt.errors import InputError
from nmt.scaling import open_keys
from nmt.settings import as_table, as_yaml, list_settings, show_settings
from tests import tiny

ODD = ["data.src=no", "data.train=[ä b, 'c: d', '# e', '007']", "train.min_learning_rate=1e-7", "model.cell='true'"]


def test_every_key_is_listed_in_order() -> None:
    assert [setting.name for setting in list_settings(Config())] == list(Config().flat())


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ODD,
        ["train.batch_tokens=999", "model.dropout=auto"],
        ["tokenizer.symbols=['~', '12:30', '=', '', '\u2028', 'null']"],
        ["tokenizer.symbols=['1e5', '-1E3', '1.5e3', '.5e3', '1', '010', '1_0', '1:30.5', 'true', 'no', '0x1', '1e']"],
        ["tokenizer.kind=bpe", "data.src='1e5'", "tokenizer.sampling=0"],
    ],
)
def test_the_yaml_reads_back_as_the_same_config(overrides: list[str], tmp_path: Path) -> None:
    config = read_config(None, overrides)
    (tmp_path / "all.yaml").write_text(as_yaml(list_settings(config)), encoding="utf-8")
    assert read_config(tmp_path / "all.yaml") == config
    assert open_keys(read_config(tmp_path / "all.yaml")) == open_keys(config)


def test_what_follows_from_the_corpus_is_auto_until_it_is_set() -> None:
    before, after = (list_settings(read_config(None, each), ["model.dropout"])[0] for each in ([], ["model.dropout=0"]))
    assert (before.value, after.value) == ("auto", 0.0)
    assert before.choices == ["auto"] and before.kind == "a number from 0 to below 1, or auto"


def test_sampling_follows_from_a_kind_of_pieces_that_is_changed_in_the_file(tmp_path: Path) -> None:
    text = as_yaml(list_settings(Config()))
    assert "\n  sampling: auto\n" in text
    (tmp_path / "mine.yaml").write_text(text.replace("kind: unigram", "kind: bpe"), encoding="utf-8")
    assert read_config(tmp_path / "mine.yaml").tokenizer.sampling == 0.1
    given = list_settings(read_config(None, ["tokenizer.sampling=0.6"]), ["tokenizer.sampling"])[0]
    assert (given.value, given.choices, given.kind) == (0.6, ["auto"], "a number from 0 to 1, or auto")


def test_the_yaml_has_a_comment_on_every_key() -> None:
    lines = as_yaml(list_settings(Config())).split("\n")
    keys = [place for place, line in enumerate(lines) if line.startswith("  ") and not line.startswith("  #")]
    assert len(keys) == len(Config().flat())
    assert all(lines[place - 1].startswith("  # ") for place in keys)


def test_the_table_has_a_line_for_each_setting_and_can_be_searched() -> None:
    lines = as_table(list_settings(Config())).split("\n")
    assert len(lines) == 1 + len(Config().flat())
    (line,) = (line for line in lines if line.startswith("train.min_learning_rate "))
    assert "  1e-05  " in line and "  a number from 0  " in line


def test_a_table_on_a_screen_is_wrapped_and_loses_no_word() -> None:
    settings = list_settings(Config(), ["tokenizer"])
    wide, narrow = as_table(settings), as_table(settings, 100)
    assert max(len(line) for line in narrow.split("\n")) <= 100 < max(len(line) for line in wide.split("\n"))
    assert narrow.split() == wide.split()


def test_sections_and_keys_choose_and_values_change(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("train: {seed: 3}\n", encoding="utf-8")
    shown = show_settings(tmp_path / "mine.yaml", ["train.seed", "train.keep", "train.keep=7"], "yaml")
    assert [line for line in shown.split("\n") if "#" not in line] == ["train:", "  seed: 3", "  keep: 7"]
    assert {setting.section for setting in list_settings(Config(), ["search"])} == {"search"}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("trian", "did you mean 'train'?"),
        ("train.sead", "did you mean 'train.seed'?"),
        ("beam_size", "did you mean 'search.beam_size'?"),
        ("train.lr", "did you mean 'train.learning_rate'?"),
        ("xyz", "choose a section (data, tokenizer, model, train, search) or key"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(InputError) as raised:
        list_settings(Config(), [name])
    assert str(raised.value) == f"unknown setting {name!r}; {hint}"


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("model.cell=transformer", "model.cell: expected one of: lstm, gru or rnn; given 'transformer'"),
        ("train.optimizer=lion", "train.optimizer: expected one of: adam, adamw or sgd; given 'lion'"),
        ("train.device=gpu", "train.device: expected one of: auto, cpu, cuda or cuda:N; given 'gpu'"),
    ],
)
def test_a_name_that_no_table_has_is_refused_as_a_training_would(word: str, told: str) -> None:
    with pytest.raises(InputError) as raised:
        show_settings(None, [word], "text")
    assert str(raised.value) == told
    assert "cuda:1" in show_settings(None, ["train.device=cuda:1", "train.device"], "text")


def test_the_command_writes_what_train_takes(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert tiny.run_nmt("config", "-f", "yaml", "train.max_steps=9") == 0
    out, err = capfd.readouterr()
    assert err == ""
    (tmp_path / "mine.yaml").write_text(out, encoding="utf-8")
    assert read_config(tmp_path / "mine.yaml") == read_config(None, ["train.max_steps=9"])
