"""The town's rooms and messages: a chat's history, in memory alone.

Knows who may see what; knows nothing of grievances. What is said unasked arrives here as post.
"""

import asyncio
import secrets
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from adapters.sandbox import render
from adapters.sandbox.people import JOINED, PERSONAS, PLACES, Persona
from adapters.sandbox.render import Json
from bot import ports
from bot.chat import Card, Form, Voice, about
from bot.domain.communities import Community, Role
from bot.texts import Speaker

REMEMBERED = 2000  #: messages a room keeps
BOT = "Groundswell"
PREFIX = "/"
STAFF = frozenset({Role.REP, Role.ORGANISER, Role.MODERATOR})


class NotThere(Exception):
    """No such persona, room, message or form, or not for this persona."""


class NotTaken(Exception):
    """A message that no room takes; says why."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a room. ``to``: the only persona who sees it; None for everyone there."""

    id: str
    number: int  #: its place in the town's history; never shown: gaps would count others' whispers
    sender: str
    body: Json = field(repr=False)
    to: str | None = None
    png: bytes | None = field(default=None, repr=False)  #: goes when the message goes

    def is_about(self, subject: str, persona: Persona) -> bool:
        """Whether it is this persona's own and a button of it is about ``subject``."""
        return self.to == persona.id and any(
            about(button["id"])[1] == subject for button in self.body["buttons"]
        )

    def shown(self) -> Json:
        return {"id": self.id, "from": self.sender, **self.body}


@dataclass(frozen=True, slots=True)
class Dialog:
    """A form that is open before one persona, and the room it was opened from. It keeps its voice:
    what is looked at twice says the same."""

    form: Form
    voice: Voice
    room: str


@dataclass(frozen=True, slots=True)
class Room:
    id: str
    name: str
    space: str
    place: str = ""  #: the id of the space it is in; a direct room is in none
    roles: frozenset[Role] = frozenset(Role)  #: whose room it is
    of: str | None = None  #: whose direct room it is

    def may_enter(self, persona: Persona) -> bool:
        return persona.role in self.roles if self.of is None else self.of == persona.id


