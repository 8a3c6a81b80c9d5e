"""Tests of the choice of device, arithmetic and threads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from nmt.config_reading import build_config
from nmt.device import MOST_THREADS, choose_device, choose_precision, cores, memory_errors, mixed_precision, set_threads
from nmt.errors import FailureError, InputError

CPU = torch.device("cpu")


@pytest.fixture
def threads() -> Iterator[None]:
    """Put back the number of threads."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def hardware(monkeypatch: pytest.MonkeyPatch, bf16: bool = False, amx: bool = False, limit: str = "") -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: bf16)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)


def gpus(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)


def test_auto_takes_a_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for count, kind in ((0, "cpu"), (2, "cuda")):
        gpus(monkeypatch, count)
        assert choose_device("auto").type == kind
        assert choose_device("cpu") == CPU


def test_a_gpu_is_chosen_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(monkeypatch, 2)
    assert choose_device("cuda:1") == torch.device("cuda", 1)
    with pytest.raises(InputError, match=re.escape("no device 'cuda:2': 2 GPUs seen; use device=cpu or auto")):
        choose_device("cuda:2")


def test_a_gpu_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(monkeypatch, 0)
    for name in ("cuda", "cuda:0"):
        with pytest.raises(InputError, match=f"no device '{name}': 0 GPUs seen"):
            choose_device(name)


@pytest.mark.parametrize("name", ["", "gpu", "meta", "mps", "cuda:x", "cpu:", "0"])
def test_an_unknown_device_is_refused_with_the_choices(name: str) -> None:
    with pytest.raises(InputError, match=f"unknown device '{name}'; choose one of: auto, cpu, cuda, cuda:N"):
        choose_device(name)


@pytest.mark.parametrize("bf16, amx", [(False, False), (True, False), (False, True)])
def test_auto_takes_bfloat16_where_the_hardware_multiplies_it(
    monkeypatch: pytest.MonkeyPatch, bf16: bool, amx: bool
) -> None:
    hardware(monkeypatch, bf16, amx)
    monkeypatch.setattr("nmt.device._runs_bf16", lambda _: True)
    assert choose_precision("auto", CPU) == (torch.bfloat16 if bf16 or amx else torch.float32)
    assert choose_precision("fp32", CPU) == torch.float32
    assert choose_precision("bf16", CPU) == torch.bfloat16


@pytest.mark.parametrize(
    "limit, dtype",
    [
        ("AVX2", torch.float32),
        ("avx512_core_vnni", torch.float32),
        ("AVX512_CORE_BF16", torch.bfloat16),
        ("avx512_core_amx", torch.bfloat16),
        ("DEFAULT", torch.bfloat16),
    ],
)
def test_auto_heeds_the_limit_set_on_the_instructions(
    monkeypatch: pytest.MonkeyPatch, limit: str, dtype: torch.dtype
) -> None:
    hardware(monkeypatch, bf16=True, amx=True, limit=limit)
    monkeypatch.setattr("nmt.device._runs_bf16", lambda _: True)
    assert choose_precision("auto", CPU) == dtype


def test_auto_takes_float32_where_bfloat16_has_products_but_no_recurrent_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    hardware(monkeypatch, bf16=True)
    monkeypatch.setattr("nmt.device._runs_bf16", lambda _: False)
    assert choose_precision("auto", CPU) == torch.float32
    with pytest.raises(InputError, match="precision bf16 does not run on this cpu; choose fp32 or auto"):
        choose_precision("bf16", CPU)


def test_an_unknown_precision_is_refused_with_the_choices() -> None:
    with pytest.raises(
        InputError, match="unknown precision 'fp16'; choose one of: auto, fp32, bf16, or int8 to translate"
    ):
        choose_precision("fp16", CPU)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_products_run_in_the_precision_and_weights_stay(dtype: torch.dtype) -> None:
    layer = torch.nn.Linear(6, 8)
    with mixed_precision(CPU, dtype):
        assert layer(torch.ones(3, 6)).dtype == dtype
    assert layer.weight.dtype == torch.float32
    assert layer(torch.ones(3, 6)).dtype == torch.float32


@pytest.mark.usefixtures("threads")
def test_a_number_of_threads_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set_threads(2) == torch.get_num_threads() == 2
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert set_threads(1) == 1
    assert set_threads(0) == torch.get_num_threads() == 3


@pytest.mark.usefixtures("threads")
def test_without_a_number_there_is_a_thread_for_each_core_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nmt.device._CGROUP", tmp_path)  # the tests may run in a container with a quota
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 5, 9}, raising=False)
    for setting in ("", "many"):
        monkeypatch.setenv("OMP_NUM_THREADS", setting)
        assert set_threads(0) == 3


@pytest.mark.parametrize(
    "files, expected",
    [
        ({"cpu.max": "200000 100000\n"}, 2),
        ({"cpu.max": "150000 100000\n"}, 2),
        ({"cpu.max": "10000 100000\n"}, 1),
        ({"cpu.max": "max 100000\n"}, 8),
        ({"cpu.max": "odd"}, 8),
        ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8),
        ({}, 8),
    ],
)
def test_a_containers_quota_is_considered(
    files: dict[str, str], expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpu").mkdir()
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="ascii")
    monkeypatch.setattr("nmt.device._CGROUP", tmp_path)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert cores() == expected


@pytest.mark.usefixtures("threads")
def test_more_threads_than_any_machine_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    with pytest.raises(InputError, match=r"200000 CPU threads are more than 1024"):
        set_threads(200_000)
    monkeypatch.setenv("OMP_NUM_THREADS", "200000")
    with pytest.raises(InputError, match=r"200000 CPU threads"):
        set_threads(0)
    assert torch.get_num_threads() == before
    assert build_config({"train": {"threads": MOST_THREADS}}, "test").train.threads == MOST_THREADS
    with pytest.raises(InputError, match=r"train\.threads: expected a whole number from 0 to 1024; given 1025"):
        build_config({"train": {"threads": MOST_THREADS + 1}}, "test")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory."), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_memory_that_runs_out_is_told_with_advice_and_nothing_else_is(error: Exception, told: bool) -> None:
    expected = FailureError if told else type(error)
    message = "out of memory with 3 x 5; lower it" if told else re.escape(str(error))
    with pytest.raises(expected, match=message), memory_errors("3 x 5", "lower it"):
        raise error
