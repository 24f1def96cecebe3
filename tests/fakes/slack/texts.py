"""Checks of Slack's composition objects: texts, options, confirmations; and of mere values.

Each check yields what is wrong as (JSON pointer, words), worded as the Web API does.
"""

from collections.abc import Iterator
from typing import Any

Wrong = Iterator[tuple[str, str]]


def keys(value: Any, at: str, allowed: set[str], needed: set[str] = frozenset()) -> Wrong:  # type: ignore[assignment]  # an empty one is both
    """Only these keys, and at least those."""
    if not isinstance(value, dict):
        yield at, f"expected an object, got {type(value).__name__}"
        return
    for key in sorted(set(value) - allowed):
        yield at, f"invalid additional property: {key}"
    for key in sorted(needed - set(value)):
        yield at, f"missing required field: {key}"


def string(value: Any, at: str, most: int, least: int = 0) -> Wrong:
    if not isinstance(value, str):
        yield at, f"expected a string, got {type(value).__name__}"
    elif len(value) > most:
        yield at, f"must be less than {most + 1} characters"
    elif len(value) < least:
        yield at, f"must be more than {least - 1} characters"


def number(value: Any, at: str, least: int, most: int) -> Wrong:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        yield at, f"must be a number from {least} to {most}"


def truth(value: Any, at: str) -> Wrong:
    if not isinstance(value, bool):
        yield at, f"expected a boolean, got {type(value).__name__}"


def items(value: Any, at: str, most: int, least: int = 1) -> Wrong:
    if not isinstance(value, list):
        yield at, f"expected a list, got {type(value).__name__}"
    elif len(value) > most:
        yield at, f"no more than {most} items allowed"
    elif len(value) < least:
        yield at, f"no fewer than {least} items allowed"


def text(value: Any, at: str, most: int = 3000, *, plain: bool = False) -> Wrong:
    """A text object; ``plain``: no mrkdwn here."""
    yield from keys(value, at, {"type", "text", "emoji", "verbatim"}, {"type", "text"})
    if not isinstance(value, dict):
        return
    kind = value.get("type")
    if kind not in ({"plain_text"} if plain else {"plain_text", "mrkdwn"}):
        yield f"{at}/type", "must be plain_text" if plain else f"unsupported type: {kind}"
    for key, of in (("emoji", "plain_text"), ("verbatim", "mrkdwn")):
        if key in value:
            yield from truth(value[key], f"{at}/{key}")
            if kind != of:
                yield at, f"invalid additional property: {key}"
    if "text" in value:
        yield from string(value["text"], f"{at}/text", most, 1)


def option(value: Any, at: str, *, plain: bool = True, url: bool = False) -> Wrong:
    allowed = {"text", "value", "description"} | ({"url"} if url else set())
    yield from keys(value, at, allowed, {"text", "value"})
    if not isinstance(value, dict):
        return
    if "text" in value:
        yield from text(value["text"], f"{at}/text", 75, plain=plain)
    if "value" in value:
        yield from string(value["value"], f"{at}/value", 150, 1)
    if "description" in value:
        yield from text(value["description"], f"{at}/description", 75, plain=plain)
    if "url" in value:
        yield from string(value["url"], f"{at}/url", 3000, 1)


def confirm(value: Any, at: str) -> Wrong:
    most = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
    yield from keys(value, at, {*most, "style"}, set(most))
    if not isinstance(value, dict):
        return
    for key, limit in most.items():
        if key in value:
            yield from text(value[key], f"{at}/{key}", limit, plain=key != "text")
    if value.get("style", "primary") not in ("primary", "danger"):
        yield f"{at}/style", "must be primary or danger"
