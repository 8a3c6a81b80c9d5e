"""Tests of nmt export: a model carried away whole, small if asked, and never over what was there."""

from __future__ import annotations

import errno
import re
import zipfile
from pathlib import Path

import pytest
import torch

from nmt import Translator
from nmt.model_directory import read_model
from nmt.model_zip import zipped
from nmt.weights import weights_file
from tests import tiny

Capture = pytest.CaptureFixture[str]
FILES = {"config.json", "generation_config.json", "README.md", "shared.spm", "model.safetensors"}
LINES = ["ba de gi", "", "ko lu ma ne", "po"]


def export(*arguments: object) -> int:
    return tiny.run_nmt("export", "-m", tiny.model_directory(), *arguments)


def refused(capsys: Capture, *arguments: object) -> str:
    """Return the one line by which an export is refused as wrong usage."""
    assert export(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    return err


def texts(model: Path) -> list[str]:
    translator = Translator.load(model, precision="fp32", device="cpu", threads=1)
    return [translation.text for translation in translator.translate(LINES)]


def test_a_zip_holds_the_model_as_it_is(tmp_path: Path, capsys: Capture, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    assert export("-o", tmp_path / "model.zip") == 0
    assert capsys.readouterr().out == ""
    assert re.fullmatch(r"wrote .*model\.zip: \d+\.\d MB", caplog.messages[-1])
    with zipfile.ZipFile(tmp_path / "model.zip") as archive:
        assert set(archive.namelist()) == FILES
        assert all(archive.read(name) == (tiny.model_directory() / name).read_bytes() for name in FILES)
    assert texts(tmp_path / "model.zip") == texts(tiny.model_directory())


def test_without_the_ending_it_is_a_directory(tmp_path: Path) -> None:
    assert export("-o", tmp_path / "new/model") == 0
    original = tiny.files(tiny.model_directory())
    assert tiny.files(tmp_path / "new") == {f"model/{name}": original[name] for name in FILES}


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8", "int7"])
def test_an_export_of_an_export_is_the_same(tmp_path: Path, precision: str) -> None:
    one, two, three = (tmp_path / name for name in ("one.zip", "two.zip", "three"))
    assert export("-o", one, "--precision", precision) == 0
    assert tiny.run_nmt("export", "-m", one, "-o", two, "--precision", precision) == 0
    assert tiny.run_nmt("export", "-m", two, "-o", three) == 0
    assert one.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(two) as archive:
        assert tiny.files(three) == {name: archive.read(name) for name in sorted(archive.namelist())}


def test_weights_made_whole_again_are_those_of_8_bits(tmp_path: Path) -> None:
    assert export("-o", tmp_path / "small.zip", "--precision", "int8") == 0
    assert tiny.run_nmt("export", "-m", tmp_path / "small.zip", "-o", tmp_path / "whole", "--precision", "fp32") == 0
    small, whole = (dict(read_model(tmp_path / name).model.named_parameters()) for name in ("small.zip", "whole"))
    assert all(torch.equal(weight, whole[name]) for name, weight in small.items())


def test_seven_bits_take_a_sixth_less_of_a_zip() -> None:
    weights = {"a": torch.randn(300, 300, generator=torch.Generator().manual_seed(1))}
    files = {precision: weights_file(weights, precision) for precision in ("int8", "int7")}
    sizes = {precision: len(zipped({"model.safetensors": content})) for precision, content in files.items()}
    assert len(files["int8"]) < sizes["int8"], "read faster as it is"
    assert sizes["int7"] < 5 / 6 * sizes["int8"]


# --- the card ---


def test_a_text_is_added_to_the_card(tmp_path: Path) -> None:
    (tmp_path / "licence.md").write_text("## Licence\n\nCC BY 2.0 FR: Zoë\n", encoding="utf-8")
    assert export("-o", tmp_path / "model.zip", "--card", tmp_path / "licence.md") == 0
    with zipfile.ZipFile(tmp_path / "model.zip") as archive:
        card = archive.read("README.md").decode()
    own = (tiny.model_directory() / "README.md").read_text(encoding="utf-8")
    assert card == f"{own.rstrip()}\n\n## Licence\n\nCC BY 2.0 FR: Zoë\n"


def test_a_whole_card_takes_the_place_of_the_cards(tmp_path: Path) -> None:
    (tmp_path / "card.md").write_text("---\nlicense: cc0-1.0\n---\n# Mine\n", encoding="utf-8")
    assert export("-o", tmp_path / "model", "--card", tmp_path / "card.md") == 0
    assert (tmp_path / "model/README.md").read_bytes() == (tmp_path / "card.md").read_bytes()


def test_a_model_without_a_card_gets_one(tmp_path: Path) -> None:
    assert export("-o", tmp_path / "bare") == 0
    (tmp_path / "bare/README.md").unlink()
    (tmp_path / "licence.md").write_text("CC0")
    arguments = ("-o", tmp_path / "model", "--card", tmp_path / "licence.md")
    assert tiny.run_nmt("export", "-m", tmp_path / "bare", *arguments) == 0
    assert (tmp_path / "model/README.md").read_text() == "# de to en\n\nCC0\n"


@pytest.mark.parametrize(
    "content, message", [(None, "card.md"), (b"a\xffb\n", "not UTF-8"), (b"a\n" * (1 << 19), "shorten it")]
)
def test_a_card_that_cannot_be_used_is_refused(
    tmp_path: Path, capsys: Capture, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "card.md").write_bytes(content)
    assert message in refused(capsys, "-o", tmp_path / "model.zip", "--card", tmp_path / "card.md")
    assert not (tmp_path / "model.zip").exists()


# --- what was there ---


def test_what_is_there_is_replaced_only_if_asked(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "model.zip").write_text("mine")
    (tmp_path / "model").mkdir()
    (tmp_path / "model/notes.txt").write_text("mine")
    (tmp_path / "model/source.spm").write_text("of another model")
    before = tiny.files(tmp_path)
    for name in ("model.zip", "model"):
        assert "exists; give another output, or --overwrite" in refused(capsys, "-o", tmp_path / name)
    assert tiny.files(tmp_path) == before
    for name in ("model.zip", "model"):
        assert export("-o", tmp_path / name, "--overwrite") == 0
        assert texts(tmp_path / name) == texts(tiny.model_directory())
    assert set(tiny.files(tmp_path / "model")) == FILES | {"notes.txt"}


@pytest.mark.parametrize("overwrite", [(), ("--overwrite",)])
def test_an_output_that_is_none_is_refused(tmp_path: Path, capsys: Capture, overwrite: tuple[str, ...]) -> None:
    (tmp_path / "a.zip").mkdir()
    (tmp_path / "file").touch()
    assert "is a directory; give a file" in refused(capsys, "-o", tmp_path / "a.zip", *overwrite)
    assert "is a file; give a directory" in refused(capsys, "-o", tmp_path / "file", *overwrite)
    for name in ("a.tar.gz", "a.tar", "a.tgz", "a.7z"):
        assert "give a folder or a .zip" in refused(capsys, "-o", tmp_path / name, *overwrite)
    assert "is the model itself" in refused(capsys, "-o", tiny.model_directory(), *overwrite)
    assert tiny.files(tmp_path) == {"file": b""}


def test_a_model_that_does_not_load_is_not_carried_away(tmp_path: Path, capsys: Capture) -> None:
    assert export("-o", tmp_path / "bad") == 0
    weights = tmp_path / "bad/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])
    capsys.readouterr()
    assert tiny.run_nmt("export", "-m", tmp_path / "bad", "-o", tmp_path / "out.zip") == 2
    assert "model.safetensors is damaged" in capsys.readouterr().err
    assert not (tmp_path / "out.zip").exists()


@pytest.mark.parametrize("name", ["model.zip", "model"])
def test_a_failed_export_leaves_nothing(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    assert export("-o", tmp_path / name) == 1
    assert "No space left" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
