"""What a request asks for, read from JSON, a form or the query, and held against the limits."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import aclosing
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import BaseModel, Field, ValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from nmt.serve.engine import Order
from nmt.serve.options import Limits
from nmt.serve.refusal import Refusal, refuse_half_pairs

Language = Annotated[str, Field(min_length=1, max_length=40)]
Column = Annotated[str, Field(min_length=1, max_length=1000)]
Fields = dict[str, Any]
_URLENCODED = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_MOST_FIELDS = 1000


class TranslateRequest(BaseModel):
    """The fields of POST /translate; others are ignored, as LibreTranslate does."""

    q: str | Annotated[list[str], Field(fail_fast=True)]
    source: Language = "auto"
    target: Language
    format: Literal["text", "html"] = "text"
    alternatives: Annotated[int, Field(ge=0)] = 0
    api_key: str | None = None
    detail: bool = False

    @property
    def texts(self) -> list[str]:
        """The texts, one or a list of them."""
        return [self.q] if isinstance(self.q, str) else self.q

    def order(self, limits: Limits) -> Order:
        """Return what is asked for, the texts aside; raises Refusal where it is too much."""
        if len(self.texts) > limits.texts:
            raise Refusal(413, f"{len(self.texts):,} texts are too many for a request; at most {limits.texts:,}")
        for text in self.texts:
            refuse_half_pairs(text)
        characters = sum(map(len, self.texts))
        check_length(characters, limits)
        if self.detail and characters > limits.detailed:
            most = f"at most {limits.detailed:,}, or leave out detail"
            raise Refusal(413, f"{characters:,} characters are too many for details; {most}")
        if self.alternatives > limits.alternatives:
            raise Refusal(413, f"{self.alternatives:,} alternatives are too many; at most {limits.alternatives}")
        return Order([], self.source, self.target, self.alternatives, self.detail)


class DetectRequest(BaseModel):
    """The fields of POST /detect."""

    q: str
    api_key: str | None = None


class FileRequest(BaseModel):
    """The fields of POST /translate_file beside the file; column, our own: of a table or JSON, one or several."""

    source: Language = "auto"
    target: Language
    column: Column | Annotated[list[Column], Field(max_length=100)] = []
    api_key: str | None = None

    @property
    def columns(self) -> list[str]:
        """The names of columns."""
        return [self.column] if isinstance(self.column, str) else self.column


def check_length(characters: int, limits: Limits) -> None:
    """Raise Refusal 413 for too long a text."""
    if characters > limits.characters:
        raise Refusal(413, f"{characters:,} characters are too many for a request; at most {limits.characters:,}")


async def read_fields(request: Request, most: int) -> Fields:
    """Return the fields of a body, JSON or a form, over those of the query; most: bytes of a form's field.

    Raises Refusal 400 for what is neither, or not UTF-8.
    """
    kind = request.headers.get("content-type", "").lower().partition(";")[0].strip()
    if kind == _URLENCODED:
        body = _gather(_parse_form(await request.body(), "form"))
    elif kind == _MULTIPART:
        body = _gather(await _parse_multipart(request, most))
    else:
        body = _parse_json(await request.body())
    return {**dict(_parse_form(request.scope["query_string"], "query")), **body}


def _gather(pairs: Iterable[tuple[str, Any]]) -> Fields:
    """Return fields by their names, of one that comes several times the list."""
    values: dict[str, list[Any]] = {}
    for key, value in pairs:
        values.setdefault(key, []).append(value)
    return {key: each[0] if len(each) == 1 else each for key, each in values.items()}


def _parse_form(content: bytes, what: str) -> list[tuple[str, str]]:
    """Return the fields of an urlencoded form or query, which may hold UTF-8 as it is, as curl -d sends it.

    Raises Refusal 400 for what is not UTF-8, and for too many fields.
    """
    try:
        text = content.decode("utf-8")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except UnicodeDecodeError:
        raise Refusal(400, f"the {what} is not UTF-8; send its text, and what is escaped by %, in UTF-8") from None
    except ValueError:
        raise Refusal(400, f"too many fields in the {what}; at most {_MOST_FIELDS:,}") from None


class _MultipartReader(MultiPartParser):
    """Reads a form that is UTF-8 throughout; a file is kept in memory, the size of which the gate bounds."""

    spool_max_size = sys.maxsize

    def on_headers_finished(self) -> None:
        _check_utf_8(self._current_part.content_disposition or b"")
        super().on_headers_finished()

    def on_part_end(self) -> None:
        # Of a text; a file's content is not in there.
        _check_utf_8(self._current_part.data)
        super().on_part_end()


async def _parse_multipart(request: Request, most: int) -> list[tuple[str, Any]]:
    """Return the fields of a form with a file; raises Refusal 400 for what is none, not UTF-8, or too much."""
    _, options = parse_options_header(request.headers["content-type"])
    if options.get(b"charset", b"utf-8").lower() not in (b"utf-8", b"utf8"):
        raise Refusal(400, "the form is not UTF-8; send its text in UTF-8")
    limits = {"max_files": 1, "max_fields": _MOST_FIELDS, "max_part_size": most}
    try:
        async with aclosing(request.stream()) as stream:
            return (await _MultipartReader(request.headers, stream, **limits).parse()).multi_items()
    except MultiPartException as error:
        raise Refusal(400, f"the form cannot be read: {error.message}") from None


def _check_utf_8(content: bytes | bytearray) -> None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal(400, "the form is not UTF-8; send its text in UTF-8") from None


def _parse_json(content: bytes) -> Fields:
    if not content.strip():
        return {}
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        raise Refusal(400, "the body is neither JSON nor a form") from None
    if not isinstance(tree, dict):
        raise Refusal(400, "the body must be a JSON object")
    return tree


def parse(model: type[BaseModel], fields: Fields) -> Any:
    """Return fields as a model; raises Refusal 400 naming the first that is wrong.

    What may be left out may also be null or empty.
    """
    optional = {name for name, field in model.model_fields.items() if not field.is_required()}
    given = {key: value for key, value in fields.items() if key not in optional or value not in (None, "")}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = str(first["loc"][0])
        if first["type"] == "missing":
            raise Refusal(400, f"missing {name} parameter") from None
        raise Refusal(400, f"invalid {name} parameter: {first['msg'][0].lower()}{first['msg'][1:]}") from None


async def read_file(fields: Fields) -> tuple[str, bytes]:
    """Return the name and content of the uploaded file; raises Refusal 400 where there is none."""
    file = fields.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise Refusal(400, "missing file parameter; send a multipart form")
    content = await file.read()
    await file.close()
    return file.filename, content
