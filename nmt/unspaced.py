"""Scripts written without spaces, of which a row of characters is no word: Thai, Japanese, Chinese."""

# As a range within the brackets of a pattern.
UNSPACED = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
