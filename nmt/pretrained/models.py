"""Which model comes with the package for which languages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from nmt.errors import InputError
from nmt.languages import fits, meant

FOLDER = Path(__file__).parent


class LanguagePair(NamedTuple):
    """The languages a model translates from and into, as codes."""

    src: str
    tgt: str

    def __str__(self) -> str:
        return f"{self.src}-{self.tgt}"


def builtin_models() -> dict[LanguagePair, Path]:
    """Return the zips of all built-in models, in order of their names; none where the installation has none."""
    paths = sorted(path for path in FOLDER.glob("*-*.zip") if path.is_file())
    return {LanguagePair(*path.stem.split("-", 1)): path for path in paths}


def builtin(src: str | None = None, tgt: str | None = None) -> Path:
    """Return the zip of the one built-in model from src into tgt; None leaves a language open.

    Raises InputError where there is none, or where the languages given leave several.
    """
    models = builtin_models()
    there = ", ".join(map(str, models))
    if not models:
        raise InputError("this installation has no built-in models; give a model by -m DIR, such as nmt train makes")
    if src is None and tgt is None:
        raise InputError(f"into which language? give --to CODE (built-in models: {there}), or a model by -m DIR")
    exact = [pair for pair in models if src in (None, pair.src) and tgt in (None, pair.tgt)]
    chosen = exact or [pair for pair in models if _goes(src, pair.src) and _goes(tgt, pair.tgt)]
    asked = " ".join(f"{word} {code}" for word, code in (("from", src), ("to", tgt)) if code is not None)
    if not chosen:
        near = [
            near for asked, place in ((src, 0), (tgt, 1)) if (near := _near(asked, [each[place] for each in models]))
        ]
        hint = f"; did you mean {' and '.join(near)}?" if near else ""
        raise InputError(f"no built-in model {asked}; there are: {there}{hint}")
    if len(chosen) > 1:
        missing = "--from" if src is None else "--to"
        raise InputError(f"several built-in models {asked}: {', '.join(map(str, chosen))}; give {missing} too")
    return models[chosen[0]]


def _goes(asked: str | None, code: str) -> bool:
    return asked is None or fits(asked, code)


def _near(asked: str | None, codes: Sequence[str]) -> str:
    """Return the code that is meant by what is none of the codes, "" where that is not clear."""
    return "" if asked is None or any(fits(asked, code) for code in codes) else meant(asked, codes)


def builtin_reverse(path: Path) -> Path | None:
    """Return the zip of the built-in model that goes the other way than one of them; None where there is none."""
    models = builtin_models()
    pairs = {own: pair for pair, own in models.items()}
    return models.get(LanguagePair(pairs[path].tgt, pairs[path].src)) if path in pairs else None


def every_builtin() -> list[Path]:
    """Return the zips of all built-in models; raises InputError where there are none."""
    return list(builtin_models().values()) or [builtin()]
