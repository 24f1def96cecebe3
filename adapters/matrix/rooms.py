"""A room as it stands now, read from the homeserver for every question: members, powers, place.

Never a cache of our own, but for what cannot change, and for talks of two: who is there is known
until the homeserver tells us of any change in that room. What gives somebody power is always read
anew. Creators of rooms from version 12 on are in no
list of powers and stand above all of them. Says and changes nothing.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from adapters.matrix.session import Session
from adapters.matrix.wire import Json, Refusal, at

_STEPS = 20  #: back through somebody's changes of name, to when they came
_CREATORS_RULE_FROM = 12
_INFINITE = 2**63
_NEEDED = {
    "events_default": 0,
    "state_default": 50,
    "redact": 50,
    "kick": 50,
    "ban": 50,
    "invite": 0,
}
_State = Mapping[tuple[str, str], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class RoomState:
    """``joined``: each member's event, as it was told. ``children``: rooms that this space lists;
    ``parents``: spaces it says it belongs to: each with who said so. Either alone is no more than a
    hint where to look. ``created``: when, by its own creator's homeserver."""

    room: str = field(repr=False)
    name: str = field(repr=False)
    encrypted: bool
    is_space: bool
    version: str
    joined: Mapping[str, Mapping[str, Any]] = field(repr=False)
    invited: frozenset[str] = field(repr=False)
    creators: frozenset[str] = field(repr=False)
    powers: Mapping[str, Any] | None = field(repr=False)
    children: Mapping[str, str] = field(repr=False)
    parents: Mapping[str, str] = field(repr=False)
    created: datetime | None = field(default=None, repr=False)

    def is_direct(self, us: str, user: str) -> bool:
        """Whether we and ``user`` are alone in it, nobody is asked in, and it is encrypted; and it is
        no room of a place that merely has no more members yet."""
        alone = self.joined.keys() == {us, user} and not self.invited
        return alone and self.encrypted and not self.is_shared

    @property
    def is_shared(self) -> bool:
        """Whether it is for more than two: by its members, its name, or where it belongs."""
        return bool(self.is_space or self.name or self.parents or len(self.joined) > 2)

    def awaits(self, us: str, user: str) -> bool:
        """Whether we are alone in it, and ``user`` is asked in and nobody else; encrypted, too."""
        alone = self.joined.keys() == {us} and self.invited == {user}
        return alone and self.encrypted and not self.is_shared

    def other_than(self, us: str) -> str:
        """Whoever we are alone with in an encrypted room; "" where we are not."""
        others = [user for user in self.joined if user != us]
        return others[0] if len(others) == 1 and self.is_direct(us, others[0]) else ""

    def only_with(self, us: str) -> str:
        """Whoever we are alone with, or shall be when they come; "" where there is no such one."""
        asked = next(iter(self.invited), "")
        return self.other_than(us) or (asked if self.awaits(us, asked) else "")

    def others(self, us: str) -> list[str]:
        """Who reads what we say now: whoever is in it; and whoever is asked in to be alone with us,
        once they come."""
        asked = self.only_with(us)
        return [asked] if asked else [user for user in self.joined if user != us]

    def power(self, user: str) -> int:
        """https://spec.matrix.org/v1.16/client-server-api/#permissions"""
        if user in self.creators and self._creators_rule:
            return _INFINITE
        if self.powers is None:
            return 100 if user in self.creators else 0
        users = self.powers.get("users")
        own = users.get(user) if isinstance(users, dict) else None
        return _level(own, _level(self.powers.get("users_default"), 0))

    def may(self, user: str, act: str) -> bool:
        """``act``: events_default (to say something), state_default (to change the room), redact,
        kick, ban, invite."""
        default = 0 if self.powers is None and act == "state_default" else _NEEDED[act]
        needed = _level((self.powers or {}).get(act), default)
        return user in self.joined and self.power(user) >= needed

    def manages(self, user: str) -> bool:
        return self.may(user, "state_default")

    def rules(self, user: str) -> bool:
        """Whether they may change the room, or could if they came back to it; never everybody."""
        needed = _level((self.powers or {}).get("state_default"), _NEEDED["state_default"])
        return self.power(user) >= max(needed, 1)

    def belongs_to(self, space: "RoomState", us: str) -> bool:
        """Whether a space lists the room, by somebody who rules there, and the room agrees: it says so
        itself, by somebody who rules in it; or the same person rules in both, be it who lists it or
        who asked us in. Else anybody's space could draw another's room into their place."""
        lists, says = space.children.get(self.room), self.parents.get(space.room)
        if lists is None or not space.is_space or not space.rules(lists):
            return False
        if (says is not None and self.rules(says)) or self.rules(lists):
            return True
        asked_by = self._asked_in_by(us)
        return space.manages(asked_by) and self.rules(asked_by)

    def _asked_in_by(self, user: str) -> str:
        """Who asked them in, as far as their own event tells."""
        unsigned = self.joined.get(user, {}).get("unsigned")
        unsigned = unsigned if isinstance(unsigned, dict) else {}
        before = unsigned.get("prev_content")
        asked = isinstance(before, dict) and before.get("membership") == "invite"
        return str(unsigned.get("prev_sender", "")) if asked else ""

    @property
    def _creators_rule(self) -> bool:
        """Room versions are numbers, or names of what is tried out: hydra became 12."""
        if self.version.isdecimal():
            return int(self.version) >= _CREATORS_RULE_FROM
        return self.version.startswith("org.matrix.hydra")


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
            if found is not None and us in found.joined and state.belongs_to(found, us):
                return Place(space, found)
        return Place(state.room, state)

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
        for _ in range(_STEPS):
            if event is None:
                return None
            unsigned = event.get("unsigned")
            unsigned = unsigned if isinstance(unsigned, dict) else {}
            before = unsigned.get("prev_content")
            was = before.get("membership") if isinstance(before, dict) else None
            if was != "join":
                came = _moment(event.get("origin_server_ts"))
                if was == "invite" and not self._is_near(user):
                    asked = await self._event(room, unsigned.get("replaces_state")) or {}
                    if self._is_near(str(asked.get("sender", ""))):
                        not_before = _moment(asked.get("origin_server_ts")) or not_before
                return max(came, not_before) if came and not_before else came
            event = await self._event(room, unsigned.get("replaces_state"))
        return None

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


