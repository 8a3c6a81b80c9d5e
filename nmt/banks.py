"""Which continuations of a guided beam go on: the likeliest of each bank, and those that bring in a term."""

from __future__ import annotations

import torch
from torch import Tensor

from nmt.beam import NEVER, Choice
from nmt.guided import GuidedBeam, places_in_banks
from nmt.ranking import rank, top
from nmt.rules import FORBIDDEN


class BestInBanks:
    """Extends a guided beam by the likeliest continuations of each bank."""

    def __init__(self, beam: GuidedBeam) -> None:
        self.beam = beam

    def choose(self, log_probs: Tensor) -> Choice:
        """Rank every continuation of each sentence, and those that bring in a term; see choosers.BestFirst.

        log_probs: (rows, vocab)
        """
        beam = self.beam
        end = log_probs[:, beam.special.eos]
        eos_log_probs = beam.by_place(end).clone()
        end.fill_(FORBIDDEN)
        values, ids = top(log_probs, min(beam.config.beam_size, log_probs.size(1)))
        values, ids = self._with_wanted(log_probs, values, ids)
        per_row = values.size(1)
        # (rows, per_row) -> (sentences, width * per_row)
        needs = beam.by_place(beam.outlooks.after(ids, beam.begins)).flatten(1)
        ranked = values + beam.outlooks.of_tokens(beam.placement(), ids)
        values, ids = beam.by_place(values), beam.by_place(ids).flatten(1)
        totals = (beam.by_place(ranked) + beam.scores.unsqueeze(2)).flatten(1)
        values = values.flatten(1)
        places = self._best(totals, needs)
        going, going_needs = totals.gather(1, places), needs.gather(1, places)
        ending = eos_log_probs + beam.scores
        return Choice(
            tokens=ids.gather(1, places),
            token_log_probs=values.gather(1, places),
            scores=going,
            parents=places // per_row,
            ended=ending.masked_fill(self._behind(ending, going, going_needs), NEVER),
            eos_log_probs=eos_log_probs,
            needs=going_needs,
        )

    def _with_wanted(self, log_probs: Tensor, values: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Add what brings in a term, and after a term the best token that does not take it back."""
        beam, tokens = self.beam, self.beam.outlooks.tokens.clamp(min=0)
        able = (values > FORBIDDEN).unsqueeze(1)
        known = ((tokens.unsqueeze(2) == ids.unsqueeze(1)) & able).any(2)
        values = torch.cat((values, beam.wanted.masked_fill(known, FORBIDDEN)), 1)
        ids = torch.cat((ids, tokens), 1)
        if beam.outlooks.fresh is None:
            return values, ids
        rows = beam.outlooks.fresh.nonzero().squeeze(1)
        best, token = log_probs[rows].masked_fill(beam.begins, FORBIDDEN).max(1, keepdim=True)
        known = ((ids[rows] == token) & (values[rows] > FORBIDDEN)).any(1, keepdim=True)
        apart = values.new_full((len(values), 1), FORBIDDEN).index_copy(0, rows, best.masked_fill(known, FORBIDDEN))
        return torch.cat((values, apart), 1), torch.cat((ids, ids.new_zeros(len(ids), 1).index_copy(0, rows, token)), 1)

    def _best(self, totals: Tensor, needs: Tensor) -> Tensor:
        """Return the places of the best continuations of every bank, (sentences, next), best first."""
        places = rank(totals, totals.size(1))
        totals, needs = totals.gather(1, places), needs.gather(1, places)
        kept = (places_in_banks(needs) < self.beam.bank_widths(needs)) & (totals > NEVER)
        count = max(1, int(kept.sum(1).max()))
        return places.gather(1, rank(totals.masked_fill(~kept, NEVER), count))

    def _behind(self, ending: Tensor, going: Tensor, going_needs: Tensor) -> Tensor:
        """Say which endings are not among the best continuations of their bank, (sentences, width)."""
        beam = self.beam
        both = torch.cat((going, ending), 1).unsqueeze(1)
        needs = torch.cat((going_needs, beam.needs), 1).unsqueeze(1)
        ahead = (both > ending.unsqueeze(2)) & (needs == beam.needs.unsqueeze(2))
        return ahead.sum(2) >= beam.bank_widths(beam.needs)
