"""What a shell is offered where, and that asking is quick."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete, CompletionItem, ZshComplete

from nmt.cli import commands
from nmt.completion import (
    BASH_CHANGES,
    SHELLS,
    ZSH_CHANGES,
    complete_model,
    complete_setting,
    completion_script,
)
from nmt.config import Config

ROOT = Path(__file__).resolve().parent.parent
CONTEXT, PARAMETER = click.Context(commands), click.Argument(["x"])
BASH = shutil.which("bash")


def settings(given: str) -> list[str]:
    return [item.value for item in complete_setting(CONTEXT, PARAMETER, given)]


def models(given: str) -> list[str]:
    return [item.value for item in complete_model(CONTEXT, PARAMETER, given)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two models, one of which has no weights yet, a folder, a zip and a text; all in the working directory."""
    monkeypatch.chdir(tmp_path)
    for name in ("runs/demo", "runs/early"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "config.json").touch()
    (tmp_path / "runs" / "demo" / "model.safetensors").touch()
    for name in ("model.zip", "text.de", ".hidden.zip"):
        (tmp_path / name).touch()
    return tmp_path


def test_settings_are_completed_section_by_section() -> None:
    assert settings("") == [f"{section}." for section in Config.model_fields]
    assert settings("t") == ["tokenizer.", "train."]
    assert settings("train.max") == ["train.max_epochs=", "train.max_steps="]
    assert {f"{name}=" for name in Config().flat() if name.startswith("model.")} == set(settings("model."))


@pytest.mark.parametrize(
    ("given", "offered"),
    [
        ("model.cell=", ["model.cell=lstm", "model.cell=gru", "model.cell=rnn"]),
        ("model.cell=g", ["model.cell=gru"]),
        ("data.deduplicate=", ["data.deduplicate=true", "data.deduplicate=false"]),
        ("tokenizer.kind=b", ["tokenizer.kind=bpe"]),
        ("train.seed=", []),
        ("no.such=", []),
    ],
)
def test_values_are_completed_where_there_is_a_choice(given: str, offered: list[str]) -> None:
    assert settings(given) == offered


def test_corpora_are_completed_as_paths(folder: Path) -> None:
    assert settings("data.train=") == ["data.train=model.zip", "data.train=runs/", "data.train=text.de"]
    assert settings("data.dev=text.de,te") == ["data.dev=text.de,text.de"]


def test_models_are_completed_with_the_folders_on_the_way(folder: Path) -> None:
    assert models("") == ["model.zip", "runs/"]
    assert models("ru") == ["runs/"]
    assert models("runs/") == ["runs/demo", "runs/early/"]
    assert models(f"{folder}/runs/d") == [f"{folder}/runs/demo"]
    assert models("nowhere/") == []


@pytest.mark.parametrize("shell", SHELLS)
def test_the_command_prints_a_script_that_asks_for_completions(shell: str) -> None:
    script = completion_script(shell, commands)
    assert "_NMT_COMPLETE" in script and f"{shell}_complete" in script


@pytest.mark.parametrize(
    ("template", "changes", "shell"),
    [
        (BashComplete.source_template, BASH_CHANGES, "bash"),
        (ZshComplete.source_template, ZSH_CHANGES, "zsh"),
    ],
)
def test_every_change_of_clicks_scripts_takes_place(template: str, changes: dict[str, str], shell: str) -> None:
    # Click's own put a space behind `train.seed=`.
    assert [old for old in changes if old not in template] == []
    script = completion_script(shell, commands)
    assert [new for new in changes.values() if new not in script] == []


def test_completing_imports_nothing_heavy() -> None:
    heavy = "('torch', 'numpy', 'sentencepiece', 'sacrebleu', 'datasets')"
    code = f"import atexit, sys\natexit.register(lambda: print([n for n in {heavy} if n in sys.modules]))\n"
    code += "from nmt.cli import main\nmain()"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "_NMT_COMPLETE": "bash_complete", "COMP_WORDS": "nmt train model.ce", "COMP_CWORD": "2"},
    )  # fmt: skip
    assert ended.stderr == ""
    assert ended.stdout.split("\n")[:2] == ["plain,model.cell=", "[]"]


def in_bash(words: str, place: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what bash gets for words as it divides them, the cursor being at one of them."""
    from nmt.completion import _Bash

    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(place))
    return _Bash(commands, {}, "nmt", "_NMT_COMPLETE").complete().split("\n")


@pytest.mark.parametrize(
    ("words", "place", "offered"),
    [
        ("nmt tra", 1, ["plain,train", "plain,translate"]),
        ("nmt train --over", 2, ["plain,--overwrite"]),
        ("nmt train model.ce", 2, ["plain,model.cell="]),
        # Bash divides at = and puts what it gets behind the last one.
        ("nmt train model.cell =", 3, ["plain,lstm", "plain,gru", "plain,rnn"]),
        ("nmt train model.cell = l", 4, ["plain,lstm"]),
        ("nmt train train.seed = 3 model.tie = a", 7, ["plain,all"]),
        ("nmt train model.tie=a", 2, ["plain,model.tie=all"]),
        ("nmt translate --precision = b", 4, ["plain,bf16"]),
        ("nmt config train.seed", 2, ["plain,train.seed"]),
        ("nmt completion ", 2, ["plain,bash", "plain,zsh", "plain,fish"]),
        ("nmt", 1, [f"plain,{name}" for name in commands.commands]),
    ],
)
def test_bash_gets_what_follows_its_last_division(
    words: str, place: int, offered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert in_bash(words, place, monkeypatch) == offered


@pytest.mark.skipif(BASH is None, reason="needs bash")
def test_bash_itself_completes_by_the_script(tmp_path: Path) -> None:
    (tmp_path / "nmt").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nmt "$@"\n')
    (tmp_path / "nmt").chmod(0o755)
    (tmp_path / "script").write_text(completion_script("bash", commands))
    asking = "COMP_WORDS=(nmt train model.cell = g); COMP_CWORD=4; _nmt_completion nmt; echo ${COMPREPLY[@]}"
    ended = subprocess.run(
        [str(BASH), "--norc", "-c", f"source {tmp_path}/script; {asking}"], capture_output=True, text=True, check=True,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert ended.stdout == "gru\n"


def test_items_carry_their_description_for_shells_that_show_it() -> None:
    item: CompletionItem = complete_setting(CONTEXT, PARAMETER, "train.seed")[0]
    assert item.help == "seed of first weights, order and dropout"
