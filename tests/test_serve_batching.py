"""How requests of several clients share batches."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest

from nmt.serve.batching import Batcher
from nmt.serve.refusal import Refusal

Make = Callable[..., Batcher[str, str]]


class Work:
    """Turns texts to capitals; keeps the batches it got, and may be held up or made to fail."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, list[str]]] = []
        self.going = threading.Event()
        self.going.set()

    def __call__(self, kind: str, texts: list[str]) -> list[str]:
        self.batches.append((kind, texts))
        assert self.going.wait(10)
        if "bad" in texts:
            raise ValueError("bad text")
        if "exit" in texts:
            raise SystemExit(1)
        if "lost" in texts:
            return []
        return [text.upper() for text in texts]

    def begun(self, count: int) -> None:
        """Wait until so many batches have begun."""
        limit = time.monotonic() + 10
        while len(self.batches) < count and time.monotonic() < limit:
            time.sleep(0.001)


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def make(work: Work) -> Iterator[Make]:
    made: list[Batcher[str, str]] = []

    def make(size: int = 4, wait: float = 0.0, most: int = 100) -> Batcher[str, str]:
        made.append(Batcher(work, lambda kind: size, wait, most))
        return made[-1]

    yield make
    work.going.set()
    for each in made:
        each.close()


def results(futures: list[Future[list[str]]]) -> list[list[str]]:
    return [future.result(10) for future in futures]


def test_requests_that_come_together_share_a_batch_and_each_gets_its_own(make: Make, work: Work) -> None:
    batcher = make(size=10, wait=0.2)
    futures = [batcher.submit("a", [f"{client} one", f"{client} two"]) for client in "xyz"]
    assert results(futures) == [[f"{client} ONE", f"{client} TWO"] for client in "XYZ"]
    assert [len(texts) for _, texts in work.batches] == [6]


def test_a_full_batch_does_not_wait(make: Make, work: Work) -> None:
    batcher = make(size=2, wait=60)
    start = time.monotonic()
    assert results([batcher.submit("a", ["one"]), batcher.submit("a", ["two"])]) == [["ONE"], ["TWO"]]
    assert time.monotonic() - start < 10


def test_a_lone_request_waits_no_longer_than_said(make: Make) -> None:
    start = time.monotonic()
    assert make(size=8, wait=0.05).submit("a", ["one"]).result(10) == ["ONE"]
    assert 0.05 <= time.monotonic() - start < 5


def test_requests_of_different_kinds_share_no_batch(make: Make, work: Work) -> None:
    batcher = make(wait=0.05)
    results([batcher.submit("a", ["one"]), batcher.submit("b", ["two"]), batcher.submit("a", ["three"])])
    assert work.batches == [("a", ["one", "three"]), ("b", ["two"])]


def test_a_long_request_holds_a_short_one_up_by_a_batch_only(make: Make, work: Work) -> None:
    batcher = make(size=4)
    work.going.clear()
    long = batcher.submit("a", [f"long {number}" for number in range(40)])
    work.begun(1)
    short, other = batcher.submit("a", ["short"]), batcher.submit("b", ["other"])
    work.going.set()
    assert long.result(10) == [f"LONG {number}" for number in range(40)]
    assert (short.result(10), other.result(10)) == (["SHORT"], ["OTHER"])
    # The batch that had begun, then one of each kind.
    early = [text for _, texts in work.batches[:4] for text in texts]
    assert {"short", "other"} <= set(early)
    assert all(len(texts) <= 4 for _, texts in work.batches)


def test_what_fails_fails_alone_and_the_worker_lives_on(make: Make, work: Work) -> None:
    batcher = make(wait=0.1)
    good, bad = batcher.submit("a", ["one"]), batcher.submit("a", ["bad"])
    assert good.result(10) == ["ONE"]
    with pytest.raises(ValueError, match="bad text"):
        bad.result(10)
    assert batcher.submit("a", ["next"]).result(10) == ["NEXT"]
    assert batcher.waiting() == 0


@pytest.mark.parametrize(("text", "said"), [("exit", "SystemExit"), ("lost", "1 texts have 0 translations")])
def test_whatever_happens_the_worker_goes_on(make: Make, text: str, said: str) -> None:
    batcher = make(wait=0.1)
    good, bad = batcher.submit("a", ["one"]), batcher.submit("a", [text])
    assert good.result(10) == ["ONE"]
    with pytest.raises(RuntimeError, match=said):
        bad.result(10)
    assert batcher.submit("a", ["next"]).result(10) == ["NEXT"]
    assert batcher.works()
    batcher.close()
    assert not batcher.works()


def test_a_request_too_many_is_refused_and_room_comes_back(make: Make, work: Work) -> None:
    batcher = make(size=1, most=2)
    work.going.clear()
    futures = [batcher.submit("a", ["one"]), batcher.submit("a", ["two"])]
    with pytest.raises(Refusal) as refusal:
        batcher.submit("a", ["three"])
    assert refusal.value.status == 503
    assert batcher.waiting() == 2
    work.going.set()
    results(futures)
    assert batcher.submit("a", ["four"]).result(10) == ["FOUR"]


def test_what_is_cancelled_is_not_translated(make: Make, work: Work) -> None:
    batcher = make(size=1)
    work.going.clear()
    first, second = batcher.submit("a", ["one"]), batcher.submit("a", ["two", "three"])
    work.begun(1)
    assert second.cancel()
    assert batcher.waiting() == 1
    work.going.set()
    assert first.result(10) == ["ONE"]
    assert batcher.submit("a", ["four"]).result(10) == ["FOUR"]
    assert [texts for _, texts in work.batches] == [["one"], ["four"]]


def test_no_texts_are_no_work(make: Make, work: Work) -> None:
    assert make().submit("a", []).result(0) == []
    assert work.batches == []


def test_closing_finishes_what_is_queued(make: Make, work: Work) -> None:
    batcher = make(size=1, wait=60)
    futures = [batcher.submit("a", [str(number)]) for number in range(5)]
    batcher.close()
    assert results(futures) == [[str(number)] for number in range(5)]
    with pytest.raises(Refusal):
        batcher.submit("a", ["late"])
