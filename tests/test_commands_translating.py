"""What `nmt translate` does with files when it is stopped, killed and gone on with."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import tiny
from tests.strangers import encoded

ROOT = Path(__file__).resolve().parent.parent
Capture = pytest.CaptureFixture[str]
# Batches of one and windows of 16 lines, recorded each: much to interrupt.
OPTIONS = [
    "--precision", "fp32", "--threads", "1", "--batch-size", "1", "--beam-size", "1", "--max-length", "3", "--scores",
]  # fmt: skip
PROGRAM = (
    "import nmt.commands.partial_output; nmt.commands.partial_output._INTERVAL = 0.0; from nmt.cli import main; main()"
)
LINES = [pair.src + "." * (number % 9 > 6) for number, pair in enumerate(tiny.pairs(200))]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What an uninterrupted run without --resume writes."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "text").write_bytes(encoded(LINES))
    assert (
        tiny.run_nmt("translate", "-m", tiny.model_directory(), *OPTIONS, "-i", folder / "text", "-o", folder / "out")
        == 0
    )
    return (folder / "out").read_bytes()


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "text").write_bytes(encoded(LINES))
    return tmp_path / "text"


def command(text: Path, *options: str) -> list[str]:
    given = ["-m", str(tiny.model_directory()), "-i", str(text), "-o", str(text.with_name("out"))]
    return ["translate", *given, *OPTIONS, *options]


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments], cwd=ROOT, text=True, stderr=subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def kept(text: Path) -> int:
    """Return how many lines are kept."""
    try:
        return int(json.loads(text.with_name("out.part.json").read_bytes())["lines"])
    except FileNotFoundError:
        return 0


def wait_for_lines(process: subprocess.Popen[str], text: Path, more: int) -> None:
    limit = time.monotonic() + 60
    while time.monotonic() < limit and process.poll() is None and kept(text) < more:
        time.sleep(0.002)


def test_a_translation_killed_again_and_again_ends_in_the_same_bytes(text: Path, whole: bytes) -> None:
    chance = random.Random(3)
    text.with_name("out").write_text("old\n")
    before = 0
    for aim in (16, 96):
        process = start(*command(text, "--resume"))
        wait_for_lines(process, text, aim)
        time.sleep(chance.uniform(0, 0.03))
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert before < kept(text) < len(LINES)
        assert text.with_name("out").read_text() == "old\n"
        before = kept(text)
    process = start(*command(text, "--resume"))
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, f"going on after {before:,} lines in {text.with_name('out.part')}\n")
    assert tiny.files(text.parent) == {"text": text.read_bytes(), "out": whole}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_keeps_what_is_done_and_the_same_command_goes_on(
    number: signal.Signals, text: Path, whole: bytes
) -> None:
    process = start(*command(text, "--resume"))
    wait_for_lines(process, text, 32)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    part = re.escape(str(text.with_name("out.part")))
    said = re.fullmatch(
        rf"nmt: stopped by {number.name}; (\d+) lines are kept in '{part}'; the same command goes on\n", err
    )
    assert said and int(said[1]) == kept(text) > 0
    assert tiny.run_nmt(*command(text, "--resume")) == 0
    assert tiny.files(text.parent) == {"text": text.read_bytes(), "out": whole}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("name", ["translate", "score"])
def test_a_signal_without_resume_leaves_the_old_file_and_no_other(
    number: signal.Signals, name: str, text: Path
) -> None:
    out = text.with_name("out")
    out.write_text("old\n")
    before = tiny.files(text.parent)
    arguments = command(text)
    if name == "score":
        text.write_bytes(encoded(LINES * 50))
        before["text"] = text.read_bytes()
        model = ["-m", str(tiny.model_directory()), "--batch-size", "1"]
        arguments = ["score", *model, "--src", str(text), "--tgt", str(text), "-o", str(out)]
    process = start(*arguments)
    limit = time.monotonic() + 60
    while time.monotonic() < limit and len(list(text.parent.iterdir())) == 2:
        time.sleep(0.002)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    hint = "; with -i, -o and --resume what is done would be kept" if name == "translate" else ""
    assert (process.returncode, err) == (128 + number, f"nmt: stopped by {number.name}; '{out}' is as it was{hint}\n")
    assert tiny.files(text.parent) == before


@pytest.mark.parametrize(
    "options", [["--n-best", "2", "--beam-size", "2"], ["-f", "jsonl", "--alignments"], ["--sampling", "--seed", "3"]]
)
def test_every_format_is_gone_on_with(options: list[str], text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text.write_bytes(encoded(["", *LINES[:60], " "]))
    assert tiny.run_nmt(*command(text, *options)) == 0
    whole = text.with_name("out").read_bytes()
    text.with_name("out").unlink()
    monkeypatch.setattr("nmt.commands.partial_output._INTERVAL", 0.0)
    # Bytes that are no text stop it after two windows.
    text.write_bytes(encoded(["", *LINES[:40]]) + b"\xff\n")
    assert tiny.run_nmt(*command(text, "--resume", *options)) == 2
    assert kept(text) == 32
    text.write_bytes(encoded(["", *LINES[:60], " "]))
    assert tiny.run_nmt(*command(text, "--resume", *options)) == 0
    assert text.with_name("out").read_bytes() == whole


def interrupted(text: Path) -> None:
    """Leave a translation of which two windows are done."""
    text.write_bytes(encoded(LINES[:40]) + b"\xff\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nmt.commands.partial_output._INTERVAL", 0.0)
        assert tiny.run_nmt(*command(text, "--resume")) == 2
    text.write_bytes(encoded(LINES))


def test_other_settings_another_model_or_text_are_refused_in_one_line(text: Path, capfd: Capture) -> None:
    interrupted(text)
    other = text.with_name("other")
    shutil.copytree(tiny.model_directory(), other / "model", ignore=shutil.ignore_patterns("checkpoints", "cache"))
    config = other / "model" / "config.json"
    config.write_text(config.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    refused = {
        "max_length 3, now given 7": ["--max-length", "7"],
        "format 'text', now given 'jsonl'": ["-f", "jsonl"],
        "batch_size 1, now given 2": ["--batch-size", "2"],
        "threads 1, now given 2": ["--threads", "2"],
        "with model '": ["-m", str(other / "model")],
    }
    before = tiny.files(text.parent)
    for words, options in refused.items():
        capfd.readouterr()
        assert tiny.run_nmt(*command(text, "--resume", *options)) == 2
        err = capfd.readouterr().err
        assert re.fullmatch(r"nmt: [^\n]+\n", err) and words in err, err
        assert tiny.files(text.parent) == before
    text.write_bytes(encoded(["changed", *LINES[1:]]))
    assert tiny.run_nmt(*command(text, "--resume")) == 2
    assert "the first 32 lines of" in capfd.readouterr().err
    assert text.with_name("out.part").exists()


@pytest.mark.parametrize("options", [["-o", "out"], ["-o", "out", "--resume"]])
def test_a_missing_text_is_told_before_a_model_is_looked_for(
    options: list[str], tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert tiny.run_nmt("translate", "-m", "no-model", "-i", "no-text", *options) == 2
    assert capfd.readouterr().err == "nmt: cannot read 'no-text': No such file or directory\n"
    assert not list(tmp_path.iterdir())


def test_a_run_without_resume_leaves_a_part_alone(text: Path, whole: bytes) -> None:
    interrupted(text)
    before = tiny.files(text.parent)
    assert tiny.run_nmt(*command(text)) == 0
    assert tiny.files(text.parent) == {**before, "out": whole}


@pytest.mark.parametrize("option", ["-i", "--glossary", "--prefixes"])
@pytest.mark.parametrize("name", ["out.part", "out.part.json"])
def test_what_is_kept_beside_the_output_does_not_take_the_place_of_an_input(
    name: str, option: str, text: Path, capfd: Capture
) -> None:
    interrupted(text)
    before = tiny.files(text.parent)
    capfd.readouterr()
    assert tiny.run_nmt(*command(text, "--resume", option, str(text.with_name(name)))) == 2
    assert capfd.readouterr().err == (
        f"nmt: input and output are the same file '{text.with_name(name)}'; give another -o\n"
    )
    assert tiny.files(text.parent) == before


@pytest.mark.parametrize("options", [[], ["-i"], ["-o"]])
def test_only_from_file_to_file_it_can_go_on(options: list[str], text: Path, capfd: Capture) -> None:
    files = [word for option in options for word in (option, str(text) + option)]
    shutil.copy(text, f"{text}-i")
    tiny.model_directory()
    capfd.readouterr()
    assert tiny.run_nmt("translate", "-m", tiny.model_directory(), "--resume", *files) == 2
    assert capfd.readouterr().err == "nmt: --resume goes from file to file; give -i FILE and -o FILE\n"


# Tells which processes translate, each by a file of its name.
WATCHED = """
import os, sys
from pathlib import Path
import nmt.workers
begin = nmt.workers._begin
def noted(work):
    begin(work)
    Path(folder, str(os.getpid())).touch()
