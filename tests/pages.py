"""What the tests of pages share: a check that a page is whole, needs nothing from elsewhere and runs nothing."""

from __future__ import annotations

from html.parser import HTMLParser


class Balance(HTMLParser):
    """Checks that every element is closed in its turn, and notes all text, tags and attributes."""

    VOID = frozenset({"meta", "br", "link", "img"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def check_page(page: bytes) -> Balance:
    """Check that a page is whole, needs nothing from elsewhere and runs nothing; returns what it holds."""
    found = Balance(page.decode("utf-8"))
    assert not found.tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    assert not [name for name, _ in found.attributes if name in ("src", "srcset") or name.startswith("on")]
    assert all(value and value.startswith("#") for name, value in found.attributes if name == "href")
    assert "url(" not in page.decode() and "@import" not in page.decode()
    ids = [value for name, value in found.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    named = [word for name, value in found.attributes if name == "aria-labelledby" for word in (value or "").split()]
    assert set(named) <= set(ids)
    return found
