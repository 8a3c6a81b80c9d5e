"""Languages: the English names of their codes, and which one a text is in (py3langid)."""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import NamedTuple

# ISO 639-1 codes; a code not here is its own name.
_NAMES = """
    af Afrikaans, am Amharic, ar Arabic, az Azerbaijani, be Belarusian, bg Bulgarian, bn Bengali, bs Bosnian,
    ca Catalan, cs Czech, cy Welsh, da Danish, de German, el Greek, en English, eo Esperanto, es Spanish, et Estonian,
    eu Basque, fa Persian, fi Finnish, fo Faroese, fr French, ga Irish, gd Scottish Gaelic, gl Galician, gu Gujarati,
    ha Hausa, he Hebrew, hi Hindi, hr Croatian, hu Hungarian, hy Armenian, id Indonesian, ig Igbo, is Icelandic,
    it Italian, ja Japanese, ka Georgian, kk Kazakh, km Khmer, kn Kannada, ko Korean, ku Kurdish, ky Kyrgyz, la Latin,
    lb Luxembourgish, lo Lao, lt Lithuanian, lv Latvian, mk Macedonian, ml Malayalam, mn Mongolian, mr Marathi,
    ms Malay, mt Maltese, my Burmese, nb Norwegian Bokmål, ne Nepali, nl Dutch, nn Norwegian Nynorsk, no Norwegian,
    oc Occitan, or Odia, pa Punjabi, pl Polish, ps Pashto, pt Portuguese, ro Romanian, ru Russian, rw Kinyarwanda,
    sd Sindhi, si Sinhala, sk Slovak, sl Slovenian, so Somali, sq Albanian, sr Serbian, sv Swedish, sw Swahili,
    ta Tamil, te Telugu, tg Tajik, th Thai, tl Tagalog, tr Turkish, tt Tatar, ug Uyghur, uk Ukrainian, ur Urdu,
    uz Uzbek, vi Vietnamese, xh Xhosa, yi Yiddish, yo Yoruba, zh Chinese, zu Zulu
"""
NAMES = dict(entry.split(maxsplit=1) for entry in _NAMES.split(","))


def name(code: str) -> str:
    """Return the English name of a language code, or of its part before a region (de_AT, zh-Hant)."""
    language, region = _base(code), code[len(_base(code)) + 1 :]
    known = NAMES.get(language)
    return code if known is None else f"{known} ({region})" if region else known


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
        guesses = [Guess(code, round(100 * shares.get(_base(code), 0.0), 1)) for code in codes]
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


def _base(code: str) -> str:
    return code.replace("_", "-").split("-")[0]
