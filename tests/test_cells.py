"""Tests of the table of recurrent cells."""

from __future__ import annotations

import re

import pytest

from nmt.cells import CELLS, find_cell
from nmt.errors import InputError


def test_only_the_lstm_has_a_forget_gate_of_its_own() -> None:
    assert [name for name, cell in CELLS.items() if cell.forget_gate is not None] == ["lstm"]


def test_an_unknown_cell_is_refused_with_the_choices() -> None:
    with pytest.raises(InputError, match=re.escape("unknown cell 'ltsm'; choose one of: lstm, gru, rnn")):
        find_cell("ltsm")


@pytest.mark.parametrize("cell", CELLS)
def test_the_gate_that_keeps_is_one_of_the_gates(cell: str) -> None:
    gates = CELLS[cell].gates
    assert gates.keeps in gates.meanings or (gates.keeps is None and not gates.meanings)
