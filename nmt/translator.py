"""Text to text: load a model directory, translate lines in batches, one translation per line in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from nmt.batches import make_batch, pad
from nmt.carrying import Carrier, Prepared
from nmt.config import SearchConfig, build_config
from nmt.constraints import Constraint
from nmt.device import choose_device, choose_precision, set_threads
from nmt.ensemble import Ensemble
from nmt.errors import FailureError, InputError
from nmt.glossary import Glossary
from nmt.guidance import Guidance
from nmt.model import TranslationModel
from nmt.model_directory import ModelDescription, read_model, read_search_config, read_shortlist
from nmt.phrases import Phrases
from nmt.quantized import weight_levels
from nmt.search import Demands, Hypothesis, Special, search
from nmt.segments import split_line, split_long
from nmt.shortlist import Candidates, Shortlist
from nmt.tally import Done, Tally, nobody
from nmt.tokenizer import BOS, EOS, PAD, UNK, TokenizerPair
from nmt.workers import Workers

_SPECIAL = Special(bos=BOS, eos=EOS, pad=PAD, unk=UNK)
# Lines looked at together, so that batches hold sentences of similar lengths.
_WINDOW_BATCHES = 16
# Characters looked at together, but for a longer line: what bounds memory where lines are long.
_WINDOW_CHARACTERS = 1 << 20
# Hypotheses extended together, where the number of sentences is left open.
_ROWS = 640
# So many times the hypotheses are extended where a sentence must hold a term.
_GUIDED_ROWS = 2
# Marks that end sentences.
_ENDS = (".", "!", "?", "…")
# Largest result of a scoring batch, in logits and attention weights: half a GB of float32.
_MOST_SCORED = 1 << 27


@dataclass(frozen=True)
class Translation:
    """A translated line.

    score: length-normalised log-probability, in nats; tokens and token_scores: target pieces and their
    log-probabilities; src_tokens: source pieces; alignment: (source, target) positions in them;
    alternatives: the n best, this one first
    """

    text: str
    score: float = 0.0
    tokens: tuple[str, ...] = ()
    token_scores: tuple[float, ...] = ()
    src_tokens: tuple[str, ...] = ()
    alignment: tuple[tuple[int, int], ...] = ()
    alternatives: tuple[Translation, ...] = ()


@dataclass(frozen=True)
class _Task:
    """A batch: source ids of each sentence, the number of its line, and how to search."""

    sentences: list[list[int]]
    numbers: list[int]
    config: SearchConfig
    constraints: list[Constraint] | None  # what each translation must hold; None = nothing


class _Part(NamedTuple):
    """What is translated at once."""

    number: int  # of its line
    text: str
    prefix: str  # of its translation


class Translator:
    """Translates by one model, or by several with one vocabulary that vote."""

    def __init__(
        self,
        models: Sequence[TranslationModel],
        tokenizers: TokenizerPair,
        description: ModelDescription,
        config: SearchConfig,
        shortlist: Shortlist | None = None,
        processes: bool = False,
    ) -> None:
        self.tokenizers = tokenizers
        self.description = description
        self.config = config
        self._ensemble = Ensemble(models)
        self._shortlist = shortlist
        self._workers: Workers[_Task, list[Translation]] = Workers(self._translate, processes)
        self._carrier = Carrier(tokenizers.src)
        self.phrases = Phrases(tokenizers)

    @classmethod
    def load(
        cls,
        directory: str | Path | Sequence[str | Path],
        precision: str = "auto",
        device: str = "auto",
        threads: int = 0,
        processes: bool = False,
    ) -> Translator:
        """Load a model directory, or several to vote.

        precision: auto, fp32, bf16, or int8, which is 8-bit weights in the decoder and the rest as by auto
        device: auto, cpu, cuda, cuda:N; threads: 0 = one per core
        processes: whether this process may be copied, to translate large texts by a process on each core: faster
        than threads, and safe where this program has no threads of its own
        Raises InputError where a directory holds no model, or models do not go together.
        """
        directories = [directory] if isinstance(directory, str | Path) else list(directory)
        if not directories:
            raise InputError("no model directory given; name at least one")
        set_threads(threads)
        place = choose_device(device)
        eight_bits = _takes_eight_bits(precision, place)
        dtype = choose_precision("auto" if eight_bits else precision, place)
        loaded = [read_model(Path(each)) for each in directories]
        _, tokenizers, description = loaded[0]
        for path, (_, others, _) in zip(directories[1:], loaded[1:], strict=True):
            if others.files() != tokenizers.files():
                raise InputError(f"{path} has another vocabulary than {directories[0]}; an ensemble shares one")
        for model, _, _ in loaded:
            if eight_bits:
                model.quantize()
            model.to(place, dtype)
        models = [model for model, _, _ in loaded]
        first = Path(directories[0])
        # A GPU multiplies the whole vocabulary in no time.
        shortlist = read_shortlist(first, description) if place.type == "cpu" else None
        apart = processes and place.type == "cpu"
        return cls(models, tokenizers, description, read_search_config(first, description), shortlist, apart)

    @property
    def models(self) -> tuple[TranslationModel, ...]:
        """The models that vote, in evaluation mode."""
        return self._ensemble.models

    @property
    def src(self) -> str:
        """The source language's code."""
        return self.description.config.data.src

    @property
    def tgt(self) -> str:
        """The target language's code."""
        return self.description.config.data.tgt

    def hardware(self) -> dict[str, str | int]:
        """Return what the rounding of scores depends on beside model and settings."""
        weight = next(self._ensemble.models[0].parameters())
        precision = "int8" if self._ensemble.models[0].quantized_output else str(weight.dtype).removeprefix("torch.")
        return {"precision": precision, "device": str(weight.device), "threads": torch.get_num_threads()}

    def check_languages(self, src: str | None, tgt: str | None) -> None:
        """Raise InputError where the model reads or writes another language than asked (None = any)."""
        for asked, own, verb in ((src, self.src, "reads"), (tgt, self.tgt, "writes")):
            if asked is not None and asked != own:
                raise InputError(f"this model {verb} {own!r}, not {asked!r}; choose another model or leave it out")

    def settings(self, changes: Mapping[str, Any]) -> SearchConfig:
        """Return the model's decoding settings with changes by key; None keeps the model's own."""
        given = {key: value for key, value in changes.items() if value is not None}
        tree = {**self.config.model_dump(mode="json"), **given}
        # A wider choice needs a beam as wide, where none was asked for.
        if "beam_size" not in given:
            tree["beam_size"] = max(tree["beam_size"], tree["n_best"])
        return build_config({"search": tree}, "decoding settings").search

    def translate(
        self,
        lines: Sequence[str],
        config: SearchConfig | None = None,
        batch_size: int = 0,
        glossary: Glossary | None = None,
        prefixes: str | Sequence[str] = "",
    ) -> list[Translation]:
        """Translate lines; a blank line gives an empty translation, a line too long for the model is cut.

        config: decoding settings, the model's own if None
        batch_size: sentences translated together, 0 = as many as the beam size makes quick
        glossary: terms that are translated in a given way, or stay as they are
        prefixes: what each translation begins with: one for all, or one for each line
        """
        if not isinstance(prefixes, str) and len(prefixes) != len(lines):
            raise InputError(
                f"{len(lines):,} lines, but {len(prefixes):,} prefixes; give one for each line, or for all"
            )
        return list(self.stream(lines, config, batch_size, guidance=Guidance.of(glossary, prefixes)))

    def stream(
        self,
        lines: Iterable[str],
        config: SearchConfig | None = None,
        batch_size: int = 0,
        first: int = 0,
        done: Done = nobody,
        guidance: Guidance | None = None,
    ) -> Iterator[Translation]:
        """Translate any number of lines in constant memory, yielding each in order.

        Lines are taken in windows, and the next window when the last is yielded. first: number of the first line,
        by which samples are seeded. done: told the number of lines translated since it was last told, some time before
        they are yielded and from any thread. guidance: what translations must hold. Raises InputError naming a line
        that is no text.
        """
        config = config or self.config
        batch_size = batch_size or max(1, _ROWS // (config.n_best if config.sampling else config.beam_size))
        source = enumerate(lines, first)
        while window := _take(source, batch_size * _WINDOW_BATCHES):
            yield from self._window(window, config, batch_size, done, guidance)

    def _window(
        self,
        window: list[tuple[int, str]],
        config: SearchConfig,
        batch_size: int,
        done: Done,
        guidance: Guidance | None,
    ) -> Iterator[Translation]:
        prefixes = guidance.take([number for number, _ in window]) if guidance else [""] * len(window)
        parts: list[_Part] = []
        for (number, line), prefix in zip(window, prefixes, strict=True):
            texts = (
                [part for part in self._cut(_text(line, number + 1), config) if part.strip()] if line.strip() else []
            )
            parts += [_Part(number, text, "" if place else prefix) for place, text in enumerate(texts)]
        translated: list[list[Translation]] = [[] for _ in window]
        between: list[list[str]] = [[] for _ in window]
        done(len(window) - len({part.number for part in parts}))
        results = self._parts(parts, config, batch_size, done, guidance)
        for part, result in zip(parts, results, strict=True):
            translated[part.number - window[0][0]].append(result)
            between[part.number - window[0][0]].append(_one_line(part.text[len(part.text.rstrip()) :]) or " ")
        for (_, line), pieces, spaces in zip(window, translated, between, strict=True):
            yield (
                _indented(join_translations(pieces, spaces), line)
                if config.carry
                else join_translations(pieces, spaces)
            )

    def _cut(self, line: str, config: SearchConfig) -> list[str]:
        """Cut a line into what the model reads at once."""
        count, limit = self.tokenizers.src.count, self.description.config.data.max_length
        return split_line(line, self.src, count, limit) if config.split else split_long(line, count, limit)

    def _parts(
        self, parts: list[_Part], config: SearchConfig, batch_size: int, done: Done, guidance: Guidance | None
    ) -> list[Translation]:
        """Translate parts, back in the given order; those that are free and those that must hold something apart."""
        plans = [guidance.plan(part.text, part.prefix, self.phrases) if guidance else None for part in parts]
        free = [(part.number, part.text) for part, plan in zip(parts, plans, strict=True) if plan is None]
        guided = [(part.number, part.text) for part, plan in zip(parts, plans, strict=True) if plan is not None]
        asked = [plan.constraint for plan in plans if plan is not None]
        without = iter(self._freely(free, config, batch_size, done))
        found = iter(self._read(guided, config, max(1, batch_size // _GUIDED_ROWS), nobody, asked))
        done(len({number for number, _ in guided} - {number for number, _ in free}))
        results = [next(without if plan is None else found) for plan in plans]
        for part, plan, result in zip(parts, plans, results, strict=True):
            if guidance and plan:
                guidance.check(part.number, plan, result.text)
        return results

    def _freely(
        self, parts: list[tuple[int, str]], config: SearchConfig, batch_size: int, done: Done
    ) -> list[Translation]:
        """Translate (line number, text), what is no language carried around the model."""
        if not config.carry:
            return self._read(parts, config, batch_size, done)
        prepared = [self._carrier.prepare(text) for _, text in parts]
        texts = [(number, each.text) for (number, _), each in zip(parts, prepared, strict=True) if each.text]
        done(len({number for number, _ in parts} - {number for number, _ in texts}))
        found = iter(self._read(texts, config, batch_size, done))
        results = [
            None
            if each.pieces and not each.text
            else self._carried(each, next(found) if each.text else Translation(""))
            for each in prepared
        ]
        lost = [place for place, result in enumerate(results) if result is None]
        pieces = [(parts[place][0], piece) for place in lost for piece in prepared[place].pieces]
        again = iter(self._freely(pieces, config, batch_size, nobody) if pieces else [])
        for place in lost:
            whole = prepared[place]
            texts_around = [_unended(next(again), piece) for piece in whole.pieces]
            joined = join_translations(texts_around, [piece[len(piece.rstrip()) :] for piece in whole.pieces])
            results[place] = self._carried(replace(whole, held=(), capitals=False), joined)
        return [result for result in results if result is not None]

    def _carried(self, prepared: Prepared, translation: Translation) -> Translation | None:
        """Return a translation with what was carried around it, None where a name was lost; alternatives may be."""
        text = prepared.finish(translation.text)
        if text is None:
            return None
        others = [self._carried(prepared, each) for each in translation.alternatives[1:]]
        src, tgt = self.tokenizers.src, self.tokenizers.tgt
        ends = [(src.pieces(src.encode(end)), tgt.pieces(tgt.encode(end))) for end in (prepared.before, prepared.after)]
        (src_before, tgt_before), (src_after, tgt_after) = ends
        first = [(min(i, len(src_before) - 1), i) for i in range(len(tgt_before))]
        shifted = [(i + len(src_before), j + len(tgt_before)) for i, j in translation.alignment]
        src_end, tgt_end = len(src_before) + len(translation.src_tokens), len(tgt_before) + len(translation.tokens)
        last = [(src_end + min(i, len(src_after) - 1), tgt_end + i) for i in range(len(tgt_after))]
        best = replace(
            translation,
            text=text,
            tokens=(*tgt_before, *translation.tokens, *tgt_after),
            token_scores=(*[0.0] * len(tgt_before), *translation.token_scores, *[0.0] * len(tgt_after)),
            src_tokens=(*src_before, *translation.src_tokens, *src_after),
            alignment=(*first, *shifted, *last),
            alternatives=(),
        )
        return replace(best, alternatives=(best, *[each for each in others if each is not None]))

    def _read(
        self,
        parts: list[tuple[int, str]],
        config: SearchConfig,
        batch_size: int,
        done: Done,
        constraints: Sequence[Constraint] | None = None,
    ) -> list[Translation]:
        """Translate (line number, text) in batches of similar lengths, back in the given order.

        constraints: what the translation of each must hold
        """
        encoded = [self.tokenizers.src.encode(text) for _, text in parts]
        order = sorted(range(len(parts)), key=lambda i: len(encoded[i]), reverse=True)
        tally = Tally((number for number, _ in parts), done)
        batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
        tasks = [
            _Task(
                [encoded[i] for i in chosen],
                [parts[i][0] for i in chosen],
                config,
                None if constraints is None else [constraints[i] for i in chosen],
            )
            for chosen in batches
        ]
        results: list[Translation] = [Translation("")] * len(parts)
        for chosen, translations in zip(batches, self._workers.map(tasks), strict=True):
            for i, translation in zip(chosen, translations, strict=True):
                results[i] = translation
            tally.add([parts[i][0] for i in chosen])
        return results

    def _translate(self, task: _Task) -> list[Translation]:
        found = self.search(task.sentences, task.config, task.numbers, task.constraints)
        return [self.translation(ids, each) for ids, each in zip(task.sentences, found, strict=True)]

    def search(
        self,
        sentences: Sequence[Sequence[int]],
        config: SearchConfig,
        numbers: Sequence[int] | None = None,
        constraints: Sequence[Constraint] | None = None,
    ) -> list[list[Hypothesis]]:
        """Search translations of source ids (without EOS); numbers seed the samples of each sentence.

        constraints: what the translation of each must hold, as self.phrases gives it
        """
        src_ids, src_lengths = pad([[*ids, EOS] for ids in sentences])
        device = next(self._ensemble.models[0].parameters()).device
        src_ids, src_lengths = src_ids.to(device), src_lengths.to(device)
        demands = Demands(constraints, self.phrases.edges) if constraints is not None else None
        with torch.inference_mode(), _memory_errors(f"{_shape(src_ids)}, beam {config.beam_size}"):
            candidates = None
            # What must be held may be outside a shortlist.
            if self._shortlist is not None and config.shortlist and not config.sampling and demands is None:
                candidates = self._shortlist.candidates(src_ids, self.description.tgt_vocab)
            state = self._ensemble.start(src_ids, src_lengths, candidates)
            found = search(self._ensemble.step, state, src_lengths, config, _SPECIAL, numbers, demands)
        return found if candidates is None else [_among(candidates, hypotheses) for hypotheses in found]

    def translation(self, src_ids: Sequence[int], hypotheses: Sequence[Hypothesis]) -> Translation:
        """Return what a search found for source ids as a translation with its alternatives."""
        every = tuple(self._one(src_ids, hypothesis) for hypothesis in hypotheses)
        return replace(every[0], alternatives=every)

    def _one(self, src_ids: Sequence[int], hypothesis: Hypothesis) -> Translation:
        return Translation(
            text=_one_line(self.tokenizers.tgt.decode(hypothesis.tokens)),
            score=hypothesis.score,
            tokens=tuple(self.tokenizers.tgt.pieces(hypothesis.tokens)),
            token_scores=tuple(hypothesis.token_log_probs[: len(hypothesis.tokens)]),
            src_tokens=tuple(self.tokenizers.src.pieces(src_ids)),
            alignment=_align(hypothesis.attention, len(src_ids)),
        )

    def score(self, pairs: Iterable[tuple[str, str]], batch_size: int = 64) -> Iterator[list[float]]:
        """Yield the log-probability of each target token, EOS last, given its source (forced decoding).

        Raises InputError naming a pair that is no text, or too long to be scored at once.
        """
        source = enumerate(pairs, 1)
        while window := list(islice(source, batch_size)):
            encoded = [
                (self.tokenizers.src.encode(_text(src, number)), self.tokenizers.tgt.encode(_text(tgt, number)))
                for number, (src, tgt) in window
            ]
            yield from self._score_within(encoded, window[0][0])

    def _score_within(self, pairs: list[tuple[list[int], list[int]]], first: int) -> Iterator[list[float]]:
        """Score pairs in one batch, or in halves where that would not fit; first: number of the first pair."""
        src_len, tgt_len = (max(len(pair[side]) for pair in pairs) + 1 for side in (0, 1))
        width = self.description.tgt_vocab + src_len * self.description.config.model.heads
        if len(pairs) * tgt_len * width <= _MOST_SCORED:
            yield from self._score(pairs)
        elif len(pairs) > 1:
            half = len(pairs) // 2
            yield from self._score_within(pairs[:half], first)
            yield from self._score_within(pairs[half:], first + half)
        else:
            sizes = f"{src_len:,} source and {tgt_len:,} target tokens"
            raise InputError(f"pair {first}: {sizes} are too many to be scored at once; score it by its sentences")

    def _score(self, pairs: list[tuple[list[int], list[int]]]) -> list[list[float]]:
        batch = make_batch(pairs).to(next(self._ensemble.models[0].parameters()).device)
        with torch.inference_mode(), _memory_errors(batch.shape()):
            votes = []
            for model in self._ensemble.models:
                result = model(batch.src_ids, batch.src_lengths, batch.tgt_in)
                votes.append(torch.log_softmax(model.logits(result.features), dim=2, dtype=torch.float32))
            mean = torch.logsumexp(torch.stack(votes), dim=0) - torch.tensor(len(votes)).log()
            chosen = mean.gather(2, batch.tgt_out.unsqueeze(2)).squeeze(2)
        lengths = batch.tgt_lengths.tolist()
        return [row[:length] for row, length in zip(chosen.tolist(), lengths, strict=True)]


def _among(candidates: Candidates, hypotheses: list[Hypothesis]) -> list[Hypothesis]:
    """Return hypotheses whose tokens are places among candidates with the pieces instead."""
    pieces = candidates.pieces.tolist()
    return [replace(each, tokens=[pieces[token] for token in each.tokens]) for each in hypotheses]


def _text(text: str, number: int) -> str:
    """Return a text as it is; raises InputError for half a surrogate pair, which no UTF-8 can hold."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        found = f"U+{ord(text[error.start]):04X} at character {error.start + 1:,}"
        raise InputError(f"line {number:,}: half a surrogate pair ({found}) is no text; leave it out") from None
    return text


def _take(source: Iterator[tuple[int, str]], most: int) -> list[tuple[int, str]]:
    """Take the next lines, at most so many, and no more once their characters fill a window."""
    window = []
    characters = 0
    for number, line in islice(source, most):
        window.append((number, line))
        characters += len(line)
        if characters >= _WINDOW_CHARACTERS:
            break
    return window


def _takes_eight_bits(precision: str, device: torch.device) -> bool:
    """Say whether to decode with 8-bit weights; auto takes them where the CPU multiplies them."""
    able = device.type == "cpu" and weight_levels() > 0
    if precision == "int8" and not able:
        raise InputError(f"precision int8 does not run on this {device.type}; choose fp32, bf16 or auto")
    return able and precision in ("auto", "int8")


class _memory_errors:  # noqa: N801  (a context manager reads as a verb)
    """Say what to lower when memory runs out."""

    def __init__(self, work: str) -> None:
        self._work = work

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        out = isinstance(error, MemoryError | torch.OutOfMemoryError) or "allocate memory" in str(error)
        if error is not None and out:
            raise FailureError(f"out of memory with {self._work}; lower --batch-size or --beam-size") from None


def _indented(translation: Translation, line: str) -> Translation:
    """Return a translation, and its alternatives, with the white space that a line begins with."""
    indent = _one_line(line[: len(line) - len(line.lstrip())])
    return _rewritten(translation, lambda text: indent + text) if indent and translation.text else translation


def _unended(translation: Translation, piece: str) -> Translation:
    """Return the translation of a piece of a sentence without the mark that would end it, where the piece has none."""
    if piece.rstrip()[-1:] in _ENDS:
        return translation
    return _rewritten(translation, lambda text: text.rstrip("".join(_ENDS)) or text)


def _rewritten(translation: Translation, change: Callable[[str], str]) -> Translation:
    """Return a translation, and its alternatives, with another text."""
    each = replace(translation, text=change(translation.text), alternatives=())
    others = [_rewritten(other, change) for other in translation.alternatives[1:]]
    return replace(each, alternatives=(each, *others)) if translation.alternatives else each


def _shape(src_ids: Tensor) -> str:
    return f"{src_ids.shape[0]} sentences x {src_ids.shape[1]} tokens"


def _one_line(text: str) -> str:
    """A translation is one line, whatever bytes the model chose."""
    return text.replace("\n", " ")


def _align(attention: Tensor, src_len: int) -> tuple[tuple[int, int], ...]:
    """Return for each target token the source token it attends to most; EOS takes no part."""
    best = attention[:-1, :src_len].argmax(dim=1).tolist() if src_len else []
    return tuple((source, target) for target, source in enumerate(best))


def join_translations(parts: Sequence[Translation], spaces: Sequence[str]) -> Translation:
    """Return one translation of the parts a line was cut into; spaces: the white space behind each."""
    if not parts:
        return Translation("")
    if len(parts) == 1:
        return parts[0]
    alignment = []
    src_before = tgt_before = 0
    for part in parts:
        alignment += [(src + src_before, tgt + tgt_before) for src, tgt in part.alignment]
        src_before += len(part.src_tokens)
        tgt_before += len(part.tokens)
    whole = Translation(
        text=_join_texts([part.text for part in parts], spaces),
        score=sum(part.score for part in parts) / len(parts),
        tokens=tuple(token for part in parts for token in part.tokens),
        token_scores=tuple(score for part in parts for score in part.token_scores),
        src_tokens=tuple(token for part in parts for token in part.src_tokens),
        alignment=tuple(alignment),
    )
    # The k-th alternative of a line joins the k-th alternatives of its parts, which have none themselves.
    ranks = min(len(part.alternatives) for part in parts)
    others = [join_translations([part.alternatives[rank] for part in parts], spaces) for rank in range(1, ranks)]
    return replace(whole, alternatives=(whole, *others))


def _join_texts(texts: Sequence[str], spaces: Sequence[str]) -> str:
    """Join the texts that are not empty by the white space behind all but the last."""
    filled = [(text, space) for text, space in zip(texts, spaces, strict=True) if text]
    return "".join(text + space for text, space in filled[:-1]) + (filled[-1][0] if filled else "")
