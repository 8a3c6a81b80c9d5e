"""A group of processes that train one model: where each stands, and what they tell each other.

A process alone is a group of one, to which every exchange costs nothing; torch.distributed is then never touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from nmt.errors import InputError


@dataclass(frozen=True)
class Place:
    """Where a process stands: its number among all and among those of its machine, and how many there are."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    local_size: int = 1

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Place:
        """Return the place that torchrun wrote into the environment; without it, a process alone.

        Raises InputError where the numbers do not fit together.
        """
        if "RANK" not in environment or "WORLD_SIZE" not in environment:
            return cls()
        names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
        given = {name: environment.get(name, "") for name in names}
        # Launchers other than torchrun may tell the first two alone.
        given["LOCAL_RANK"] = given["LOCAL_RANK"] or given["RANK"]
        given["LOCAL_WORLD_SIZE"] = given["LOCAL_WORLD_SIZE"] or given["WORLD_SIZE"]
        try:
            place = cls(*(int(given[name]) for name in names))
        except ValueError:
            place = cls(0, 0)
        if not (0 <= place.rank < place.size and 0 <= place.local_rank < place.local_size <= place.size):
            shown = ", ".join(f"{name}={environment.get(name)!r}" for name in names)
            raise InputError(
                f"the environment has {shown}: no place of a process among others; start with torchrun "
                "--standalone --nproc-per-node N -m nmt train …, or unset RANK and WORLD_SIZE"
            )
        return place


class Group:
    """A process alone; those that torchrun starts are a LaunchedGroup."""

    # Seconds in which a second signal is the first one, told again.
    signal_grace = 0.0

    def __init__(self, place: Place | None = None) -> None:
        self.place = place or Place()

    @property
    def rank(self) -> int:
        return self.place.rank

    @property
    def size(self) -> int:
        return self.place.size

    @property
    def leads(self) -> bool:
        """Whether this is the one process that writes files, logs and draws a progress bar."""
        return self.rank == 0

    def threads(self, count: int) -> int:
        """Return how many CPU threads to ask for, of a count from the config (0 = one per core)."""
        return count

    def device(self, device: torch.device) -> torch.device:
        """Return the device of this process, of the one that the config asks for."""
        return device

    def announce(self) -> None:
        """Let the others go on from `await_leader`."""

    def await_leader(self) -> None:
        """Wait until the leader announces that the run directory is ready; however long it prepares."""

    def connect(self, device: torch.device) -> None:
        """Make exchanges possible, over the processes' devices; raises FailureError where they cannot be."""

    def add(self, buffer: Tensor) -> None:
        """Add up a tensor over the group, in place; every process ends with the same bytes."""

    def gather(self, content: bytes) -> list[bytes]:
        """Return what every process gave, by rank; also a meeting point: nobody goes on before all are here."""
        return [content]

    def leave(self) -> None:
        """End the connections, in good order."""
