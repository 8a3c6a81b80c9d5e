"""Which language a text is in (py3langid)."""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import NamedTuple

from nmt.languages import base, name

__all__ = ["Guess", "Identifier", "name"]


class Guess(NamedTuple):
    """A language a text may be in, and how sure that is, from 0 to 100."""

    language: str
    confidence: float


class Identifier:
    """Tells which of some languages a text is in, by naive Bayes over byte n-grams (py3langid).

    The confidence is the share of a language among all the identifier knows, so a text in none of those asked about
    gets low ones; short texts do too. A language the identifier does not know gets 0.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: _Ranker | None = None

    def rank(self, text: str, codes: Collection[str]) -> list[Guess]:
        """Return the languages, the likeliest first; equal ones in the order given."""
        shares = self._shares(text) if text.strip() else {}
        guesses = [Guess(code, round(100 * shares.get(base(code), 0.0), 1)) for code in codes]
        return sorted(guesses, key=lambda guess: -guess.confidence)

    def _shares(self, text: str) -> dict[str, float]:
        # Loading takes a second and some 90 MB, so it waits for the first question.
        with self._lock:
            if self._known is None:
                self._known = _Ranker()
        return self._known.shares(text)


class _Ranker:
    def __init__(self) -> None:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        self._model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

    def shares(self, text: str) -> dict[str, float]:
        """Return the share of each language known."""
        return dict(self._model.rank(text))
