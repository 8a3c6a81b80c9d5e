"""Ways to damage the files of a model, at random and by knowledge of their formats, for scripts/fuzz_model.py."""

from __future__ import annotations

import json
import math
import os
import random
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

Files = dict[str, bytes]
Chance = random.Random

_ODD_NUMBERS: list[Any] = [
    *[0, -1, 1, 2, 3, 5, 7, 100, 101, 1000, 10_000, 65_536, 65_537, 10**6, 10**7, 10**9, 10**30, 10**400],
    *[2**31 - 1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64, -(2**63)],
    *[0.0, -0.5, 0.5, 1.5, 1e-300, 1e-6, 1e6, 1e38, 1e300, math.inf, -math.inf, math.nan],
]
_ODD_VALUES: list[Any] = [
    None, True, False, "", "x", "lstm", "\ud800", "\x1b[31m\n\r\u2028", "a" * 100_000, "../../etc/passwd", [], {}, [[]],
    [1, 2], ["de"], {"x": 1}, [0] * 10_000,
]  # fmt: skip
_ODD_TYPES = ["F32", "F16", "BF16", "I8", "F64", "I64", "U8", "BOOL", "F8_E4M3", "", 7, None]
(_LEAST_LEVELS,) = struct.unpack("<f", b"\x80" * 4)
_CHOICES = {
    "cell": ["lstm", "gru", "rnn"],
    "attention": ["dot", "general", "additive", "multihead"],
    "tie": ["none", "output", "all"],
    "kind": ["unigram", "bpe"],
}


# --- any file ---


