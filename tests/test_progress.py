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


def test_updates_have_as_many_batches_as_where_an_older_version_began_them() -> None:
    tree = {"position": {"epoch": 1, "pool": 0, "batch": 3, "pairs": 9}, "processes": 2, "batch_tokens": 50}
    progress = Progress.from_json(7, tree)
    assert progress.batches == 2
    again = json.loads(json.dumps(progress.to_json()))
    assert Progress.from_json(again.pop("step"), again).batches == 2
    assert not progress.change_batches(50) and progress.batches == 2
    # Another budget is that of all processes.
    assert progress.change_batches(100) and progress.batches == 1
    assert Progress(processes=2).batches == 1


def test_of_equal_scores_the_lower_loss_is_better() -> None:
    progress = Progress(step=5)
    found = []
    for score, loss in ((0.0, 4.5), (0.0, 3.2), (0.0, 3.2), (0.0, 3.9), (1.0, 9.0), (0.5, 1.0), (1.0, 8.0)):
        progress.step += 1
        found.append((progress.judge(score, loss), progress.best_step, progress.worse))
    assert found == [(True, 6, 0), (True, 7, 0), (False, 7, 1), (False, 7, 2), (True, 10, 0), (False, 10, 1),
                     (True, 12, 0)]  # fmt: skip
    assert (progress.best, progress.best_loss, progress.validated) == (1.0, 8.0, 12)


def test_a_best_score_of_an_older_version_has_no_loss_to_compare() -> None:
    tree = {"position": {"epoch": 1, "pool": 0, "batch": 3, "pairs": 9}, "best": 0.0, "best_step": 4, "worse": 1}
    progress = Progress.from_json(7, tree)
    assert not progress.judge(0.0, 1.0)
    assert (progress.best_step, progress.worse) == (4, 2)
    assert progress.judge(0.1, 2.0)


def test_other_development_pairs_make_the_next_validation_the_best() -> None:
    progress = Progress(step=9, best=30.0, best_loss=2.0, best_step=8, worse=3)
    assert not progress.change_dev("a", "x")  # an older version did not keep what they were
    assert not progress.change_dev("a", "x")
    assert (progress.best, progress.worse) == (30.0, 3)
    assert progress.change_dev("b", "x") == "the development set"
    assert (progress.best, progress.best_loss, progress.worse, progress.dev) == (None, None, 0, "b")
    assert progress.judge(1.0, 5.0)


def test_translations_by_another_search_make_the_next_validation_the_best() -> None:
    progress = Progress(step=9, best=30.0, best_loss=2.0, best_step=8, worse=3, dev="a")
    assert not progress.change_dev("a", "x")
    assert progress.change_dev("a", "y") == "the search"
    assert (progress.best, progress.worse, progress.search) == (None, 0, "y")
    assert not progress.change_dev("a", "y")


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
