"""A request's way to its translation: its lines are found, then translated with those of others, then it is written.

Between the two passes nothing waits but the request itself: whoever reads documents is soon free again, and a client
that hangs up leaves nothing behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from nmt.serve.engine import Engine, Order
from nmt.serve.explaining import Explanation
from nmt.serve.languages import Guess
from nmt.serve.reading import Work, read, write

T = TypeVar("T")
# Awaits a function of some arguments.
Run = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Translated(Generic[T]):
    """Something translated, its alternatives, its language where that was not told, and details as in Answer."""

    best: T
    alternatives: list[T]
    detected: Guess | None
    details: list[tuple[int, str, Explanation]]


async def translate_in_passes(
    engine: Engine, works: Sequence[Work[T]], order: Order, most: int, run: Run = asyncio.to_thread
) -> list[Translated[T]]:
    """Translate what a request holds; order: what it asks for, its texts aside; most: characters of all lines.

    run: where it is read and written, a thread for what is quickly done
    Raises Refusal as Engine.translate does, for what cannot be read, and for too many characters.
    """
    texts = await run(read, works, most)
    answers = await engine.translate(replace(order, texts=texts))
    written: list[list[T]] = await run(write, works, [answer.ranked() for answer in answers])
    return [
        Translated(best, others, answer.detected, answer.details)
        for (best, *others), answer in zip(written, answers, strict=True)
    ]
