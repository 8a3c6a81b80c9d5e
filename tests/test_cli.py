"""The commands: what they write where, how they end, and what they say when they cannot."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nmt import __version__
from nmt.checkpoint import list_checkpoints
from nmt.cli import commands
from nmt.command_options import BEAM
from nmt.config import SearchConfig
from nmt.kinds import kind
from nmt.translator import Translator
from tests import tiny
from tests.strangers import ODD, lines_of_text, reuse, write

ROOT = Path(__file__).resolve().parent.parent
Capture = pytest.CaptureFixture[str]
COMMON = ["--precision", "fp32", "--threads", "1"]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """A file of four lines, the third blank."""
    (tmp_path / "text.de").write_text("ba de\nko\n\nlu ma ne\n", encoding="utf-8")
    return tmp_path / "text.de"


def translate(*arguments: str | Path) -> int:
    return tiny.run_nmt("translate", "-m", tiny.model_directory(), *COMMON, *arguments)


def start(*arguments: object) -> subprocess.Popen[str]:
    """Start `python -m nmt` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "nmt", *map(str, arguments)], cwd=ROOT, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


# --- help ---


@pytest.mark.parametrize("name", ["", *commands.commands])
def test_every_command_has_help_with_an_example_that_parses(name: str, capfd: Capture) -> None:
    assert tiny.run_nmt(*([name] if name else []), "--help") == 0
    out, err = capfd.readouterr()
    example = re.search(r"Example:\s+(.*)", " ".join(out.split()))
    assert err == "" and example is not None
    words = example[1].split("nmt ", 1)[1].split()
    assert not name or words[0] == name
    commands.commands[words[0]].make_context(words[0], words[1:])


@pytest.mark.parametrize("name", commands.commands)
def test_every_option_says_what_it_does_or_what_it_takes(name: str) -> None:
    for parameter in commands.commands[name].params:
        if isinstance(parameter, click.Option):
            assert parameter.help or isinstance(parameter.type, click.Choice), parameter.name


