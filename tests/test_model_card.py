"""The card of a model: its front matter, and the scores it tells."""

from __future__ import annotations

import pytest
import yaml

from nmt import __version__
from nmt.config_reading import read_config
from nmt.model_card import model_card
from nmt.model_directory import ModelDescription
from nmt.validation import Validation


def card(score: Validation, *settings: str) -> str:
    config = read_config(None, ["data.src=de", "data.tgt=en", *settings])
    return model_card(ModelDescription(config, 300, 310), 4200, score)


@pytest.mark.parametrize(("src", "tgt"), [("de", "en"), ("no", "on"), ("zh-Hant", "010"), ("a: b", "#")])
def test_the_front_matter_names_the_languages_to_any_reader_of_yaml(src: str, tgt: str) -> None:
    _, front, rest = card(Validation(1.0, 2.0), f"data.src='{src}'", f"data.tgt='{tgt}'").split("---\n", 2)
    tree = yaml.safe_load(front)
    assert tree["language"] == [src, tgt]
    assert set(tree) == {"language", "pipeline_tag", "library_name", "license"}
    assert rest.startswith(f"# {src} to {tgt}\n")


def test_the_scores_and_what_they_are_of_stand_there() -> None:
    text = card(Validation(1.23456, 43.218, "nrefs:1|case:mixed"), "model.cell=gru", "model.attention=general")
    assert "| 1.235 | 3.44 | 43.22 | `nrefs:1|case:mixed` |" in text
    assert "best checkpoint (update 4200)" in text and f"made by nmt {__version__}" in text
    assert "gru encoder and decoder with general attention" in text


def test_without_translations_there_is_no_bleu() -> None:
    assert "| 2.000 | 7.39 | – | `` |" in card(Validation(2.0, None))
