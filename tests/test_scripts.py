"""The shell scripts: syntax, the errors a stranger meets first, and the pinned versions."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nmt.config_reading import read_config

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ["scripts/test", "scripts/demo", "scripts/environment", ".ci/run"]
BASH = shutil.which("bash")
pytestmark = pytest.mark.skipif(BASH is None, reason="needs bash")


def run(*command: str, path: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BASH), *command],
        cwd=path, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{BASH}\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the scripts read, without a .venv."""
    for name in [*SCRIPTS, "scripts/constraints.txt", "pyproject.toml"]:
        target = tmp_path / "checkout" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    return tmp_path / "checkout"


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_are_valid_bash(script: str) -> None:
    result = run("-n", script)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("script", ["scripts/test", "scripts/demo", ".ci/run"])
def test_scripts_that_are_run_are_executable(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)


@pytest.mark.parametrize("script", ["scripts/test", "scripts/demo", ".ci/run"])
def test_an_old_python_is_a_usage_error_that_names_it(script: str, checkout: Path, tmp_path: Path) -> None:
    old = program(tmp_path / "python", '[ "$1" = --version ] && echo "Python 3.8.1" && exit 0\nexit 1')
    result = run(str(checkout / script), path=tmp_path, PYTHON=str(old))
    assert result.returncode == 2
    assert "Python 3.10 or newer is needed" in result.stderr and "Python 3.8.1" in result.stderr
    assert not (checkout / ".venv").exists()


def test_a_python_that_all_libraries_have_wheels_for_is_preferred_to_a_newer_one(
    checkout: Path, tmp_path: Path
) -> None:
    for name, version in (("python3", "3, 14"), ("python3.12", "3, 12"), ("python3.14", "3, 14")):
        asked = f"import sys; sys.version_info = ({version}); exec(sys.argv[2])"
        program(tmp_path / "bin" / name, f"exec '{sys.executable}' -c '{asked}' \"$@\"")
    for expected in ("python3.12", "python3", "python3.14"):
        command = ". scripts/environment; find_python; echo $python"
        result = run("-c", command, path=checkout, PATH=str(tmp_path / "bin"), PYTHON="")
        assert result.stdout == f"{expected}\n", result.stderr
        (tmp_path / "bin" / expected).unlink()


def test_a_missing_python_is_a_usage_error(checkout: Path) -> None:
    result = run(str(checkout / "scripts/test"), PYTHON="no-such-python")
    assert result.returncode == 2
    assert "PYTHON='no-such-python' is not a program" in result.stderr


def test_a_python_without_venv_says_what_to_install(checkout: Path, tmp_path: Path) -> None:
    bare = program(tmp_path / "python", 'case "$2" in *ensurepip*) exit 1 ;; esac\necho "Python 3.11.9"')
    result = run(str(checkout / "scripts/test"), PYTHON=str(bare))
    assert result.returncode == 2
    assert "python3-venv" in result.stderr


def fake_venv(
    checkout: Path, pip_status: int = 0, torch: str = "2.99", failing: str = "none", configured: str = ""
) -> Path:
    """Lay down a .venv whose python logs installations, ends them with pip_status and fails one module.

    configured: what pip is told of by its configuration
    """
    log = checkout / "installations"
    body = (
        f'case "$*" in *"pip install"*) echo "$*" >>"{log}"; exit {pip_status} ;; esac\n'
        f'case "$*" in *"config list"*) echo "{configured}" ;; esac\n'
        f'case "$*" in *importlib.metadata*) echo "{torch}" ;; "-m {failing}"*) exit 1 ;; esac'
    )
    program(checkout / ".venv/bin/python", body)
    return log


