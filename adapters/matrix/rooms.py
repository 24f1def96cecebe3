"""A room as it stands now, read from the homeserver for every question: members, powers, place.

Never a cache of our own, but for what cannot change, and for talks of two: who is there is known
until the homeserver tells us of any change in that room. What gives somebody power is always read
anew. Says and changes nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

from adapters.matrix.session import Session
from adapters.matrix.state import RoomState, moment, state_of
from adapters.matrix.wire import Json, Refusal, at

_STEPS = 20  #: back through somebody's changes of name, to when they came


@dataclass(frozen=True, slots=True)
class Place:
    """A space, or a room that is in none. ``id``: of the space or the room; ``state``: likewise."""

    id: str = field(repr=False)
    state: RoomState


class Rooms:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._spaces: dict[str, bool] = {}  #: whether a room is one; no room ever becomes one
        self._talks: dict[str, RoomState] = {}
        self._inside: set[str] = set()  #: other rooms that we are in, as far as we heard
        self._looking: dict[str, object] = {}  #: by room: the last look at it that is under way

    async def look(self, room: str) -> RoomState:
        """Raises Refusal, as of a room that we are not in; Away."""
        said = await self._session.wire.call("GET", at("/rooms/{}/state", room))
        return state_of(room, said.get("", ()))

    async def seen(self, room: str) -> RoomState:
        """The same; of a talk of two, or of one that awaits its second, as it was seen before, where
        nothing has ``changed`` since that look began."""
        if known := self._talks.get(room):
            return known
        look = self._looking[room] = object()
        try:
            state = await self.look(room)
        finally:
            unchanged = self._looking.get(room) is look
            if unchanged:
                del self._looking[room]
        if unchanged and state.only_with(self._session.user):
            self._talks[room] = state
        elif unchanged and self._session.user in state.joined:
            self._inside.add(room)
        return state

    def are_inside(self, room: str) -> bool:
        """Whether we were in it when it was ``seen``, and nothing has changed there since."""
        return room in self._inside

    def changed(self, room: str = "") -> None:
        """Something in this room; in any, where we did not hear what."""
        if not room:
            self._talks.clear()
            self._looking.clear()
            self._inside.clear()
        self._talks.pop(room, None)
        self._looking.pop(room, None)
        self._inside.discard(room)

    async def place_of(self, state: RoomState) -> Place:
        """The space that the room belongs to and that we are in, or the room itself. Of several, one
        that the room names itself, then by id. Raises Refusal, Away."""
        if state.is_space:
            return Place(state.room, state)
        named = [one for one in state.parents if one != state.room]
        for space in [*named, *sorted(set(await self._joined_spaces()) - set(named))]:
            found = await self._looked_into(space)
            us = self._session.user
            if found is not None and us in found.joined and await self.belongs(state, found):
                return Place(space, found)
        return Place(state.room, state)

    async def belongs(self, state: RoomState, space: RoomState) -> bool:
        """Whether the room is one of that space. Raises Away."""
        if state.room not in space.children:
            return False
        return state.belongs_to(space) or state.belongs_to(space, await self._asked_us_in(state))

    async def member_since(self, state: RoomState, user: str) -> datetime | None:
        """When somebody came into the room; None where they are not in it, or nobody tells. It is what
        their own homeserver says, but that it is not before the room was made, nor before somebody on
        ours asked them in."""
        return await self._since(state.room, user, state.joined.get(user), state.created)

    async def member(self, room: str, user: str) -> tuple[bool, datetime | None]:
        """Whether somebody is in a room that we are in, and since when: asked for them alone, for a
        room may have thousands. Raises Refusal, Away."""
        joined = await self._alone(room, "m.room.member", user)
        event = joined.joined.get(user)
        if event is None:
            return False, None
        made = None if self._is_near(user) else (await self._alone(room, "m.room.create")).created
        return True, await self._since(room, user, event, made)

    async def _alone(self, room: str, kind: str, key: str = "") -> RoomState:
        """Of a room's state that event alone; nothing where there is no such one."""
        path = at("/rooms/{}/state/{}/{}", room, kind, key)
        try:
            event = await self._session.wire.call("GET", path, query={"format": "event"})
        except Refusal as no:
            if no.status not in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
                raise
            return state_of(room, [])
        return state_of(room, [event])

    async def _since(
        self, room: str, user: str, event: Mapping[str, Any] | None, not_before: datetime | None
    ) -> datetime | None:
        coming = await self._coming(room, event)
        if coming is None:
            return None
        came = moment(coming.event.get("origin_server_ts"))
        if coming.was == "invite" and not self._is_near(user):
            asked = await self._before(room, coming)
            if self._is_near(str(asked.get("sender", ""))):
                not_before = moment(asked.get("origin_server_ts")) or not_before
        return max(came, not_before) if came and not_before else came

    async def _coming(self, room: str, event: Mapping[str, Any] | None) -> "_Coming | None":
        """By which event somebody came whose newest in the room is this one; None where nobody tells.
        Synapse tells `prev_content` only of what it happens to have looked at lately."""
        for _ in range(_STEPS):
            if event is None:
                return None
            before: Json | None = None
            replaced = _unsigned(event).get("replaces_state")
            was = _membership(_unsigned(event).get("prev_content"))
            if was in ("", "join"):
                before = await self._event(room, replaced)
                was = was or _membership((before or {}).get("content"))
            if was != "join":
                return _Coming(event, was, before)
            event = before
        return None

    async def _before(self, room: str, coming: "_Coming") -> Json:
        """The event that it took the place of; nothing where there was none, or nobody tells."""
        replaced = _unsigned(coming.event).get("replaces_state")
        return coming.before or await self._event(room, replaced) or {}

    async def _asked_us_in(self, state: RoomState) -> str:
        """Who did; "" where nobody did, or nobody tells."""
        coming = await self._coming(state.room, state.joined.get(self._session.user))
        if coming is None or coming.was != "invite":
            return ""
        return str((await self._before(state.room, coming)).get("sender", ""))

    def _is_near(self, user: str) -> bool:
        """Whether they are on our own homeserver."""
        return user.partition(":")[2] == self._session.user.partition(":")[2]

    async def _event(self, room: str, id: object) -> Json | None:
        if not isinstance(id, str):
            return None
        try:
            return await self._session.wire.call("GET", at("/rooms/{}/event/{}", room, id))
        except Refusal:
            return None

    async def joined(self) -> set[str]:
        """All rooms that we are in. Raises Refusal, Away."""
        said = await self._session.wire.call("GET", "/joined_rooms")
        return {one for one in said.get("joined_rooms", ()) if isinstance(one, str)}

    def gone(self, room: str) -> None:
        """We left it."""
        self._spaces.pop(room, None)
        self.changed(room)

    async def _joined_spaces(self) -> Collection[str]:
        joined, spaces = await self.joined(), dict[str, bool]()
        for room in joined:
            if (known := self._spaces.get(room)) is None:
                state = await self._looked_into(room)
                known = state is not None and state.is_space
            spaces[room] = known
        self._spaces = spaces
        return [room for room, is_space in spaces.items() if is_space]

    async def _looked_into(self, room: str) -> RoomState | None:
        """None where we are not in it, or any more; whatever else goes wrong is no such answer."""
        try:
            return await self.look(room)
        except Refusal as no:
            if no.status not in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
                raise
            return None


@dataclass(frozen=True, slots=True)
class _Coming:
    """``event``: by which somebody came; ``was``: their membership before it, or ""; ``before``: the
    event of that, where it had to be asked for."""

    event: Mapping[str, Any] = field(repr=False)
    was: str
    before: Json | None = field(repr=False)


def _membership(content: object) -> str:
    return str(content.get("membership", "")) if isinstance(content, dict) else ""


def _unsigned(event: Mapping[str, Any]) -> Json:
    unsigned = event.get("unsigned")
    return unsigned if isinstance(unsigned, dict) else {}
