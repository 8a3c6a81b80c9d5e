"""The counters of a training."""

from __future__ import annotations

import json

from nmt.batches import POOL_PAIRS, Position
from nmt.progress import Progress, Window


def test_counters_come_back_as_they_were() -> None:
    progress = Progress(
        step=7, position=Position(1, 2, 3, 4), best=0.1, skipped_in_row=2, window=Window(1 / 3, 5), processes=2
    )
    tree = json.loads(json.dumps(progress.to_json()))
    assert Progress.from_json(tree.pop("step"), tree) == progress


def test_counters_of_an_older_version_lack_some() -> None:
    tree = {"position": {"epoch": 1, "pool": 0, "batch": 3, "pairs": 9}, "best": None, "skipped": 4}
    assert Progress.from_json(7, tree) == Progress(step=7, position=Position(1, 0, 3, 9), skipped=4)


def test_a_window_is_the_mean_by_tokens() -> None:
    window = Window()
    assert window.mean() is None
    window.add(2.0, 30)
    window.add(4.0, 10)
    assert window.mean() == 2.5
    window.clear()
    assert window == Window()


def test_other_batches_go_on_at_the_start_of_the_pool() -> None:
    progress = Progress(position=Position(1, 2, 3, 2 * POOL_PAIRS + 40), batch_tokens=100)
    assert not progress.change_batches(100)
    assert progress.position.batch == 3
    assert progress.change_batches(50)
    assert progress.position == Position(1, 2, 0, 2 * POOL_PAIRS)
    assert not progress.change_batches(50)


def test_the_first_batches_of_all_are_no_change() -> None:
    progress = Progress()
    assert not progress.change_batches(50)
    assert progress.batch_tokens == 50
