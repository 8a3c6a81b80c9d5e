"""What `nmt explain` does: translate a sentence, look at how, and draw it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from nmt.pictures.explain_image import explain_image
from nmt.pictures.explain_page import explain_page
from nmt.pictures.explanation import Explanation, explain_sentence
from nmt.pictures.figures import EXTRA
from nmt.pictures.output import check_ending, check_library, write_picture

_PAGE = ".html"
DRAWN: dict[str, Callable[[Explanation], bytes]] = {
    _PAGE: explain_page,
    ".png": partial(explain_image, ending=".png"),
    ".svg": partial(explain_image, ending=".svg"),
}


def run_explanation(
    model: str,
    languages: tuple[str | None, str | None],
    sentence: str,
    output: Path,
    threads: int,
    reverse: tuple[str, ...] = (),
) -> str:
    """Write the picture and return the translation.

    languages: that the model must be of, source and target, where they are given; reverse: models of the other
    direction that rerank
    Raises InputError for a model, sentence or output that cannot be used, the output before any work.
    """
    ending = check_ending(output, DRAWN)
    if ending != _PAGE:
        check_library(EXTRA[0], f"a picture ending in {ending}", EXTRA[1])
    from nmt.translator import Translator

    # The recording pass runs over whole sentences: 8-bit weights are for single steps.
    translator = Translator.load(model, "fp32", "cpu", threads, reverse=reverse)
    translator.check_languages(*languages)
    explanation = explain_sentence(translator, sentence)
    write_picture(output, DRAWN[ending](explanation))
    return explanation.translation
