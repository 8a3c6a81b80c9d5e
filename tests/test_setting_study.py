"""The comparison of decoding settings: what it is asked for, and its table."""

from __future__ import annotations

from pathlib import Path

import pytest
import setting_study

from nmt.errors import InputError
from tests import tiny
from tests.strangers import encoded


def test_only_decoding_settings_are_compared() -> None:
    assert setting_study.changes_of(["search.beam_size=2", "search.carry=false"]) == {"beam_size": 2, "carry": False}
    for overrides in ([], ["train.seed=2"], ["search.beam_size=2", "model.heads=1"]):
        with pytest.raises(InputError, match="give decoding settings to compare with"):
            setting_study.changes_of(overrides)


def test_the_lines_that_change_are_scored_by_themselves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pairs = tiny.pairs(6)
    (tmp_path / "dev.de").write_bytes(encoded(["", *(pair.src for pair in pairs)]))
    (tmp_path / "dev.en").write_bytes(encoded(["", *(pair.tgt for pair in pairs)]))
    given = ["-m", str(tiny.model_directory()), "--src", str(tmp_path / "dev.de"), "--ref", str(tmp_path / "dev.en")]
    capsys.readouterr()
    setting_study.main(setting_study.parse_words([*given, "--show", "1", "search.min_length=9"]))
    shown = capsys.readouterr().out.strip().split("\n")
    assert shown[:2] == [pairs[0].src, f"    {pairs[0].tgt}"]
    assert shown[4] == "6 of 6 lines change by search.min_length=9"
    assert [row.split()[:2] for row in shown[6:]] == [
        ["all", "own"], ["all", "other"], ["changed", "own"], ["changed", "other"],
    ]  # fmt: skip
    setting_study.main(setting_study.parse_words([*given, "search.min_length=1"]))
    assert capsys.readouterr().out.startswith("0 of 6 lines change")
