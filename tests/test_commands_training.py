"""Trainings in real processes, one or two: killed anywhere, told to stop, out of disk and memory."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from nmt.checkpoint import list_checkpoints
from nmt.errors import InputError
from nmt.lock import DirectoryLock
from tests import ranks, tiny

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals")
ROOT = Path(__file__).resolve().parent.parent
# Two batches an update, several updates an epoch; the loss of a line in metrics.jsonl is of three updates.
CHANGES: dict[str, object] = {
    "train.max_steps": 9, "train.accumulate": 2, "train.save_every": 2, "train.eval_every": 4,
    "train.log_every": 3, "train.batch_tokens": 32, "model.recurrent_dropout": 0.1,
}  # fmt: skip
TIMES = {"seconds", "tokens_per_second", "tgt_tokens_per_second", "resident_mb"}
sizes = pytest.mark.parametrize("size", [1, 2])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    tiny.overrides(folder)
    return folder


@pytest.fixture(scope="module")
def uninterrupted(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], dict[str, Any]]:
    """Returns what a training by a number of processes ends with."""
    home = tmp_path_factory.mktemp("uninterrupted")

    def result(size: int) -> dict[str, Any]:
        if not (home / str(size)).exists():
            processes = ranks.train(home / str(size), corpus, CHANGES, size)
            assert processes.wait() == [0] * size, processes.said()
        return outcome(home / str(size))

    return result


def outcome(directory: Path) -> dict[str, Any]:
    """Return every byte that a training ends with, but for times."""
    newest = list_checkpoints(directory)[0]
    lines = (directory / "metrics.jsonl").read_text(encoding="utf-8").split("\n")
    metrics = [{key: value for key, value in json.loads(line).items() if key not in TIMES} for line in lines if line]
    files = {name: (directory / name).read_bytes() for name in ("model.safetensors", "README.md")}
    return {"checkpoint": newest.name, **tiny.files(newest), **files, "metrics": metrics}


def same(directory: Path, expected: dict[str, Any]) -> None:
    found = outcome(directory)
    assert [name for name in expected if found.get(name) != expected[name]] == []
    assert found.keys() == expected.keys()


def first_line(text: str) -> str:
    """Return the one line that begins with the program's name."""
    (line,) = [line for line in text.split("\n") if line.startswith("nmt: ")]
    assert "Traceback" not in text
    return line


# --- killed anywhere ---


@sizes
@pytest.mark.parametrize(
    "kills",
    [
        # The first batch of an update and, with one process, the second; inside the first save and later ones.
        [("kill_in_batch", 2), ("kill_in_batch", 5), ("kill_in_save", 1)],
        [("kill_in_save", 3), ("kill_in_validation", 1), ("kill_in_save", 9)],
    ],
)
def test_a_training_killed_again_and_again_ends_with_the_same_bytes(
    size: int, kills: list[tuple[str, int]], corpus: Path, uninterrupted: Callable[[int], Any], tmp_path: Path
) -> None:
    for number, (name, count) in enumerate(kills):
        # Only the leader saves; of what all do, now one is killed, now the other.
        rank = 0 if name == "kill_in_save" else number % size
        processes = ranks.train(tmp_path / "run", corpus, CHANGES, size, {rank: (name, count)})
        codes = processes.wait(60)
        assert codes[rank] == -signal.SIGKILL, processes.said()
        assert all(code in (1, -signal.SIGKILL) for code in codes), (codes, processes.said())
        assert not any("Traceback" in text for text in processes.said())
        if size > 1 and rank > 0:
            assert "another process of this training ended" in first_line(processes.said()[0])
    processes = ranks.train(tmp_path / "run", corpus, CHANGES, size)
    assert processes.wait() == [0] * size, processes.said()
    assert "going on from update" in processes.said()[0]
    same(tmp_path / "run", uninterrupted(size))
    assert [path.name for path in (tmp_path / "run" / "checkpoints").iterdir() if path.name.startswith(".")] == []


def test_saving_an_update_again_never_leaves_none(corpus: Path, tmp_path: Path) -> None:
    # Stopped in the validation of update 4, whose checkpoint is the only one: resumed, it is saved a second time.
    changes = {**CHANGES, "train.keep": 1}
    processes = ranks.train(tmp_path / "run", corpus, changes, 1, {0: ("signal_in_validation", 1)})
    assert processes.wait() == [143], processes.said()
    assert [path.name for path in list_checkpoints(tmp_path / "run")] == ["step_4"]
    processes = ranks.train(tmp_path / "run", corpus, changes, 1, {0: ("kill_between_renames", 1)})
    assert processes.wait() == [-signal.SIGKILL]
    assert list_checkpoints(tmp_path / "run") == []
    processes = ranks.train(tmp_path / "run", corpus, changes)
    assert processes.wait() == [0]
    assert "going on from update 4" in processes.said()[0]


