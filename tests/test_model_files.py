"""Tests of a model's files: those of a model alone, never more than their limits, from a directory or a zip."""

from __future__ import annotations

import os
import stat
import threading
import zipfile
from pathlib import Path

import pytest

from nmt.errors import InputError
from nmt.model_files import CONFIG, MOST_BYTES, SHARED, WEIGHTS, open_model, open_regular


def write_zip(path: Path, members: dict[str, bytes], **settings: int) -> Path:
    with zipfile.ZipFile(path, "w", settings.pop("compression", zipfile.ZIP_DEFLATED)) as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name)
            member.compress_type = archive.compression
            for key, value in settings.items():
                setattr(member, key, value)
            archive.writestr(member, content)
    return path


@pytest.fixture(params=["directory", "zip"])
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a directory or zip with two files."""
    files = {CONFIG: b"{}", WEIGHTS: b"weights"}
    if request.param == "zip":
        return write_zip(tmp_path / "m.zip", files)
    (tmp_path / "m").mkdir()
    for name, content in files.items():
        (tmp_path / "m" / name).write_bytes(content)
    return tmp_path / "m"


def test_a_directory_and_a_zip_are_read_alike(model: Path) -> None:
    with open_model(model) as files:
        assert files.exists(CONFIG)
        assert files.read(CONFIG) == b"{}"
        with files.stream(WEIGHTS) as (file, size):
            assert (size, file.read(3), file.read()) == (7, b"wei", b"ghts")
        assert not files.exists(SHARED)
        with pytest.raises(InputError, match=r"shared\.spm"):
            files.read(SHARED)


def test_a_file_larger_than_a_models_is_refused_unread(tmp_path: Path) -> None:
    (tmp_path / SHARED).touch()
    os.truncate(tmp_path / SHARED, MOST_BYTES[SHARED] + 1)
    with open_model(tmp_path) as files, pytest.raises(InputError, match=r"shared\.spm has 16777217 bytes"):
        files.read(SHARED)


def in_time(path: Path) -> str:
    """Return why a path is refused; fails where that takes seconds."""
    found = []

    def attempt() -> None:
        with open_model(path.parent) as files, pytest.raises(InputError) as raised:
            files.read(path.name)
        found.append(str(raised.value))

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(5)
    assert found
    return found[0]


@pytest.mark.parametrize("target", ["/dev/zero", "/dev/stdin", "/dev/full", "."])
def test_a_link_to_a_device_or_directory_is_not_opened(tmp_path: Path, target: str) -> None:
    (tmp_path / CONFIG).symlink_to(target)
    assert "config.json" in in_time(tmp_path / CONFIG)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / CONFIG)
    assert "is not a regular file" in in_time(tmp_path / CONFIG)


@pytest.mark.parametrize("target", [CONFIG, "none"])
def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / CONFIG).symlink_to(target)
    assert "cannot be read" in in_time(tmp_path / CONFIG)


def test_a_link_to_a_regular_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / "x").write_bytes(b"{}")
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / CONFIG).symlink_to("../blobs/x")
    with open_model(tmp_path / "m") as files:
        assert files.read(CONFIG) == b"{}"


def test_opening_a_directory_as_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a regular file"):
        open_regular(tmp_path)


@pytest.mark.parametrize(
    "name",
    ["../config.json", "/config.json", "m/config.json", "config.json/", "C:\\config.json", "..\\config.json", "x", ""],
)
def test_a_zip_holds_no_other_names(tmp_path: Path, name: str) -> None:
    path = write_zip(tmp_path / "m.zip", {CONFIG: b"{}", "y" * max(len(name), 1): b""})
    # zipfile itself writes some names in another way.
    path.write_bytes(path.read_bytes().replace(b"y" * max(len(name), 1), (name or "\0").encode()))
    with pytest.raises(InputError, match=r"m\.zip"), open_model(path):
        pass
    assert [each.name for each in tmp_path.iterdir()] == ["m.zip"]


def test_a_name_twice_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "m.zip", {CONFIG: b"{}", "onfig.jsonc": b"[]"})
    path.write_bytes(path.read_bytes().replace(b"onfig.jsonc", CONFIG.encode()))
    with pytest.raises(InputError, match="each once"), open_model(path):
        pass


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"external_attr": (stat.S_IFLNK | 0o777) << 16}, "is a link"),
        ({"external_attr": (stat.S_IFIFO | 0o644) << 16}, "is a link, encrypted or no regular file"),
        ({"compression": zipfile.ZIP_BZIP2}, "compressed by method 12"),
        ({"compression": zipfile.ZIP_LZMA}, "compressed by method 14"),
    ],
)
def test_a_special_member_is_refused(tmp_path: Path, settings: dict[str, int], message: str) -> None:
    path = write_zip(tmp_path / "m.zip", {CONFIG: b"{}"}, **settings)
    with pytest.raises(InputError, match=message), open_model(path):
        pass


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "m.zip", {CONFIG: b"{}"})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="encrypted"), open_model(path):
        pass


def test_a_bomb_is_refused_by_what_it_says_of_itself(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "m.zip", {CONFIG: b"{}", WEIGHTS: bytes(64 << 20)})
    assert path.stat().st_size < 100_000
    with pytest.raises(InputError, match=r"model\.safetensors grows from \d+ to 67108864 bytes"), open_model(path):
        pass


@pytest.mark.parametrize("declared", [100, 1 << 20])
def test_a_member_of_another_size_than_it_says_is_refused(tmp_path: Path, declared: int) -> None:
    path = write_zip(tmp_path / "m.zip", {CONFIG: b" " * 200_000})
    content = path.read_bytes()
    path.write_bytes(content.replace((200_000).to_bytes(4, "little"), declared.to_bytes(4, "little")))
    with open_model(path) as files, pytest.raises(InputError, match=r"config\.json"):
        files.read(CONFIG)


def test_a_changed_member_is_noticed(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "m.zip", {CONFIG: b'{"a": 1}'}, compression=zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b'"a"', b'"b"'))
    with open_model(path) as files, pytest.raises(InputError, match=r"config\.json is damaged \(Bad CRC"):
        files.read(CONFIG)


def test_a_zip_of_many_members_is_refused_before_they_are_listed(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "m.zip", {str(number): b"" for number in range(5000)})
    with pytest.raises(InputError, match="holds 5000 files"), open_model(path):
        pass


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\5\6" + bytes(18), b"text" * 100])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.zip").write_bytes(content)
    with pytest.raises(InputError, match=r"m\.zip"), open_model(tmp_path / "m.zip"):
        pass
