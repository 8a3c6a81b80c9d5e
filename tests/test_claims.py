"""The claims: typing errors, groups by length, the trainings and the figure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lab.claims_figure import draw
from lab.experiments import Corpus, Plan
from lab.noise import KEYBOARDS, neighbours, with_errors
from lab.studies import Row

from nmt.cells import CELLS
from nmt.config_reading import read_config
from nmt.errors import InputError
from nmt.optim import OPTIMIZERS
from nmt.scaling import open_keys
from tests.script_files import ROOT, InProcess, script, write_config

claims = script("claims")
TEXT = ["Ein kleiner Junge spielt im Garten.", "", "Zwei Hunde laufen, und 3 Katzen schlafen!", "a b"] * 50


# --- typing errors ---


@pytest.mark.parametrize("language", [*KEYBOARDS, "xx"])
def test_keys_that_are_near_are_near_from_both_sides(language: str) -> None:
    near = neighbours(language)
    assert all(near[key] for key in near)
    assert all(key in near[other] for key, others in near.items() for other in others)
    assert all(key not in others for key, others in near.items())


def test_the_next_keys_are_those_of_the_keyboard() -> None:
    assert set(neighbours("en")["g"]) == set("fhtyvb")
    assert "z" in neighbours("de")["t"] and "y" in neighbours("en")["t"]


def test_no_share_of_errors_changes_nothing_and_all_of_it_every_word() -> None:
    assert with_errors(TEXT, 0, "de", 1) == TEXT
    for before, after in zip(TEXT, with_errors(TEXT, 1, "de", 1), strict=True):
        words = list(zip(before.split(" "), after.split(" "), strict=True))
        assert all((was != now) == (sum(map(str.isalpha, was)) > 1) for was, now in words)


def test_a_share_of_the_words_has_one_error_each() -> None:
    words = [pair for pair in zip(" ".join(TEXT).split(" "), " ".join(with_errors(TEXT, 0.3, "de", 1)).split(" "),
             strict=True) if len(pair[0]) > 1]  # fmt: skip
    wrong = [(was, now) for was, now in words if was != now]
    assert 0.2 < len(wrong) / len(words) < 0.4
    kinds = {len(now) - len(was) for was, now in wrong}
    assert kinds == {0, -1}
    for was, now in wrong:
        different = sum(a != b for a, b in zip(was, now, strict=False))
        assert len(now) < len(was) or different == 1 or sorted(was) == sorted(now)


def test_errors_follow_from_the_seed_and_grow_with_the_share() -> None:
    few, many = with_errors(TEXT, 0.1, "de", 1), with_errors(TEXT, 0.4, "de", 1)
    assert few == with_errors(TEXT, 0.1, "de", 1) != with_errors(TEXT, 0.1, "de", 2)
    for was, small, large in zip(
        *(" ".join(lines).split(" ") for lines in (TEXT, few, many)), strict=True
    ):  # fmt: skip
        assert small in (was, large)


# --- groups by length ---


def test_every_sentence_is_in_the_group_of_its_length() -> None:
    sources = [" ".join(["w"] * words) for words in (30, 8, 9, 11, 12, 1, 18, 19)]
    groups = claims.by_length(sources, sources, sources)
    assert {name: group["sentences"] for name, group in groups.items()} == {
        "1-8 words": 2, "9-11 words": 2, "12-14 words": 1, "15-18 words": 1, "19 words and more": 2,
    }  # fmt: skip
    assert groups["12-14 words"]["bleu"] == pytest.approx(100)


# --- trainings ---


def test_every_cell_is_trained_on_every_size_and_every_optimiser_on_all() -> None:
    found = claims.claims([1000, 29000, 5000, 60000], 29000)
    assert [claim.name for claim in found if claim.cell == "gru"] == ["gru-1000", "gru-5000", "gru-all"]
    assert {claim.cell for claim in found} == set(CELLS)
    assert len({claim.name for claim in found}) == len(found)
    for claim in found:
        config = read_config(ROOT / "configs/claims.de-en.yaml", claim.changes)
        assert config.train.optimizer in OPTIMIZERS and config.model.cell == claim.cell
        # 1,000 pairs allow no vocabulary of 6,000 pieces: it follows from their number.
        assert {"tokenizer.vocab_size", "model.dropout"} <= set(open_keys(config))
    assert {claim.name for claim in found if "sgd" in claim.name} == {"lstm-sgd-1.0", "lstm-sgd-momentum-0.1"}


def test_a_training_is_measured_by_length_and_noise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = write_config(tmp_path)
    arguments = claims.parse_words(["-o", "runs/claims", "--pairs", "30", "40", "-c", str(config)])
    plan = Plan(config, Corpus.of(read_config(config)), 4, 1)
    tasks = {task.name: task for task in claims.tasks_of(plan, arguments)}
    assert list(tasks)[:4] == ["lstm-30", "gru-30", "rnn-30", "lstm-all"]
    assert tasks["gru-30"].facts["data.train"] == ["runs/claims/corpora/multi30k-30"]
    assert tasks["gru-30"].facts["model.cell"] == "gru"
    (tmp_path / "gru-30").mkdir()
    figures = tasks["gru-30"].work(tmp_path / "gru-30", InProcess())
    assert figures["noise"]["0"] == figures["bleu"]
    assert list(figures["noise"]) == ["0", "0.02", "0.05", "0.1"]
    assert sum(group["sentences"] for group in figures["lengths"].values()) == 4
    assert [step for step, _ in figures["curve"]] == [1, 2, 3, 4]
    row = Row(tasks["gru-30"], figures)
    lines = claims.table({"gru-30": row, "rnn-30": Row(tasks["rnn-30"], None, "failed")}).split("\n")
    assert lines[2].startswith("| gru-30 | 30 | ") and "| 10% errors |" in lines[0]
    counted = [f"{name} ({group['sentences']})" for name, group in figures["lengths"].items()]
    assert f"| BLEU | {' | '.join(counted)} | 2% errors |" in lines[0]
    assert "| failed |" in lines[3] and lines[3].count("|") == lines[0].count("|")
    draw([row.as_dict()], tmp_path)
    assert (tmp_path / "claims.png").read_bytes().startswith(b"\x89PNG")
    first = (tmp_path / "claims.svg").read_bytes()
    draw([json.loads(json.dumps(row.as_dict()))], tmp_path)
    assert (tmp_path / "claims.svg").read_bytes() == first


def test_a_figure_of_nothing_is_not_drawn(tmp_path: Path) -> None:
    draw([], tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_missing_test_set_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = write_config(tmp_path)
    plan = Plan(config, Corpus.of(read_config(config)), 4, 1)
    with pytest.raises(InputError, match=r"no test set .*flickr2030\.de; give another by --test-set"):
        claims.tasks_of(plan, claims.parse_words(["--test-set", "flickr2030"]))
    with pytest.raises(InputError, match="--pairs 0 is too few"):
        claims.main(claims.parse_words(["--pairs", "0"]))
