"""Lists of translations: read by their numbers, the nearest to the references chosen."""

from __future__ import annotations

from pathlib import Path

from lab.n_best import nearest, read_n_best


def test_lists_are_read_by_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "n-best"
    path.write_text("0 ||| a\n0 ||| b ||| c\n1 ||| \n2 ||| d\n", encoding="utf-8")
    assert list(read_n_best(path)) == [["a", "b ||| c"], [""], ["d"]]


def test_the_nearest_is_the_best_of_sentence_bleu_and_of_equals_the_likeliest() -> None:
    assert nearest(["a b c", "a b c d e", "x"], ["a b c d e"]) == "a b c d e"
    assert nearest(["y", "x"], ["a b"]) == "y"


def test_any_of_several_references_will_do() -> None:
    assert nearest(["a b c", "d e f g"], ["a x c", "d e f g"]) == "d e f g"
