"""Tests of the architecture: text flows one way through the files, and some things appear nowhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "nmt"
# A file imports only files above it: this list is the architecture.
ORDER = """
    errors durable device config tokenizer corpus store batches
    dropout rnn attention encoder decoder model loss optim checkpoint
    rules beam candidates search ensemble segments translator
    metrics validation interrupt report model_card prepare trainer
    lines writing evaluation cli __main__
"""
LAYERS = ORDER.split()
# The package's own file names what it offers from everywhere, and imports it when first used.
FACE = "__init__"
every_file = pytest.mark.parametrize("name", LAYERS)


def parse(name: str) -> ast.Module:
    return ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))


def imports(name: str) -> Iterator[tuple[str, str]]:
    """Yield (module, name within it or "") of every import of a file, wherever it stands."""
    for node in ast.walk(parse(name)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}.py imports relatively, on line {node.lineno}"
            yield from ((node.module or "", alias.name) for alias in node.names)


def imported_files(name: str) -> set[str]:
    """Return the files of the package that a file imports."""
    found = set()
    for module, part in imports(name):
        if module == "nmt" and part and part != "__version__":
            found.add(part)
        elif module.startswith("nmt."):
            found.add(module.split(".")[1])
    return found


def test_every_file_has_its_layer() -> None:
    assert sorted(path.stem for path in PACKAGE.rglob("*.py")) == sorted([*LAYERS, FACE])
    assert [path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"] == []


@every_file
def test_a_file_imports_only_files_above_it(name: str) -> None:
    assert imported_files(name) <= set(LAYERS[: LAYERS.index(name)])


@pytest.mark.parametrize("name", ["rules", "beam", "candidates", "search"])
def test_the_search_knows_neither_text_nor_the_model(name: str) -> None:
    assert imported_files(name) <= {"errors", "config", "rules", "beam", "candidates"}


def test_the_model_knows_neither_training_nor_the_search() -> None:
    for name in ("dropout", "rnn", "attention", "encoder", "decoder", "model"):
        known = {"errors", "config", "tokenizer", "dropout", "rnn", "attention", "encoder", "decoder"}
        assert imported_files(name) <= known


def dotted(node: ast.expr) -> str:
    """Return a chain of names such as torch.load; "?" for what is none."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def forbidden(name: str) -> Iterator[str]:
    """Yield what a file must not hold: ways for data to run as code, and a split at more than line feeds."""
    modules = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}
    for module, part in imports(name):
        whole = f"{module}.{part}" if part else module
        if module.split(".")[0] in modules or whole in {"torch.load", "yaml.load", "yaml.unsafe_load", "builtins.eval"}:
            yield f"{name}.py imports {whole}"
    for node in ast.walk(parse(name)):
        if isinstance(node, (ast.Name, ast.Attribute)):
            chain = dotted(node)
            banned = {"eval", "exec", "torch.load", "yaml.unsafe_load", "yaml.full_load", "torch.jit.load"}
            if chain in banned or (isinstance(node, ast.Attribute) and node.attr == "splitlines"):
                yield f"{name}.py, line {node.lineno}: {chain}"
        if isinstance(node, ast.Call) and dotted(node.func) == "yaml.load":
            arguments = [dotted(argument) for argument in node.args[1:]]
            if (name, arguments, node.keywords) != ("config", ["_Loader"], []):
                yield f"{name}.py, line {node.lineno}: yaml.load without the safe loader of config.py"


@pytest.mark.parametrize("name", [*LAYERS, FACE])
def test_nothing_runs_data_as_code_or_splits_lines_at_more_than_line_feeds(name: str) -> None:
    assert list(forbidden(name)) == []


def test_the_loader_of_configs_is_a_safe_one() -> None:
    import yaml

    from nmt import config

    assert issubclass(config._Loader, yaml.SafeLoader)
    assert not issubclass(config._Loader, (yaml.FullLoader, yaml.UnsafeLoader))


def test_no_file_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "misc", "common"}
    assert not {path.stem for path in PACKAGE.rglob("*")} & drawers


@pytest.mark.parametrize("name", [*LAYERS, FACE])
def test_every_file_says_what_it_is_for(name: str) -> None:
    assert ast.get_docstring(parse(name))
