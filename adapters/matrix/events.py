"""What the homeserver brings, as we understand it: things said, invitations, departures.

Pure: raw events in, plain values out. Edits, notices, reactions, our own words and whatever we do
not know are nothing. No word of it is in a repr.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import takewhile
from typing import Any

Json = Mapping[str, Any]
LONGEST = 16 * 1024  #: bytes of a message
LONGEST_ID = 255  #: bytes of an id
SAID, SEALED, MEMBER, ENCRYPTION, NAME = (
    f"m.room.{name}" for name in ("message", "encrypted", "member", "encryption", "name")
)
PARENT = "m.space.parent"
#: What tells who is in a room and whether it is a talk of two.
SHAPE = (MEMBER, ENCRYPTION, NAME, PARENT)


class Trouble(Enum):
    """Why something said is not done. Its text is empty."""

    UNREADABLE = "unreadable"  #: it cannot be opened; told once of each room and key
    CLEARTEXT = "cleartext"  #: said openly in an encrypted room: by anybody, perhaps by its host
    FORGED = "forged"  #: sealed by a device that is not the sender's
    TOO_LONG = "too long"


@dataclass(frozen=True, slots=True)
class Said:
    """A message. ``event``: its id. ``proof``: the master key by which the sender's device is signed,
    "" where it is not; ``added``: whether another of theirs is, then. ``sealed``: whether it came
    encrypted; ``missed``: whether it was said while we did not listen."""

    room: str = field(repr=False)
    event: str = field(repr=False)
    sender: str = field(repr=False)
    text: str = field(repr=False)
    proof: str = field(default="", repr=False)
    trouble: Trouble | None = None
    added: bool = field(default=False, repr=False)
    sealed: bool = False
    missed: bool = field(default=False, repr=False)


@dataclass(frozen=True, slots=True)
class Invited:
    """We are asked into a room."""

    room: str = field(repr=False)
    by: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody is no longer in a room: gone, taken out, or we ourselves."""

    room: str = field(repr=False)
    who: str = field(repr=False)


Event = Said | Invited | Left


def is_sound(event: Any) -> bool:
    """Whether it has what every event has."""
    return (
        isinstance(event, dict)
        and isinstance(event.get("content"), dict)
        and all(is_id(event.get(name)) for name in ("type", "sender", "event_id"))
    )


def is_id(told: Any) -> bool:
    """Whether anything can be called so: https://spec.matrix.org/v1.16/appendices/#size-limits."""
    return isinstance(told, str) and len(told) <= LONGEST_ID and told.isprintable()


def text_of(content: Json) -> str | None:
    """What somebody typed, without the words it answers; None where nobody typed it just now."""
    words = content.get("body")
    if content.get("msgtype") != "m.text" or not isinstance(words, str):
        return None
    related = content.get("m.relates_to")
    related = related if isinstance(related, dict) else {}
    if "m.new_content" in content or related.get("rel_type") == "m.replace":
        return None
    return _without_quote(words) if "m.in_reply_to" in related else words


def invited_by(room: Any, user: str) -> str | None:
    """Who asks ``user`` into a room, by what the homeserver tells of it. What stands before the
    invitation itself another server may have written."""
    state = room.get("invite_state") if isinstance(room, dict) else None
    events = state.get("events") if isinstance(state, dict) else None
    for event in reversed(events) if isinstance(events, list) else ():
        if _member(event) == (user, "invite"):
            return str(event["sender"])
    return None


def left(room: str, event: Json) -> Left | None:
    who, membership = _member(event)
    return Left(room, who) if membership in ("leave", "ban") and who else None


def since_invited(events: list[Json], user: str) -> tuple[list[Json], bool]:
    """Of a room's events, the oldest first, those since ``user`` was asked in for the last time, and
    whether that is among them: what was said before is history, and no command."""
    joined = False
    for index in range(len(events) - 1, -1, -1):
        who, membership = _member(events[index])
        if who != user:
            continue
        if joined:  # what we were before we joined: asked in, unless the room is open to all
            return events[index + 1 :], True
        joined = membership == "join" and _before(events[index]) != "join"
        if joined and _before(events[index]) != "invite":
            return events[index + 1 :], True
    return events, not joined


def _member(event: Any) -> tuple[str, str]:
    """Whose membership it tells, and which; ("", "") for another event."""
    if not isinstance(event, dict) or event.get("type") != MEMBER:
        return "", ""
    who, content = event.get("state_key"), event.get("content")
    membership = content.get("membership") if isinstance(content, dict) else None
    known = is_id(who) and is_id(event.get("sender"))
    return (str(who), str(membership)) if known else ("", "")


def _before(event: Json) -> str:
    unsigned = event.get("unsigned")
    before = unsigned.get("prev_content") if isinstance(unsigned, dict) else None
    return str(before.get("membership")) if isinstance(before, dict) else ""


def _without_quote(words: str) -> str:
    """https://spec.matrix.org/v1.12/client-server-api/#fallbacks-for-rich-replies: lines that begin
    with "> ", and an empty one."""
    lines = words.split("\n")
    quoted = len(list(takewhile(lambda line: line.startswith("> "), lines)))
    return "\n".join(lines[quoted + 1 :] if quoted and lines[quoted:][:1] == [""] else lines)