def state_of(room: str, events: Iterable[Any]) -> RoomState:
    """All state events of a room, in any order. What is not as it should be counts for nothing."""
    state: _State = {
        (one["type"], one["state_key"]): one
        for one in events
        if isinstance(one, dict)
        and isinstance(one.get("content"), dict)
        and all(isinstance(one.get(name), str) for name in ("type", "state_key"))
    }
    created = state.get(("m.room.create", ""), {})
    content = created.get("content", {})
    powers = state.get(("m.room.power_levels", ""))
    more = content.get("additional_creators")
    return RoomState(
        room,
        str(_content(state, "m.room.name").get("name", "")),
        encrypted=_content(state, "m.room.encryption").get("algorithm") == "m.megolm.v1.aes-sha2",
        is_space=content.get("type") == "m.space",
        version=str(content.get("room_version", "1")),
        joined=dict(_members(state, "join")),
        invited=frozenset(user for user, _ in _members(state, "invite")),
        creators=frozenset(
            [str(created.get("sender", "")), *(map(str, more) if isinstance(more, list) else ())]
        ),
        powers=powers["content"] if powers else None,
        children=_linked(state, "m.space.child"),
        parents=_linked(state, "m.space.parent"),
        created=_moment(created.get("origin_server_ts")),
    )


def _members(state: _State, membership: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    for (kind, user), event in state.items():
        if kind == "m.room.member" and event["content"].get("membership") == membership:
            yield user, event


def _linked(state: _State, kind: str) -> Mapping[str, str]:
    """Rooms that are linked so, and who did; a link without "via" was taken away. The main one
    first."""
    links = [
        (not event["content"].get("canonical"), room, str(event.get("sender", "")))
        for (found, room), event in state.items()
        if found == kind and isinstance(event["content"].get("via"), list)
    ]
    return {room: sender for _, room, sender in sorted(links)}


def _content(state: _State, kind: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = state.get((kind, ""), {}).get("content", {})
    return content


def _level(found: object, default: int) -> int:
    """Old rooms may hold a figure as words."""
    if isinstance(found, bool) or not isinstance(found, int | str):
        return default
    try:
        return int(found)
    except ValueError:
        return default


def _moment(milliseconds: object) -> datetime | None:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int):
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return None
