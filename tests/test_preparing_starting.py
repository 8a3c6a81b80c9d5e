"""Trainings that start from another model: what they take over, what they refuse, that they go on without it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from random import Random

import pytest
import torch

from nmt.config_reading import read_config
from nmt.corpus import Pair
from nmt.errors import InputError
from nmt.model_description import ModelDescription
from nmt.model_directory import read_model
from nmt.preparing.run import open_run, prepare_run, prepare_tokenizers
from nmt.preparing.starting import adopt, model_path
from nmt.trainer import Trainer
from tests import tiny

SIZES = ("tokenizer.vocab_size", "model.heads", "model.embedding_size", "model.encoder_size", "model.decoder_size")


def overrides(folder: Path, **changes: object) -> list[str]:
    """Return settings of a tiny training that starts from the tiny model and leaves the sizes to it."""
    kept = [each for each in tiny.overrides(folder) if each.partition("=")[0] not in SIZES]
    given = {"train__start_from": tiny.model_directory(), **changes}
    return [*kept, *(f"{key.replace('__', '.')}={value}" for key, value in given.items())]


def train(folder: Path, **changes: object) -> Path:
    tiny.train(folder / "run", read_config(None, overrides(folder, **changes)))
    return folder / "run"


def weights(path: Path) -> dict[str, torch.Tensor]:
    return dict(read_model(path).model.named_parameters())


def largest_change(one: Path, other: Path) -> float:
    before, after = weights(one), weights(other)
    assert before.keys() == after.keys()
    return max(float((before[name] - after[name]).detach().abs().max()) for name in before)


def test_weights_vocabulary_and_sizes_are_taken_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "nmt")
    # So small a rate that what comes out is what went in.
    run = train(tmp_path, train__learning_rate=1e-9, train__min_learning_rate=0)
    assert largest_change(tiny.model_directory(), run) < 1e-6
    assert (run / "shared.spm").read_bytes() == (tiny.model_directory() / "shared.spm").read_bytes()
    before, after = (ModelDescription.read(each).config for each in (tiny.model_directory(), run))
    assert after.model == before.model and after.tokenizer == before.tokenizer
    assert f"starting from the weights of {tiny.model_directory()}" in caplog.text
    # The averaged weights are those that are validated and kept; the ones in training move on from there.
    moved = train(tmp_path / "moved", train__learning_rate=0.01)
    assert 0.001 < largest_change(tiny.model_directory(), moved) < 0.2


def test_training_on_starts_where_the_first_one_ended(tmp_path: Path) -> None:
    def first_loss(folder: Path, *settings: str) -> float:
        run = prepare_run(read_config(None, settings), folder / "run", False)
        trainer = Trainer(run)
        return float(trainer._validator.validate(trainer._state.averaged, torch.float32).loss)

    fresh = first_loss(tmp_path / "fresh", *tiny.overrides(tmp_path))
    assert first_loss(tmp_path / "started", *overrides(tmp_path)) < fresh - 0.5


def test_a_zip_and_a_built_in_model_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "de-en.zip"
    tiny.write_zip(tiny.model_directory(), path)
    monkeypatch.setattr("nmt.pretrained.models.FOLDER", tmp_path)
    for folder, name in (("zip", str(path)), ("built-in", "de-en")):
        run = train(tmp_path / folder, train__start_from=name, train__learning_rate=1e-9)
        assert largest_change(tiny.model_directory(), run) < 1e-6


def test_numbers_may_be_split_from_then_on(tmp_path: Path) -> None:
    for side, code in enumerate(("de", "en")):
        lines = [Pair(f"im Jahr 19{n:02} war es", f"IN 19{n:02} IT WAS") for n in range(99)]
        text = "".join(pair[side] + "\n" for pair in lines)
        (tmp_path / f"train.{code}").write_text(text, encoding="utf-8", newline="\n")
    first = read_config(None, tiny.overrides(tmp_path, {"tokenizer.vocab_size": 295}))
    tiny.train(tmp_path / "first", first)
    whole = read_model(tmp_path / "first").tokenizers.tgt
    assert max(sum(map(str.isdigit, piece)) for piece in whole.pieces(whole.encode("IN 1955"))) > 1
    run = train(tmp_path, train__start_from=tmp_path / "first", tokenizer__split_digits="true")
    split = read_model(run).tokenizers.tgt
    assert len(split) == len(whole)
    for text in ("IN 1955", "19 1999 1900", "im Jahr 1"):
        for ids in (split.encode(text), split.sample(text, 0.2, Random(1))):
            assert split.decode(ids) == text
            assert max(sum(map(str.isdigit, piece)) for piece in split.pieces(ids)) == 1
    # A training from there keeps them split, and says so.
    again = train(tmp_path / "again", train__start_from=run, data__train=tmp_path / "train")
    assert ModelDescription.read(again).config.tokenizer.split_digits
    assert read_model(again).tokenizers.files() == read_model(run).tokenizers.files()


def test_what_it_started_from_is_kept_where_nothing_better_comes_of_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "nmt")
    spoiling = {"train__learning_rate": 1, "train__ema": 0, "train__eval_every": 1, "train__select": "loss"}
    run = train(tmp_path, **spoiling, train__max_steps=9, train__patience=2)
    assert largest_change(tiny.model_directory(), run) == 0
    assert "finished after 2 updates, by train.patience=2" in caplog.text
    assert "best model, of update 0: " in caplog.text
    lines = list(map(json.loads, (run / "metrics.jsonl").read_text(encoding="utf-8").rstrip("\n").split("\n")))
    assert [(line["step"], line["best"]) for line in lines if "best" in line] == [(0, True), (1, False), (2, False)]


def test_a_training_that_was_cut_off_before_its_first_checkpoint_validates_its_start_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Trainer, "_update", cut_off)
        train(tmp_path)
    whole = (tmp_path / "run" / "metrics.jsonl").read_text(encoding="utf-8")
    assert whole.count('"step": 0,') == 1
    run = train(tmp_path, train__max_steps=2)
    train(tmp_path, train__max_steps=3)
    assert (run / "metrics.jsonl").read_text(encoding="utf-8").count('"step": 0,') == 1
    assert (run / "metrics.jsonl").read_text(encoding="utf-8").startswith(whole)


def test_it_goes_on_without_the_model_it_started_from(tmp_path: Path) -> None:
    shutil.copytree(tiny.model_directory(), tmp_path / "before")
    settings = overrides(tmp_path, train__start_from=tmp_path / "before", train__max_steps=2)
    tiny.train(tmp_path / "run", read_config(None, settings))
    shutil.rmtree(tmp_path / "before")
    longer = read_config(None, [*settings, "train.max_steps=4"])
    tiny.train(tmp_path / "run", longer)
    assert sum(1 for _ in (tmp_path / "run" / "checkpoints").iterdir()) > 0
    assert open_run(longer, tmp_path / "run").config == ModelDescription.read(tmp_path / "run").config
    with pytest.raises(InputError, match="no model"):
        prepare_run(longer, tmp_path / "run", True)
    # --overwrite refused that before it removed anything.
    assert read_model(tmp_path / "run")


@pytest.mark.parametrize(
    "change, message",
    [
        (
            {"model__encoder_size": 10},
            r"model\.encoder_size is 10, but 12 in the model .*leave out model\.encoder_size",
        ),
        ({"tokenizer__vocab_size": 400}, r"tokenizer\.vocab_size is 400, but 300"),
        ({"train__start_from": "nowhere"}, r"no model 'nowhere'; give the directory or zip of one"),
        ({"train__start_from": "xx-yy"}, r"no model 'xx-yy'"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        train(tmp_path, **change)
    assert not (tmp_path / "run").exists()


def test_a_model_does_not_start_from_itself(tmp_path: Path) -> None:
    shutil.copytree(tiny.model_directory(), tmp_path / "run")
    before = tiny.files(tmp_path / "run")
    settings = read_config(None, overrides(tmp_path, train__start_from=tmp_path / "run"))
    with pytest.raises(InputError, match="give another directory"):
        prepare_run(settings, tmp_path / "run", True)
    assert tiny.files(tmp_path / "run") == before


def test_other_tokenizers_in_the_directory_are_refused_and_left(tmp_path: Path) -> None:
    prepare_tokenizers(tiny.config(tmp_path, {"tokenizer.vocab_size": 290}), tmp_path / "run")
    before = tiny.files(tmp_path / "run")
    with pytest.raises(InputError, match=r"tokenizers in .* are not those of the model to start from"):
        train(tmp_path)
    assert tiny.files(tmp_path / "run") == before
    with pytest.raises(InputError, match="vocabulary is kept"):
        prepare_tokenizers(read_config(None, overrides(tmp_path)), tmp_path / "other")


def test_a_model_of_other_languages_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    prepare_run(read_config(None, overrides(tmp_path)), tmp_path / "same", False)
    assert "this training is from" not in caplog.text
    turned = read_config(None, overrides(tmp_path, data__src="en", data__tgt="de"))
    prepare_run(turned, tmp_path / "turned", False)
    told = f"from 'en' to 'de', but the model that train.start_from names ({tiny.model_directory()}) from 'de' to 'en'"
    assert [each.getMessage() for each in caplog.records] == [f"this training is {told}"]
    # Once begun, the run is of its own languages.
    prepare_run(turned, tmp_path / "turned", False)
    open_run(turned, tmp_path / "turned")
    assert len(caplog.records) == 1


def test_a_path_comes_before_a_built_in_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "de-en").mkdir()
    assert model_path("de-en") == Path("de-en")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert model_path("~/de-en") == tmp_path / "de-en"


def test_sampling_that_is_not_given_suits_the_pieces_taken_over() -> None:
    kept = ModelDescription(read_config(None, ["tokenizer.kind=bpe", "tokenizer.sampling=0.3"]), 600, 600)
    assert adopt(read_config(None), kept).tokenizer.sampling == 0.1
    assert adopt(read_config(None, ["tokenizer.sampling=0.2"]), kept).tokenizer.sampling == 0.2


@pytest.mark.parametrize(
    "setting, attention, wider",
    [
        ("lexical_shortcut", "multihead", "decoder.attention.key_value.weight"),
        ("second_attention", "multihead", "decoder.readout.weight"),
        ("second_attention", "additive", "decoder.readout.weight"),
    ],
)
def test_what_may_be_added_begins_with_no_say_and_learns(
    tmp_path: Path, setting: str, attention: str, wider: str
) -> None:
    tiny.train(tmp_path / "first", tiny.config(tmp_path, {"model.attention": attention, f"model.{setting}": False}))
    asked = {"train__start_from": tmp_path / "first", f"model__{setting}": "true"}
    run = train(tmp_path, **asked, train__learning_rate=1e-9, train__min_learning_rate=0)
    before, after = (read_model(each).model for each in (tmp_path / "first", run))
    assert [getattr(model.config, setting) for model in (before, after)] == [False, True]
    ids, lengths = torch.tensor([[5, 6, 7, 0], [8, 9, 10, 11]]), torch.tensor([3, 4])
    with torch.no_grad():
        features = [model(ids, lengths, ids).features for model in (before.eval(), after.eval())]
    torch.testing.assert_close(*features, atol=1e-5, rtol=1e-5)
    taught, untaught = weights(train(tmp_path / "taught", **asked, train__learning_rate=0.01)), weights(run)
    columns = before.get_parameter(wider).shape[1]
    moved = [taught[wider][:, columns:]]
    moved += [taught[name] - untaught[name] for name in taught.keys() - dict(before.named_parameters()).keys()]
    assert len(moved) == 1 + (setting == "second_attention")
    assert all(float(each.detach().abs().max()) > 0.001 for each in moved)


def test_a_shortcut_is_not_added_to_other_attentions(tmp_path: Path) -> None:
    tiny.train(
        tmp_path / "first", tiny.config(tmp_path, {"model.lexical_shortcut": False, "model.attention": "general"})
    )
    with pytest.raises(InputError, match=r"model\.lexical_shortcut is True, but False in the model"):
        train(tmp_path, train__start_from=tmp_path / "first", model__lexical_shortcut="true")