def _flip_bits(chance: Chance, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 8, 64])):
        if changed:
            changed[_place(chance, len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _set_byte(chance: Chance, data: bytes) -> bytes:
    changed = bytearray(data)
    if changed:
        changed[_place(chance, len(changed))] = chance.choice([0, 1, 127, 128, 255, chance.randrange(256)])
    return bytes(changed)


def _truncate(chance: Chance, data: bytes) -> bytes:
    return data[: chance.choice([chance.randrange(len(data) + 1), max(len(data) - 1, 0), min(8, len(data))])]


def _insert(chance: Chance, data: bytes) -> bytes:
    at = _place(chance, len(data) + 1)
    return data[:at] + chance.randbytes(chance.choice([1, 2, 8, 1000])) + data[at:]


def _delete(chance: Chance, data: bytes) -> bytes:
    at = _place(chance, len(data) + 1)
    return data[:at] + data[at + chance.choice([1, 2, 4, 8, 1000]) :]


def _swap_chunks(chance: Chance, data: bytes) -> bytes:
    a, b, c = sorted(chance.randrange(len(data) + 1) for _ in range(3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def _repeat_chunk(chance: Chance, data: bytes) -> bytes:
    a, b = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return data[:b] + data[a:b] + data[b:]


def _replace_all(chance: Chance, data: bytes) -> bytes:
    return chance.choice([b"", bytes(len(data)), b"\xff" * len(data), chance.randbytes(len(data)), b"[" * 200_000])


def _place(chance: Chance, size: int) -> int:
    """Return a place, in half of all cases near the start, where formats keep their sizes."""
    return chance.randrange(min(size, chance.choice([64, size])))


_BYTES = [_flip_bits, _flip_bits, _set_byte, _truncate, _insert, _delete, _swap_chunks, _repeat_chunk, _replace_all]


# --- JSON ---


def _odd(chance: Chance, key: str = "") -> Any:
    """Return a value that a key should not have, or seldom has."""
    choices: list[Any] = _CHOICES.get(key, _ODD_VALUES)
    return chance.choice(_ODD_NUMBERS) if chance.random() < 0.6 else chance.choice(choices)


def _json(chance: Chance, data: bytes) -> bytes:
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return _replace_all(chance, data)
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        node: Any = tree
        while isinstance(node, (dict, list)) and node:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            key = chance.choice(keys)
            if not isinstance(node[key], (dict, list)) or not node[key] or chance.random() < 0.1:
                _change_key(chance, node, key)
                break
            node = node[key]
    return json.dumps(tree).encode()


def _change_key(chance: Chance, node: Any, key: Any) -> None:
    action = chance.random()
    if action < 0.3 and isinstance(node[key], (int, float)):
        node[key] = chance.choice([node[key] * 2, node[key] * 100, node[key] + 1, node[key] - 1, not node[key]])
    elif action < 0.7:
        node[key] = _odd(chance, str(key))
    elif action < 0.8:
        del node[key]
    elif action < 0.9 and isinstance(node, dict):
        node[chance.choice(["x", "", "\n\x1b[31m", "beam_sise", "\ud800", "k" * 10_000])] = node[key]
    else:
        deep: Any = 1
        for _ in range(chance.choice([2, 50, 300, 900])):
            deep = [deep] if chance.random() < 0.5 else {"a": deep}
        node[key] = deep


# --- safetensors ---


def _weights(chance: Chance, data: bytes) -> bytes:
    try:
        size = int.from_bytes(data[:8], "little")
        header, numbers = json.loads(data[8 : 8 + size]), bytearray(data[8 + size :])
    except (ValueError, RecursionError):
        return _replace_all(chance, data)
    names = [name for name in header if name != "__metadata__"] if isinstance(header, dict) else []
    if not names:
        return _replace_all(chance, data)
    action = chance.randrange(6)
    if action == 0:
        return _put_numbers(chance, data, 8 + size)
    if action == 1:
        return chance.choice([0, 7, size - 1, size + 8, 2**31, 2**63, 2**64 - 1]).to_bytes(8, "little") + data[8:]
    for _ in range(chance.choice([1, 1, 2])):
        _change_tensor(chance, header, names)
    if action == 2:
        numbers += bytes(chance.choice([1, 4, 1000]))
    text = json.dumps(header).encode()
    if action == 3:
        name = json.dumps(chance.choice(names)).encode()
        text = text[:-1] + b", " + name + b": " + json.dumps(header.get(names[0])).encode() + b"}"
    return len(text).to_bytes(8, "little") + text + bytes(numbers)


def _put_numbers(chance: Chance, data: bytes, start: int) -> bytes:
    """Put numbers in the weights that a training never gives."""
    changed = bytearray(data)
    # The last is four times -128 where a weight has 8 bits.
    number = chance.choice([math.nan, math.inf, -math.inf, 3e38, -1e30, 65504.0, 65505.0, 1e-40, 1e9, _LEAST_LEVELS])
    for _ in range(chance.choice([1, 10, 1000])):
        if len(changed) > start + 4:
            at = start + 4 * chance.randrange((len(changed) - start) // 4)
            changed[at : at + 4] = struct.pack("<f", number)
    return bytes(changed)


def _change_tensor(chance: Chance, header: dict[str, Any], names: list[str]) -> None:
    name, other = chance.choice(names), chance.choice(names)
    if name not in header or other not in header:
        return
    tensor = header[name]
    if not all(isinstance(each, dict) and "shape" in each for each in (tensor, header[other])):
        return
    changes: list[Callable[[], object]] = [
        lambda: tensor.update(shape=[_odd(chance) for _ in tensor["shape"]]),
        lambda: tensor.update(shape=tensor["shape"][::-1]),
        lambda: tensor.update(shape=[*tensor["shape"], chance.choice([0, 1, 2**62])]),
        lambda: tensor.update(dtype=chance.choice(_ODD_TYPES)),
        lambda: tensor.update(data_offsets=[_odd(chance), _odd(chance)]),
        lambda: tensor.update(data_offsets=tensor["data_offsets"][::-1]),
        lambda: tensor.update(data_offsets=header[other]["data_offsets"]),
        lambda: header.update({name: header[other], other: tensor}),
        lambda: header.update({name: _odd(chance)}),
        lambda: header.pop(name),
        lambda: header.update({name + "x": header.pop(name)}),
        lambda: header.update({"__metadata__": _odd(chance)}),
    ]
    chance.choice(changes)()


# --- SentencePiece ---


def _number(value: int) -> bytes:
    written = bytearray()
    value &= 2**64 - 1
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    return bytes([*written, value])


def _part(field: int, content: bytes) -> bytes:
    return _number(field << 3 | 2) + _number(len(content)) + content


def _piece(text: bytes, score: float, kind: int) -> bytes:
    return _part(1, text) + b"\x15" + struct.pack("<f", score) + b"\x18" + _number(kind)


def _parts(data: bytes) -> list[tuple[int, bytes]]:
    """Return the top-level fields of an intact .spm."""
    found, at = [], 0
    while at < len(data):
        tag, size, shift, at = data[at], 0, 0, at + 1
        while True:
            size |= (data[at] & 127) << shift
            shift, at = shift + 7, at + 1
            if data[at - 1] < 128:
                break
        found.append((tag >> 3, data[at : at + size]))
        at += size
    return found


_ODD_TEXTS = [
    *[b"", b"a", b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"a" * 999, b"a" * 1001, b"a" * 7999, b"a" * 200_000],
    *[b"<s>", b"<unk>", b"<0x41>", b"\xe2\x96\x81", b" ", b"\n", b"\xe2\x96\x81" * 20, b"\xc3\xa4", b"\r\x1b[2J"],
]


def _odd_piece(chance: Chance) -> bytes:
    text = chance.choice(_ODD_TEXTS)
    score = chance.choice([0.0, -1.0, 1e6, 9e6, -9e6, 1e30, -3e38, math.inf, -math.inf, math.nan])
    return _piece(text, score, chance.choice([0, 1, 1, 1, 2, 3, 4, 4, 5, 6, 7, 100, 2**31, 2**64 - 1]))


def _fair_piece(chance: Chance) -> bytes:
    """Return a piece that a tokenizer might have, so that what follows loading is met too."""
    text = "".join(chance.choice("abc \u2581äß语\u0301\n\U0001f600") for _ in range(chance.choice([1, 2, 5, 20, 80])))
    return _piece(text.encode(), chance.choice([chance.uniform(-20, 20), 1e7, -1e7, 0.0]), chance.choice([1, 1, 4]))


def _odd_settings(chance: Chance) -> bytes:
    field = chance.choice([3, 4, 24, 30, 31, 35, 40, 41, 42, 43, 44, 45, 46, 47, 48, 53, 60, 200, 2**28])
    if chance.random() < 0.5:
        return _number(field << 3) + _number(chance.choice([0, 1, 2, 3, 4, 5, 100, 2**31, 2**63, 2**64 - 1]))
    return _part(field, chance.choice([b"", b"x", b"<s>", b"\xff", b"a" * 10_000]))


def _odd_normalizer(chance: Chance) -> bytes:
    # The size of a double array, one unit or more that lead far outside, and the texts to replace by.
    far = struct.pack("<I", chance.choice([0x7FFFFC00, 0xFFFFFFFF, 0x3FFFFE00, chance.randrange(2**32)]))
    charsmap = struct.pack("<I", chance.choice([4, 1024, 4096, 2**31])) + far * chance.choice([1, 256, 1024]) + b"a\0"
    charsmap = chance.choice([charsmap, charsmap, chance.randbytes(2000), b"\0", b"\4\0\0\0"])
    flags = b"".join(
        _number(field << 3) + _number(chance.choice([0, 1])) for field in (3, 4, 5) if chance.random() < 0.3
    )
    return _part(1, chance.choice([b"identity", b"nmt_nfkc", b"x"])) + _part(2, charsmap) + flags


def _spm(chance: Chance, data: bytes) -> bytes:
    try:
        parts = _parts(data)
    except IndexError:
        parts = []
    pieces = [place for place, (field, _) in enumerate(parts) if field == 1]
    if not pieces or len(parts) < len(pieces) + 2:
        return _flip_bits(chance, data)
    for _ in range(chance.choice([1, 1, 1, 2, 5, 50])):
        at, other, late = chance.choice(pieces), chance.choice(pieces), chance.choice(pieces[-25:])
        changes: list[Callable[[], object]] = [
            lambda late=late: parts.__setitem__(late, (1, _fair_piece(chance))),  # type: ignore[misc]
            lambda late=late: parts.__setitem__(late, (1, _fair_piece(chance))),  # type: ignore[misc]
            lambda late=late: parts.__setitem__(late, (1, _fair_piece(chance))),  # type: ignore[misc]
            lambda at=at: parts.__setitem__(at, (1, _odd_piece(chance))),  # type: ignore[misc]
            lambda at=at: parts.__setitem__(at, (1, _odd_piece(chance))),  # type: ignore[misc]
            lambda at=at: parts.__setitem__(at, (1, _flip_bits(chance, parts[at][1]))),  # type: ignore[misc]
            lambda at=at, other=other: parts.__setitem__(at, parts[other]),  # type: ignore[misc]
            lambda: parts.append((2, parts[-2][1] + _odd_settings(chance))),
            lambda: parts.__setitem__(-2, (2, parts[-2][1] + _odd_settings(chance))),
            lambda: parts.__setitem__(-1, (3, _odd_normalizer(chance))),
            lambda: parts.append((chance.choice([4, 5, 6, 200]), _odd_normalizer(chance))),
            lambda: parts.extend([(1, _odd_piece(chance))] * chance.choice([1, 300])),
            lambda at=at: parts.pop(at),  # type: ignore[misc]
        ]
        chance.choice(changes[:10] if chance.random() < 0.8 else changes)()
        pieces = [place for place, (field, _) in enumerate(parts) if field == 1]
        if len(pieces) < 2 or len(parts) < 4:
            break
    return b"".join(_part(field, content) for field, content in parts)


_BY_ENDING = {".json": _json, ".safetensors": _weights, ".spm": _spm}


def damage(chance: Chance, name: str, data: bytes) -> bytes:
    """Return the content of a file after one to three mutations, half of which know its format."""
    known = _BY_ENDING.get(Path(name).suffix)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        mutation = known if known and chance.random() < 0.6 else chance.choice(_BYTES)
        data = mutation(chance, data)
    return data


# --- the file system ---


def misplace(chance: Chance, path: Path) -> None:
    """Put something else in the place of a file: nothing, a directory, a pipe, a link, a file full of holes."""
    content = path.read_bytes()
    path.unlink()
    kind = chance.randrange(6)
    if kind == 1:
        path.mkdir()
    elif kind == 2:
        os.mkfifo(path)
    elif kind == 3:
        path.symlink_to(chance.choice(["/dev/zero", "/dev/stdin", "/dev/full", "/proc/kmsg", ".", path.name, "/none"]))
    elif kind == 4:
        path.write_bytes(content)
        os.truncate(path, chance.choice([len(content) + 1, 1 << 30, 1 << 40]))
    elif kind == 5:
        path.with_name("elsewhere").write_bytes(content)
        path.symlink_to("elsewhere")


# --- zips ---


def write_zip(chance: Chance, path: Path, files: Files) -> str:
    """Write files as a zip, in half of all cases with something that a model's zip does not have; returns what."""
    action = chance.choice(
        ["as it is", "name", "link", "bomb", "twice", "method", "comment", "bytes", "bytes", "bytes"]
    )
    with zipfile.ZipFile(path, "w", chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        if action == "name":
            odd = [
                "../config.json",
                "/etc/x",
                "a/config.json",
                "config.json/",
                "C:\\x",
                "x\0y",
                "x" * 3000,
                "Config.json",
            ]
            archive.writestr(chance.choice(odd), b"{}")
        elif action == "twice":
            archive.writestr(zipfile.ZipInfo(chance.choice(list(files))), b"{}")
        elif action == "comment":
            archive.comment = b"c" * chance.choice([1, 5000])
    if action in ("link", "bomb", "method"):
        _special_member(chance, path, files, action)
    if action == "bytes":
        data = path.read_bytes()
        tail = chance.choice([len(data), 400, 46])
        path.write_bytes(data[:-tail] + _some_bytes(chance, data[-tail:]))
    return action


def _some_bytes(chance: Chance, data: bytes) -> bytes:
    for _ in range(chance.choice([1, 1, 4])):
        data = chance.choice(_BYTES)(chance, data)
    return data


def _special_member(chance: Chance, path: Path, files: Files, action: str) -> None:
    """Write the zip with one member that is a link, grows a thousandfold or is compressed by another method."""
    victim = chance.choice(list(files))
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name)
            if name == victim and action == "link":
                member.external_attr = (stat.S_IFLNK | 0o777) << 16
                archive.writestr(member, b"/etc/passwd")
            elif name == victim and action == "bomb":
                member.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(member, content + bytes(chance.choice([1 << 20, 1 << 25])))
            else:
                if name == victim:
                    member.compress_type = chance.choice([zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
                archive.writestr(member, content)
