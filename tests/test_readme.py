"""What README.md promises: its commands parse, its files exist, the lists of files in its folders are complete."""

from __future__ import annotations

import importlib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from nmt.cli import commands
from nmt.config_reading import read_config
from nmt.pretrained.models import builtin, builtin_models
from nmt.translator import Translator
from tests.script_files import script
from tests.test_layers import LAYERS

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
# Folders of the repository; other paths in commands are the reader's own.
OURS = ("nmt/", "configs/", "scripts/", "tests/")
# Each of these has a README.md that lists its files.
FOLDERS = ("nmt", "configs", "scripts")


def fenced(text: str, language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """Return the README's fenced blocks of a language."""
    return fenced(README.read_text(encoding="utf-8"), language)


def shell_commands() -> list[list[str]]:
    """Return the words of every command in the README's bash blocks, comments and line ends removed."""
    lines = "".join(blocks("bash")).replace("\\\n", " ").split("\n")
    return [words for line in lines for words in split_pipe(shlex.split(line, comments=True))]


def split_pipe(words: list[str]) -> Iterator[list[str]]:
    """Yield the commands of a line without where they read from and write to."""
    command: list[str] = []
    places = [place for place, word in enumerate(words) if word in ("<", ">", ">>")]
    kept = [word for place, word in enumerate(words) if not {place, place - 1} & set(places)]
    for word in [*kept, ";"]:
        if word in ("|", ";", "&&", "||"):
            if command:
                yield command
            command = []
        else:
            command.append(word)


def nmt_commands() -> list[list[str]]:
    return [words[1:] for words in shell_commands() if Path(words[0]).name == "nmt"]


def test_the_readme_shows_every_command() -> None:
    assert {words[0] for words in nmt_commands()} == set(commands.commands)


@pytest.mark.parametrize("words", nmt_commands() if README.is_file() else [], ids=" ".join)
def test_every_nmt_command_of_the_readme_parses(words: list[str]) -> None:
    command = commands.commands[words[0]]
    # The group's settings (underscores for dashes) reach the command through its context.
    with commands.make_context("nmt", [*words[:1], "--help"], resilient_parsing=True) as group:
        context = command.make_context(words[0], words[1:], parent=group)
    assert context.args == []
    if "overrides" in context.params:
        path = context.params["config_path"]
        ours = path is not None and str(path).startswith(OURS)
        read_config(ROOT / path if ours else None, context.params["overrides"])


def script_commands() -> list[list[str]]:
    """Return the words of every run of a Python script that the README tells, in blocks and within lines."""
    text = README.read_text(encoding="utf-8") if README.is_file() else ""
    inline = re.findall(r"`(?:\.venv/bin/python )?(scripts/[\w.]+\s[^`]+)`", text)
    blocks = [words[1:] for words in shell_commands() if words[0] == ".venv/bin/python"]
    found = [*blocks, *(shlex.split(each.replace("\n", " ")) for each in inline)]
    return [
        words for words in found if not (ROOT / words[0]).read_text(encoding="utf-8").startswith("#!/usr/bin/env bash")
    ]


def test_the_readme_tells_how_its_figures_were_made() -> None:
    names = {words[0].removeprefix("scripts/") for words in script_commands()}
    assert {"reproduce", "builtin", "bench", "bench_peers", "kill_study.py", "words_study.py"} <= names


@pytest.mark.parametrize("words", script_commands(), ids=" ".join)
def test_every_script_of_the_readme_takes_its_options(words: list[str]) -> None:
    name = words[0].removeprefix("scripts/")
    module = importlib.import_module(name.removesuffix(".py")) if name.endswith(".py") else script(name)
    module.parse_words(words[1:])


def test_a_wrong_command_would_be_noticed() -> None:
    with pytest.raises(click.UsageError):
        commands.commands["translate"].make_context("translate", ["-m", "runs/demo", "--beem-size", "3"])


def test_every_file_of_ours_that_a_command_names_exists() -> None:
    named = {word for words in shell_commands() for word in words if word.startswith(OURS)}
    assert {"scripts/demo", "scripts/test"} <= named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_file_of_ours_that_the_text_names_exists() -> None:
    named = re.findall(r"`((?:nmt|configs|scripts|tests)/[\w./-]+)`", README.read_text(encoding="utf-8"))
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def tree(text: str) -> list[str]:
    """Return the paths in a tree of files: a folder's line ends its name in a slash, its files are indented."""
    found, folder = [], ""
    for line in filter(str.strip, text.split("\n")):
        names = re.match(r" *((?:[\w./-]+, )*[\w./-]+)", line)
        assert names
        if line.startswith(" "):
            found += [folder + name for name in names[1].split(", ")]
        else:
            folder = names[1] if names[1].endswith("/") else ""
            found += names[1].split(", ")
    return found


def listed(folder: str) -> list[str]:
    """Return the files that the README.md of a folder lists."""
    blocks = fenced((ROOT / folder / "README.md").read_text(encoding="utf-8"), "text")
    return [path for path in tree("".join(blocks)) if not path.endswith("/")]


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_list_of_a_folder_names_every_file_there_once_and_no_other(folder: str) -> None:
    existing = [
        str(path.relative_to(ROOT))
        for path in (ROOT / folder).rglob("*")
        # The built-in models are told of in the line of their folder: an installation may be without them.
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".zip"
    ]
    assert sorted(listed(folder)) == sorted(existing)


def test_the_list_of_the_package_is_in_the_order_of_its_layers() -> None:
    names = [Path(path).with_suffix("") for path in listed("nmt") if path.endswith(".py")]
    assert [".".join(name.parts[1:]) for name in names if name.name != "__init__"] == LAYERS


def test_the_tree_of_the_readme_names_what_there_is() -> None:
    (text,) = (block for block in blocks("text") if block.startswith("nmt/"))
    found = tree(text)
    assert [path for path in found if not (ROOT / path).exists()] == []
    assert len(found) == len(set(found))
    kept = {path.name for path in ROOT.iterdir()} & {"LICENSE", "README.md", "pyproject.toml"}
    assert {f"{folder}/" for folder in (*FOLDERS, "tests")} | kept <= set(found)


@pytest.mark.parametrize("name", ["README.md", *(f"{folder}/README.md" for folder in FOLDERS)])
def test_links_of_the_readmes_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith("#"):
            assert link[1:] in anchors
        elif "://" not in link:
            assert ((ROOT / name).parent / link).exists()


@pytest.mark.skipif(not builtin_models(), reason="this checkout has no built-in models")
def test_the_first_sentence_and_the_first_program_do_what_the_readme_says() -> None:
    program = [sys.executable, "-c", blocks("python")[0]]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert "bought a book" in done.stdout
    (line,) = re.findall(r'^echo "(.+)" \| nmt translate --to en +# (.+)$', "".join(blocks("bash")), re.MULTILINE)
    translator = Translator.load(builtin("de", "en"), reverse=builtin("en", "de"), threads=1)
    assert translator.translate([line[0]])[0].text == line[1]


def test_python_in_the_readme_is_valid_and_imports_what_there_is() -> None:
    for block in blocks("python"):
        compile(block, str(README), "exec")
        for module, names in re.findall(r"^from (nmt[\w.]*) import (.+)$", block, re.MULTILINE):
            for name in names.split(", "):
                assert hasattr(__import__(module, fromlist=[name]), name)
