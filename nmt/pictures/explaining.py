"""What `nmt explain` does: translate a sentence, look at how, and draw it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Request:
    """The command's options, and the models that were chosen; see its help."""

    model: str
    reverse: tuple[str, ...]
    src: str | None
    tgt: str | None
    sentence: str
    output: Path
    threads: int


def run_explanation(request: Request) -> str:
    """Write the picture and return the translation.

    Raises InputError for a model, sentence or output that cannot be used, the output before any work.
    """
    ending = check_ending(request.output, DRAWN)
    if ending != _PAGE:
        check_library(EXTRA[0], f"a picture ending in {ending}", EXTRA[1])
    from nmt.translator import Translator

    # The recording pass runs over whole sentences: 8-bit weights are for single steps.
    translator = Translator.load(request.model, "fp32", "cpu", request.threads, reverse=request.reverse)
    translator.check_languages(request.src, request.tgt)
    explanation = explain_sentence(translator, request.sentence)
    write_picture(request.output, DRAWN[ending](explanation))
    return explanation.translation
