"""Tests of ONNX exports: the graphs compute what the model does, whatever the sizes, and their guide works.

Exporting takes seconds, so every test uses the same few models.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import onnx_study
import pytest
import torch

from nmt.batches import pad
from nmt.config import ModelConfig, SearchConfig
from nmt.ensemble import Ensemble
from nmt.errors import FailureError, InputError
from nmt.model import TranslationModel
from nmt.model_directory import read_model
from nmt.onnx import graphs as onnx_graphs
from nmt.onnx.export import check_graphs
from nmt.onnx.model import OnnxModel
from nmt.search import Hypothesis, Sentences, Special, search
from tests import tiny

for package in ("onnx", "onnxscript", "onnxruntime"):
    pytest.importorskip(package, reason=f"{package} is in the extra 'onnx'")

SIZES = {"embedding_size": 6, "encoder_size": 8, "decoder_size": 10, "heads": 2, "tie": "output"}
# Beside the model of tests/tiny.py: an LSTM of two layers with multihead attention.
KINDS: dict[str, dict[str, Any]] = {
    "gru": {"cell": "gru", "attention": "additive", "input_feeding": True, "layer_norm": True},
    "rnn": {"cell": "rnn", "attention": "dot", "encoder_size": 10, "encoder_layers": 2, "residual": True},
}
SOURCES = [[5, 6, 7, 8, 9, 10], [4, 9], [10, 3], [7]]
Exported = tuple[TranslationModel, dict[str, bytes]]


def make(kind: str) -> TranslationModel:
    model = TranslationModel(ModelConfig(**{**SIZES, **KINDS[kind]}), 11, 13).eval()
    model.initialize(1)
    return model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that nmt export --onnx made."""
    home = tmp_path_factory.mktemp("onnx")
    (home / "licence.md").write_text("CC0")
    arguments = ("-o", home / "model", "--onnx", "--card", home / "licence.md")
    assert tiny.run_nmt("export", "-m", tiny.model_directory(), *arguments) == 0
    return home / "model"


@pytest.fixture(scope="module", params=["lstm", *KINDS])
def exported(request: pytest.FixtureRequest) -> Exported:
    if request.param in KINDS:
        model = make(request.param)
        return model, onnx_graphs.write_graphs(model)
    folder: Path = request.getfixturevalue("folder")
    model, _, _ = read_model(tiny.model_directory())
    return model, {name: (folder / name).read_bytes() for name in (onnx_graphs.ENCODER, onnx_graphs.DECODER)}


def find(decoder: Any, config: SearchConfig, sources: list[list[int]] = SOURCES) -> list[list[Hypothesis]]:
    src_ids, src_lengths = pad([[*ids, 3] for ids in sources])
    special = Special(bos=2, eos=3, pad=0, unk=1)
    with torch.inference_mode():
        return search(decoder.step, decoder.start(src_ids, src_lengths), Sentences(src_lengths), config, special)


@pytest.mark.parametrize(
    "settings",
    [{"beam_size": 1}, {"beam_size": 4, "n_best": 4, "prune": 0}, {"beam_size": 3, "prune": 0.5}, {"sampling": True}],
)
def test_the_search_finds_the_same_in_the_graphs_as_in_the_model(exported: Exported, settings: dict[str, Any]) -> None:
    model, graphs = exported
    config = SearchConfig(max_length=9, **settings)
    ours, theirs = find(Ensemble([model]), config), find(OnnxModel(graphs), config)
    for found, others in zip(ours, theirs, strict=True):
        assert [each.tokens for each in found] == [each.tokens for each in others]
        for one, other in zip(found, others, strict=True):
            assert one.score == pytest.approx(other.score, abs=1e-4)
            torch.testing.assert_close(one.attention, other.attention, atol=1e-5, rtol=0)


def test_a_sentence_alone_gets_what_it_gets_in_a_batch(exported: Exported) -> None:
    runtime, config = OnnxModel(exported[1]), SearchConfig(beam_size=3, max_length=9)
    together = find(runtime, config)
    for sentence, (best, *_) in zip(SOURCES, together, strict=True):
        assert find(runtime, config, [sentence])[0][0].tokens == best.tokens


