"""What Discord brings, as we understand it: who did what, where, and what answers it. Pure.

An account lives in what is made here for as long as its request does. Nothing is looked up, and
nothing that Discord may leave out is relied on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from adapters.discord.carried import CARRIED
from bot.chat import Caller

PLATFORM = "discord"
EPHEMERAL = 1 << 6
MANAGES = 1 << 3 | 1 << 5  #: an administrator, or who manages the server
THREADS = (10, 11, 12)
LONGEST = 2000  #: characters of an id or a token; Discord's own have a tenth of that


class Kind(Enum):
    """By Discord's number of an interaction's type."""

    TYPED = 2
    PRESSED = 3
    SUBMITTED = 5


@dataclass(frozen=True, slots=True)
class Incoming:
    """One act. ``id``: of the command, the button or the form; ``word``: what was chosen behind a
    command; ``shown``: the fields of a form; ``whisper``: whether it was done on a message that its
    person alone sees, which then changes."""

    kind: Kind
    interaction: str
    token: str = field(repr=False)
    application: str
    caller: Caller = field(repr=False)
    id: str = field(repr=False)
    word: str = ""
    shown: Any = field(default=None, repr=False)
    whisper: bool = False


def come(told: Any, named: Callable[[str], str] = str) -> Incoming | None:
    """None where it is nothing that we could answer. ``named``: what a server is called, by its id."""
    if not isinstance(told, Mapping):
        return None
    kinds = {one.value: one for one in Kind}
    number, data = told.get("type"), _part(told, "data")
    kind = kinds.get(number) if isinstance(number, int) else None
    interaction, token = _text(told, "id"), _text(told, "token")
    caller = _caller(told, interaction, named)
    id = _id(data, "name" if kind is Kind.TYPED else "custom_id")
    if kind is None or not (interaction and token and caller.account and id):
        return None
    flags = _part(told, "message").get("flags")
    return Incoming(
        kind,
        interaction,
        token,
        _text(told, "application_id"),
        caller,
        id,
        _word(data) if kind is Kind.TYPED else "",
        data.get("components"),
        isinstance(flags, int) and bool(flags & EPHEMERAL),
    )


def _caller(told: Mapping[str, Any], interaction: str, named: Callable[[str], str]) -> Caller:
    """Alone with the bot, or in a talk that it is not in, nobody is in any place."""
    guild, member = _text(told, "guild_id"), _part(told, "member")
    user = _part(member, "user") if guild else _part(told, "user")
    return Caller(
        PLATFORM,
        guild,
        _text(user, "id"),
        once=interaction or None,
        member_since=_moment(_text(member, "joined_at")) if guild else None,
        room=_room(told) if guild else "",
        place=named(guild) if guild else "",
        manages=_manages(member) if guild else None,
        language=_text(told, "locale"),
    )


def _room(told: Mapping[str, Any]) -> str:
    """Of a thread, the room that it belongs to."""
    channel = _part(told, "channel")
    if channel.get("type") in THREADS and _text(channel, "parent_id"):
        return _text(channel, "parent_id")
    return _text(told, "channel_id") or _text(channel, "id")


def _manages(member: Mapping[str, Any]) -> bool:
    may = _text(member, "permissions")
    return may.isdecimal() and len(may) < 100 and bool(int(may) & MANAGES)


def _word(data: Mapping[str, Any]) -> str:
    """The one fixed word that may stand behind a command."""
    options = data.get("options")
    first = options[0] if isinstance(options, list) and options else {}
    return _text(first, "value") if isinstance(first, Mapping) else ""


def _moment(told: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        return None
    return at if at.tzinfo else None


def _part(told: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = told.get(key)
    return value if isinstance(value, Mapping) else {}


def _id(told: Mapping[str, Any], key: str) -> str:
    """Of what was done. What Discord cannot have had from us is known to nobody, and told so."""
    id = _text(told, key)
    return id if len(id) <= CARRIED else "?"


def _text(told: Mapping[str, Any], key: str) -> str:
    """What is no text, or none that anything could be called, is left out."""
    value = told.get(key)
    known = isinstance(value, str) and len(value) <= LONGEST and value.isprintable()
    return str(value) if known else ""
