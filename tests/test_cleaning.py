"""Cleaning: what each rule drops, and that no source sentence is both learned from and held out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nmt.cleaning import RULES, Cleaner, is_held_out
from nmt.config import DataConfig
from nmt.corpus import Pair
from tests.strangers import texts

pair_lists = st.lists(st.builds(Pair, texts, texts), max_size=9)


def data_config(**values: object) -> DataConfig:
    return DataConfig.model_validate(values)


def count_words(text: str) -> int:
    return len(text.split())


def test_each_rule_drops_its_pairs_and_is_counted() -> None:
    dropped = {
        "empty": [Pair(" \u2028", "x"), Pair("x", "")],
        "ratio": [Pair("x" * 11, "x" * 56), Pair("x" * 51, "ja")],
        "too_long": [Pair("a b c d e f", "a b"), Pair("a b", "a b c d e f g")],
        "duplicate": [Pair("a b c d e", "x")],
    }
    kept = [Pair("a b c d e", "x"), Pair("a b c d ex", "y"), Pair("x" * 50, "x" * 10), Pair("ja", "x" * 9)]
    cleaner = Cleaner(data_config(max_length=5, max_ratio=5, deduplicate=True), count_words, count_words)
    everything = [*kept, *(pair for pairs in dropped.values() for pair in pairs)]
    assert list(cleaner.clean(everything)) == kept
    assert cleaner.dropped == {name: len(pairs) for name, pairs in dropped.items()}
    assert set(dropped) == set(RULES)
    assert cleaner.report() == "kept 4 of 11 pairs; dropped: empty 2, ratio 2, too_long 2, duplicate 1"


def test_each_side_is_counted_by_its_own_counter() -> None:
    cleaner = Cleaner(data_config(max_length=3), len, count_words)
    assert list(cleaner.clean([Pair("abc", "a b c"), Pair("abcd", "a"), Pair("a", "abcde")])) == [
        ("abc", "a b c"),
        ("a", "abcde"),
    ]


def test_duplicates_stay_unless_their_removal_is_asked_for() -> None:
    pairs = [Pair("a", "b"), Pair("a", "b"), Pair("a", "c"), Pair("ab", "")]
    cleaner = Cleaner(data_config(), count_words, count_words)
    assert list(cleaner.clean(pairs)) == pairs[:3]
    strict = Cleaner(data_config(deduplicate=True), count_words, count_words)
    assert list(strict.clean(pairs)) == [("a", "b"), ("a", "c")]


def test_the_report_of_clean_pairs_names_no_rule() -> None:
    cleaner = Cleaner(data_config(), count_words, count_words)
    list(cleaner.clean([Pair(str(n), "x") for n in range(1234)]))
    assert cleaner.report() == "kept 1,234 of 1,234 pairs"


@given(pairs=pair_lists, seed=st.integers(0, 2**70), share=st.floats(0, 1))
def test_a_source_sentence_is_never_on_both_sides_of_the_split(pairs: list[Pair], seed: int, share: float) -> None:
    again = [*pairs, *(Pair(pair.src, pair.tgt + "!") for pair in reversed(pairs))]
    held_out = {pair.src for pair in again if is_held_out(pair, share, seed)}
    assert held_out.isdisjoint(pair.src for pair in again if not is_held_out(pair, share, seed))


def test_the_split_holds_out_the_share_and_follows_the_seed() -> None:
    pairs = [Pair(f"Satz {n}", "x") for n in range(10000)]
    first, second = ({pair.src for pair in pairs if is_held_out(pair, 0.05, seed)} for seed in (1, 2))
    assert 400 < len(first) < 600
    assert len(first & second) < 60
    assert not any(is_held_out(pair, 0.0, 1) for pair in pairs)
    assert all(is_held_out(pair, 1.0, 1) for pair in pairs)
