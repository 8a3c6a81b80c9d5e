"""A translation looked into: the recording is of the model's own run, and its pages and images show it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch
from torch import Tensor, nn

from nmt.cells import CELLS
from nmt.errors import InputError
from nmt.model import TranslationModel
from nmt.model_loading import ModelBundle
from nmt.pictures.explain_image import explain_image
from nmt.pictures.explain_page import explain_page
from nmt.pictures.explaining import DRAWN, Request, run_explanation
from nmt.pictures.explanation import MOST_PIECES, Explanation, explain_sentence, look_at_layers
from nmt.pictures.recording import recorded
from nmt.pictures.units import FEATURES, telling_units
from nmt.rnn import Recurrent, Trace
from nmt.translator import Translator
from tests import tiny
from tests.pages import check_page

MakeModel = Callable[..., TranslationModel]
CHANGES = pytest.mark.parametrize(
    "changes",
    [
        *[{"cell": cell} for cell in CELLS],
        {"input_feeding": True, "decoder_layers": 3},
        {"encoder_layers": 2, "decoder_layers": 2, "residual": True, "layer_norm": True},
        {"cell": "gru", "input_feeding": True, "attention": "multihead"},
    ],
    ids=str,
)
SRC, TGT_IN = torch.tensor([[4, 5, 6, 7, 3]]), torch.tensor([[2, 8, 9, 10]])


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load(tiny.model_directory(), "fp32", "cpu", 1)


@pytest.fixture(scope="module")
def explanation(translator: Translator) -> Explanation:
    return explain_sentence(translator, "ba de gi")


def run(model: TranslationModel) -> Tensor:
    """Return the attention of one teacher-forced pass."""
    weights: Tensor = model(SRC, torch.tensor([5]), TGT_IN).weights
    return weights


# --- the recording ---


@CHANGES
def test_recorded_outputs_are_the_models_own(make_model: MakeModel, changes: dict[str, object]) -> None:
    model = make_model(**changes)
    own: dict[str, list[Tensor]] = {}
    for name, layer in model.named_modules():
        if isinstance(layer, Recurrent):
            layer.register_forward_hook(lambda _, __, out, name=name: own.setdefault(name, []).append(out[0]))
    with torch.inference_mode(), recorded(model) as recording:
        run(model)
        traces = recording.traces()
    assert set(traces) == {name for name, layer in model.named_modules() if isinstance(layer, Recurrent)}
    for name, trace in traces.items():
        expected = torch.cat(own[name], dim=1)
        assert expected.shape[1] == (5 if name.startswith("encoder") else 4)
        torch.testing.assert_close(trace.outputs, expected, atol=1e-5, rtol=0)


@CHANGES
def test_recording_leaves_model_and_result_as_they_were(make_model: MakeModel, changes: dict[str, object]) -> None:
    model = make_model(**changes)
    with torch.inference_mode():
        before = run(model)
        with recorded(model):
            during = run(model)
        assert torch.equal(before, during) and torch.equal(before, run(model))
    assert not any(layer._forward_pre_hooks for layer in model.modules())
    with pytest.raises(ZeroDivisionError), recorded(model):
        raise ZeroDivisionError
    assert not any(layer._forward_pre_hooks for layer in model.modules())


def test_a_backward_layer_is_shown_in_the_order_of_the_sentence(make_model: MakeModel) -> None:
    model = make_model()
    with torch.inference_mode(), recorded(model) as recording:
        run(model)
        traces = recording.traces()
        views = {view.title: view for view in look_at_layers(model, traces, list("abcde"), list("wxyz"))}
        back = model.encoder.layers[0].get_submodule("back")
        alone, _ = back(model._embed(model.src_embedding, SRC[:, 4:]))  # the end of the sentence is read first
    view = views["Encoder, layer 1, reading backwards"]
    assert view.pieces == list("abcde")
    first = traces["encoder.layers.0.back"]
    torch.testing.assert_close(first.outputs[:, :1], alone, atol=1e-6, rtol=0)
    assert view.magnitude[-1] == pytest.approx(first.cells[0, 0].abs().mean().item())
    assert view.gates["forget gate"][0] == pytest.approx(first.gates["forget gate"][0, -1].mean().item())


# --- the explanation ---


def test_the_explanation_is_of_the_translation_that_the_search_finds(
    explanation: Explanation, translator: Translator
) -> None:
    (ids,) = [translator.tokenizers.src.encode("ba de gi")]
    best = translator.sentences.search([ids], translator.settings({}))[0][0]
    assert explanation.translation == translator.translate(["ba de gi"])[0].text
    assert len(explanation.target_pieces) == len(best.tokens) + 1
    torch.testing.assert_close(torch.tensor(explanation.attention), best.attention, atol=1e-5, rtol=0)
    torch.testing.assert_close(
        torch.tensor(explanation.probabilities), torch.tensor(best.token_log_probs).exp(), atol=1e-5, rtol=0
    )


def test_every_layer_is_looked_at_at_every_piece(explanation: Explanation) -> None:
    titles = [view.title for view in explanation.layers]
    assert titles[:2] == ["Encoder, layer 1, reading forwards", "Encoder, layer 1, reading backwards"]
    assert titles[-1].startswith("Decoder, layer ")
    for view in explanation.layers:
        encoder = view.title.startswith("Encoder")
        assert view.pieces == (explanation.source_pieces if encoder else ["<s>", *explanation.target_pieces[:-1]])
        rows = [*view.gates.values(), view.magnitude, *(unit.values for unit in view.units)]
        assert {len(row) for row in rows} == {len(view.pieces)}
        assert list(view.gates) == ["forget gate", "input gate", "output gate"]


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ("  ", "is empty"),
        ("ba\nde", "several lines"),
        ("ba \udcff", "not UTF-8"),
        ("x" * 500, "has .* pieces and at most 40 can be looked at"),
    ],
)
def test_a_sentence_that_cannot_be_looked_at_is_refused(translator: Translator, sentence: str, message: str) -> None:
    assert MOST_PIECES > 40
    with pytest.raises(InputError, match=message):
        explain_sentence(translator, sentence)


# --- telling units ---


def trace_of(cells: Tensor, kept: Tensor) -> Trace:
    return Trace({"forget gate": kept.unsqueeze(0)}, cells.unsqueeze(0), cells.unsqueeze(0))


def test_the_units_that_keep_most_and_those_that_follow_the_sentence_are_found() -> None:
    torch.manual_seed(1)
    pieces = ["▁Er", "▁sagt", "▁„", "Ja", "“", "▁(", "leise", ")", ".", "</s>"]
    cells, kept = torch.randn(10, 6), torch.full((10, 6), 0.5)
    kept[:, 4] = 0.9
    cells[:, 1] = -torch.arange(10.0) / 3
    cells[:, 2] = torch.tensor(FEATURES["quotes"](pieces)) * 2 - 0.5
    units = {unit.number: unit for unit in telling_units(trace_of(cells, kept), "forget gate", pieces)}
    assert "long memory: keeps 90% at a piece (half over 6.6 pieces)" in units[4].reason
    assert "follows the position: r = -1.00" in units[1].reason
    assert "follows quotes: r = +1.00" in units[2].reason
    assert units[1].values == pytest.approx(cells[:, 1].tolist())


def test_quotes_and_brackets_reach_from_their_opening_to_their_closing_piece() -> None:
    assert FEATURES["quotes"](["a", "▁„b", "c", "“", "d"]) == [0, 1, 1, 1, 0]
    assert FEATURES["quotes"](['▁"', "b", '"', "d", '▁"e"', "f"]) == [1, 1, 1, 0, 1, 0]
    assert FEATURES["quotes"](["a", '▁"b', "never", "closed"]) == [0, 0, 0, 0]
    assert FEATURES["quotes"](["don", "'", "t", "'"]) == [0, 0, 0, 0]
    assert FEATURES["brackets"](["a", "▁(", "b", ").", "c"]) == [0, 1, 1, 1, 0]


def test_chance_is_told_of_what_follows_nothing() -> None:
    torch.manual_seed(1)
    cells = torch.randn(8, 200)
    (unit,) = telling_units(trace_of(cells, cells.sigmoid()), None, list("abcdefgh"))
    found, chance = re.findall(r"[\d.]+(?=\s|\))", unit.reason)
    # Of 200 units of noise one fits eight places well; so it does after shuffling.
    assert float(found) > 0.7 and abs(float(found) - float(chance)) < 0.15


# --- pages and images ---


def test_the_page_is_whole_and_holds_pieces_numbers_and_how_to_read_them(explanation: Explanation) -> None:
    found = check_page(explain_page(explanation))
    text = " ".join(" ".join(found.text).split())
    assert {"svg", "table", "details"} <= found.tags
    for said in (explanation.translation, "forget gate", "Hochreiter and Schmidhuber (1997)", "Gers", "Karpathy"):
        assert said in text
    assert all(piece in text for piece in explanation.target_pieces)
    assert [value for name, value in found.attributes if name == "lang"] == ["en", "de", "en"]


def test_a_second_attention_is_drawn_where_there_is_one(explanation: Explanation) -> None:
    both, one = (
        dataclasses.replace(explanation, second_attention=second) for second in (explanation.attention[::-1], None)
    )
    assert ["Second attention" in " ".join(check_page(explain_page(each)).text) for each in (both, one)] == [
        True,
        False,
    ]
    images = [ElementTree.fromstring(explain_image(each, ".svg")) for each in (both, one)]
    heights = [float(image.attrib["height"].removesuffix("pt")) for image in images]
    assert heights[0] > heights[1]
    assert explanation.second_attention is not None
    assert [sum(row) for row in explanation.second_attention] == pytest.approx([1.0] * len(explanation.target_pieces))


def test_what_a_sentence_holds_is_shown_and_not_run(translator: Translator) -> None:
    sentence = "<script>x</script> & \"'{{ 7 }}"
    page = explain_page(explain_sentence(translator, sentence))
    assert sentence in "".join(check_page(page).text)
    assert b"<script" not in page


@pytest.mark.parametrize("cell", ["gru", "rnn"])
def test_other_cells_have_pages_and_images_of_the_gates_they_have(
    cell: str, make_model: MakeModel, translator: Translator
) -> None:
    vocab = translator.description.src_vocab
    model = make_model((vocab, vocab), cell=cell, input_feeding=cell == "gru", tie="none")
    other = Translator(ModelBundle([model], translator.tokenizers, translator.description, translator.config))
    explained = explain_sentence(other, "ba de")
    text = " ".join(check_page(explain_page(explained)).text)
    assert ("update gate" in text, "Cho et al. (2014)" in text, "Elman (1990)" in text) == (
        (True, True, False) if cell == "gru" else (False, False, True)
    )
    assert "forget gate" not in text and "Hochreiter" not in text
    assert explain_image(explained, ".png").startswith(b"\x89PNG")


def test_a_picture_holds_the_pieces_whatever_they_are(explanation: Explanation) -> None:
    odd = ["$\\frac", "_a^", "<b>&", "\x1b"]
    pieces = [*odd, *explanation.source_pieces][: len(explanation.source_pieces)]
    changed = dataclasses.replace(explanation, source_pieces=pieces, translation="$x_{ <b> \x00")
    drawn = ElementTree.fromstring(explain_image(changed, ".svg"))
    text = "".join(drawn.itertext())
    assert all(piece in text for piece in odd[:3]) and "$x_{ <b> \ufffd" in text


# --- the command ---


def test_the_command_prints_the_translation_and_writes_the_page(
    tmp_path: Path,
    explanation: Explanation,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    page = tmp_path / "a.html"
    assert tiny.run_nmt("explain", "-m", tiny.model_directory(), "--threads", "1", "-o", page, "ba", "de", "gi") == 0
    assert capfd.readouterr().out == explanation.translation + "\n"
    assert f"wrote {page}" in caplog.messages
    assert page.read_bytes() == explain_page(explanation)
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


def test_without_a_model_the_built_in_one_of_the_languages_is_explained(
    tmp_path: Path, explanation: Explanation, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.write_zip(tiny.model_directory(), tmp_path / "de-en.zip")
    monkeypatch.setattr("nmt.pretrained.models.FOLDER", tmp_path)
    asked = ("--threads", "1", "-o", tmp_path / "a.html", "ba", "de", "gi")
    assert tiny.run_nmt("explain", "--to", "en", *asked) == 0
    assert capfd.readouterr().out == explanation.translation + "\n"
    assert tiny.run_nmt("explain", "--to", "fr", *asked) == 2
    assert "no built-in model to fr" in capfd.readouterr().err
    assert tiny.run_nmt("explain", "-m", tmp_path / "de-en.zip", "--from", "en", *asked) == 2


def test_outputs_that_cannot_be_written_are_refused_before_the_model_is_read(tmp_path: Path) -> None:
    (tmp_path / "dir.png").mkdir()
    refused = {
        "x.gif": r"ends in '\.gif'; choose one of: \.html, \.png, \.svg",
        "x": "ends in ''",
        "dir.png": "is a directory",
        "none/x.html": "there is no folder",
    }
    for name, message in refused.items():
        with pytest.raises(InputError, match=message):
            run_explanation(Request("no-model", (), None, None, "ba", tmp_path / name, 1))
    with pytest.raises(InputError, match="no-model"):
        run_explanation(Request("no-model", (), None, None, "ba", tmp_path / "x.html", 1))
    assert [path.name for path in tmp_path.iterdir()] == ["dir.png"]


def test_a_missing_library_is_named_with_the_extra_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nmt.pictures.output.find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"a picture ending in \.png needs matplotlib; install it by: .*\[plot\]"):
        run_explanation(Request("no-model", (), None, None, "ba", tmp_path / "x.png", 1))
    assert set(DRAWN) == {".html", ".png", ".svg"}
    assert run_explanation(Request(str(tiny.model_directory()), (), None, None, "ba", tmp_path / "x.html", 1))


def test_modules_keep_nothing_of_a_recording(translator: Translator) -> None:
    (model,) = translator.models
    before = {name: set(vars(module)) for name, module in model.named_modules()}
    explain_sentence(translator, "ba de")
    assert {name: set(vars(module)) for name, module in model.named_modules()} == before
    assert isinstance(model, nn.Module) and not model.training
