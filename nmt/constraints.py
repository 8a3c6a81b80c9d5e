"""What a translation must hold, as token ids: terms somewhere in it, and an opening.

A `Tracker` follows one hypothesis after another through a sentence's constraints: a state says which terms are met,
how far one has come, and where in the opening the hypothesis stands. Terms are found by an Aho-Corasick automaton
(1975) over their phrases, so what is abandoned half-way leads back to whatever else its last tokens begin. Each
occurrence of a term takes tokens of its own, and a word that goes on after a term takes it back: "houses" holds no
"house".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

Phrase = tuple[int, ...]
# Allowed tokens in each state of an opening, and the state they lead to; the number of states means that it is over.
Opening = tuple[Mapping[int, int], ...]
_ROOT, _START = 0, 1
_NONE = -1


@dataclass(frozen=True)
class Edges:
    """Which tokens grow together into words, by id."""

    begins: Sequence[bool]  # begins with a letter or so: goes on with a word that stands before it
    ends: Sequence[bool]  # ends with one: a word may go on behind it
    wordless: Sequence[bool]  # holds none


@dataclass(frozen=True)
class Term:
    """Phrases, any one of which meets the term: token ids."""

    wanted: tuple[Phrase, ...]  # what the search brings in
    known: tuple[Phrase, ...] = ()  # what counts where the model says it by itself
    first: tuple[Phrase, ...] = ()  # what also counts as long as no word was said
    source: tuple[int, ...] = field(default=(), compare=False)  # the source tokens it stands for

    @property
    def size(self) -> int:
        """The most tokens that the search has to bring in."""
        return max(map(len, self.wanted))


@dataclass(frozen=True)
class Constraint:
    """What the translation of one sentence must hold; a term that must appear twice is there twice."""

    terms: tuple[Term, ...] = ()
    opening: Opening = ()

    @property
    def size(self) -> int:
        """The tokens that it takes."""
        shortest = [0] * (len(self.opening) + 1)
        for place in reversed(range(len(self.opening))):
            shortest[place] = 1 + min(shortest[after] for after in self.opening[place].values())
        return shortest[0] + sum(term.size for term in self.terms)


class Standing(NamedTuple):
    """Where a hypothesis stands in the constraints of its sentence."""

    left: tuple[int, ...]  # how many times each term has still to appear
    node: int = _START  # of the automaton
    held: int = _NONE  # the term that the last tokens meet
    fresh: bool = False  # the last token ends that term, and a word may go on behind it
    joint: bool = False  # a word may go on
    place: int = 0  # in the opening


class Lead(NamedTuple):
    """What a token that belongs to a term means."""

    token: int
    need: int  # tokens missing after it
    wanted: bool  # the search is to try it
    term: int  # that it begins, -1 = none


NO_LEAD = Lead(-1, 0, False, _NONE)


class Outlook(NamedTuple):
    """What a state's next token means."""

    need: int  # tokens still missing, if each term is met by its longest phrase
    plain: int  # the same after a token that belongs to no term
    joined: int  # the same if it goes on with a word
    moves: tuple[Lead, ...]  # of other tokens
    fresh: bool


class _Node(NamedTuple):
    """A node of the automaton: the tokens on the way to it begin a phrase."""

    path: Phrase
    children: dict[int, int]
    terms: list[int]  # those met here
    wanted: set[int]  # children on the way to what the search brings in
    distance: dict[int, int]  # tokens from here to the nearest end of a phrase, by term


