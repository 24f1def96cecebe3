"""What went over the wires of a town, kept for scans: calls of the Web API, and every body with its kind."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One call of the Web API. ``params``: decoded; ``answer``: what the caller got."""

    method: str
    token: str
    params: Json
    answer: Json
    status: int
    team: str
    at: float


@dataclass(frozen=True)
class Body:
    """One body. ``to``: "bot" or "town"; ``kind``: "command", "view_submission", "ack block_actions",
    "call views.open", "answer views.open", "response_url", "upload" ..."""

    kind: str
    to: str
    raw: bytes
    team: str = ""
    user: str = ""

    @property
    def words(self) -> list[str]:
        """Every string in it, decoded however deep it is packed (forms, JSON within JSON)."""
        return list(strings(unpacked(self.raw)))


@dataclass
class Record:
    """Switched off (``on``) where a load would fill the memory."""

    calls: list[Call] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    on: bool = True

    def body(self, kind: str, to: str, raw: bytes, team: str = "", user: str = "") -> None:
        if self.on:
            self.bodies.append(Body(kind, to, raw, team, user))

    def call(self, call: Call) -> None:
        if self.on:
            self.calls.append(call)


def unpacked(raw: bytes) -> Any:
    """JSON, else a form, else the text as it is."""
    text = raw.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except ValueError:
        pass
    pairs = parse_qsl(text, keep_blank_values=True)
    return dict(pairs) if pairs and "=" in text.partition("&")[0] else text


def strings(value: Any) -> Iterator[str]:
    """Keys and values; a string that is itself JSON is opened, too."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield str(key)
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)
    elif isinstance(value, str):
        yield value
        if value[:1] in ("{", "["):
            try:
                inner = json.loads(value)
            except ValueError:
                return
            yield from strings(inner)
    elif value is not None:
        yield str(value)