folder, nmt.workers._begin = sys.argv.pop(1), noted
from nmt.cli import main
main()
"""
forked = pytest.mark.skipif(sys.platform != "linux", reason="only on Linux are processes forked to translate")


def start_watched(folder: Path, *arguments: object) -> subprocess.Popen[str]:
    """Start nmt in a process group of its own; the processes that translate for it are told in a folder."""
    folder.mkdir()
    words = [str(word) for word in (folder, *arguments)]
    return subprocess.Popen(
        [sys.executable, "-c", WATCHED, *words], cwd=ROOT, text=True, stderr=subprocess.PIPE, start_new_session=True
    )


@forked
@pytest.mark.parametrize("guided", [False, True])
def test_processes_side_by_side_translate_as_one_does(guided: bool, tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(encoded(["", *LINES[:30], "ba. de! ko lu?", " "]))
    (tmp_path / "terms").write_bytes(encoded(["ba\tXY|YX", "ko"]))
    terms = ["--reverse-model", tiny.reverse_directory(), "--glossary", tmp_path / "terms"] if guided else []
    shared = ["translate", "-m", tiny.model_directory(), "--precision", "fp32", "--batch-size", 1, "--scores", *terms]
    files = ["-i", tmp_path / "text", "-o"]
    assert tiny.run_nmt(*shared, "--threads", 1, *files, tmp_path / "one") == 0
    with start_watched(tmp_path / "pids", *shared, "--threads", 2, *files, tmp_path / "two") as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert len(list((tmp_path / "pids").iterdir())) == 2
    assert (tmp_path / "two").read_bytes() == (tmp_path / "one").read_bytes()


@forked
def test_ctrl_c_ends_the_processes_that_translate_too(text: Path) -> None:
    text.write_bytes(encoded(LINES * 100))
    pids, out = text.with_name("pids"), text.with_name("out")
    options = ["--precision", "fp32", "--threads", 2, "--batch-size", 1, "-i", text, "-o", out]
    with start_watched(pids, "translate", "-m", tiny.model_directory(), *options) as process:
        limit = time.monotonic() + 60
        while time.monotonic() < limit and process.poll() is None and len(list(pids.iterdir())) < 2:
            time.sleep(0.01)
        workers = [Path("/proc", each.name) for each in pids.iterdir()]
        os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to all of them
        _, err = process.communicate(timeout=60)
    assert len(workers) == 2
    said = f"nmt: stopped by SIGINT; '{out}' is as it was; with -i, -o and --resume what is done would be kept\n"
    assert (process.returncode, err) == (130, said)
    limit = time.monotonic() + 30
    while time.monotonic() < limit and any(each.exists() for each in workers):
        time.sleep(0.01)
    assert not any(each.exists() for each in workers)
    assert not out.exists()
