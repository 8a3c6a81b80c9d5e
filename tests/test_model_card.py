"""The card of a model: its front matter, and the scores it tells."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from nmt import __version__
from nmt.config_reading import read_config
from nmt.model_card import model_card, remove_card, write_card
from nmt.model_description import ModelDescription
from nmt.validation import Validation


def describe(*settings: str) -> ModelDescription:
    return ModelDescription(read_config(None, ["data.src=de", "data.tgt=en", *settings]), 300, 310)


def card(score: Validation, *settings: str) -> str:
    return model_card(describe(*settings), 4200, score)


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


@pytest.mark.parametrize("score", [Validation(1.5, 2.5, "nrefs:1|case:mixed"), Validation(1.5, None)])
def test_a_card_as_it_was_written_gives_way(
    score: Validation, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "README.md"
    for version in (__version__, "0.0.7"):
        for step in (4200, 17):
            path.write_text(card(score).replace(f"nmt {__version__}.", f"nmt {version}."), encoding="utf-8")
            write_card(tmp_path, describe(), step, Validation(3.25, 7.5))
            assert path.read_text(encoding="utf-8") == model_card(describe(), step, Validation(3.25, 7.5))
        remove_card(tmp_path, describe())
        assert not path.exists()
    remove_card(tmp_path, describe())
    write_card(tmp_path, describe(), 3, score)
    assert path.is_file() and not caplog.records


@pytest.mark.parametrize(("licence", "own"), [(b"mit", b""), (b"other", b"Trained by me.\n"), (b"other", b"\xff")])
def test_a_card_that_somebody_changed_stays_and_it_is_said(
    licence: bytes, own: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content = card(Validation(1.5, 2.5)).encode().replace(b"license: other", b"license: " + licence) + own
    (tmp_path / "README.md").write_bytes(content)
    remove_card(tmp_path, describe())
    assert not caplog.records
    write_card(tmp_path, describe(), 9, Validation(1.0, 3.0))
    assert (tmp_path / "README.md").read_bytes() == content
    assert "README.md is not as nmt wrote it and stays; its scores may be of before" in caplog.text


def test_without_translations_there_is_no_bleu() -> None:
    assert "| 2.000 | 7.39 | – | `` |" in card(Validation(2.0, None))
