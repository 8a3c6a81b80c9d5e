"""Tests that no data runs as code: ways to do so appear in none of our files."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def is_python(path: Path) -> bool:
    return path.suffix == ".py" or (not path.suffix and b"python" in path.read_bytes().partition(b"\n")[0])


SOURCES = sorted(
    path
    for folder in ("nmt", "scripts", "tests")
    for path in (ROOT / folder).rglob("*")
    if path.is_file() and "__pycache__" not in path.parts and is_python(path)
)
MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}
CALLS = {"eval", "exec", "builtins.eval", "builtins.exec", "os.system", "os.popen"}
CALLS |= {"yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.unsafe_load_all", "yaml.full_load"}
CALLS |= {"torch.load", "torch.jit.load", "torch.hub.load", "pandas.read_pickle", "pd.read_pickle"}
CALLS |= {"yaml.Loader", "yaml.UnsafeLoader", "yaml.FullLoader", "yaml.CLoader"}
METHODS = {"extractall", "unpack_archive"}
# Arguments that let data run as code, by the value that does.
ARGUMENTS = {"shell": True, "allow_pickle": True, "trust_remote_code": True, "weights_only": False}


def dotted(node: ast.expr) -> str:
    """Return a chain of names such as torch.load; "?" for what is none."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def forbidden(source: str) -> Iterator[str]:
    """Yield the ways for data to run as code that a file holds."""
    for node in ast.walk(ast.parse(source)):
        for name in named(node):
            if name.split(".")[0] in MODULES or name in CALLS or name.rpartition(".")[2] in METHODS:
                yield f"line {node.lineno}: {name}"  # type: ignore[attr-defined]
        if isinstance(node, ast.keyword) and node.arg in ARGUMENTS:
            # What is not written out might be anything.
            given = node.value.value if isinstance(node.value, ast.Constant) else ARGUMENTS[node.arg]
            if bool(given) == ARGUMENTS[node.arg]:
                yield f"line {node.lineno}: {node.arg}={given!r}"


def named(node: ast.AST) -> list[str]:
    """Return the full names that a node imports or mentions."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return [dotted(node)] if isinstance(node, (ast.Name, ast.Attribute)) else []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_runs_data_as_code(path: Path) -> None:
    assert list(forbidden(path.read_text(encoding="utf-8"))) == []


def test_every_kind_of_file_is_looked_at() -> None:
    names = {str(path.relative_to(ROOT)) for path in SOURCES}
    assert {"nmt/config.py", "scripts/bench", "scripts/fuzz_model.py", "tests/test_supply_chain.py"} <= names
    assert "scripts/demo" not in names


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "import marshal as m",
        "import shelve",
        "def f():\n    import dill",
        "torch.load(x)",
        "from torch import load",
        "eval(x)",
        "f = exec",
        "yaml.load(x, yaml.SafeLoader)",
        "from yaml import load",
        "yaml.unsafe_load(x)",
        "class L(yaml.Loader): pass",
        "subprocess.run(x, shell=True)",
        "subprocess.run(x, shell=flag)",
        "np.load(x, allow_pickle=True)",
        "load_dataset(x, trust_remote_code=True)",
        "tarfile.open(x).extractall()",
        "zipfile.ZipFile(x).extractall(y)",
        "shutil.unpack_archive(x)",
        "os.system(x)",
    ],
)
def test_a_way_in_would_be_noticed(source: str) -> None:
    assert list(forbidden(source))


@pytest.mark.parametrize(
    "source",
    [
        *["model.eval()", "yaml.safe_load(x)", "np.load(x)", "np.load(x, allow_pickle=False)", "json.load(x)"],
        *["class L(yaml.SafeLoader): pass", "subprocess.run(x, shell=False)", "'torch.load'"],
    ],
)
def test_what_is_harmless_passes(source: str) -> None:
    assert list(forbidden(source)) == []


def test_the_loader_of_configs_is_a_safe_one() -> None:
    import yaml

    from nmt import yaml_text

    assert issubclass(yaml_text._Loader, yaml.SafeLoader)
    assert yaml_text.parse_yaml("a: 1e-3\nb: no", "test") == {"a": 0.001, "b": "no"}
