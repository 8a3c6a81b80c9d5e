"""Tests of the pieces that may translate a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save
from torch import Tensor

from nmt import shortlist as module
from nmt.config import SearchConfig
from nmt.ensemble import Ensemble
from nmt.errors import InputError
from nmt.model import TranslationModel
from nmt.model_files import SHORTLIST
from nmt.search import Sentences, Special, search
from nmt.shortlist import Candidates, Shortlist, learn_shortlist
from nmt.translator import Translator
from tests import tiny

MakeModel = Callable[..., TranslationModel]
VOCAB = 11
SRC_IDS = torch.tensor([[5, 6, 7, 8, 3], [9, 3, 0, 0, 0], [4, 10, 3, 0, 0]])
SRC_LENGTHS = torch.tensor([5, 2, 3])
SPECIAL = Special(bos=2, eos=3, pad=0, unk=1)


def make(copies: bool = False) -> Shortlist:
    """Return one by which a piece becomes the next or the one after it, and 6 may always come."""
    table = torch.arange(VOCAB).unsqueeze(1) + torch.tensor([1, 2])
    table[:4] = 0
    return Shortlist(table % VOCAB, torch.tensor([6]), copies)


def real(candidates: Candidates, row: int) -> list[int]:
    return candidates.pieces[~candidates.denied[row]].tolist()


def test_candidates_are_translations_frequent_and_special_pieces() -> None:
    candidates = make().candidates(SRC_IDS, VOCAB)
    assert real(candidates, 0) == [0, 1, 2, 3, 6, 7, 8, 9, 10]
    assert real(candidates, 1) == [0, 1, 2, 3, 6, 10]
    assert real(make(copies=True).candidates(SRC_IDS, VOCAB), 1) == [0, 1, 2, 3, 6, 9, 10]


def test_special_pieces_keep_their_numbers_and_the_rest_is_filled_up() -> None:
    candidates = make().candidates(SRC_IDS, VOCAB)
    assert candidates.pieces[:4].tolist() == [0, 1, 2, 3]
    assert len(candidates.pieces) % 512 == 0
    filling = candidates.pieces[4:] == 0
    assert candidates.denied[:, 4:][:, filling].all()


def test_a_sentence_has_the_same_candidates_whatever_the_batch() -> None:
    together = make().candidates(SRC_IDS, VOCAB)
    for row, length in enumerate(SRC_LENGTHS.tolist()):
        assert real(make().candidates(SRC_IDS[row : row + 1, :length], VOCAB), 0) == real(together, row)


def find(model: TranslationModel, candidates: Candidates | None, ids: Tensor, lengths: Tensor) -> list[list[int]]:
    ensemble = Ensemble([model])
    config = SearchConfig(beam_size=4, max_length=6, prune=0)
    with torch.inference_mode():
        found = search(ensemble.step, ensemble.start(ids, lengths, candidates), Sentences(lengths), config, SPECIAL)
    pieces = list(range(VOCAB)) if candidates is None else candidates.pieces.tolist()
    return [[pieces[token] for token in hypotheses[0].tokens] for hypotheses in found]


@pytest.mark.parametrize("feeding", [False, True])
def test_a_search_among_all_pieces_is_the_plain_one(make_model: MakeModel, feeding: bool) -> None:
    model = make_model(input_feeding=feeding).eval()
    every = Shortlist(torch.arange(VOCAB).repeat(VOCAB, 1), torch.tensor([0]), False)
    plain = find(model, None, SRC_IDS, SRC_LENGTHS)
    assert find(model, every.candidates(SRC_IDS, VOCAB), SRC_IDS, SRC_LENGTHS) == plain


def test_a_translation_is_made_of_the_candidates_of_its_sentence_alone(make_model: MakeModel) -> None:
    for seed in range(5):
        model = make_model(seed=seed).eval()
        candidates = make().candidates(SRC_IDS, VOCAB)
        together = find(model, candidates, SRC_IDS, SRC_LENGTHS)
        for row, (tokens, length) in enumerate(zip(together, SRC_LENGTHS.tolist(), strict=True)):
            assert set(tokens) <= set(real(candidates, row))
            ids = SRC_IDS[row : row + 1, :length]
            assert find(model, make().candidates(ids, VOCAB), ids, SRC_LENGTHS[row : row + 1]) == [tokens]


@pytest.mark.parametrize("quantized", [False, True])
def test_the_output_of_some_pieces_is_that_of_all_at_their_places(make_model: MakeModel, quantized: bool) -> None:
    model = make_model().eval()
    if quantized:
        model.quantize()
    features = torch.tanh(torch.randn(7, model.config.embedding_size))
    pieces = torch.tensor([0, 1, 2, 3, 9, 5, 0])
    with torch.inference_mode():
        torch.testing.assert_close(model.output_among(pieces)(features), model.logits(features)[:, pieces])


def test_what_is_written_is_read() -> None:
    written = make()
    read = Shortlist.read(written.to_bytes(), (VOCAB, VOCAB), True, "file")
    assert torch.equal(read.translations, written.translations) and torch.equal(read.frequent, written.frequent)
    assert read.copies


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 40,
        make().to_bytes()[:-1],
        save({"translations": make().translations.int()}),
        save({"translations": make().translations.int()[1:], "frequent": torch.tensor([6]).int()}),
        save({"translations": make().translations, "frequent": torch.tensor([6])}),
        save({"translations": make().translations.int() + 1, "frequent": torch.tensor([6]).int()}),
        save({"translations": make().translations.int(), "frequent": torch.tensor([-1]).int()}),
        save({"translations": make().translations.int().flatten(), "frequent": torch.tensor([6]).int()}),
        save({"translations": make().translations.float(), "frequent": torch.tensor([6]).int()}),
        save({"translations": make().translations.int().repeat(1, 60), "frequent": torch.tensor([6]).int()}),
        save({"translations": make().translations.int(), "frequent": torch.tensor([6] * 10_000).int()}),
    ],
)
def test_what_is_damaged_or_of_another_vocabulary_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="file"):
        Shortlist.read(content, (VOCAB, VOCAB), False, "file")


def test_it_is_learned_from_the_training_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nmt.preparing.run import prepare_run

    run = prepare_run(tiny.config(tmp_path), tmp_path / "run", False)
    assert learn_shortlist(run.train, run.tokenizers, 1) is None
    monkeypatch.setattr(module, "SMALL", 0)
    learned = learn_shortlist(run.train, run.tokenizers, 1)
    assert learned is not None and learned.copies
    for pair in tiny.pairs(20):
        ids = torch.tensor([run.tokenizers.src.encode(pair.src)])
        assert set(run.tokenizers.tgt.encode(pair.tgt)) <= set(real(learned.candidates(ids, 300), 0))


def test_a_training_ends_with_one_and_translating_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SMALL", 0)
    monkeypatch.setattr(module, "FREQUENT", 2)
    monkeypatch.setattr(module, "TRANSLATIONS", 1)
    tiny.train(tmp_path / "run", tiny.config(tmp_path))
    assert (tmp_path / "run" / SHORTLIST).is_file()
    translator = Translator.load(tmp_path / "run", threads=1)
    lines = [pair.src for pair in tiny.pairs(6)]
    found = translator.translate(lines)
    whole = translator.translate(lines, translator.settings({"shortlist": False}))
    for line, translation in zip(lines, found, strict=True):
        ids = torch.tensor([translator.tokenizers.src.encode(line)])
        shortlist = Shortlist.read((tmp_path / "run" / SHORTLIST).read_bytes(), (300, 300), True, "")
        allowed = translator.tokenizers.tgt.pieces(real(shortlist.candidates(ids, 300), 0))
        assert set(translation.tokens) <= set(allowed)
    assert [each.text for each in whole] == [each.text for each in _without(tmp_path / "run").translate(lines)]


def _without(directory: Path) -> Translator:
    (directory / SHORTLIST).unlink()
    return Translator.load(directory, threads=1)