@pytest.mark.parametrize("name", commands.commands)
def test_every_command_stands_in_the_readme(name: str) -> None:
    assert f"`nmt {name}`" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_help_and_the_package_load_nothing_heavy() -> None:
    heavy = "('torch', 'numpy', 'pydantic', 'sentencepiece', 'sacrebleu', 'datasets')"
    code = (
        "import sys, nmt, nmt.cli\nsys.argv = ['nmt', '--help']\n"
        "nmt.cli.main()\n"
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stderr == "[]\n"
    assert ended.stdout.startswith("Usage: nmt")


def test_the_module_is_the_command() -> None:
    process = start("--version")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert __version__ in out


# --- what goes well ---


def test_train_makes_a_model_that_translate_evaluate_and_score_take(
    tmp_path: Path, text: Path, capfd: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    run = tmp_path / "run"
    settings = tiny.overrides(tmp_path)
    assert tiny.run_nmt("train", "-o", run, *settings) == 0
    assert capfd.readouterr().out == ""
    assert f"nmt translate -m {run}" in caplog.text
    assert set(tiny.files(run)) >= {
        "config.json", "model.safetensors", "shared.spm", "generation_config.json", "README.md",
        "metrics.jsonl", "train.log", "checkpoints/step_4/weights.safetensors",
    }  # fmt: skip
    card = (run / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlanguage:\n- de\n- en\n") and "pipeline_tag: translation" in card

    assert tiny.run_nmt("translate", "-m", run, *COMMON, "-i", text, "-o", tmp_path / "text.en") == 0
    assert capfd.readouterr().out == ""
    assert (tmp_path / "text.en").read_text(encoding="utf-8").count("\n") == 4
    evaluation = ["--src", text, "--ref", tmp_path / "text.en", "-M", "chrf", "-f", "json", *COMMON]
    assert tiny.run_nmt("evaluate", "-m", run, *evaluation) == 0
    assert json.loads(capfd.readouterr().out)[0]["score"] == pytest.approx(100)
    assert tiny.run_nmt("score", "-m", run, *COMMON, "--src", text, "--tgt", tmp_path / "text.en") == 0
    scores = capfd.readouterr().out.split("\n")
    assert len(scores) == 5 and all(float(score) < 0 for score in scores[:4])


def test_a_finished_training_run_again_does_nothing_and_ends_well(tmp_path: Path, capfd: Capture) -> None:
    settings = tiny.overrides(tmp_path)
    assert tiny.run_nmt("train", "-o", tmp_path / "run", *settings) == 0
    before = tiny.files(tmp_path / "run")
    capfd.readouterr()
    assert tiny.run_nmt("train", "-o", tmp_path / "run", *settings) == 0
    after = tiny.files(tmp_path / "run")
    assert after.keys() == before.keys() and "README.md" in before
    assert {name for name in after if after[name] != before[name]} <= {"train.log"}
    assert capfd.readouterr().out == ""


def test_train_takes_a_yaml_file_and_names_the_run_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tiny.overrides(tmp_path, {"train.max_steps": 1})
    tree: dict[str, list[str]] = {}
    for section, key, value in (re.split(r"[.=]", setting, maxsplit=2) for setting in settings):
        tree.setdefault(section, []).append(f"  {key}: {value}")
    lines = [line for section, keys in tree.items() for line in (f"{section}:", *keys)]
    (tmp_path / "mine.yaml").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert tiny.run_nmt("train", "-c", "mine.yaml", "train.max_steps=2") == 0
    assert list_checkpoints(tmp_path / "runs" / "mine")[0].name == "step_2"


def test_tokenizer_names_its_files_and_train_uses_them(tmp_path: Path, capfd: Capture) -> None:
    settings = tiny.overrides(tmp_path, {"tokenizer.vocab_size": 290})
    assert tiny.run_nmt("tokenizer", "-o", tmp_path / "run", *settings) == 0
    assert capfd.readouterr().out == f"{tmp_path / 'run' / 'shared.spm'}\n"
    before = (tmp_path / "run" / "shared.spm").read_bytes()
    assert tiny.run_nmt("train", "-o", tmp_path / "run", *settings) == 0
    assert (tmp_path / "run" / "shared.spm").read_bytes() == before
    assert len(Translator.load(tmp_path / "run").tokenizers.src) == 290


def test_translate_writes_the_formats_that_are_asked_for(text: Path, capfd: Capture) -> None:
    assert translate("-i", text) == 0
    plain = capfd.readouterr().out.split("\n")
    assert len(plain) == 5 and plain[2] == plain[4] == ""

    assert translate("-i", text, "--scores", "--alignments") == 0
    for line, expected in zip(capfd.readouterr().out.split("\n"), plain[:4], strict=False):
        found, score, alignment = line.split(" ||| ")
        assert found == expected and float(score) <= 0
        assert re.fullmatch(r"(\d+-\d+( \d+-\d+)*)?", alignment)

    assert translate("-i", text, "--n-best", "3") == 0
    numbered = [line.split(" ||| ") for line in capfd.readouterr().out.split("\n")[:-1]]
    assert [number for number, _ in numbered] == ["0", "0", "0", "1", "1", "1", "2", "3", "3", "3"]

    assert translate("-i", text, "-f", "jsonl", "--n_best", "2") == 0
    trees = [json.loads(line) for line in capfd.readouterr().out.split("\n")[:-1]]
    assert [tree["line"] for tree in trees] == [0, 1, 2, 3]
    assert [len(tree["alternatives"]) for tree in trees] == [2, 2, 0, 2]
    keys = {"line", "text", "score", "tokens", "token_scores", "source_tokens", "alignment", "alternatives"}
    assert all(set(tree) == keys for tree in trees)
    assert [tree["text"] for tree in trees if not tree["alternatives"]] == [""]


@pytest.mark.parametrize(
    "name, told",
    [("page.html", "give it without -i"), ("table.csv", "give it with --column"), ("text.txt", ""), ("text", "")],
)
def test_lines_of_what_looks_like_a_document_are_told(
    name: str, told: str, text: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert translate("-i", text.rename(text.with_name(name)), "-o", text.with_name("out")) == 0
    assert (told in caplog.text) if told else not caplog.text


def test_a_dash_is_stdin_and_stdout(text: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    assert translate("-i", text) == 0
    expected = capfd.readouterr().out
    with text.open("rb") as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert translate("-i", "-", "-o", "-") == 0
    assert capfd.readouterr().out == expected


def test_score_can_be_per_token_and_take_files_of_any_name(tmp_path: Path, capfd: Capture) -> None:
    for name in ("a.tsv", "b.json"):
        (tmp_path / name).write_text("ba de\nko\n", encoding="utf-8")
    files = ["--src", tmp_path / "a.tsv", "--tgt", tmp_path / "b.json"]
    found = []
    for normalize in ([], ["--normalize"]):
        assert tiny.run_nmt("score", "-m", tiny.model_directory(), *COMMON, *files, *normalize) == 0
        found.append([float(line) for line in capfd.readouterr().out.split()])
    tokenizer = Translator.load(tiny.model_directory()).tokenizers.tgt
    lengths = [tokenizer.count(line) + 1 for line in ("ba de", "ko")]
    assert found[1] == pytest.approx([each / length for each, length in zip(found[0], lengths, strict=True)], abs=1e-5)


def test_score_takes_paths_with_commas_and_spaces_and_overwrites_no_input(tmp_path: Path, capfd: Capture) -> None:
    folder = tmp_path / " a, b "
    folder.mkdir()
    text = write(folder / "text", ["ba de"])
    files = ["score", "-m", tiny.model_directory(), *COMMON, "--src", text, "--tgt", text]
    assert tiny.run_nmt(*files) == 0
    assert tiny.run_nmt(*files, "-o", text) == 2
    assert "input and output are the same file" in capfd.readouterr().err
    assert text.read_text(encoding="utf-8") == "ba de\n"


def test_a_document_takes_the_best_translation_of_a_model_that_gives_several(tmp_path: Path) -> None:
    shutil.copytree(tiny.model_directory(), tmp_path / "own")
    path = tmp_path / "own" / "generation_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), "n_best": 3}), encoding="utf-8")
    page = write(tmp_path / "page.html", ["<p>ba de</p>"])
    assert tiny.run_nmt("translate", "-m", tmp_path / "own", page, "-o", tmp_path / "out.html") == 0
    assert tiny.run_nmt("translate", "-m", tmp_path / "own", page, "--n-best", 2) == 2


@pytest.mark.skipif(os.name != "posix", reason="closes descriptors by a POSIX shell")
def test_streams_that_are_closed_are_no_traceback(tmp_path: Path) -> None:
    text = write(tmp_path / "text", ["ba de"])
    document = write(tmp_path / "page.html", ["<p>ba de</p>"])
    command = f"{shlex.quote(sys.executable)} -m nmt translate -m {tiny.model_directory()}"
    for end, code, told in (
        (f"-i {text} -o {text}.en 2>&-", 0, ""),
        (f"-i {text} >&-", 2, "nmt: stdout is closed; give -o FILE\n"),
        (f"{document} >&-", 2, "nmt: stdout is closed; give -o FILE\n"),
        (f"-i {text} -o /none/x 2>&-", 2, ""),
    ):
        ended = subprocess.run(
            ["sh", "-c", f"{command} {end}"], capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert (ended.returncode, ended.stdout, ended.stderr) == (code, "", told)


def test_memory_that_runs_out_anywhere_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def load(*_: object, **__: object) -> None:
        raise RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be reported later")

    monkeypatch.setattr("nmt.translator.Translator.load", load)
    text = write(tmp_path / "text", ["ba de"])
    assert tiny.run_nmt("translate", "-m", tiny.model_directory(), "-i", text) == 1
    told = capfd.readouterr().err
    assert told.startswith("nmt: out of memory: CUDA error: out of memory; take smaller batches")
    assert told.count("\n") == 1


# --- text from strangers ---


@given(pairs=st.lists(st.tuples(lines_of_text, lines_of_text), max_size=4))
@example(pairs=[(text, text) for text in ODD if not text.endswith("\r")])
@example(pairs=[])
@settings(reuse, max_examples=20)
def test_score_gives_a_number_for_every_pair_whatever_the_text(pairs: list[tuple[str, str]], tmp_path: Path) -> None:
    for side, name in enumerate(("src", "tgt")):
        write(tmp_path / name, [pair[side] for pair in pairs])
    arguments = ["--src", tmp_path / "src", "--tgt", tmp_path / "tgt", "-o", tmp_path / "out"]
    assert tiny.run_nmt("score", "-m", tiny.model_directory(), *COMMON, *arguments) == 0
    scores = (tmp_path / "out").read_text().split("\n")[:-1]
    assert len(scores) == len(pairs)
    assert all(-math.inf < float(score) < 0 for score in scores)


@given(pairs=st.lists(st.tuples(lines_of_text, lines_of_text), min_size=1, max_size=4))
@example(pairs=[(text, text) for text in ODD if not text.endswith("\r")])
@example(pairs=[("", "")])
@settings(reuse, max_examples=20)
def test_evaluate_gives_scores_whatever_the_text(
    pairs: list[tuple[str, str]], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    for side, name in enumerate(("hyp", "ref")):
        write(tmp_path / name, [pair[side] for pair in pairs])
    capfdbinary.readouterr()
    arguments = ["--hyp", tmp_path / "hyp", "--ref", tmp_path / "ref", "-f", "json"]
    assert tiny.run_nmt("evaluate", *arguments, "-M", "bleu,chrf,chrf++,ter") == 0
    out, err = capfdbinary.readouterr()
    assert err == b""
    assert all(math.isfinite(score["score"]) for score in json.loads(out))


@pytest.mark.parametrize("name", [b"\xff", "\u2028".encode(), b"a b"])
def test_a_file_may_have_any_name(name: bytes, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    path = tmp_path / os.fsdecode(name)
    write(path, ["ba de", "ko"])
    assert tiny.run_nmt("evaluate", "--hyp", path, "--ref", path, "--paired-bs", path, "-M", "bleu") == 0
    assert name.replace(b"\xff", "\ufffd".encode()) in capfdbinary.readouterr().out
    assert tiny.run_nmt("evaluate", "--hyp", path, "--ref", tmp_path / os.fsdecode(name + b"?")) == 2
    assert re.fullmatch(rb"nmt: cannot read [^\n]+\n", capfdbinary.readouterr().err)
    assert translate("-i", path, "-o", tmp_path / os.fsdecode(name + b"!"), "--resume") == 0
    assert (tmp_path / os.fsdecode(name + b"!")).read_bytes().count(b"\n") == 2


def test_scores_are_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    write(tmp_path / "text", ["ba de gi ko"])
    ended = subprocess.run(
        [sys.executable, "-m", "nmt", "evaluate", "--hyp", "text", "--ref", "text", "--confidence"],
        cwd=tmp_path, capture_output=True, check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert "± ".encode() in ended.stdout


# --- what goes wrong ---


def copied(folder: Path, name: str, content: bytes | None) -> Path:
    """Return a copy of the model with one file cut in half (None) or replaced."""
    shutil.copytree(tiny.model_directory(), folder / "damaged")
    path = folder / "damaged" / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] if content is None else content)
    return folder / "damaged"


Arguments = Callable[[Path], list[str | Path]]
M = tiny.model_directory
LONG = "x" * 300
# What is given, by a folder that holds text.de, and the words the message must hold.
BAD: dict[str, tuple[Arguments, list[str]]] = {
    "no config": (lambda d: ["train", "-c", d / "none.yaml"], ["no config file", "none.yaml"]),
    "long config": (lambda d: ["train", "-c", d / LONG], ["cannot be used: File name too long"]),
    "long run": (lambda d: ["train", "-o", d / LONG, *tiny.overrides(d)], ["cannot be used: File name too long"]),
    "long corpus": (lambda d: train(d, {"data.train": d / LONG}), ["cannot be used: File name too long"]),
    "long texts": (lambda d: train(d, {"data.train": f"a,{d / LONG}"}), ["cannot be used: File name too long"]),
    "long start": (lambda d: train(d, {"train.start_from": LONG}), ["cannot be used: File name too long"]),
    "long output": (lambda d: model(d, "-o", d / LONG), ["cannot be used: File name too long"]),
    "long document": (lambda d: ["translate", "-m", M(), d / LONG], ["cannot be used: File name too long"]),
    "no corpus": (lambda d: ["train", "-o", d / "run"], ["data.src, data.tgt and data.train are not set; give"]),
    "one code": (lambda d: ["train", "data.src=de", "data.train=x", "-o", d / "run"], ["data.tgt is not set; give"]),
    "no train file": (lambda d: train(d, {"data.train": d / "no"}), ["no file", "no.de"]),
    "unknown key": (lambda d: train(d, {"train.learning_rat": 1}), ["did you mean 'train.learning_rate'?"]),
    "unknown section": (lambda d: train(d, {"trian.seed": 1}), ["did you mean 'train'?"]),
    "wrong type": (lambda d: train(d, {"train.max_steps": "many"}), ["train.max_steps", "whole number", "'many'"]),
    "out of range": (lambda d: train(d, {"model.dropout": 2}), ["model.dropout", "to below 1", "2"]),
    "config is a folder": (lambda d: ["train", "-c", d], ["no config file", "is a directory", "nmt config -f yaml"]),
    "comma": (lambda d: train(d, {"train.max_steps": "1,000"}), ["whole number", "'1,000'", "write 1000"]),
    "no section": (lambda d: [*train(d), "max_steps=3"], ["did you mean 'train.max_steps=…'?"]),
    "one text": (lambda d: train(d, {"data.train": d / "text.de"}), ["is one text", "'src_file,tgt_file'"]),
    "folder as corpus": (lambda d: train(d, {"data.train": d}), ["is a directory; give a prefix"]),
    "other codes": (lambda d: train(d, {"data.src": "fr"}), ["there is de, en instead of fr", "data.src"]),
    "no override": (lambda d: [*train(d), "seed"], ["'seed' must look like section.key=value"]),
    "large vocabulary": (lambda d: train(d, {"tokenizer.vocab_size": 9999}), ["vocab_size=9999", "at most"]),
    "unequal": (lambda d: train(d, {"data.train": f"{d}/train.de,{d}/dev.en"}), ["has 40 lines", "has 3", "dev.en"]),
    "empty": (lambda d: train(d, {"data.train": f"{d}/empty,{d}/nothing"}), ["empty and ", "nothing hold no pairs"]),
    "not UTF-8": (lambda d: train(d, {"data.train": f"{d}/latin1,{d}/text.de"}), ["latin1, line 2: not UTF-8"]),
    "a file": (lambda d: ["train", "-o", d / "text.de", *tiny.overrides(d)], ["is a file; give a directory"]),
    "new folders": (
        lambda d: ["train", "-o", d / "new" / "run", *tiny.overrides(d, {"tokenizer.vocab_size": 9999})], ["vocab"]),
    "not empty": (lambda d: ["train", "-o", d, *tiny.overrides(d)], ["not empty and holds no run"]),
    "tokenizers there": (lambda d: ["tokenizer", "-o", M(), *tiny.overrides(d)], ["has tokenizers already"]),
    "no text": (lambda d: model(d, "-i", d / "none"), ["none", "No such file"]),
    "folder as text": (lambda d: model(d, "-i", d), ["Is a directory"]),
    "text not UTF-8": (lambda d: model(d, "-i", d / "latin1"), ["latin1, line 2: not UTF-8"]),
    "no model": (lambda d: ["translate", "-m", d / "none", "-i", d / "text.de"], ["no model directory", "none"]),
    "not a model": (lambda d: ["translate", "-m", d, "-i", d / "text.de"], ["is not a model directory"]),
    "name mistyped": (lambda d: ["translate", "-m", f"{M()}x", "-i", d / "text.de"], ["did you mean", str(M())]),
    "folder of models": (lambda d: ["translate", "-m", M().parent, "-i", d / "text.de"], ["holds models", str(M())]),
    "a file of a model": (
        lambda d: ["translate", "-m", M() / "model.safetensors", "-i", d / "text.de"], ["the directory", str(M())]),
    "a checkpoint": (
        lambda d: ["translate", "-m", list_checkpoints(M())[0], "-i", d / "text.de"],
        ["is a checkpoint", f"give its model {str(M())!r}"]),
    "checkpoints": (
        lambda d: ["translate", "-m", M() / "checkpoints", "-i", d / "text.de"], ["give their model", str(M())]),
    "run of another program": (
        lambda d: ["train", "-o", copied(d, "config.json", b'{"model_type": "marian"}'), *tiny.overrides(d)],
        ["is a Hugging Face model (marian); give another output directory (-o)"]),
    "run that is none": (
        lambda d: ["train", "-o", copied(d, "config.json", b"[]"), *tiny.overrides(d)],
        ["is not a model's config (it holds no keys and values); give another output directory (-o)"]),
    "another program's": (
        lambda d: broken(d, "config.json", b'{"model_type": "marian", "d_model": 512}'),
        ["is a Hugging Face model (marian)", "nmt train"]),
    "other weights": (lambda d: ["translate", "-m", foreign(d), "-i", d / "text.de"], ["of another program"]),
    "still in training": (lambda d: ["translate", "-m", unsaved(d), "-i", d / "text.de"], ["no file", "wait"]),
    "cut weights": (lambda d: broken(d, "model.safetensors", None), ["model.safetensors", "damaged"]),
    "cut vocabulary": (lambda d: broken(d, "shared.spm", None), ["shared.spm", "not a SentencePiece model"]),
    "garbage vocabulary": (lambda d: broken(d, "shared.spm", b"\0x" * 99), ["shared.spm", "not a Sent"]),
    "garbage config": (lambda d: broken(d, "config.json", b"\xff{"), ["config.json"]),
    "other source": (lambda d: model(d, "--from", "fr"), ["reads 'de', not 'fr'", "or drop --from"]),
    "other target": (lambda d: model(d, "--to", "fr"), ["writes 'en', not 'fr'", "or drop --to"]),
    "named target": (lambda d: model(d, "--to", "english"), ["writes 'en', not 'english'; did you mean en?"]),
    "folder as output": (lambda d: model(d, "-o", d), ["is a directory; give a file"]),
    "no parent": (lambda d: model(d, "-o", d / "none" / "out"), ["is not writable", "there is no folder"]),
    "resume no parent": (lambda d: model(d, "-o", d / "none" / "out", "--resume"), ["there is no folder"]),
    "onto itself": (lambda d: model(d, "-o", d / "text.de"), ["are the same file"]),
    "text for a file": (lambda d: ["translate", "-m", M(), "Guten Morgen"], ["on stdin: echo 'Guten Morgen'"]),
    "document as lines": (lambda d: model(d, "-i", d / "a.docx"), ["is a Word document", "without -i"]),
    "lines as document": (
        lambda d: model(d, "-o", d / "out.docx"), ["out.docx' has the name of a Word document", "another -o"]),
    "resume lines as document": (lambda d: model(d, "-o", d / "out.DOCX", "--resume"), ["name of a Word document"]),
    "text as document": (
        lambda d: ["translate", "-m", M(), d / "one", "-o", d / "out.docx"], ["name of a Word document"]),
    "narrow beam": (lambda d: model(d, "--n-best", "5", "--beam-size", "4"), ["5 translations", "a beam of 4 holds"]),
    "no length": (lambda d: model(d, "--min-length", "9", "--max-length", "4"), ["9 tokens is above", "4; lower"]),
    "compressed output": (lambda d: model(d, "-o", d / "out.gz"), ["out.gz", "would not be compressed", "leave out"]),
    "resume to stdout": (lambda d: ["translate", "-m", M(), "-i", d / "text.de", "--resume"], ["-i FILE and -o FILE"]),
    "resume no text": (lambda d: model(d, "-i", d / "none", "-o", d / "out", "--resume"), ["none", "No such file"]),
    "resume to folder": (lambda d: model(d, "-o", d, "--resume"), ["is a directory; give a file"]),
    "no device": (lambda d: model(d, "--device", "tpu"), ["unknown device 'tpu'", "cpu"]),
    "score no texts": (lambda d: scored(d / "none", d / "none too"), ["no file", "none"]),
    "score unequal": (lambda d: scored(d / "text.de", d / "latin1"), ["latin1"]),
    "score not UTF-8": (lambda d: scored(d / "one", d / "latin1"), ["latin1, line 2: not UTF-8"]),
    "score very long": (lambda d: scored(d / "long", d / "long"), ["pair 2: 24,001 source", "tokens are too many"]),
    "evaluate hyp not UTF-8": (lambda d: evaluated(d / "latin1", d / "one"), ["latin1, line 2", "offset 7"]),
    "evaluate ref not UTF-8": (lambda d: evaluated(d / "one", d / "latin1"), ["latin1, line 2", "offset 7"]),
    "evaluate other not UTF-8": (
        lambda d: [*evaluated(d / "one", d / "one"), "--paired-bs", d / "latin1"], ["latin1, line 2", "offset 7"]),
    "evaluate source not UTF-8": (
        lambda d: ["evaluate", "-m", M(), "--src", d / "latin1", "--ref", d / "one"], ["latin1, line 2", "offset 7"]),
    "evaluate very long": (lambda d: evaluated(d / "long", d / "long"), ["line 2: 6,000 words", "-M bleu,chrf"]),
    "tokenizer not UTF-8": (
        lambda d: ["tokenizer", "-o", d / "run", *tiny.overrides(d, {"data.train": f"{d}/latin1,{d}/text.de"})],
        ["latin1, line 2: not UTF-8"]),
    "evaluate unequal": (
        lambda d: ["evaluate", "--hyp", d / "text.de", "--ref", d / "one"], ["has 4 lines, but", "one 1; "]),
    "evaluate no file": (lambda d: ["evaluate", "--hyp", d / "none", "--ref", d / "one"], ["none"]),
    "evaluate nothing": (lambda d: ["evaluate", "--ref", d / "one"], ["--hyp FILE"]),
    "no metric": (lambda d: ["evaluate", "--hyp", d / "one", "--ref", d / "one", "-M", "blue"], ["'blue'", "bleu"]),
}  # fmt: skip


def train(folder: Path, changes: dict[str, object] | None = None) -> list[str | Path]:
    return ["train", "-o", folder / "run", *tiny.overrides(folder, changes)]


def model(folder: Path, *arguments: str | Path) -> list[str | Path]:
    given = arguments if "-i" in arguments else ("-i", folder / "text.de", *arguments)
    output = () if "-o" in arguments else ("-o", folder / "out")
    return ["translate", "-m", M(), *given, *output]


def broken(folder: Path, name: str, content: bytes | None) -> list[str | Path]:
    return ["translate", "-m", copied(folder, name, content), "-i", folder / "text.de", "-o", folder / "out"]


def evaluated(hyp: Path, ref: Path) -> list[str | Path]:
    return ["evaluate", "--hyp", hyp, "--ref", ref]


def foreign(folder: Path) -> Path:
    (folder / "foreign").mkdir()
    (folder / "foreign" / "pytorch_model.bin").write_bytes(b"")
    return folder / "foreign"


def unsaved(folder: Path) -> Path:
    shutil.copytree(M(), folder / "unsaved")
    (folder / "unsaved" / "model.safetensors").unlink()
    return folder / "unsaved"


def scored(src: Path, tgt: Path) -> list[str | Path]:
    return ["score", "-m", M(), "--src", src, "--tgt", tgt, "-o", src.with_name("out")]


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_that_says_what_and_exit_2(case: str, text: Path, tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "nothing").write_bytes(b"")
    (tmp_path / "one").write_bytes(b"one\n")
    (tmp_path / "latin1").write_bytes(b"ba\nStra\xdfe\n")
    (tmp_path / "a.docx").write_bytes(b"PK")
    (tmp_path / "long").write_bytes(("ba\n" + "漢 " * 6000 + "\n").encode())
    tiny.overrides(tmp_path)
    arguments, words = BAD[case]
    command = arguments(tmp_path)
    M()
    before = tiny.files(tmp_path)
    capfd.readouterr()
    assert tiny.run_nmt(*command) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert re.fullmatch(r"nmt: [^\n]+\n", err), err
    assert all(word in err for word in words), err
    assert tiny.files(tmp_path) == before
    assert not {"run", "new"} & {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("tarin", "no such command 'tarin'; did you mean 'train'?"),
        ("translate -m", "option '-m' requires an argument"),
        ("translate -m x --beam-size 0", "invalid value for '--beam-size': 0 is outside of 1<=x<=10000"),
        ("translate -m x --beam-size 1000000", "invalid value for '--beam-size': 1000000 is outside of 1<=x<=10000"),
        ("translate -m x --beam-size 1,000", "'1,000' is not a whole number; write it as in 1000, without commas"),
        ("translate -m x --length-penalty 0,5", "'0,5' is not a number; write it as in 0.5, with a point"),
        ("translate -m x --beem-size 3", "no such option '--beem-size'; did you mean"),
        ("translate -m x --precision fp8", "'fp8' is not one of 'auto', 'fp32', 'bf16', 'int8'"),
        ("translate -m x --top-p 1.5", "1.5 is outside of 0<x<=1"),
        ("translate -m x Guten Morgen", "got unexpected extra argument (Morgen)"),
        ("score -m x --src y", "missing option '--tgt': Translations to score, line by line"),
        ("evaluate --hyp x", "missing option '--ref': References"),
        ("train --max-steps 5", "no such option '--max-steps'; settings are given without dashes"),
        ("train --train.max_steps=5", "settings are given without dashes: SECTION.KEY=VALUE, see nmt config"),
        ("config --model.cell=gru", "settings are given without dashes: SECTION.KEY=VALUE, see nmt config"),
        ("-q translate", "no such option '-q' of nmt itself; options follow the command: nmt COMMAND -q"),
        ("--beam-size 3 translate", "options follow the command: nmt COMMAND --beam-size"),
        ("completion tcsh", "'tcsh' is not one of 'bash', 'zsh', 'fish'"),
    ],
)
def test_wrong_usage_is_one_line_that_says_what_and_exit_2(command: str, message: str, capfd: Capture) -> None:
    assert tiny.run_nmt(*command.split()) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert re.fullmatch(r"nmt: [^\n]+\n", err), err
    pattern = re.escape(message).replace(r"\[\^;\]\*", "[^;]*")
    assert re.search(pattern, err), err
    assert "--help" in err or "did you mean" in err or "nmt config" in err


@pytest.mark.parametrize("key", ["beam_size", "n_best"])
def test_a_beam_has_the_limits_of_the_config(key: str) -> None:
    assert kind(SearchConfig.model_fields[key]) == f"a whole number from {BEAM.min} to {BEAM.max}"


def test_without_a_command_the_help_is_shown_and_exit_2(capfd: Capture) -> None:
    assert tiny.run_nmt() == 2
    out, err = capfd.readouterr()
    assert out == "" and err.startswith("Usage: nmt")
    names = re.findall(r"^  (\w+)  ", err.split("Commands:")[1], re.MULTILINE)
    assert names == list(commands.commands)


@pytest.mark.parametrize("name", commands.commands)
def test_the_list_of_commands_cuts_no_description(name: str) -> None:
    assert not commands.commands[name].get_short_help_str().endswith("...")


def test_another_config_needs_overwrite(tmp_path: Path, capfd: Capture) -> None:
    settings = tiny.overrides(tmp_path)
    assert tiny.run_nmt("train", "-o", tmp_path / "run", *settings) == 0
    before = tiny.files(tmp_path / "run")
    capfd.readouterr()
    changed = ["train", "-o", tmp_path / "run", *settings, "model.dropout=0.25"]
    assert tiny.run_nmt(*changed) == 2
    err = capfd.readouterr().err
    assert re.fullmatch(r"nmt: [^\n]*model.dropout was 0.3, now 0.25[^\n]*--overwrite[^\n]*\n", err)
    assert tiny.files(tmp_path / "run") == before
    assert tiny.run_nmt(*changed, "--overwrite") == 0
    assert tiny.run_nmt("train", "-o", tmp_path / "run", *settings, "model.dropout=0.25", "search.beam_size=3") == 0


def test_bad_bytes_on_stdin_name_their_line_after_the_lines_before(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "text").write_bytes(b"ba\nde\n\xff\nko\n")
    M()
    capfd.readouterr()
    with (tmp_path / "text").open("rb") as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert translate() == 2
    out, err = capfd.readouterr()
    assert out.count("\n") == 2
    expected = "byte 0xff at position 1, offset 6); convert the text to UTF-8"
    assert err == f"nmt: stdin, line 3: not UTF-8 ({expected}\n"


def test_an_error_midway_keeps_the_old_output(text: Path, tmp_path: Path) -> None:
    text.write_bytes(b"ba\n" * 5000 + b"\xff\n")
    (tmp_path / "out").write_text("old\n")
    before = tiny.files(tmp_path)
    assert translate("-i", text, "-o", tmp_path / "out", "--beam-size", "1", "--max-length", "1") == 2
    assert tiny.files(tmp_path) == before


def test_stderr_has_the_programs_own_notes_and_of_libraries_warnings_alone() -> None:
    code = (
        "import logging, sys\nfrom nmt.cli import main\nsys.argv = ['nmt', '--version']\nmain()\n"
        "for name in ('nmt.trainer', 'torch', 'uvicorn.error', 'sacrebleu'):\n"
        "    logging.getLogger(name).info('%s notes', name)\n"
        "    logging.getLogger(name).warning('%s warns', name)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    expected = ["nmt.trainer notes", "nmt.trainer warns", "torch warns", "uvicorn.error warns", "sacrebleu warns"]
    assert ended.stderr.split("\n") == [*expected, ""]


def test_a_paired_test_in_json_leaves_stderr_empty(text: Path) -> None:
    (text.with_name("other")).write_text("ba de\nlu\n\nlu ma ne\n", encoding="utf-8")
    paired = ["--hyp", text, "--ref", text, "--paired-bs", text.with_name("other"), "-M", "bleu", "-f", "json"]
    process = start("evaluate", *paired)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    assert len(json.loads(out)) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", ["translate", "evaluate"])
def test_a_full_disk_behind_stdout_is_one_line_and_exit_1(command: str, text: Path) -> None:
    arguments: dict[str, list[str | Path]] = {
        "translate": ["-m", M(), "-i", text],
        "evaluate": ["--hyp", text, "--ref", text, "-M", "bleu"],
    }
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        ended = subprocess.run(
            [sys.executable, "-m", "nmt", command, *map(str, arguments[command])],
            cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (1, "nmt: No space left on device\n")


# --- signals ---


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_and_the_same_command_goes_on(number: int, code: int, tmp_path: Path) -> None:
    command = ["train", "-o", tmp_path / "run", *tiny.overrides(tmp_path, {"train.max_steps": 1_000_000})]
    process = start(*command)
    metrics = tmp_path / "run" / "metrics.jsonl"
    limit = time.monotonic() + 60
    while time.monotonic() < limit and process.poll() is None and not metrics.is_file():
        time.sleep(0.02)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, "")
    assert "saved; the same command goes on" in err and "Traceback" not in err
    done = int(list_checkpoints(tmp_path / "run")[0].name.removeprefix("step_"))
    assert done > 0
    last = [*command, f"train.max_steps={done + 2}"]
    assert tiny.run_nmt(*last) == 0
    steps = [json.loads(line)["step"] for line in metrics.read_text().split("\n") if '"loss"' in line]
    assert steps == list(range(1, done + 3))


# Does what `python -m nmt` does, says when that has begun (Python's own start is not ours), and sends itself a SIGINT
# amid the import of a module, the first argument.
INTERRUPTED = """
import os, runpy, signal, sys

class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "nmt.cli":
            print("begun", flush=True)
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)

module = sys.argv.pop(1)
sys.meta_path.insert(0, Finder)
runpy.run_module("nmt", run_name="__main__", alter_sys=True)
"""


def interrupted(module: str, *arguments: object, before: Sequence[str] = ()) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*before, sys.executable, "-c", INTERRUPTED, module, *map(str, arguments)], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("command", "module"),
    [
        *(("translate", each) for each in ("nmt.cli", "click", "torch", "torch._C", "numpy", "sentencepiece")),
        *((each, "torch") for each in ("train", "evaluate", "serve")),
    ],
)
def test_ctrl_c_amid_an_import_ends_the_process_without_a_word(command: str, module: str, text: Path) -> None:
    arguments: dict[str, list[str | Path]] = {
        "translate": ["-m", M(), "-i", text],
        "evaluate": ["-m", M(), "--src", text, "--ref", text],
        "serve": ["-m", M(), "--port", "0"],
        "train": [],
    }
    process = interrupted(module, command, *arguments[command])
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (-signal.SIGINT, "begun\n", "")


@pytest.mark.parametrize("seconds", [0.05, 0.2, 0.5, 1.0, 3.0])
def test_ctrl_c_soon_after_the_start_ends_the_process_in_one_line_at_the_most(seconds: float) -> None:
    with interrupted("", "translate", "-m", M(), *COMMON) as process:
        assert process.stdout and process.stdout.readline() == "begun\n"
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) in [(-signal.SIGINT, "", ""), (130, "", "nmt: stopped by SIGINT\n")]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_ctrl_c_stays_ignored_where_the_parent_had_it_so() -> None:
    process = interrupted("nmt.cli", "--version", before=["sh", "-c", 'trap "" INT; exec "$@"', "sh"])
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert __version__ in out


def test_imports_leave_signals_as_they_are() -> None:
    code = (
        "import signal\nbefore = [signal.getsignal(each) for each in signal.valid_signals()]\n"
        "import nmt, nmt.cli, nmt.__main__\n"
        "print(before == [signal.getsignal(each) for each in signal.valid_signals()])"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout == "True\n"


def test_the_command_is_installed_as_what_python_m_nmt_runs() -> None:
    import nmt.__main__ as start

    assert (
        f'[project.scripts]\nnmt = "{start.__name__}:{start.main.__name__}"\n' in (ROOT / "pyproject.toml").read_text()
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("command", ["train", "tokenizer"])
def test_ctrl_c_while_a_training_is_prepared_ends_it_in_one_line(command: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    process = start(command, "-c", tmp_path / "pipe", "-o", tmp_path / "run", *tiny.overrides(tmp_path))
    # It reads from a pipe what never comes; before, there is nobody to write to.
    limit, writing = time.monotonic() + 120, None
    while writing is None and process.poll() is None and time.monotonic() < limit:
        time.sleep(0.02)
        with contextlib.suppress(OSError):
            writing = os.open(tmp_path / "pipe", os.O_WRONLY | os.O_NONBLOCK)
    assert writing is not None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    os.close(writing)
    assert (process.returncode, out, err) == (130, "", "nmt: stopped by SIGINT\n")


def test_a_signal_while_waiting_for_lines_ends_without_a_traceback() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "nmt", "translate", "-m", str(M()), *COMMON], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=1,
    ) as process:  # fmt: skip
        assert process.stdin and process.stdout
        process.stdin.write("ba\n")
        assert process.stdout.readline().strip()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr is not None and process.stderr.read() == "nmt: stopped by SIGINT\n"