# A vocabulary with its record, a config and the record of the pairs get their names, then vocabulary, cache and config
# another's place.
@pytest.mark.parametrize("number", [4, 5, 7])
def test_a_kill_while_a_run_is_overwritten_loses_nothing(number: int, corpus: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert ranks.train(run, corpus, {"train.max_steps": 2}).wait() == [0]
    before = tiny.files(run)
    other = ["train", "-o", run, "--overwrite", *tiny.overrides(corpus, {"train.max_steps": 2, "model.dropout": 0.5})]
    processes = ranks.start(tmp_path, other, 1, {0: ("kill_in_renaming", number)})
    assert processes.wait() == [-signal.SIGKILL], processes.said()
    if number == 4:
        # Nothing was wrong so far, but something could have been: the old run goes on.
        assert before.items() <= tiny.files(run).items()
        assert ranks.train(run, corpus, {"train.max_steps": 3}).wait() == [0]
    else:
        processes = ranks.start(tmp_path, other)
        assert processes.wait() == [0], processes.said()
    assert list_checkpoints(run)[0].name == ("step_3" if number == 4 else "step_2")
    assert tiny.files(run).keys() - before.keys() <= {f"checkpoints/step_3/{each.name}" for each in
                                                      list_checkpoints(run)[0].iterdir()}  # fmt: skip


# --- told to stop ---


@sizes
def test_a_signal_in_a_validation_stops_it_and_it_is_done_when_resumed(
    size: int, corpus: Path, uninterrupted: Callable[[int], Any], tmp_path: Path
) -> None:
    processes = ranks.train(tmp_path / "run", corpus, CHANGES, size, {size - 1: ("signal_in_validation", 1)})
    assert processes.wait() == [143] * size, processes.said()
    assert "stopped after 4 updates, saved" in processes.said()[0]
    assert "valid_loss" not in (tmp_path / "run" / "metrics.jsonl").read_text()
    assert ranks.train(tmp_path / "run", corpus, CHANGES, size).wait() == [0] * size
    same(tmp_path / "run", uninterrupted(size))


@sizes
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_to_any_process_saves_within_seconds_and_ends_all(
    number: int, code: int, size: int, corpus: Path, tmp_path: Path
) -> None:
    processes = ranks.train(tmp_path / "run", corpus, {"train.max_steps": 1_000_000, "train.eval_every": 9999}, size)
    until((tmp_path / "run" / "metrics.jsonl").is_file)
    sent = time.monotonic()
    os.kill(processes.running[-1].pid, number)
    assert processes.wait(30) == [code] * size, processes.said()
    assert time.monotonic() - sent < 10
    assert "saved; the same command goes on" in processes.said()[0]
    assert list_checkpoints(tmp_path / "run")


def until(ready: Callable[[], bool], seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not ready() and time.monotonic() < limit:
        time.sleep(0.02)
    assert ready()


def test_running_a_finished_training_again_changes_nothing_for_two_processes_too(corpus: Path, tmp_path: Path) -> None:
    assert ranks.train(tmp_path / "run", corpus, size=2).wait() == [0, 0]
    before = tiny.files(tmp_path / "run")
    processes = ranks.train(tmp_path / "run", corpus, size=2)
    assert processes.wait() == [0, 0]
    assert (
        "finished after 4 updates, by train.max_steps=4; nothing to do" in processes.said()[0]
        and processes.said()[1] == ""
    )
    after = tiny.files(tmp_path / "run")
    assert {name for name in after if after[name] != before.get(name)} <= {"train.log"}


def test_other_search_settings_reach_a_finished_model(corpus: Path, tmp_path: Path) -> None:
    arguments = ["train", "-o", tmp_path / "run", *tiny.overrides(corpus)]
    assert tiny.run_nmt(*arguments) == 0
    weights = (tmp_path / "run" / "model.safetensors").read_bytes()
    assert tiny.run_nmt(*arguments, "search.beam_size=3", "search.length_penalty=0.5") == 0
    for name in ("generation_config.json", "config.json"):
        tree = json.loads((tmp_path / "run" / name).read_bytes())
        assert {"beam_size": 3, "length_penalty": 0.5}.items() <= tree.get("search", tree).items()
    assert (tmp_path / "run" / "model.safetensors").read_bytes() == weights
    # What somebody wrote into the file stays, as long as the command asks for nothing new.
    (tmp_path / "run" / "generation_config.json").write_text('{"beam_size": 9}')
    assert tiny.run_nmt(*arguments, "search.beam_size=3", "search.length_penalty=0.5") == 0
    assert (tmp_path / "run" / "generation_config.json").read_text() == '{"beam_size": 9}'
    assert (tmp_path / "run" / "README.md").is_file()


def test_a_refused_training_leaves_the_decoding_defaults_and_a_change_leaves_the_others(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    arguments = ["train", "-o", run, *tiny.overrides(corpus)]
    assert tiny.run_nmt(*arguments) == 0
    (run / "generation_config.json").write_text('{"beam_size": 9}')
    before = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    other = tiny.write_corpus(tmp_path / "other", 39)
    assert tiny.run_nmt(*arguments, "search.length_penalty=0.5", f"data.train={other}") == 2
    assert "the training corpus changed" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()} == before
    assert tiny.run_nmt(*arguments, "search.length_penalty=0.5") == 0
    tree = json.loads((run / "generation_config.json").read_bytes())
    assert {"beam_size": 9, "length_penalty": 0.5}.items() <= tree.items()


def test_what_somebody_changed_in_a_model_stays_when_it_is_trained_for_longer(
    corpus: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run, changed = tmp_path / "run", {"README.md": b"# Mine\n", "generation_config.json": b'{"beam_size": 9}'}
    tiny.train(run, tiny.config(corpus, {"train.max_steps": 4}))
    weights = (run / "model.safetensors").read_bytes()
    for name, content in changed.items():
        (run / name).write_bytes(content)
    tiny.train(run, tiny.config(corpus, {"train.max_steps": 12}))
    assert (run / "model.safetensors").read_bytes() != weights
    assert {name: (run / name).read_bytes() for name in changed} == changed
    for name in changed:
        assert f"{run / name} is not as nmt wrote it and stays" in caplog.text


def test_a_long_update_is_given_up_for_a_signal_and_done_again_when_resumed(
    corpus: Path, uninterrupted: Callable[[int], Any], tmp_path: Path
) -> None:
    # Between the second update's two batches the signal comes, and time passes.
    processes = ranks.train(tmp_path / "run", corpus, CHANGES, 1, {0: ("late_signal", 4)})
    assert processes.wait() == [143], processes.said()
    assert list_checkpoints(tmp_path / "run")[0].name == "step_1"
    assert ranks.train(tmp_path / "run", corpus, CHANGES).wait() == [0]
    same(tmp_path / "run", uninterrupted(1))


# --- several processes, one training ---


def test_an_update_by_two_processes_is_that_of_one(corpus: Path, tmp_path: Path) -> None:
    dropout = {f"model.{kind}": 0 for kind in ("dropout", "embedding_dropout", "word_dropout", "recurrent_dropout")}
    told = []
    for size in (1, 2):
        processes = ranks.train(tmp_path / str(size), corpus, {**CHANGES, **dropout}, size)
        assert processes.wait() == [0] * size, processes.said()
        told.append([line for line in outcome(tmp_path / str(size))["metrics"] if "loss" in line])
    assert [line["epoch"] for line in told[0]] == [line["epoch"] for line in told[1]]
    for name in ("loss", "gradient_norm"):
        assert [line[name] for line in told[0]] == pytest.approx([line[name] for line in told[1]], abs=2e-3)


def test_another_number_of_processes_goes_on_and_says_that_it_differs(corpus: Path, tmp_path: Path) -> None:
    assert ranks.train(tmp_path / "run", corpus, {"train.max_steps": 3}).wait() == [0]
    processes = ranks.train(tmp_path / "run", corpus, {"train.max_steps": 6}, 2)
    assert processes.wait() == [0, 0]
    assert "trained by 1 process(es) so far, now by 2" in processes.said()[0]
    assert "2 processes" in processes.said()[0] and processes.said()[1] == ""
    assert list_checkpoints(tmp_path / "run")[0].name == "step_6"


def test_a_process_that_fails_ends_the_others_and_its_error_is_the_first(corpus: Path, tmp_path: Path) -> None:
    began = time.monotonic()
    processes = ranks.train(tmp_path / "run", corpus, CHANGES, 2, {1: ("out_of_memory", 11)})
    assert processes.wait(60) == [1, 1]
    assert time.monotonic() - began < 60
    assert "out of memory in a batch of" in first_line(processes.said()[1])
    # The other has no need to say more on the screen, but does in the log.
    assert "nmt: " not in processes.said()[0] and "Traceback" not in processes.said()[0]
    assert "another process of this training ended" in (tmp_path / "run" / "train.log").read_text(encoding="utf-8")
    assert list_checkpoints(tmp_path / "run")[0].name == "step_4"


def test_a_failing_leader_is_followed_without_a_word(corpus: Path, tmp_path: Path) -> None:
    processes = ranks.train(tmp_path / "run", corpus, CHANGES, 2, {0: ("out_of_memory", 3)})
    assert processes.wait(60) == [1, 1]
    assert "out of memory" in first_line(processes.said()[0])
    assert processes.said()[1] == ""
    # Whoever looks later finds it in the log.
    assert "out of memory" in (tmp_path / "run" / "train.log").read_text(encoding="utf-8")


def test_a_wrong_config_is_told_once(corpus: Path, tmp_path: Path) -> None:
    processes = ranks.train(tmp_path / "run", corpus, {"model.attention": "luong"}, 2)
    codes = processes.wait(60)
    assert codes[0] == 2 and codes[1] != 0
    assert "unknown attention 'luong'" in first_line(processes.said()[0])
    # Without torchrun the leader keeps the meeting point, and torch itself warns of its end.
    assert "nmt: " not in processes.said()[1] and "Traceback" not in processes.said()[1]
    assert not (tmp_path / "run").exists()


def test_weights_that_come_apart_are_noticed_before_they_are_saved(corpus: Path, tmp_path: Path) -> None:
    processes = ranks.train(tmp_path / "run", corpus, CHANGES, 2, {1: ("other_weights", 3)})
    assert processes.wait(60) == [1, 1]
    assert "weights of process 1 differ from those of process 0 at update 4" in first_line("".join(processes.said()))
    assert [path.name for path in list_checkpoints(tmp_path / "run")] == ["step_2"]


def test_a_hanging_process_is_given_up(corpus: Path, tmp_path: Path) -> None:
    processes = ranks.train(tmp_path / "run", corpus, CHANGES, 2, {0: ("impatient", 2), 1: ("hang", 9)})
    processes.running[0].join(60)
    assert processes.running[0].exitcode == 1, processes.said()
    assert "process 1 of this training has not answered for" in first_line(processes.said()[0])
    processes.running[1].kill()
    assert processes.wait() == [1, -signal.SIGKILL]


# --- diverging together ---


@pytest.mark.parametrize("rank", [0, 1])
def test_all_processes_leave_an_update_out_when_one_has_no_number(rank: int, corpus: Path, tmp_path: Path) -> None:
    changes = {**CHANGES, "train.divergence": "skip", "train.log_every": 1}
    processes = ranks.train(tmp_path / "run", corpus, changes, 2, {rank: ("no_number", 5)})
    assert processes.wait() == [0, 0], processes.said()
    assert "update 3 has loss nan and gradient norm nan: skipped (1 so far)" in processes.said()[0]
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().split("\n")
    losses = {tree["step"]: tree["loss"] for tree in map(json.loads, filter(None, lines)) if "loss" in tree}
    assert [step for step, loss in losses.items() if loss is None] == [3]


def test_all_processes_stop_when_one_has_no_number(corpus: Path, tmp_path: Path) -> None:
    processes = ranks.train(tmp_path / "run", corpus, CHANGES, 2, {1: ("no_number", 5)})
    assert processes.wait() == [1, 1]
    line = first_line("".join(processes.said()))
    assert "training diverged: update 3 has loss nan" in line and "the last good checkpoint is of update 2" in line


# --- the disk ---


def test_a_full_disk_is_one_line_and_the_older_checkpoints_stay(corpus: Path, tmp_path: Path) -> None:
    assert ranks.train(tmp_path / "run", corpus, {"train.max_steps": 3}).wait() == [0]
    before = {path.name: tiny.files(path) for path in list_checkpoints(tmp_path / "run")}
    processes = ranks.train(tmp_path / "run", corpus, {"train.max_steps": 9}, 1, {0: ("full_disk", 30_000)})
    assert processes.wait() == [1]
    assert "File too large" in first_line(processes.said()[0])
    assert {path.name: tiny.files(path) for path in list_checkpoints(tmp_path / "run")} == before
    assert ranks.train(tmp_path / "run", corpus, {"train.max_steps": 9}).wait() == [0]


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    """A file system of 8 MB, where one may be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_that_fills_up_leaves_a_training_that_goes_on_once_there_is_room(
    corpus: Path, small_disk: Path, tmp_path: Path
) -> None:
    run = small_disk / "run"
    changes: dict[str, object] = {"train.max_steps": 5, "train.save_every": 1}
    assert ranks.train(run, corpus, changes).wait() == [0]
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    processes = ranks.train(run, corpus, {**changes, "train.max_steps": 8})
    assert processes.wait() == [1]
    assert "No space left on device" in first_line(processes.said()[0])
    assert [path.name for path in list_checkpoints(run)] == ["step_5", "step_4"]
    filler.unlink()
    processes = ranks.train(run, corpus, {**changes, "train.max_steps": 8})
    assert processes.wait() == [0], processes.said()
    assert "going on from update 5" in processes.said()[0]


def test_a_disk_that_turns_read_only_is_told_and_loses_nothing(corpus: Path, small_disk: Path) -> None:
    run = small_disk / "run"
    changes: dict[str, object] = {"train.max_steps": 1_000_000, "train.save_every": 50, "train.eval_every": 9999}
    processes = ranks.train(run, corpus, changes)
    until(lambda: len(list_checkpoints(run)) > 0)
    try:
        # The log file is open for writing, so only a lazy form of this is granted; new files are refused all the same.
        assert subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=False).returncode in (0, 32)
        if os.access(run, os.W_OK):
            processes.running[0].kill()
            processes.wait()
            assert subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=False).returncode == 0
        else:
            assert processes.wait() == [1]
            assert "Read-only file system" in first_line(processes.said()[0])
        before = tiny.files(run)
        processes = ranks.train(run, corpus, changes)
        assert processes.wait() == [2]
        assert "is not writable: Read-only file system" in first_line(processes.said()[0])
        assert tiny.files(run) == before
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    last = int(list_checkpoints(run)[0].name.removeprefix("step_"))
    assert ranks.train(run, corpus, {**changes, "train.max_steps": last + 1}).wait() == [0]


def test_two_trainings_in_one_directory_do_not_meet(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    first = ranks.train(tmp_path / "run", corpus, {"train.max_steps": 1_000_000})
    until((tmp_path / "run" / "metrics.jsonl").is_file)
    monkeypatch.setattr("nmt.commands.training.PATIENCE_SECONDS", 0.3)
    settings = tiny.overrides(corpus, {"train.max_steps": 1_000_000})
    assert tiny.run_nmt("train", "-o", tmp_path / "run", *settings) == 2
    assert "another training is running in" in first_line(capfd.readouterr().err)
    os.kill(first.running[0].pid, signal.SIGTERM)
    assert first.wait() == [143]


def test_a_new_directory_is_locked_before_it_is_looked_at(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def prepare(_: object, directory: Path, __: object) -> None:
        with pytest.raises(InputError, match="another training is running"):
            DirectoryLock(directory, 0).__enter__()
        raise InputError("bad data")

    monkeypatch.setattr("nmt.commands.training.prepare_run", prepare)
    assert tiny.run_nmt("train", "-o", tmp_path / "new" / "run", *tiny.overrides(corpus)) == 2
    assert first_line(capfd.readouterr().err) == "nmt: bad data"
    assert not (tmp_path / "new").exists()


# --- torchrun itself ---


def test_torchrun_trains_and_leaves_no_orphan(corpus: Path, tmp_path: Path) -> None:
    own = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    if not own.exists():
        pytest.skip("this system does not tell the children of a process (/proc/PID/task/PID/children)")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    settings = tiny.overrides(corpus, {"train.max_steps": 1_000_000, "train.eval_every": 9999})
    command = [*launcher, "-m", "nmt", "train", "-o", str(tmp_path / "run"), *settings]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    until((tmp_path / "run" / "metrics.jsonl").is_file, 120)
    workers = [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert "2 processes" in err and "saved; the same command goes on" in err, err
    assert len(workers) == 2 and not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    assert list_checkpoints(tmp_path / "run")
