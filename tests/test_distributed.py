"""Who a process is among others; exchanges themselves are tested with real trainings in test_training.py."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from nmt.distributed import LaunchedGroup, joined
from nmt.errors import FailureError, InputError
from nmt.group import Group, Place


def launched(place: Place) -> LaunchedGroup:
    """Return a group without its meeting point."""
    group = LaunchedGroup.__new__(LaunchedGroup)
    Group.__init__(group, place)
    return group


def environment(monkeypatch: pytest.MonkeyPatch, **values: object) -> None:
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, str(value))


def test_a_place_is_read_from_what_torchrun_says() -> None:
    told = {"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "4"}
    assert Place.read(told) == Place(5, 8, 1, 4)
    assert Place.read({}) == Place.read({"RANK": "0"}) == Place.read({"WORLD_SIZE": "3"}) == Place(0, 1, 0, 1)
    assert Place.read({"RANK": "1", "WORLD_SIZE": "2"}) == Place(1, 2, 1, 2)


@pytest.mark.parametrize(
    "told", [{"RANK": "2", "WORLD_SIZE": "2"}, {"RANK": "x", "WORLD_SIZE": "2"}, {"RANK": "-1", "WORLD_SIZE": "2"}]
)
def test_a_place_that_cannot_be_is_refused(told: dict[str, str]) -> None:
    with pytest.raises(InputError, match=r"the environment has RANK=.* start with torchrun .*, or unset RANK"):
        Place.read(told)


def test_a_process_alone_leads_and_gathers_from_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    for values in ({}, {"RANK": 0, "WORLD_SIZE": 1}):
        environment(monkeypatch, **values)
        with joined() as group:
            assert not isinstance(group, LaunchedGroup)
            assert (group.leads, group.size, group.gather(b"x")) == (True, 1, [b"x"])
            assert group.threads(0) == 0


def test_a_process_alone_never_starts_torch_distributed() -> None:
    code = (
        "import sys, torch; before = set(sys.modules)\n"
        "from nmt.distributed import joined\n"
        "with joined() as group: group.connect(torch.device('cpu')); group.gather(b'')\n"
        "assert not torch.distributed.is_initialized()\n"
        "print([name for name in set(sys.modules) - before if name.startswith('torch')])"
    )
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_cores_are_shared_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nmt.device._CGROUP", tmp_path)  # the tests may run in a container with a quota
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(7)), raising=False)
    for told, count, expected in ((None, 0, 3), ("1", 0, 3), ("4", 0, 0), (None, 5, 5)):
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
        if told:
            monkeypatch.setenv("OMP_NUM_THREADS", told)
        # 0 = what the environment says
        assert launched(Place(0, 2, 0, 2)).threads(count) == expected
    assert launched(Place(0, 9, 0, 9)).threads(0) == 1


def test_each_process_gets_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    group = launched(Place(3, 4, 1, 2))
    assert group.device(torch.device("cuda")) == torch.device("cuda", 1)
    assert group.device(torch.device("cpu")) == torch.device("cpu")
    with pytest.raises(InputError, match=r"train\.device=cuda:1 is one GPU for 4 processes"):
        group.device(torch.device("cuda:1"))
    with pytest.raises(InputError, match="3 processes but 2 GPUs on this machine"):
        launched(Place(0, 3, 0, 3)).device(torch.device("cuda"))


def test_a_meeting_point_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    environment(monkeypatch, RANK=1, WORLD_SIZE=2)
    with (
        pytest.raises(FailureError, match=r"cannot meet the other processes at \?:\?: .*; start with torchrun"),
        joined(),
    ):
        pass


def test_torchrun_is_left_the_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHELASTIC_ERROR_FILE", str(tmp_path / "error.json"))
    launched(Place(1, 2, 1, 2)).tell_launcher(FailureError("the disk is full"))
    message = json.loads((tmp_path / "error.json").read_text())["message"]
    assert message["message"] == "nmt: the disk is full"
    assert message["extraInfo"]["timestamp"].isdecimal()
    monkeypatch.delenv("TORCHELASTIC_ERROR_FILE")
    launched(Place(1, 2, 1, 2)).tell_launcher(FailureError("x"))