class Town(ports.Post):
    remembers = timedelta.max

    def __init__(self) -> None:
        self._people = {one.id: one for one in PERSONAS}
        self._rooms = {room.id: room for room in _rooms()}
        self._said: dict[str, list[Message]] = defaultdict(list)
        self._dialogs: dict[str, Dialog] = {}
        self._numbers = count(1)
        self._seen: dict[str, OrderedDict[str, None]] = defaultdict(OrderedDict)
        self._listeners: dict[str, set[asyncio.Event]] = defaultdict(set)

    def persona(self, id: str) -> Persona:
        if id not in self._people:
            raise NotThere("There is no such person here: pick one from the list of people.")
        return self._people[id]

    def rooms(self, persona: Persona) -> list[Room]:
        """What this persona may enter: shared rooms first, their direct room last."""
        return [room for room in self._rooms.values() if room.may_enter(persona)]

    def room(self, persona: Persona, id: str) -> Room:
        room = self._rooms.get(id)
        if room is None or not room.may_enter(persona):
            raise NotThere("There is no such room for you: pick one from your list of rooms.")
        return room

    def messages(self, persona: Persona, room: Room) -> list[Message]:
        """What this persona sees in a room, oldest first."""
        return [one for one in self._said[room.id] if one.to in (None, persona.id)]

    def all_messages(self, persona: Persona) -> Iterator[Message]:
        """All that this persona sees, newest first."""
        seen = [m for room in self.rooms(persona) for m in self.messages(persona, room)]
        return iter(sorted(seen, key=lambda one: one.number, reverse=True))

    def find(self, persona: Persona, message: str) -> tuple[Room, Message]:
        """A message this persona sees, and where."""
        for room in self.rooms(persona):
            for one in self.messages(persona, room):
                if one.id == message:
                    return room, one
        raise NotThere("That message is not there any more: look at the room again.")

    def post(self, room: Room, sender: str, body: Json, to: Persona | None = None) -> None:
        """Put a message at the end of a room."""
        self._put(
            room, Message(_new_id(), next(self._numbers), sender, body, to.id if to else None)
        )

    def show(
        self, room: Room, card: Card, voice: Voice, *, whisper: bool, to: Persona | None = None
    ) -> None:
        """Put a card of the bot's at the end of a room, with its picture."""
        id, png = _new_id(), card.picture.png if card.picture else None
        body = render.card(speaker(voice), card, whisper=whisper, picture=f"/pictures/{id}.png")
        self._put(room, Message(id, next(self._numbers), BOT, body, to.id if to else None, png))

    def picture(self, message: str) -> bytes:
        """The picture of a message. Its id is random: whoever knows it has seen the message."""
        for said in self._said.values():
            for one in said:
                if one.id == message and one.png is not None:
                    return one.png
        raise NotThere("That picture is not there any more: look at the room again.")

    def take_away(self, persona: Persona, subject: str) -> None:
        """All cards about ``subject`` go from this persona's sight, with the words on them."""
        for room in self.rooms(persona):
            kept = [one for one in self._said[room.id] if not one.is_about(subject, persona)]
            if len(kept) < len(self._said[room.id]):
                self._said[room.id] = kept
        self._tell(persona.id)

    def show_form(self, persona: Persona, form: Form, voice: Voice, room: Room) -> None:
        """Open a dialog for one persona, in place of the one that was open."""
        self._dialogs[persona.id] = Dialog(form, voice, room.id)
        self._tell(persona.id)

    def dialog(self, persona: Persona) -> Dialog | None:
        """What is open before this persona."""
        return self._dialogs.get(persona.id)

    def open_form(self, persona: Persona, id: str) -> tuple[Form, Room]:
        """The form that is open, and the room it was opened from."""
        dialog = self.dialog(persona)
        if dialog is None or dialog.form.id != id:
            raise NotThere("That form is not open: start it again.")
        return dialog.form, self._rooms[dialog.room]

    def close_form(self, persona: Persona) -> None:
        self._dialogs.pop(persona.id, None)
        self._tell(persona.id)

    def listen(self, persona: Persona) -> tuple[asyncio.Event, Callable[[], None]]:
        """An event set whenever something changed for this persona, and how to stop."""
        heard = asyncio.Event()
        self._listeners[persona.id].add(heard)
        return heard, lambda: self._listeners[persona.id].discard(heard)

    def everything_changed(self) -> None:
        for id in self._people:
            self._tell(id)

    async def to_person(self, address: str, card: Card, community: Community, id: str) -> None:
        if address not in self._people:
            raise ports.Unreachable
        persona = self._people[address]
        room = self.rooms(persona)[-1]
        if self._first_time(room, id):
            self.show(room, card, Voice.of(community), whisper=True, to=persona)

    async def to_room(
        self, space: str, room: str, card: Card, community: Community, id: str
    ) -> None:
        if room not in self._rooms or self._rooms[room].place != space:
            raise ports.Unreachable
        if self._first_time(self._rooms[room], id):
            self.show(self._rooms[room], card, Voice.of(community), whisper=False)

    async def membership(
        self, space: str, account: str
    ) -> tuple[ports.Membership, datetime | None]:
        """Everybody is a member everywhere, the crowd too, for a long time."""
        if any(one.place == space for one in self._rooms.values()):
            return ports.Membership.MEMBER, JOINED
        return ports.Membership.STRANGER, None

    async def lacks(self, space: str, rooms: Collection[str]) -> tuple[str, ...]:
        """Rooms that are not there."""
        there = {one.id for one in self._rooms.values() if one.place == space}
        return tuple(room for room in rooms if room not in there)

    def connected(self) -> bool:
        return True

    def _first_time(self, room: Room, id: str) -> bool:
        """Whether this parcel was not here yet, as far back as the room keeps its messages."""
        known = self._seen[room.id]
        if id in known:
            return False
        known[id] = None
        if len(known) > REMEMBERED:
            known.popitem(last=False)
        return True

    def _put(self, room: Room, message: Message) -> None:
        self._said[room.id] = [*self._said[room.id][-REMEMBERED + 1 :], message]
        self._changed(room, message)

    def _changed(self, room: Room, message: Message) -> None:
        """Tell whoever sees ``message``, and nobody else: a whisper is not heard next to it."""
        for one in PERSONAS:
            if room.may_enter(one) and message.to in (None, one.id):
                self._tell(one.id)

    def _tell(self, id: str) -> None:
        for heard in self._listeners[id]:
            heard.set()


def speaker(voice: Voice) -> Speaker:
    """Says lines as they are typed here."""
    return Speaker(voice, PREFIX)


def words(text: str) -> Json:
    """A person's own message as it is shown."""
    return {
        "title": "",
        "text": text,
        "tone": "plain",
        "whisper": False,
        "fields": [],
        "buttons": [],
        "image": None,
    }


def _new_id() -> str:
    return secrets.token_hex(8)


def _rooms() -> Iterator[Room]:
    for place, space, prefix in PLACES:
        yield Room(f"{prefix}general", "general", space, place)
        yield Room(f"{prefix}reps", "reps", space, place, STAFF)
        organisers = frozenset({Role.ORGANISER, Role.MODERATOR} if prefix else {Role.ORGANISER})
        yield Room(f"{prefix}organisers", "organisers", space, place, organisers)
    direct = Room("", "Groundswell", "Direct")
    for one in PERSONAS:
        yield replace(direct, id=f"direct-{one.id}", of=one.id)
