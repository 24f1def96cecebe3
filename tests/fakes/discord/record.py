"""What went over the wires of a town and stood on its screens, kept for scans: calls of the REST API, every
body with its kind, and every message as it was at each moment, whatever became of it."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fakes.discord.messages import Message

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One call. ``route``: as in "POST /channels/{channel}/messages"; ``answer``: what the bot got."""

    route: str
    path: str
    body: Any
    files: dict[str, bytes]
    answer: Any
    status: int
    at: float


@dataclass(frozen=True)
class Body:
    """One body. ``to``: "bot" or "town"; ``kind``: "gateway INTERACTION_CREATE", "call POST /...",
    "answer POST /...", "gateway 2" (an op of the bot's) ..."""

    kind: str
    to: str
    raw: bytes

    @property
    def words(self) -> list[str]:
        """Every string in it, keys and values."""
        return list(strings(unpacked(self.raw)))


@dataclass(frozen=True)
class Moment:
    """A message at one moment. ``what``: "posted", "edited" or "deleted"; ``to``: whose whisper it is, ""
    where all who are there read it."""

    what: str
    channel: str
    to: str
    told: Json


@dataclass
class Record:
    """Switched off (``on``) where a load would fill the memory."""

    calls: list[Call] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    on: bool = True

    def body(self, kind: str, to: str, raw: bytes) -> None:
        if self.on:
            self.bodies.append(Body(kind, to, raw))

    def call(self, call: Call) -> None:
        if self.on:
            self.calls.append(call)

    def moment(self, what: str, message: "Message") -> None:
        if self.on:
            told = deepcopy(message.told())
            self.moments.append(Moment(what, message.channel.id, message.to, told))


def unpacked(raw: bytes) -> Any:
    text = raw.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield str(key)
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)
    elif value is not None:
        yield str(value)
