"""Parts of lines to translations: what is carried around the model put back, what must be held demanded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from nmt.carrying.carrier import Carrier, Prepared, carried, uncarried
from nmt.carrying.enclosed import find_enclosed
from nmt.carrying.recovery import find_held, find_lost
from nmt.carrying.stand_ins import Opened, close, open_up
from nmt.carrying.surnames import find_surnames
from nmt.config import SearchConfig
from nmt.constraints import Constraint
from nmt.glossary import Demand
from nmt.guidance import Guidance, Plan, rest
from nmt.sentence_translator import SentenceTranslator
from nmt.tally import Done, nobody
from nmt.translation import Translation, join_translations, unended

# So many times the hypotheses are extended where a sentence must hold a term.
_GUIDED_ROWS = 2


class Part(NamedTuple):
    """What is translated at once."""

    number: int  # of its line
    text: str
    prefix: str = ""  # of its translation
    within: bool = False  # whether it goes on in a sentence
    own_numbers: bool = False  # whether the model reads its numbers itself


class Reading(NamedTuple):
    """A part as the model gets it, and what its translation must hold; None = nothing."""

    prepared: Prepared
    plan: Plan | None = None

    @property
    def constraint(self) -> Constraint | None:
        """What the model's translation must hold; None = nothing."""
        return self.plan.constraint if self.plan else None

    @property
    def cut(self) -> bool:
        """Whether only the pieces of the part are translated."""
        return not self.prepared.text and bool(self.prepared.pieces)


class Answer(NamedTuple):
    """The translation of a part, and what it must hold; None = nothing."""

    text: Translation
    plan: Plan | None = None


class Job(NamedTuple):
    """How parts are translated."""

    config: SearchConfig
    batch_size: int
    done: Done = nobody  # told the number of lines translated since it was last told
    guidance: Guidance | None = None  # what translations must hold


