"""How far a training is, and how good its validations were."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from nmt.batches import POOL_PAIRS, Position


@dataclass
class Window:
    """The updates since the last line in metrics.jsonl: their negative log-likelihood, summed, over how many
    target tokens."""

    nll: float = 0.0
    tokens: int = 0

    def add(self, nll: float, tokens: int) -> None:
        """nll: the mean over the tokens"""
        self.nll += nll * tokens
        self.tokens += tokens

    def clear(self) -> None:
        self.nll, self.tokens = 0.0, 0

    def mean(self) -> float | None:
        """Return the mean per token, None of no token."""
        return self.nll / self.tokens if self.tokens else None


@dataclass
class Progress:
    """The counters of a training; with the tensors they are all that a resumed one needs.

    step: updates done; best, best_loss, best_step, worse: of the validations; reductions: of the learning rate by the
    plateau schedule; loss, lowest: the running mean, in nats a token; skipped, skipped_in_row: updates left out;
    validated: the update that was validated last; processes, batch_tokens: what the updates up to here were made
    with; batches: of an update, for each that is accumulated: more than one only in trainings that an older version
    began by several processes; dev, search: fingerprints of the pairs that the validations are of and, where the best
    model is chosen by BLEU, of how they are translated
    """

    step: int = 0
    position: Position = field(default_factory=Position)
    best: float | None = None
    best_loss: float | None = None
    best_step: int = 0
    worse: int = 0
    reductions: int = 0
    loss: float | None = None
    lowest: float | None = None
    skipped: int = 0
    skipped_in_row: int = 0
    validated: int = 0
    window: Window = field(default_factory=Window)
    processes: int = 1
    batch_tokens: int = 0
    batches: int = 1
    dev: str = ""
    search: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, step: int, tree: dict[str, Any]) -> Progress:
        """Return the counters that `to_json` gave, without its step; what an older version did not count is new."""
        tree = dict(tree)
        position, window = Position(**tree.pop("position")), Window(**tree.pop("window", {}))
        # An older version gave each process batches of its own.
        tree.setdefault("batches", tree.get("processes", 1))
        return cls(step=step, position=position, window=window, **tree)

    def judge(self, score: float, loss: float) -> bool:
        """Take note of the model's validation; returns whether it is the best so far.

        Of equal scores the lower loss is better: BLEU is 0 for long where there is little to learn from. Checkpoints
        of an older version lack the loss of the best.
        """
        self.validated = self.step
        equal = score == self.best and self.best_loss is not None and loss < self.best_loss
        improved = self.best is None or score > self.best or equal
        if improved:
            self.best, self.best_loss, self.best_step, self.worse = score, loss, self.step, 0
        else:
            self.worse += 1
        return improved

    def change_dev(self, dev: str, search: str) -> str:
        """Go on with development pairs and a search of these fingerprints; returns what changed, "" where nothing did.

        Scores of others do not compare: the next validation is then the best.
        """
        others = self.dev not in ("", dev)
        changed = "the development set" if others else "the search" if self.search not in ("", search) else ""
        self.dev, self.search = dev, search
        if changed:
            self.best, self.best_loss, self.worse = None, None, 0
        return changed

    def change_batches(self, batch_tokens: int) -> bool:
        """Go on with batches of another size; returns whether a part of the epoch is then read again.

        Batches are counted within a pool, and another budget cuts it into others: it is read from its start. It is
        that of all processes together, whatever the budget before was.
        """
        changed = self.batch_tokens not in (0, batch_tokens)
        self.batch_tokens = batch_tokens
        if changed:
            self.batches = 1
        if changed and self.position.batch:
            self.position = Position(self.position.epoch, self.position.pool, 0, self.position.pool * POOL_PAIRS)
            return True
        return False
