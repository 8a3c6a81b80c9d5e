"""Reranking: of the translations that a search found, one from which the source is well predicted goes first.

A model may leave out a word, or say one twice, at little cost; a model of the other direction then gives the source a
low probability (Li and Jurafsky, 2016; Sennrich et al., 2016; noisy channel: Yee et al., 2019).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nmt.batches import IdPair
from nmt.config import SearchConfig
from nmt.ensemble import Ensemble
from nmt.forced_decoding import can_score, score_pairs
from nmt.search import Hypothesis
from nmt.tokenizer import TokenizerPair

# Nats a token by which, nearly always at most, one hypothesis predicts the source better than another does. On the
# development set of Tatoeba it costs 0.1 chrF and saves almost half of the asking.
_REACH = 0.5
# Logits and attention weights at a time, some 16 MB: what fits the caches is quicker than all at once.
_MOST_AT_ONCE = 1 << 22


class Reranker:
    """Puts hypotheses into order by their own score and by that of the source given each."""

    def __init__(self, ensemble: Ensemble, tokenizers: TokenizerPair) -> None:
        """ensemble, tokenizers: of the other direction"""
        self._ensemble = ensemble
        self._tokenizers = tokenizers

    def margins(self, sources: Sequence[str], config: SearchConfig) -> list[float]:
        """Return how far behind the best hypothesis of each source another may be and still come first."""
        lengths = [self._tokenizers.tgt.count(source) + 1 for source in sources]
        return [config.reverse_weight * _REACH * length ** (1 - config.length_penalty) for length in lengths]

    def rerank(
        self,
        sources: Sequence[str],
        found: Sequence[Sequence[Hypothesis]],
        text: Callable[[Hypothesis], str],
        margins: Sequence[float],
        config: SearchConfig,
    ) -> list[list[Hypothesis]]:
        """Return the hypotheses of each source, best first; equal ones, and those of one too long, stay in order.

        text: what a hypothesis says; margins: of each source, as self.margins gives them; config: has the weight of
        the log-probability of the source given that text, and the power of the length of the source, in its own tokens,
        that it is divided by
        """
        near = [_near(hypotheses, margin) for hypotheses, margin in zip(found, margins, strict=True)]
        texts = [[text(each) for each in hypotheses] for hypotheses in near]
        # Different tokens may say the same; where all do there is nothing to choose.
        asked = [
            (said, source)
            for source, each in zip(sources, texts, strict=True)
            if len(set(each)) > 1
            for said in dict.fromkeys(each)
        ]
        back = self._scores(asked, config.length_penalty)
        ordered = []
        for source, said, hypotheses in zip(sources, texts, found, strict=True):
            gains = (config.reverse_weight * back.get((one, source), 0.0) for one in said)
            totals = [each.score + gain for each, gain in zip(hypotheses, gains, strict=False)]
            places = sorted(range(len(totals)), key=totals.__getitem__, reverse=True)
            ordered.append([*(hypotheses[place] for place in places), *hypotheses[len(totals) :]])
        return ordered

    def _scores(self, pairs: Sequence[tuple[str, str]], length_penalty: float) -> dict[tuple[str, str], float]:
        """Return the log-probability of each second text given the first, by its length.

        A second text has none where it is too long to be scored with any of its first ones.
        """
        encoded: dict[tuple[str, str], IdPair] = {
            (src, tgt): (self._tokenizers.src.encode(src), self._tokenizers.tgt.encode(tgt)) for src, tgt in pairs
        }
        too_long = {pair[1] for pair, ids in encoded.items() if not can_score(self._ensemble, ids)}
        kept = {pair: ids for pair, ids in encoded.items() if pair[1] not in too_long}
        # Neighbours are of one source, and a search's sources are of similar lengths.
        scored = score_pairs(self._ensemble, list(kept.values()), 1, _MOST_AT_ONCE) if kept else iter(())
        return {pair: sum(values) / len(values) ** length_penalty for pair, values in zip(kept, scored, strict=True)}


def _near(hypotheses: Sequence[Hypothesis], margin: float) -> list[Hypothesis]:
    """Return those, best first, that are no more than so much behind the first."""
    return [each for each in hypotheses if each.score >= hypotheses[0].score - margin]
