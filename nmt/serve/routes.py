"""The endpoints, in LibreTranslate's shape; `detail` in /translate is our own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from pathlib import PurePath
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from nmt.documents.formats import FORMATS
from nmt.languages import name
from nmt.serve.asking import (
    DetectRequest,
    FileRequest,
    TranslateRequest,
    check_length,
    parse,
    read_fields,
    read_file,
)
from nmt.serve.engine import Order
from nmt.serve.explaining import Explanation
from nmt.serve.formats import file_work, text_work
from nmt.serve.languages import Guess
from nmt.serve.monitor import CONTENT_TYPE
from nmt.serve.page import HEADERS, Filled, render
from nmt.serve.passes import Translated, translate_in_passes
from nmt.serve.refusal import GONE, Refusal
from nmt.serve.service import Service

router = APIRouter()
R = TypeVar("R")
_READ = ["GET", "HEAD"]


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


async def _unless_gone(request: Request, work: Coroutine[Any, Any, R]) -> R:
    """Await work, and drop it where the client hangs up; call it when the body is read."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(gone())
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise Refusal(GONE, "the client has gone")
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()


@router.post("/translate")
async def translate(request: Request) -> JSONResponse:
    """Translate a text, or a list of texts, given as JSON or a form."""
    service = _service(request)
    fields = await read_fields(request, service.limits.body)
    service.keys.check(_key(fields))
    asked: TranslateRequest = parse(TranslateRequest, fields)
    answers = await _unless_gone(request, _translated(service, asked))
    # Large answers take a while to build and to write; meanwhile others are served.
    return await asyncio.to_thread(_answer, asked, answers)


def _answer(asked: TranslateRequest, answers: list[Translated[str]]) -> JSONResponse:
    single = isinstance(asked.q, str)
    tree: dict[str, Any] = {"translatedText": _one_or_all([each.best for each in answers], single)}
    if asked.source == "auto":
        tree["detectedLanguage"] = _one_or_all([_guess(each.detected) for each in answers], single)
    if asked.alternatives:
        tree["alternatives"] = _one_or_all([each.alternatives for each in answers], single)
    if asked.detail:
        tree["detail"] = _one_or_all([_details(each) for each in answers], single)
    return JSONResponse(tree)


async def _translated(service: Service, asked: TranslateRequest) -> list[Translated[str]]:
    works = [text_work(text, asked.format) for text in asked.texts]
    order = asked.order(service.limits)
    return await translate_in_passes(service.engine, works, order, service.limits.characters)


def _key(fields: dict[str, Any]) -> str | None:
    key = fields.get("api_key")
    return key if isinstance(key, str) else None


def _one_or_all(values: list[R], single: bool) -> R | list[R]:
    return values[0] if single else values


def _guess(guess: Guess | None) -> dict[str, Any]:
    return {} if guess is None else {"language": guess.language, "confidence": guess.confidence}


def _details(answer: Translated[str]) -> list[dict[str, Any]]:
    return [
        {
            "line": line,
            "source": source,
            "sourceTokens": part.source_tokens,
            **_wording(part),
            "alternatives": [_wording(each) for each in part.alternatives],
        }
        for line, source, part in answer.details
    ]


def _wording(part: Explanation) -> dict[str, Any]:
    return {
        "target": part.target,
        "score": part.score,
        "targetTokens": part.target_tokens,
        "tokenScores": part.token_scores,
        "attention": part.attention,
    }


@router.post("/detect")
async def detect(request: Request) -> JSONResponse:
    """Tell which of the models' languages a text is in, the likeliest first."""
    service = _service(request)
    fields = await read_fields(request, service.limits.body)
    service.keys.check(_key(fields))
    asked: DetectRequest = parse(DetectRequest, fields)
    check_length(len(asked.q), service.limits)
    engine = service.engine
    return JSONResponse(
        [_guess(each) for each in await asyncio.to_thread(engine.identifier.rank, asked.q, engine.languages)]
    )


