"""One room's state: who is in it, what power they have, and which space it belongs to. Pure.

Creators of rooms from version 12 on are in no list of powers and stand above all of them. What is
not as it should be in a room's events counts for nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

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

    def belongs_to(self, space: "RoomState", asked_us_in: str = "") -> bool:
        """Whether a space lists the room, by somebody who rules there, and the room agrees: it says so
        itself, by somebody who rules in it; or somebody who is in both and may change both, be it who
        lists it or who asked us in. Else anybody's space could draw another's room into their place:
        a level stays with whoever was put out, and everybody may have one who was never in."""
        lists, says = space.children.get(self.room), self.parents.get(space.room)
        if lists is None or not space.is_space or not space.rules(lists):
            return False
        if says is not None and self.rules(says):
            return True
        return any(space.manages(one) and self.manages(one) for one in (lists, asked_us_in))

    @property
    def _creators_rule(self) -> bool:
        """Room versions are numbers, or names of what is tried out: hydra became 12."""
        if self.version.isdecimal() and len(self.version) < 10:
            return int(self.version) >= _CREATORS_RULE_FROM
        return self.version.startswith("org.matrix.hydra")


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
        created=moment(created.get("origin_server_ts")),
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


def moment(milliseconds: object) -> datetime | None:
    """None for what is none."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int):
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return None
