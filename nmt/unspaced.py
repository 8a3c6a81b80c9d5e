"""Scripts written without spaces, of which a row of characters is no word."""

from __future__ import annotations

import re

# Thai, Lao, Burmese, Khmer, Japanese, Chinese; ranges within the brackets of a pattern.
UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
UNSPACED_CHARACTER = re.compile(f"[{UNSPACED}]")