@router.post("/translate_file")
async def translate_file(request: Request) -> JSONResponse:
    """Translate a file, and tell where the translation can be fetched."""
    service = _service(request)
    fields = await read_fields(request, service.limits.body)
    service.keys.check(_key(fields))
    asked: FileRequest = parse(FileRequest, fields)
    filename, content = await read_file(fields)
    work = file_work(filename, content, asked.columns, asked.target)
    order = Order([], asked.source, asked.target)
    whole = translate_in_passes(service.engine, [work], order, service.limits.characters, service.readers.run)
    (translated,) = await _unless_gone(request, whole)
    place = service.downloads.keep(
        f"{PurePath(filename).stem}.{asked.target}{PurePath(filename).suffix}", translated.best
    )
    url = request.url_for("download_file", name=place)
    return JSONResponse({"translatedFileUrl": str(url.replace(path=service.prefix + url.path))})


@router.api_route("/download_file/{name}", methods=_READ)
async def download_file(request: Request, name: str) -> Response:
    """Return a translated file."""
    content = _service(request).downloads.get(name)
    if content is None:
        raise Refusal(404, "no such file; a translated file is kept for ten minutes")
    filename = name.partition(".")[2]
    headers = {"Content-Disposition": f'attachment; filename="{filename}"', "X-Content-Type-Options": "nosniff"}
    return Response(content, headers=headers, media_type="application/octet-stream")


@router.api_route("/languages", methods=_READ)
async def languages(request: Request) -> JSONResponse:
    """List the languages, each with those it can be translated into."""
    engine = _service(request).engine
    return JSONResponse(
        [
            {"code": code, "name": name(code), "targets": [tgt for src, tgt in engine.translators if src == code]}
            for code in engine.languages
        ]
    )


@router.api_route("/health", methods=_READ)
async def health(request: Request) -> JSONResponse:
    """Tell that the server answers, and translates."""
    if not _service(request).engine.works():
        raise Refusal(503, "nothing is translated any more; the server's log says why")
    return JSONResponse({"status": "ok"})


@router.api_route("/frontend/settings", methods=_READ)
async def frontend_settings(request: Request) -> JSONResponse:
    """Tell a web page what it may offer."""
    service = _service(request)
    src, tgt = next(iter(service.engine.translators))
    return JSONResponse(
        {
            "apiKeys": service.keys.required,
            "keyRequired": service.keys.required,
            "charLimit": service.limits.characters,
            "batchLimit": service.limits.texts,
            "alternativesLimit": service.limits.alternatives,
            "detailLimit": service.limits.detailed,
            "frontendTimeout": 500,
            "suggestions": False,
            "filesTranslation": True,
            "supportedFilesFormat": list(FORMATS),
            "filesWithColumns": [ending for ending, form in FORMATS.items() if form.has_columns],
            "language": {"source": {"code": src, "name": name(src)}, "target": {"code": tgt, "name": name(tgt)}},
        }
    )


@router.api_route("/metrics", methods=_READ)
async def metrics(request: Request) -> Response:
    """Tell what was counted, for Prometheus."""
    return Response(_service(request).monitor.text(), media_type=CONTENT_TYPE)


@router.api_route("/", methods=_READ)
async def page(request: Request) -> HTMLResponse:
    """Show the form."""
    return show_page(_service(request), Filled())


@router.post("/")
async def translated_page(request: Request) -> HTMLResponse:
    """Translate what the form holds, and show it again."""
    service = _service(request)
    fields = {key: value for key, value in (await read_fields(request, service.limits.body)).items() if value}
    source, _, target = str(fields.get("pair", "")).partition(">")
    given = fields.get("q", "")
    text = given.replace("\r\n", "\n") if isinstance(given, str) else ""
    filled = Filled(text, f"{source}>{target}")
    try:
        if not isinstance(given, str):
            raise Refusal(400, "q: expected one text, given a file or several; translate files by /translate_file")
        service.keys.check(_key(fields))
        asked: TranslateRequest = parse(TranslateRequest, {"q": text, "source": source, "target": target})
        (answer,) = await _unless_gone(request, _translated(service, asked))
    except Refusal as refusal:
        filled = Filled(text, filled.pair, error=refusal.message)
        return show_page(service, filled, refusal.status)
    return show_page(service, Filled(text, filled.pair, translation=answer.best))


def show_page(
    service: Service, filled: Filled, status: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """Return the page with a form that holds something."""
    pairs = [(f"{src}>{tgt}", f"{name(src)} to {name(tgt)}") for src, tgt in service.engine.translators]
    return HTMLResponse(render(pairs, filled, service.keys.required), status, {**HEADERS, **(headers or {})})
