"""What a translation lost is demanded in a second search, and only then."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from nmt.carrying.carrier import Carrier, Prepared
from nmt.carrying.held import Held
from nmt.carrying.recovery import find_held, find_lost
from nmt.constraints import Constraint
from nmt.translation import Translation
from nmt.translator import Translator
from tests import tiny

HELD = Prepared("", "ba Tom 47 gi", held=(Held("Tom", "Tom", "🍕"),))


@pytest.mark.parametrize(
    "written, lost",
    [
        ("ba Tom 47 gi", []),
        ("ba 47 gi", ["Tom"]),
        ("ba Tom Tom 47", ["Tom"]),
        ("ba Tom gi", ["47"]),
        ("ba gi", ["Tom", "47"]),
    ],
)
def test_names_and_numbers_are_lost(written: str, lost: list[str]) -> None:
    assert [each.found for each in find_lost(HELD, written, "de", "en")] == lost


def test_where_too_many_numbers_are_lost_none_is() -> None:
    assert find_lost(Prepared("", "11, 22, 33, 44"), "", "de", "en") == []
    assert len(find_lost(Prepared("", "11, 22, 33"), "", "de", "en")) == 3
    assert find_lost(Prepared("11, 22", ""), "", "de", "en") == []


def test_all_is_to_be_held_where_anything_is_lost_but_of_many_numbers_only_those() -> None:
    lost = find_lost(HELD, "ba 47", "de", "en")
    assert [each.found for each in find_held(HELD, lost, "de", "en")] == ["Tom", "47"]
    many = Prepared("", ", ".join(map(str, range(50, 57))))
    lost = find_lost(many, many.text.replace("53", ""), "de", "en")
    assert [each.found for each in find_held(many, lost, "de", "en")] == ["53"]
    amount = Prepared("", "ba 47", held=(Held("47", "47", "5 €"),))
    assert [each.found for each in find_held(amount, [], "de", "en")] == ["47"]


@pytest.fixture
def translator(monkeypatch: pytest.MonkeyPatch) -> Translator:
    """A translator that reads any letter."""
    monkeypatch.setattr("nmt.carrying.letters.Letters.knows", lambda *_: True)
    return Translator.load(tiny.model_directory(), threads=None)


@pytest.fixture
def forgetful(translator: Translator, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """What a translator is asked, and whether anything is demanded, that copies no digit unless it is."""
    asked: list[tuple[str, bool]] = []

    def read(
        parts: list[tuple[int, str]], _config: object, _size: int, _done: object, constraints: Sequence[Constraint] = ()
    ) -> list[Translation]:
        asked.extend((text, bool(constraints)) for _, text in parts)
        texts = [
            text if constraints else "".join(each for each in text if not each.isdigit()).strip() for _, text in parts
        ]
        return [Translation(text, alternatives=(Translation(text),)) for text in texts]

    monkeypatch.setattr(translator.sentences, "translate", read)
    monkeypatch.setattr(translator.parts, "_carrier", Carrier(translator.tokenizers.src, "de", "en"))
    return asked


def test_a_number_that_was_lost_is_demanded_and_there(
    translator: Translator, forgetful: list[tuple[str, bool]]
) -> None:
    config = translator.settings({"spell_out": True})
    assert [each.text for each in translator.translate(["ba de", "ba 47 de"], config)] == ["ba de", "ba 47 de"]
    assert forgetful == [("ba de", False), ("ba 47 de", False), ("ba 47 de", True)]


@pytest.mark.parametrize("changes", [{"carry": False}, {"sampling": True}, {"spell_out": False}])
def test_nothing_is_demanded_of_samples_or_without_carrying_or_spelling_out(
    changes: dict[str, object], translator: Translator, forgetful: list[tuple[str, bool]]
) -> None:
    translator.translate(["ba 47 de"], translator.settings({"spell_out": True, **changes}))
    assert forgetful == [("ba 47 de", False)]
