"""Languages: the English names of their codes, and which code is meant by what somebody types."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

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
    language, region = base(code), code[len(base(code)) + 1 :]
    known = NAMES.get(language)
    return code if known is None else f"{known} ({region})" if region else known


def base(code: str) -> str:
    """Return the part of a code before a region."""
    return code.replace("_", "-").split("-")[0]


def fits(typed: str, code: str) -> bool:
    """Say whether what somebody types is the language of a code: DE and de-AT are de."""
    given, known = (each.replace("_", "-").lower() for each in (typed, code))
    return known in (given, base(given))


def meant(typed: str, codes: Iterable[str]) -> str:
    """Return the code whose name somebody typed instead, or nearly so; "" where that is none of the codes."""
    for code in codes:
        known = name(base(code)).lower()
        if (typed and known.startswith(typed.lower())) or difflib.get_close_matches(typed.lower(), [known], 1, 0.75):
            return code
    return ""