def only_tools(folder: Path) -> str:
    """Return a PATH with what the scripts call, and neither uv nor nvidia-smi."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("cat", "cksum", "dirname", "grep", "head", "mkdir", "mv", "rm", "sed", "sort", "tr", "uname"):
        (folder / name).symlink_to(str(shutil.which(name)))
    return str(folder)


def test_the_second_run_installs_nothing_until_the_requirements_change(checkout: Path) -> None:
    log = fake_venv(checkout)
    for _ in range(2):
        result = run(str(checkout / "scripts/test"))
        assert result.returncode == 0, result.stderr
    assert "all passed in" in result.stderr.split("\n")[-2]
    assert len(log.read_text().split("\n")[:-1]) == 1
    with (checkout / "scripts/constraints.txt").open("a") as constraints:
        constraints.write("# changed\n")
    assert run(str(checkout / "scripts/test")).returncode == 0
    assert len(log.read_text().split("\n")[:-1]) == 2


def test_a_torch_that_is_there_is_kept(checkout: Path) -> None:
    fake_venv(checkout)
    assert "keeping torch 2.99" in run(str(checkout / "scripts/test")).stderr
    assert "torch==2.99\n" in (checkout / ".venv/constraints.txt").read_text()


def test_a_torch_that_is_too_old_is_not_kept(checkout: Path, tmp_path: Path) -> None:
    log = fake_venv(checkout, torch="2.9.1+cu128", configured="global.find-links='wheels'")
    result = run(str(checkout / "scripts/test"), PATH=only_tools(tmp_path / "bin"))
    assert result.returncode == 0 and "keeping torch" not in result.stderr
    assert "-c scripts/constraints.txt" in log.read_text()


@pytest.mark.parametrize("gpu", [False, True])
def test_uv_is_asked_for_the_build_that_fits_and_pip_steps_in_when_it_fails(
    gpu: bool, checkout: Path, tmp_path: Path
) -> None:
    log = fake_venv(checkout, torch="")
    program(tmp_path / "bin/uv", f'echo "uv $*" >>"{log}"; exit 1')
    if gpu:
        program(tmp_path / "bin/nvidia-smi", "exit 0")
    result = run(str(checkout / "scripts/test"), PATH=only_tools(tmp_path / "bin"))
    assert result.returncode == 0, result.stderr
    first, second = log.read_text().split("\n")[:-1]
    assert first.startswith("uv pip install") and f"--torch-backend={'auto' if gpu else 'cpu'} " in first
    assert "-m pip install" in second and "-c scripts/constraints.txt -e .[dev]" in second


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere pip's own torch is for the CPU")
@pytest.mark.parametrize("option", ["", "constraint", "index-url", "find-links"])
@pytest.mark.parametrize("gpu", [False, True])
def test_pip_takes_the_torch_for_the_cpu_where_there_is_no_gpu_and_nothing_else_is_configured(
    gpu: bool, option: str, checkout: Path, tmp_path: Path
) -> None:
    log = fake_venv(checkout, torch="", configured=f"global.{option}='there'" if option else "global.timeout='5'")
    if gpu:
        program(tmp_path / "bin/nvidia-smi", "exit 0")
    result = run(str(checkout / "scripts/test"), PATH=only_tools(tmp_path / "bin"))
    assert result.returncode == 0, result.stderr
    *tried, last = log.read_text().split("\n")[:-1]
    assert "-c scripts/constraints.txt -e .[dev]" in last and "--index-url" not in last
    assert len(tried) == (not gpu and not option)
    for words in tried:
        assert "--retries 0" in words and "/whl/cpu torch==" in words


def test_a_failed_installation_leaves_no_stamp_and_says_what_to_do(checkout: Path) -> None:
    fake_venv(checkout, pip_status=1)
    result = run(str(checkout / "scripts/test"))
    assert result.returncode == 1
    assert "the installation failed. Without a package index within reach" in result.stderr
    assert not list((checkout / ".venv").glob("complete-*"))


def test_every_check_runs_and_those_that_fail_are_named_last(checkout: Path) -> None:
    fake_venv(checkout, failing="ruff")
    result = run(str(checkout / "scripts/test"))
    assert result.returncode == 1
    assert "== tests (pytest)" in result.stderr and "all passed" not in result.stderr
    named = "error: failed: format (ruff format --check), lint (ruff check) (after "
    assert result.stderr.split("\n")[-2].startswith(named)


@pytest.mark.parametrize("ours", [False, True])
def test_a_broken_environment_is_made_anew_only_where_it_was_made_here(
    ours: bool, checkout: Path, tmp_path: Path
) -> None:
    program(checkout / ".venv/bin/python", "exit 1")
    (checkout / ".venv/mine").touch()
    if ours:
        (checkout / ".venv/complete-demo").touch()
    made = "mkdir -p .venv/bin; printf '#!/bin/sh\\n' >.venv/bin/python; chmod +x .venv/bin/python"
    python = program(tmp_path / "python", f'case "$*" in "-m venv"*) {made} ;; esac')
    result = run(str(checkout / "scripts/test"), PYTHON=str(python))
    assert result.returncode == (0 if ours else 2), result.stderr
    assert (checkout / ".venv/mine").exists() != ours
    if not ours:
        assert len(result.stderr.strip().split("\n")) == 1
        assert ".venv has no Python 3.10 or newer that runs" in result.stderr and "move it away" in result.stderr


@pytest.mark.skipif(shutil.which("flock") is None, reason="without flock two at once do not wait for each other")
def test_two_at_once_make_one_environment(checkout: Path) -> None:
    log = fake_venv(checkout)
    python = checkout / ".venv/bin/python"
    slow = python.read_text(encoding="utf-8").replace("exit 0", "sleep 1; exit 0")
    python.write_text(slow, encoding="utf-8")
    command = [str(BASH), str(checkout / "scripts/test")]
    first, second = (subprocess.Popen(command, cwd=checkout, stderr=subprocess.PIPE, text=True) for _ in range(2))
    said = [process.communicate(timeout=60)[1] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), said
    assert len(log.read_text().split("\n")[:-1]) == 1
    assert sum("== waiting for another scripts/test or scripts/demo" in each for each in said) == 1
    assert sum("installing" in each for each in said) == 1


def test_the_demo_leaves_the_reason_to_nmt_and_removes_nothing(checkout: Path) -> None:
    fake_venv(checkout)
    with (checkout / ".venv/bin/python").open("a", encoding="utf-8") as python:
        python.write('case "$*" in *--output*) mkdir -p runs/demo-corpus ;; esac\n')
    said = "nmt: another training is running in 'runs/demo'; wait until it ends"
    program(checkout / ".venv/bin/nmt", f'echo "{said}" >&2; exit 2')
    (checkout / "configs").mkdir()
    (checkout / "configs/demo.yaml").touch()
    result = run(str(checkout / "scripts/demo"))
    assert result.returncode == 2
    *_, reason, hint, end = result.stderr.split("\n")
    assert (reason, end) == (said, "")
    assert hint.startswith("error: no training; if the line above says that runs/demo has another config, remove it")


def requirement_names(text: str) -> set[str]:
    return {name.lower() for name in re.findall(r"^\s*\"?([A-Za-z][\w.-]*)", text, re.MULTILINE)}


def test_constraints_pin_every_dependency() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project, _, _ = project[project.index("dependencies = [") :].partition("[project.scripts]")
    tables = re.findall(r"^[\w-]+ = \[\n(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    assert len(tables) == project.count(" = [") >= 6
    pinned = (ROOT / "scripts/constraints.txt").read_text(encoding="utf-8")
    # The package's own name stands for its extras.
    assert set().union(*map(requirement_names, tables)) - {"nmt"} == requirement_names(pinned)
    for line in pinned.split("\n"):
        assert not line or line.startswith("#") or re.match(r"[\w.-]+==[\d.]+(;|$)", line), line


def test_scripts_name_no_host() -> None:
    for name in [*SCRIPTS, "scripts/constraints.txt", "scripts/demo_corpus.py", "configs/demo.yaml"]:
        text = (ROOT / name).read_text(encoding="utf-8")
        # But pip's index of what is built for the CPU, which the README shows too: without it pip's usual one serves.
        text = text.replace("https://download.pytorch.org/whl/cpu", "")
        assert not re.search(r"https?://|\.(org|com|net|io)\b|/home/|/work\b", text), name


def test_the_demo_config_is_short_and_valid() -> None:
    path = ROOT / "configs/demo.yaml"
    assert len(path.read_text(encoding="utf-8").split("\n")) <= 31
    config = read_config(path)
    assert (config.data.train, config.data.dev) == (["runs/demo-corpus/train"], ["runs/demo-corpus/dev"])