def test_the_study_translates_in_batches_and_keeps_the_order(
    exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, graphs = exported
    monkeypatch.setattr(onnx_study, "BATCH", 3)
    config = SearchConfig(beam_size=2, max_length=9)
    expected = [found[0].tokens for found in find(Ensemble([model]), config)]
    assert onnx_study.translate(Ensemble([model]), SOURCES, config) == expected
    assert onnx_study.translate(OnnxModel(graphs), SOURCES, config) == expected


def test_graphs_of_another_model_are_noticed(exported: Exported) -> None:
    model, graphs = exported
    check_graphs(model, graphs)
    for name in ("encoder.layers.0.back.layer.weight_hh_l0", "decoder.readout.weight", "output.bias"):
        weight = model.get_parameter(name)
        before = weight.detach().clone()
        try:
            weight.data[3] += 1
            with pytest.raises(FailureError, match=r"(en|de)coder\.onnx as torch .* does not compute what the model"):
                check_graphs(model, graphs)
        finally:
            weight.data.copy_(before)


def test_exporting_leaves_the_model_as_it_was() -> None:
    model = make("gru")
    before = {name: (type(module), module.training) for name, module in model.named_modules()}
    onnx_graphs.EncoderGraph(model)
    assert {name: (type(module), module.training) for name, module in model.named_modules()} == before


def test_what_the_exporter_cannot_do_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise torch.onnx.OnnxExporterError("no such operator\nand much more")

    monkeypatch.setattr(torch.onnx, "export", fail)
    with pytest.raises(FailureError, match=r"torch \S+ cannot put this model in ONNX \(.*no such operator\)$"):
        onnx_graphs.write_graphs(make("rnn"))


def test_a_cell_that_onnx_has_no_operator_for_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(onnx_graphs.OPERATORS, "rnn")
    with pytest.raises(InputError, match=r"model\.cell=rnn has no operator in ONNX; it has: lstm, gru"):
        onnx_graphs.write_graphs(make("rnn"))


def test_a_model_that_no_onnx_file_can_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_graphs, "_MOST_BYTES", 1000)
    with pytest.raises(InputError, match=r"holds at most 1,000 bytes of weights; this model has [\d,]{5,}"):
        onnx_graphs.write_graphs(make("rnn"))


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_graphs, "find_spec", lambda name: None if name == "onnxscript" else object())
    with pytest.raises(InputError, match=r"ONNX needs onnxscript; install by: pip install -e '\.\[onnx\]'"):
        onnx_graphs.write_graphs(make("rnn"))


# --- the command ---


def test_the_folder_holds_graphs_tokenizer_config_and_a_guide(folder: Path) -> None:
    assert set(tiny.files(folder)) == {"encoder.onnx", "decoder.onnx", "shared.spm", "config.json", "README.md"}
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\n") and "CC0\n\n## Run it with ONNX Runtime" in card


def test_a_model_is_not_read_from_the_folder_which_is_told(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text").write_text("ba\n")
    assert tiny.run_nmt("translate", "-m", folder, "-i", tmp_path / "text") == 2
    given = f"nmt: '{folder}' is an ONNX export, which -m does not read"
    expected = f"{given}; give the model that it was made from, or run it as its README.md says\n"
    assert capsys.readouterr().err == expected


def test_every_input_and_output_stands_in_the_guide(folder: Path) -> None:
    import onnxruntime

    card = (folder / "README.md").read_text(encoding="utf-8")
    for name in ("encoder.onnx", "decoder.onnx"):
        (row,) = (line for line in card.split("\n") if line.startswith(f"| `{name}`"))
        session = onnxruntime.InferenceSession(folder / name)
        names = [each.name for each in (*session.get_inputs(), *session.get_outputs())]
        assert re.findall(r"`(\w+)`", row) == names


def test_the_program_in_the_guide_translates_as_nmt_does(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "ba de gi\nko lu\npo\n"
    (tmp_path / "text").write_text(text)
    options = ("-i", tmp_path / "text", "--beam-size", 1, "--max-length", 0, "--precision", "fp32")
    assert tiny.run_nmt("translate", "-m", tiny.model_directory(), *options) == 0
    card = (folder / "README.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```", card, re.MULTILINE | re.DOTALL)
    example = 'print(translate("…"))'
    assert example in program
    program = program.replace(example, "import sys\nfor line in sys.stdin:\n    print(translate(line.strip()))")
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, input=text, capture_output=True, text=True, check=True
    )
    assert ended.stdout == capsys.readouterr().out


@pytest.mark.parametrize("wrong", [("model.zip",), ("model", "--precision", "int8")])
def test_options_that_do_not_go_with_onnx_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: tuple[str, ...]
) -> None:
    name, *options = wrong
    assert tiny.run_nmt("export", "-m", tiny.model_directory(), "--onnx", "-o", tmp_path / name, *options) == 2
    assert "--onnx writes graphs in fp32 into a directory" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
