"""What a training tells."""

from __future__ import annotations

from pathlib import Path

from tqdm import tqdm

from nmt.progress import Window
from nmt.training_report import FullReport


def test_a_training_that_goes_on_drops_lines_about_later_updates_and_what_is_no_such_line(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    strange = [b"\xff", b"[", b'"step"', b"[" * 99999, b"{}", b'{"step": "1"}', b"", b'{"step": 3}']
    path.write_bytes(b"\n".join([b'{"step": 1}', *strange, b'{"step": 2, "loss": null}', b'{"st']))
    FullReport(tmp_path, tqdm(disable=True), 2, Window())
    assert path.read_bytes() == b'{"step": 1}\n{"step": 2, "loss": null}\n'