class PartTranslator:
    """Translates parts, none of them too long for the models."""

    def __init__(self, sentences: SentenceTranslator, carrier: Carrier) -> None:
        self._sentences = sentences
        self._carrier = carrier

    def translate(self, parts: Sequence[Part], job: Job) -> list[Translation]:
        """Translate parts, back in the given order; the guidance tells where one does not hold what it must."""
        opened = [self.open_up(part, job.config) for part in parts]
        pieces = [[part, *_opened_pieces(part, each)] for part, each in zip(parts, opened, strict=True)]
        answers = iter(self._answers([piece for each in pieces for piece in each], job))
        chosen = [
            self._choose(each, [next(answers) for _ in texts]) for each, texts in zip(opened, pieces, strict=True)
        ]
        for part, answer in zip(parts, chosen, strict=True):
            if job.guidance and answer.plan:
                job.guidance.check(part.number, answer.plan, answer.text.text)
        return [answer.text for answer in chosen]

    def _choose(self, opened: Opened | None, answers: Sequence[Answer]) -> Answer:
        """Return the likelier translation of a part, as a whole or opened, unless that lacks more of what it must
        hold."""
        whole, *apart = answers
        if opened is None or _mean_score(apart) <= _mean_score([whole]):
            return whole
        outer, *inner = (answer.text for answer in apart)
        # What is no longer at the beginning has no capital for that.
        terms = [replace(demand, as_it_is=True) for demand in whole.plan.demands] if whole.plan else []
        closed = close(opened, outer, inner, self._sentences.tokenizers, self._carrier.tgt, terms)
        if closed is None:
            return whole
        answer = Answer(closed, whole.plan)
        return answer if _lacks(answer) <= _lacks(whole) else whole

    def open_up(self, part: Part, config: SearchConfig) -> Opened | None:
        """Return a part with names in the place of words that are translated by themselves, or not at all; None where
        all is translated at once."""
        if not (config.carry and config.stand_ins) or part.prefix.strip():
            return None
        src, tokenizer = self._carrier.src, self._sentences.tokenizers.src
        enclosed = find_enclosed(part.text, src)
        covered = {place for each in enclosed for place in range(each.start, each.end)}
        surnames = [each for each in find_surnames(part.text, src, tokenizer) if each.start not in covered]
        return open_up(part.text, [*enclosed, *surnames])

    def _answers(self, parts: Sequence[Part], job: Job) -> list[Answer]:
        """Translate parts as they are."""
        readings = [self.read(part, job.config, job.guidance) for part in parts]
        results = self._results(parts, readings, job)
        return [Answer(result, reading.plan) for reading, result in zip(readings, results, strict=True)]

    def read(self, part: Part, config: SearchConfig, guidance: Guidance | None = None) -> Reading:
        """Return a part as the model gets it, with what is no language carried around the model if the config says."""
        carry = partial(
            self._carrier.prepare,
            spell_out=config.spell_out,
            keep_end=config.keep_end,
            own_numbers=part.own_numbers,
            within=part.within,
        )
        prepare = carry if config.carry else uncarried
        if guidance is None:
            return Reading(prepare(part.text))
        return Reading(*guidance.read(part.text, part.prefix, prepare, self._sentences.phrases, part.within))

    def _results(self, parts: Sequence[Part], readings: Sequence[Reading], job: Job) -> list[Translation]:
        """Translate parts; those that are to be cut, or of which a name was lost for good, in their pieces.

        One of which a name was lost must hold it then; before one is cut, the model reads the numbers in it itself.
        """
        written = self._search(parts, readings, job)
        results = [self._carried(*each) for each in zip(readings, written, strict=True)]
        self._demand_again(parts, readings, written, results, job)
        lost = [place for place, result in enumerate(results) if result is None]
        pieces = [piece for place in lost for piece in _pieces(parts[place], readings[place])]
        read = [self.read(piece, job.config, job.guidance) for piece in pieces]
        again = iter(self._results(pieces, read, job._replace(done=nobody)) if pieces else ())
        for place in lost:
            whole = readings[place].prepared
            if whole.numbers:
                results[place] = next(again)
                continue
            texts = [unended(next(again), piece) for piece in whole.pieces]
            joined = join_translations(texts, [piece[len(piece.rstrip()) :] for piece in whole.pieces])
            bare = replace(whole, held=(), capitals=False)
            results[place] = carried(bare, joined, self._sentences.tokenizers)
        return [result for result in results if result is not None]

    def _carried(self, reading: Reading, written: Translation) -> Translation | None:
        """Return a translation with what was carried around it; None where a name was lost, or it is to be cut."""
        return None if reading.cut else carried(reading.prepared, written, self._sentences.tokenizers)

    def _demand_again(
        self,
        parts: Sequence[Part],
        readings: Sequence[Reading],
        written: Sequence[Translation],
        results: list[Translation | None],
        job: Job,
    ) -> None:
        """Search again for translations that lost names or numbers, and replace those results that hold more then."""
        lost = [self.find_lost(*each, job.config) for each in zip(readings, written, strict=True)]
        places = [place for place, demands in enumerate(lost) if demands]
        asked = [self._demanding(readings[place], lost[place], job.config) for place in places]
        found = self._search([parts[place] for place in places], asked, job._replace(done=nobody))
        for place, text in zip(places, found, strict=True):
            result = self._carried(readings[place], text)
            if result is not None and len(self.find_lost(readings[place], text, job.config)) < len(lost[place]):
                results[place] = result

    def find_lost(self, reading: Reading, written: Translation, config: SearchConfig) -> list[Demand]:
        """Return what was lost and a second search may find: nothing where the first was bound already."""
        if reading.plan or config.sampling or not config.carry:
            return []
        return find_lost(reading.prepared, written.text, *self._languages(config))

    def _demanding(self, reading: Reading, lost: list[Demand], config: SearchConfig) -> Reading:
        """Return a reading whose translation must hold what was lost."""
        prepared = reading.prepared
        held = find_held(prepared, lost, *self._languages(config))
        return Reading(prepared, Plan((), "", self._sentences.phrases.constraint(prepared.text, held)))

    def _languages(self, config: SearchConfig) -> tuple[str, str]:
        """Return the languages whose numbers are looked for."""
        return (self._carrier.src, self._carrier.tgt) if config.spell_out else ("", "")

    def _search(self, parts: Sequence[Part], readings: Sequence[Reading], job: Job) -> list[Translation]:
        """Return what the model writes for what it gets: those that are free and those that must hold something apart.

        Where it gets nothing, the translation is empty.
        """
        asked = [place for place, reading in enumerate(readings) if reading.prepared.text]
        free = [place for place in asked if readings[place].constraint is None]
        guided = [place for place in asked if readings[place].constraint is not None]
        constraints = [constraint for place in guided if (constraint := readings[place].constraint) is not None]

        def lines(places: Iterable[int]) -> set[int]:
            return {parts[place].number for place in places}

        def texts(places: Iterable[int]) -> list[tuple[int, str]]:
            return [(parts[place].number, readings[place].prepared.text) for place in places]

        job.done(len(lines(range(len(parts))) - lines(asked)))
        found = self._sentences.translate(texts(free), job.config, job.batch_size, job.done)
        rows = max(1, job.batch_size // _GUIDED_ROWS)
        found += self._sentences.translate(texts(guided), job.config, rows, nobody, constraints)
        job.done(len(lines(guided) - lines(free)))
        written = dict(zip([*free, *guided], found, strict=True))
        return [written.get(place, Translation("")) for place in range(len(parts))]


def _mean_score(answers: Sequence[Answer]) -> float:
    """Return the log-probability of a token, in nats, as the mean over some translations."""
    scores = [score for answer in answers for score in answer.text.token_scores]
    return sum(scores) / max(1, len(scores))


def _lacks(answer: Answer) -> int:
    """Return how much a translation lacks of what it must hold."""
    return len(answer.plan.lacking(answer.text.text)) if answer.plan else 0


def _opened_pieces(part: Part, opened: Opened | None) -> list[Part]:
    """Return an opened part, and the words that are translated by themselves; none of one that is not."""
    if opened is None:
        return []
    return [part._replace(text=opened.text), *(Part(part.number, each, within=True) for each in opened.asked)]


def _pieces(part: Part, reading: Reading) -> list[Part]:
    """Return the pieces of a part, the first of which begins with its prefix, or the part with its own numbers."""
    if reading.prepared.numbers:
        return [part._replace(own_numbers=True)]
    texts = reading.prepared.pieces
    prefix = rest(part.prefix, reading.prepared)
    return [Part(part.number, text, "" if place else prefix, place > 0) for place, text in enumerate(texts)]
