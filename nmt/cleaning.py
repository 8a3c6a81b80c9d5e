"""Which pairs are learned from: the rules that drop some, and the share held out for development."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

from nmt.config import DataConfig
from nmt.corpus import Pair


def _hash(*parts: str) -> bytes:
    """Return 8 bytes that depend on every part; 0xff never occurs in UTF-8, so it separates."""
    return hashlib.blake2b(b"\xff".join(part.encode("utf-8") for part in parts), digest_size=8).digest()


def _empty(_: Cleaner, pair: Pair) -> bool:
    return not pair.src.strip() or not pair.tgt.strip()


def _ratio(cleaner: Cleaner, pair: Pair) -> bool:
    # A side of fewer than 10 characters counts as 10: "Ja." is well translated by "Yes, of course it is."
    shorter, longer = sorted(max(len(text), 10) for text in pair)
    return longer > shorter * cleaner.config.max_ratio


def _too_long(cleaner: Cleaner, pair: Pair) -> bool:
    return not cleaner.fits(pair)


def _duplicate(cleaner: Cleaner, pair: Pair) -> bool:
    if not cleaner.config.deduplicate:
        return False
    before = len(cleaner.seen)
    cleaner.seen.add(_hash(*pair))
    return len(cleaner.seen) == before


# Whether a pair is dropped; cheap rules first, and only what passed the others is remembered.
RULES: dict[str, Callable[[Cleaner, Pair], bool]] = {
    "empty": _empty,
    "ratio": _ratio,
    "too_long": _too_long,
    "duplicate": _duplicate,
}


class Cleaner:
    """Drops pairs by RULES and counts what each rule dropped; count_src, count_tgt: tokens of a text."""

    def __init__(self, config: DataConfig, count_src: Callable[[str], int], count_tgt: Callable[[str], int]) -> None:
        self.config = config
        self.count_src = count_src
        self.count_tgt = count_tgt
        self.kept = 0
        self.dropped = dict.fromkeys(RULES, 0)
        self.seen: set[bytes] = set()

    def clean(self, pairs: Iterable[Pair]) -> Iterator[Pair]:
        """Yield the pairs that no rule drops."""
        for pair in pairs:
            rule = next((name for name, drops in RULES.items() if drops(self, pair)), None)
            if rule is None:
                self.kept += 1
                yield pair
            else:
                self.dropped[rule] += 1

    def fits(self, pair: Pair) -> bool:
        """Say whether no side of a pair is longer than what is kept."""
        longest = self.config.max_length
        return self.count_src(pair.src) <= longest and self.count_tgt(pair.tgt) <= longest

    def report(self) -> str:
        """Return one line such as `kept 28,990 of 29,000 pairs; dropped: empty 2, too_long 8`."""
        total = self.kept + sum(self.dropped.values())
        dropped = ", ".join(f"{name} {count:,}" for name, count in self.dropped.items() if count)
        return f"kept {self.kept:,} of {total:,} pairs" + (f"; dropped: {dropped}" if dropped else "")


def held_out_place(pair: Pair, seed: int) -> float:
    """Return the largest share of the corpus, from 0 to 1, at which a pair is still not held out.

    It depends on the seed and the source sentence alone, so no source sentence is on both sides.
    """
    return int.from_bytes(_hash(str(seed), pair.src.strip()), "big") / 2**64


def is_held_out(pair: Pair, share: float, seed: int) -> bool:
    """Tell whether a pair belongs to the development set that takes this share of the corpus."""
    return held_out_place(pair, seed) < share
