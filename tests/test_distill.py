"""Distillation: what the student learns from, and that it goes on after a cut."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from lab.n_best import nearest, read_n_best

from nmt.config import SCALED_KEYS
from nmt.config_reading import read_config
from nmt.corpus import read_pairs
from nmt.errors import FailureError, InputError
from nmt.lines import read_lines
from nmt.model_description import ModelDescription
from nmt.scaling import fill, scaled_values
from tests import tiny
from tests.script_files import InProcess, script, write_config

distill = script("distill")
HALF = -(-scaled_values(40)["train.max_epochs"] // 2)


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InProcess:
    monkeypatch.chdir(tmp_path)
    write_config(tmp_path)
    runner = InProcess()
    monkeypatch.setattr("lab.experiments.Processes", lambda: runner)
    return runner


def run(*words: object) -> int:
    teacher = tiny.model_directory()
    given = ["-m", teacher, "-m", teacher, "-c", "tiny.yaml", "-o", "runs/student", "--threads", "1", *words]
    code: int = distill.main(distill.parse_words([str(word) for word in given]))
    return code


def model_of(folder: Path, src: str, tgt: str) -> Path:
    """Return a teacher that says it is of these languages."""
    shutil.copytree(tiny.model_directory(), folder)
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["data"] |= {"src": src, "tgt": tgt}
    path.write_text(json.dumps(config), encoding="utf-8")
    return folder


def corpus(name: str) -> list[tuple[str, str]]:
    return [(pair.src, pair.tgt) for pair in read_pairs([f"runs/student.corpus/{name}"], "de", "en")]


def test_a_student_learns_from_the_original_and_from_the_teachers(running: InProcess) -> None:
    assert run("--beam-size", "2", "--n-best", "2", "train.max_steps=2") == 0
    pairs = corpus("train-model")
    assert pairs[:40] == [tuple(pair) for pair in tiny.pairs(40)]
    best = list(read_n_best(Path("runs/student.corpus/n-best.en")))
    assert [translations[0] for translations in best if translations[0].strip()] == [tgt for _, tgt in pairs[40:]]
    assert {src for src, _ in pairs[40:]} <= {src for src, _ in pairs[:40]}
    config = ModelDescription.read(Path("runs/student")).config
    assert config.data.train == ["runs/student.corpus/train-model"]
    assert [command[0] for command in running.commands] == ["translate", "train"]
    assert running.commands[0].count("-m") == 2 and "--resume" in running.commands[0]


def test_models_of_both_directions_rerank_with_each_other(running: InProcess) -> None:
    back, teacher, few = str(tiny.reverse_directory()), str(tiny.model_directory()), ["--n-best", "2"]
    assert run("--back", back, "--reverse-model", back, *few, "--beam-size", "2", "train.max_steps=1") == 0
    forward, backward, _ = running.commands
    for command, models, reverse in ((forward, [teacher] * 2, [back]), (backward, [back], [teacher] * 2)):
        for option, expected in (("-m", models), ("--reverse-model", reverse)):
            assert [command[place + 1] for place, word in enumerate(command) if word == option] == expected
    with pytest.raises(InputError, match="by other teachers or settings"):
        run("--back", back, *few, "--beam-size", "2", "train.max_steps=1")
    with pytest.raises(InputError, match="one from en to de is needed"):
        run("--reverse-model", teacher, *few, "--beam-size", "2", "train.max_steps=1")


def test_a_student_learns_from_translations_into_the_source_language_too(running: InProcess) -> None:
    back = tiny.reverse_directory()
    few = ["--beam-size", "2", "--n-best", "2", "train.max_steps=1"]
    assert run("--back", back, *few, "train.max_epochs=auto") == 0
    pairs, original = corpus("train-model-back"), [tuple(pair) for pair in tiny.pairs(40)]
    assert pairs[:40] == original
    by_line = list(read_n_best(Path("runs/student.corpus/back/n-best.de")))
    expected = [(said[0], tgt) for said, (_, tgt) in zip(by_line, original, strict=True) if said[0].strip()]
    assert expected and pairs[-len(expected) :] == expected
    assert [command[0] for command in running.commands] == ["translate", "translate", "train"]
    # The same translations serve a student of the forward ones alone.
    run("-o", "runs/other", "--corpus", "runs/student.corpus", *few, "tokenizer.vocab_size=auto")
    assert [command[0] for command in running.commands[3:]] == ["train"]
    assert corpus("train-model") == pairs[: -len(expected)]


def test_teachers_of_other_languages_are_refused(running: InProcess, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"model translates de to en; one from en to de is needed"):
        run("--back", tiny.model_directory(), "train.max_steps=1")
    other = model_of(tmp_path / "other", "de", "fr")
    with pytest.raises(InputError, match=r"other translates de to fr; one from de to en is needed"):
        run("-m", other, "train.max_steps=1")
    assert not running.commands


def test_translations_are_made_once_for_several_students(running: InProcess) -> None:
    run("--beam-size", "2", "--n-best", "2", "train.max_steps=1")
    before = tiny.files(Path("runs/student.corpus"))
    again = ["--corpus", "runs/student.corpus", "--beam-size", "2", "--n-best", "2", "train.max_steps=1"]
    # The teachers have few words, too few for the vocabulary of the config.
    again.append("tokenizer.vocab_size=auto")
    run("-o", "runs/other", "--choose", "reference", "--without-original", *again)
    assert [command[0] for command in running.commands] == ["translate", "train", "train"]
    assert before.items() <= tiny.files(Path("runs/student.corpus")).items()
    # Of the two of each line, the one nearer to the reference.
    found = dict(corpus("train-reference-alone"))
    for pair, translations in zip(tiny.pairs(40), read_n_best(Path("runs/student.corpus/n-best.en")), strict=True):
        # One without a word, or like another pair, is not learned from.
        assert found.get(pair.src, "") in (nearest(translations, [pair.tgt]), "")
    assert len(found) > 5


def test_a_cut_translation_goes_on_and_other_settings_are_refused(
    running: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(command: list[object], **_: object) -> str:
        raise FailureError("cut")

    with monkeypatch.context() as patch:
        patch.setattr(running, "run", cut)
        with pytest.raises(FailureError, match="cut"):
            run("train.max_steps=1")
    assert not Path("runs/student").exists()
    with pytest.raises(InputError, match=r"holds translations of another text.*--corpus"):
        run("--beam-size", "3", "--n-best", "3", "train.max_steps=1")
    assert run("train.max_steps=1") == 0
    assert Path("runs/student/model.safetensors").is_file()


def settings(*words: str, learned: int = 80) -> list[str]:
    """Return the overrides of a student of 40 pairs, who learns from so many."""
    asked = distill.parse_words(["-m", "x", "-c", "tiny.yaml", "-o", "y", *words])
    prefix = Path(tiny.write_corpus(Path("learned/train"), learned))
    found: list[str] = distill.settings_of_original(asked, read_config(asked.config, asked.overrides), prefix)
    return found


def test_twice_the_corpus_means_half_the_epochs(running: InProcess, tmp_path: Path) -> None:
    write_config(tmp_path, {"train.max_epochs": 5})
    assert settings() == ["train.max_epochs=3"]
    assert settings("--without-original") == settings("train.max_epochs=5") == settings("train.max_epochs=0") == []


def test_epochs_that_follow_from_the_corpus_are_half_of_the_original_ones(running: InProcess) -> None:
    # Of 40 pairs; the default, which stands where there is no corpus, is 20.
    open_ = ["train.max_epochs=auto", "train.max_steps=0"]
    assert settings(*open_) == [f"train.max_epochs={HALF}"]
    assert settings(*open_, "--without-original", learned=40) == []
    # With translations into the source language too a third of them, rounded up.
    third = -(-scaled_values(40)["train.max_epochs"] // 3)
    assert settings(*open_, "--back", "nowhere") == [f"train.max_epochs={third}"]
    # Updates that are asked for are made, however many epochs they take.
    assert settings("train.max_epochs=auto", "train.max_steps=9") == []


def test_what_is_auto_follows_from_the_original_pairs(running: InProcess) -> None:
    open_ = [*(f"{key}=auto" for key in SCALED_KEYS), "train.max_steps=0"]
    assert settings(*open_) == [f"train.max_epochs={HALF}"]
    expected = {**scaled_values(40), "train.max_epochs": HALF}
    twice = settings(*open_, learned=2_000)
    assert twice and set(twice) <= {f"{key}={value}" for key, value in expected.items()}
    asked = read_config(Path("tiny.yaml"), [*open_, *twice])
    assert fill(asked, scaled_values(2_000)).flat() == fill(asked, expected).flat()
    assert "tokenizer.vocab_size=1000" in twice
    # Of a model that is gone on from, the vocabulary stays.
    assert not any("vocab" in each for each in settings(*open_, "train.start_from=de-en", learned=2_000))


def test_a_student_is_trained_with_the_settings_of_the_original_pairs(running: InProcess) -> None:
    assert run("--n-best", "1", "train.max_epochs=auto", "train.max_steps=1") == 0
    assert ModelDescription.read(Path("runs/student")).config.train.max_epochs == 0


@pytest.mark.parametrize("threads", [0, 3])
def test_threads_are_limited_only_where_a_number_is_given(
    threads: int, running: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = []
    in_process = running.run

    def noting(command: Sequence[object], log: Path | None = None, threads: int = 1) -> str:
        limits.append(threads)
        return in_process(command, log, threads)

    monkeypatch.setattr(running, "run", noting)
    assert run("--n-best", "1", "--threads", threads, "train.max_steps=1", "train.threads=0") == 0
    assert limits == [threads, threads]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("data.dev=",), "data.train and data.dev must be set"),
        (("--n-best", "6"), "--n-best 6 must be between 1 and --beam-size 5"),
        (("--n-best", "1", "--choose", "reference"), "chooses among several"),
        (("-m", "nowhere"), "nowhere"),
    ],
)
def test_what_cannot_be_distilled_is_told(words: tuple[str, ...], message: str, running: InProcess) -> None:
    with pytest.raises(InputError, match=message):
        run(*words)
    assert not running.commands


def test_a_text_of_several_lines_is_one_line_of_the_corpus(running: InProcess, tmp_path: Path) -> None:
    records = [
        {"de": f"{src}\n{src}" if number == 3 else src, "en": tgt} for number, (src, tgt) in enumerate(tiny.pairs(9))
    ]
    Path("own.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records), encoding="utf-8")
    run("--beam-size", "2", "--n-best", "2", "train.max_steps=1", "data.train=own.jsonl")
    pairs = corpus("train-model")
    assert pairs[3][0] == f"{tiny.pairs(9)[3][0]} {tiny.pairs(9)[3][0]}" and len(pairs) > 9


def test_a_corpus_of_two_files_is_taken_as_it_is(running: InProcess) -> None:
    train = "data/multi30k/train.de,data/multi30k/train.en"
    assert run("--beam-size", "2", "--n-best", "1", "train.max_steps=1", f"data.train={train}") == 0
    assert len(corpus("train-model")) > 40


def test_translations_of_another_number_of_lines_are_refused(running: InProcess) -> None:
    run("--beam-size", "2", "--n-best", "2", "train.max_steps=1")
    path = Path("runs/student.corpus/n-best.en")
    lines = path.read_text(encoding="utf-8").split("\n")
    path.write_text("\n".join(lines[2:]), encoding="utf-8")
    with pytest.raises(InputError, match=r"has translations of 39 lines, .* has 40; remove runs/student\.corpus, and"):
        run("--beam-size", "2", "--n-best", "2", "train.max_steps=1")


def test_blank_lines_teach_nothing(running: InProcess, tmp_path: Path) -> None:
    for code, text in (("de", " \n"), ("en", "X\n")):
        with Path(f"data/multi30k/train.{code}").open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    run("--beam-size", "2", "--n-best", "1", "train.max_steps=1")
    assert len(list(read_lines(Path("runs/student.corpus/source.de")))) == 40
    assert all(src.strip() and tgt.strip() for src, tgt in corpus("train-model"))
