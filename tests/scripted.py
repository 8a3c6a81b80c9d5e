"""A server of the tiny model on a port of its own, whose translations of known words are prescribed by the tests."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import uvicorn
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nmt.serve.app import create_app
from nmt.serve.engine import Engine, Pair
from nmt.serve.keys import Keys
from nmt.serve.monitor import Monitor
from nmt.serve.options import Limits, Options
from nmt.serve.service import Service
from nmt.translator import Translator
from tests.fakes import WORDS

BACK = {target: source for source, target in WORDS.items()}
END = "</s>"
# How much of the attention lies on the word that a word translates; the rest lies on the end of the sentence.
ATTENDED = 0.75
# Log-probabilities of pieces of words the model is less sure of.
DOUBTS = {"important": -0.7, "house": -0.3}
SURE = -0.01


def answer(fields: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what /translate is to answer; None where the text has words that are not prescribed."""
    known = WORDS if fields["source"] == "de" else BACK
    details: list[dict[str, Any]] = []
    lines = []
    for number, line in enumerate(fields["q"].split("\n")):
        sentences = re.findall(r"[^.]+(?:\.\s*)?", line)
        if any(word not in known for word in re.findall(r"\w+", line)):
            return None
        explained = [explain(each, known, number, fields.get("alternatives", 0)) for each in sentences]
        lines.append(" ".join(each["target"] for each in explained))
        details += explained
    found = {"translatedText": "\n".join(lines), "alternatives": []}
    return {**found, "detail": details} if fields.get("detail") else found


def explain(source: str, known: Mapping[str, str], line: int, alternatives: int) -> dict[str, Any]:
    words = re.findall(r"\w+|\.", source)
    targets = [known.get(word, word) for word in words]
    first, *others = (
        wording(words, [*targets[: len(targets) - rank], *targets[:rank]]) for rank in range(alternatives + 1)
    )
    return {"line": line, "source": source, "sourceTokens": [*pieces(words), END], **first, "alternatives": others}


def wording(words: Sequence[str], targets: Sequence[str]) -> dict[str, Any]:
    """Return a translation whose n-th word attends to the n-th word of the source."""
    attention, scores = [], []
    places = [place for place, word in enumerate(words) for _ in pieces([word])]
    for place, target in enumerate(targets):
        row = [ATTENDED / places.count(place) if each == place else 0.0 for each in places]
        attention += [[*row, 1 - ATTENDED]] * len(pieces([target]))
        scores += [DOUBTS.get(target, SURE)] * len(pieces([target]))
    return {
        "target": " ".join(targets).replace(" .", "."),
        "score": -1.0,
        "targetTokens": [*pieces(targets), END],
        "tokenScores": [*scores, SURE],
        "attention": [*attention, [0.0] * len(places) + [1.0]],
    }


def pieces(words: Sequence[str]) -> list[str]:
    """Cut words into pieces of at most four letters, as SentencePiece writes them."""
    found = []
    for word in words:
        first, *rest = re.findall(r".{1,4}", word)
        found += [first if word == "." else f"\u2581{first}", *rest]
    return found


class Scripted:
    """ASGI middleware: what it knows it answers itself, after a while or with a refusal if told so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.asked: list[dict[str, Any]] = []  # the bodies of requests to /translate
        self.answered: list[str] = []  # texts that were answered as prescribed
        self.dropped: list[str] = []  # texts whose clients hung up before the answer
        self.delays: dict[str, float] = {}  # seconds by text
        self.refusals: list[tuple[int, str, dict[str, str]]] = []  # status, message and headers of the next answers

    def forget(self) -> None:
        """Begin anew, as if nothing had been asked or prescribed."""
        for each in (self.asked, self.answered, self.dropped, self.delays, self.refusals):
            each.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/translate":
            await self._app(scope, receive, send)
            return
        messages = [await receive()]
        while messages[-1].get("more_body"):
            messages.append(await receive())
        fields = json.loads(b"".join(message["body"] for message in messages))
        self.asked.append(fields)
        if self.refusals:
            status, said, headers = self.refusals.pop(0)
            await JSONResponse({"error": said}, status, headers)(scope, receive, send)
        elif (found := answer(fields)) is None:
            rest = iter(messages)

            async def again() -> Message:
                return next(rest, None) or await receive()

            await self._app(scope, again, send)
        elif await self._gone_within(self.delays.get(fields["q"], 0.0), receive):
            self.dropped.append(fields["q"])
        else:
            await JSONResponse(found)(scope, receive, send)
            self.answered.append(fields["q"])

    async def _gone_within(self, seconds: float, receive: Receive) -> bool:
        try:
            return bool((await asyncio.wait_for(receive(), seconds))["type"] == "http.disconnect")
        except asyncio.TimeoutError:
            return False


class Server:
    """The application, served by a thread of its own until it is stopped."""

    def __init__(self, translator: Translator, pairs: Sequence[Pair], keys: Sequence[str] = (), **limits: Any) -> None:
        options = Options(("tiny",), wait=0.0, threads=1, limits=Limits(**limits))
        monitor = Monitor()
        self._engine = Engine(dict.fromkeys(pairs, translator), options, monitor)
        self.scripted = Scripted(create_app(Service(self._engine, Keys(list(keys)), options.limits, monitor)))
        config = uvicorn.Config(
            self.scripted, port=0, log_config=None, access_log=False, lifespan="off", ws="none",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        limit = time.monotonic() + 20
        while not self._server.started and time.monotonic() < limit:
            time.sleep(0.01)
        (listener,) = self._server.servers[0].sockets
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    def stop(self) -> None:
        """End the server; its port answers no more."""
        self._server.should_exit = True
        self._thread.join(20)
        self._engine.close()
