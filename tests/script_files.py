"""What the tests of scripts share: scripts without a suffix as modules, and commands of nmt run in this process."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import yaml
from lab.studies import Processes

from nmt.errors import FailureError
from tests import tiny

ROOT = Path(__file__).resolve().parent.parent


def script(name: str) -> ModuleType:
    """Import a script that has no suffix."""
    loader = SourceFileLoader(name, str(ROOT / "scripts" / name))
    spec = spec_from_loader(name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    # Data classes look their module up.
    sys.modules[name] = module
    loader.exec_module(module)
    return module


class InProcess(Processes):
    """Runs commands of nmt in this process, and keeps their words."""

    def __init__(self) -> None:
        super().__init__()
        self.commands: list[list[str]] = []

    def run(self, command: Sequence[object], log: Path | None = None, threads: int = 1) -> str:
        words = [str(word) for word in command]
        assert words[:3] == [sys.executable, "-m", "nmt"]
        self.commands.append(words[3:])
        written = io.BytesIO()
        # nmt writes its results as bytes.
        with contextlib.redirect_stdout(io.TextIOWrapper(written, encoding="utf-8")) as output:
            code = tiny.run_nmt(*words[3:])
            output.flush()
        if code:
            raise FailureError(f"exit code {code}")
        return written.getvalue().decode("utf-8")


def write_config(folder: Path, changes: Mapping[str, object] | None = None) -> Path:
    """Write the config of a tiny training on data/multi30k, with that corpus and a test set, into a folder."""
    corpus = folder / "data/multi30k"
    for name, count, first in (("train", 40, 0), ("val", 3, 900), ("flickr2016", 4, 950)):
        tiny.write_corpus(corpus / name, count, first)
    settings = {**tiny.SETTINGS, "data.train": "data/multi30k/train", "data.dev": "data/multi30k/val"}
    tree: dict[str, dict[str, object]] = {}
    for key, value in {**settings, **(changes or {})}.items():
        section, _, name = key.partition(".")
        tree.setdefault(section, {})[name] = value
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    return path
