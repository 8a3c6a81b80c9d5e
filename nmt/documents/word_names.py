"""Names of elements and attributes of Word documents, apart from their namespaces, of which there are two versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


def local_name(element: Element) -> str:
    """Return an element's name without its namespace; comments and the like have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def attribute(element: Element, name: str) -> str:
    """Return an attribute of the element's own namespace, empty where there is none."""
    namespace = str(element.tag).rpartition("}")[0]
    return str(element.get(f"{namespace}}}{name}", ""))


def is_words_own(element: Element) -> bool:
    """Say whether an element is of the namespace of texts, not one of drawings for example."""
    return isinstance(element.tag, str) and "wordprocessingml" in element.tag
