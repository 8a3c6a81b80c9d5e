"""What `nmt evaluate` says, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from nmt.commands.evaluation import Request, run_evaluation
from nmt.errors import InputError
from nmt.metrics import evaluate
from nmt.translator import Translator
from tests import tiny

REFERENCE = ["The dog sleeps on the sofa .", "A cat drinks some milk .", "We like to read books ."]
GOOD = ["The dog sleeps on the sofa .", "A cat drinks milk .", "We like to read a book ."]
BAD = ["The sofa sleeps .", "A cat eats bread .", "They write letters to us ."]


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    for name, lines in (("ref", REFERENCE), ("good", GOOD), ("bad", BAD)):
        (tmp_path / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8", newline="\n")
    return Request(
        models=(), src=None, tgt=None, src_path=None, hyp_path=tmp_path / "good", ref_paths=(tmp_path / "ref",),
        metrics=("bleu",), confidence=False, bootstrap=None, randomization=None, lowercase=False, form="text",
        beam_size=None, precision="auto", threads=0,
    )  # fmt: skip


def test_every_metric_has_a_line_with_its_signature(request_: Request) -> None:
    lines = run_evaluation(replace(request_, metrics=("bleu", "chrf,ter"))).split("\n")
    assert [line.split("|")[0] for line in lines] == ["BLEU", "chrF2", "TER"]
    assert all("|version:" in line and " = " in line for line in lines)
    assert lines == [score.format() for score in evaluate(GOOD, [REFERENCE])]


def test_metrics_are_known_in_any_case_and_with_spaces(request_: Request) -> None:
    names = replace(request_, metrics=("BLEU, chrF", "TER"))
    assert run_evaluation(names) == run_evaluation(replace(request_, metrics=("bleu", "chrf", "ter")))


def test_json_holds_the_scores_with_their_signatures(request_: Request) -> None:
    (score,) = json.loads(run_evaluation(replace(request_, form="json", confidence=True)))
    assert set(score) == {"name", "score", "signature", "confidence_mean", "confidence_var"}
    assert 0 < score["score"] < 100


def test_more_references_raise_the_score(request_: Request) -> None:
    def bleu(request: Request) -> float:
        return float(json.loads(run_evaluation(replace(request, form="json")))[0]["score"])

    (reference,) = request_.ref_paths
    both = replace(request_, ref_paths=(reference, reference.with_name("good")))
    assert bleu(request_) < bleu(both) == pytest.approx(100)


@pytest.mark.parametrize("test", ["bootstrap", "randomization"])
def test_a_paired_test_names_both_systems_and_the_chance(test: str, request_: Request, tmp_path: Path) -> None:
    found = json.loads(run_evaluation(replace(request_, form="json", **{test: tmp_path / "bad"})))  # type: ignore[arg-type]
    assert [each["system"] for each in found] == [str(tmp_path / "bad"), str(tmp_path / "good")]
    (baseline,), (system,) = (each["scores"] for each in found)
    assert "p_value" not in baseline and 0 < system["p_value"] <= 1
    assert system["score"] > baseline["score"]
    text = run_evaluation(replace(request_, **{test: tmp_path / "bad"})).split("\n")  # type: ignore[arg-type]
    assert text[0] == f"{tmp_path / 'bad'}:" and "(p = " in text[-1]


def test_a_model_is_scored_by_what_it_translates(request_: Request, tmp_path: Path) -> None:
    sources = [pair.src for pair in tiny.pairs(3)]
    (tmp_path / "src").write_text("".join(line + "\n" for line in sources))
    model = tiny.model_directory()
    asked = replace(
        request_,
        models=(str(model),),
        src_path=tmp_path / "src",
        hyp_path=None,
        metrics=("chrf",),
        beam_size=1,
        precision="fp32",
        threads=1,
    )
    translator = Translator.load(model, "fp32", threads=1)
    texts = [each.text for each in translator.translate(sources, translator.settings({"beam_size": 1}))]
    assert run_evaluation(asked) == evaluate(texts, [REFERENCE], ["chrf"])[0].format()


def test_options_that_do_not_go_together_are_refused(request_: Request, tmp_path: Path) -> None:
    file = tmp_path / "bad"
    refused = {
        "two tests of one question": {"bootstrap": file, "randomization": file},
        "leave out -m": {"models": ("m",)},
        "leave out --to": {"tgt": "en"},
        "leave out --beam-size": {"beam_size": 3},
        "leave out --precision": {"precision": "fp32"},
        "short has 1 line, but .* 3;": {"src_path": tmp_path / "short"},
        "or translations": {"hyp_path": None},
        "--src FILE": {"models": ("m",), "hyp_path": None},
        "unknown metric 'blue'": {"metrics": ("blue",)},
        "has 3 lines, but .*short 1;": {"ref_paths": (tmp_path / "short",)},
        "no-file": {"ref_paths": (tmp_path / "no-file",)},
    }
    (tmp_path / "short").write_text("one\n")
    for message, changes in refused.items():
        with pytest.raises(InputError, match=message):
            run_evaluation(replace(request_, **changes))  # type: ignore[arg-type]


def test_what_cannot_be_scored_is_told_before_it_is_translated(request_: Request, tmp_path: Path) -> None:
    (tmp_path / "src").write_text("ba\n" * 3, encoding="utf-8")
    (tmp_path / "short").write_text("ba\n", encoding="utf-8")
    # The model is looked for when it is needed.
    asked = replace(request_, models=("no-model",), src_path=tmp_path / "src", hyp_path=None)
    for changes, message in (
        ({"metrics": ("blue",)}, "unknown metric 'blue'"),
        ({"bootstrap": tmp_path / "none"}, "none"),
        ({"bootstrap": tmp_path / "short"}, "short has 1 line, but .* 3;"),
        ({"ref_paths": (tmp_path / "short",)}, "src has 3 lines, but .*short 1"),
        ({}, "no-model"),
    ):
        with pytest.raises(InputError, match=message):
            run_evaluation(replace(asked, **changes))