class Tracker:
    """Follows hypotheses through the constraints of one sentence."""

    def __init__(self, constraint: Constraint, edges: Edges, limit: int) -> None:
        """Take as many of the terms as fit into limit tokens."""
        self._edges, self.opening = edges, constraint.opening
        terms = list(constraint.terms)
        while sum(min(map(len, term.wanted)) for term in terms) > limit:
            terms.pop()
        counts: dict[Term, int] = {}
        sources: dict[Term, tuple[int, ...]] = {}
        for term in terms:
            counts[term] = counts.get(term, 0) + 1
            sources[term] = (*sources.get(term, ()), *term.source)
        self.sources = list(sources.values())
        self._sizes = [term.size for term in counts]
        self._nodes = [_Node((), {}, [], set(), {}), _Node((), {}, [], set(), {})]
        # What is wanted comes first: of two terms with the same phrase it meets the one that the search brings in so.
        for wanted in (True, False):
            for number, term in enumerate(counts):
                for root in (_ROOT, _START):
                    for phrase in term.wanted if wanted else term.known:
                        self._add(root, phrase, number, wanted=wanted)
        for number, term in enumerate(counts):
            for phrase in term.first:
                self._add(_START, phrase, number, wanted=True)
        self._back = [self._suffix(node) for node in self._nodes]
        self.start = Standing(tuple(counts.values()))
        self._after: dict[tuple[Standing, int], Standing] = {}
        self._outlooks: dict[Standing, Outlook] = {}

    def _add(self, node: int, phrase: Phrase, term: int, *, wanted: bool) -> None:
        for place, token in enumerate(phrase):
            here = self._nodes[node]
            here.distance[term] = min(here.distance.get(term, len(phrase)), len(phrase) - place)
            if wanted:
                here.wanted.add(token)
            if token not in here.children:
                here.children[token] = len(self._nodes)
                self._nodes.append(_Node((*here.path, token), {}, [], set(), {}))
            node = here.children[token]
        self._nodes[node].terms.append(term)
        self._nodes[node].distance[term] = 0

    def _suffix(self, node: _Node) -> int:
        """Return the node of the longest end of a path that begins a phrase itself."""
        begins, ends = self._edges.begins, self._edges.ends
        for start in range(1, len(node.path)):
            if begins[node.path[start]] and ends[node.path[start - 1]]:
                continue
            found: int | None = _ROOT
            for token in node.path[start:]:
                found = self._nodes[found].children.get(token) if found is not None else None
            if found is not None:
                return found
        return _ROOT

    def _chain(self, node: int) -> Iterator[int]:
        """Yield a node and those of ever shorter ends of its path."""
        while node != _ROOT:
            yield node
            node = self._back[node]
        yield _ROOT

    def _step(self, node: int, token: int, joint: bool) -> int:
        """Return the node after a token; joint: a word may go on."""
        begins = self._edges.begins[token] and joint
        for here in self._chain(node):
            child = self._nodes[here].children.get(token)
            if child is not None and not (here in (_ROOT, _START) and begins):
                return child
            if here == _START and self._edges.wordless[token]:
                return _START
        return _ROOT

    def after(self, state: Standing, token: int) -> Standing:
        """Return the state after a token."""
        key = state, token
        if key not in self._after:
            self._after[key] = self._advance(state, token)
        return self._after[key]

    def _advance(self, state: Standing, token: int) -> Standing:
        place = state.place
        if place < len(self.opening):
            place = self.opening[place].get(token, len(self.opening))
        left, held = state.left, state.held
        if state.fresh and self._edges.begins[token]:
            left, held = _changed(left, held, 1), _NONE
        node = self._step(state.node, token, state.joint)
        if held != _NONE and len(self._nodes[node].path) <= len(self._nodes[state.node].path):
            # The term keeps its tokens: nothing else begins within it.
            node, held = self._step(_ROOT, token, state.joint), _NONE
        free = left if held == _NONE else _changed(left, held, 1)
        # A longer term takes the place of the one it begins with.
        for here in [node] if held != _NONE else self._chain(node):
            found = next((term for term in self._nodes[here].terms if free[term]), None)
            if found is not None and found != held:
                ends = self._edges.ends[token]
                return Standing(_changed(free, found, -1), node, found, ends, ends, place)
        return Standing(left, node, held, False, self._edges.ends[token], place)

    def outlook(self, state: Standing) -> Outlook:
        """Return what the next token means."""
        if state not in self._outlooks:
            self._outlooks[state] = self._look(state)
        return self._outlooks[state]

    def _look(self, state: Standing) -> Outlook:
        need, plain = self._need(state), self._missing(state.left)
        joined = plain + (self._sizes[state.held] if state.fresh else 0)
        moves: dict[int, Lead] = {}
        for here in self._chain(state.node) if joined else ():
            node = self._nodes[here]
            for token in node.children:
                if token not in moves:
                    moves[token] = self._move(state, token, here, need)
        return Outlook(need, plain, joined, tuple(moves.values()), state.fresh)

    def _move(self, state: Standing, token: int, here: int, need: int) -> Lead:
        """Return what a token means that leads on from a node of the state's."""
        after = self.after(state, token)
        missing = self._need(after)
        begins = here in (_ROOT, _START)
        possible = state.place >= len(self.opening) or token in self.opening[state.place]
        wanted = missing < need and possible and (not begins or token in self._nodes[here].wanted)
        return Lead(token, missing, wanted, self._begun(after) if begins and missing < need else _NONE)

    def _begun(self, state: Standing) -> int:
        """Return the term that the last tokens meet, or the one they have come closest to."""
        if state.held != _NONE:
            return state.held
        ahead = {
            term: self._sizes[term] - far for term, far in self._nodes[state.node].distance.items() if state.left[term]
        }
        return max(ahead, key=lambda term: ahead[term], default=_NONE)

    def _missing(self, left: Sequence[int]) -> int:
        return sum(count * size for count, size in zip(left, self._sizes, strict=True))

    def _need(self, state: Standing) -> int:
        """Return the tokens still missing, those of a term that has begun left out."""
        begun = 0
        for here in self._chain(state.node) if state.held == _NONE else ():
            for term, distance in self._nodes[here].distance.items():
                if state.left[term] and here not in (_ROOT, _START):
                    begun = max(begun, self._sizes[term] - distance)
        return self._missing(state.left) - begun


def _changed(left: tuple[int, ...], term: int, by: int) -> tuple[int, ...]:
    return (*left[:term], left[term] + by, *left[term + 1 :])
