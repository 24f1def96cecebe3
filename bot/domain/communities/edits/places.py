"""Edits of places: which belong to a community, who can read them, what their rooms are for."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.domain.communities.community import Community
from bot.domain.communities.edits.edit import Edit
from bot.domain.communities.places import RoomKind, Space, Trust
from bot.domain.communities.staff import Role, StaffId
from bot.domain.errors import Invalid, NoSuchPlace, NotAllowed, NotAPlace, SpaceTaken

DESTINATION = "digest_to"  #: the one aim of all that says where digests go


@dataclass(frozen=True, slots=True)
class Trusted(Edit):
    """Whether an employer can read or switch off one of its spaces."""

    kind = "trust"
    space: str
    trust: str

    @property
    def aim(self) -> str:
        return f"{self.kind}/{self.space}"

    def applied(self, before: Community, now: datetime) -> Community:
        return _with_space(before, self.space, trust=Trust(self.trust), answered=True)


@dataclass(frozen=True, slots=True)
class Roomed(Edit):
    """Which shared room of a space is for bulletins, for staff or for organisers."""

    kind = "room"
    space: str
    room: str
    address: str  #: the platform's own id of the room

    @property
    def aim(self) -> str:
        if self.room == RoomKind.ORGANISERS:
            return DESTINATION
        return f"{self.kind}/{self.space}/{self.room}"

    def applied(self, before: Community, now: datetime) -> Community:
        if self.room not in set(RoomKind):
            raise Invalid("room")
        space, kind = _space(before, self.space), RoomKind(self.room)
        _check_room(before, space, kind, self.address)
        others = {k: r for k, r in space.rooms.items() if k is not kind and r != self.address}
        return _with_space(before, self.space, rooms=others | {kind: self.address})


@dataclass(frozen=True, slots=True)
class Destined(Edit):
    """Where digests come: one room of one space and no other, and to which e-mail addresses.
    ``space`` is empty where the rooms stay as they are."""

    kind = DESTINATION
    asked_by = Role.ORGANISER
    is_seen = False
    space: str
    room: str
    addresses: tuple[str, ...]

    def applied(self, before: Community, now: datetime) -> Community:
        if not self.space:
            return before
        chosen, kind = _space(before, self.space), RoomKind.ORGANISERS
        _check_room(before, chosen, kind, self.room)

        def rooms(space: Space) -> dict[RoomKind, str]:
            kept = {k: r for k, r in space.rooms.items() if k is not kind}
            return kept | ({kind: self.room} if space.id == chosen.id else {})

        spaces = tuple(replace(one, rooms=rooms(one)) for one in before.spaces)
        return replace(before, spaces=spaces)


@dataclass(frozen=True, slots=True)
class Joined(Edit):
    """One more space, while the moderator who joined it is one; or one of ours that no account of the
    bot has to do with, and ``via`` shall."""

    kind = "link"
    id: str  #: drawn for it
    platform: str
    address: str
    name: str
    staff: str
    via: str = ""

    @property
    def aim(self) -> str:
        return f"{self.kind}/{self.platform}/{self.address}"

    def applied(self, before: Community, now: datetime) -> Community:
        person = before.person(StaffId(self.staff))
        if person is None or Role.MODERATOR not in person.roles:
            raise NotAllowed
        ours = before.place(self.platform, self.address)
        if ours is not None:
            back = self._again(ours)
            return replace(
                before, spaces=tuple(back if one is ours else one for one in before.spaces)
            )
        name, trust = self.name, Trust.EMPLOYER_OWNED
        at = (self.id, self.platform, self.address)
        new = Space(*at, name, trust, answered=False, via=self.via)
        return replace(before, spaces=(*before.spaces, new))

    def _again(self, ours: Space) -> Space:
        if ours.is_held or not self.via:
            raise SpaceTaken
        return ours.returned(self.via)


@dataclass(frozen=True, slots=True)
class Left(Edit):
    """A space that is no more of the community."""

    kind = "unlink"
    space: str

    @property
    def aim(self) -> str:
        return f"{self.kind}/{self.space}"

    def applied(self, before: Community, now: datetime) -> Community:
        gone = _space(before, self.space)
        if len(before.spaces) == 1:
            raise Invalid("space", "invalid.last_space")
        return replace(before, spaces=tuple(one for one in before.spaces if one != gone))


def _space(community: Community, id: str) -> Space:
    found = next((one for one in community.spaces if one.id == id), None)
    if found is None:
        raise NoSuchPlace
    return found


def _check_room(community: Community, space: Space, kind: RoomKind, address: str) -> None:
    """Refuse what no room of this kind can be; of an open community, to take a bulletin room away:
    what is to come is told there."""
    if not address:
        raise NotAPlace
    if kind is RoomKind.BULLETIN:
        return
    if space.trust is Trust.EMPLOYER_OWNED:
        raise Invalid("room", "invalid.room_at_work")
    if community.opened is not None and space.rooms.get(RoomKind.BULLETIN) == address:
        raise Invalid("room", "invalid.room_of_bulletins")


def _with_space(community: Community, id: str, **changes: Any) -> Community:
    new = replace(_space(community, id), **changes)
    return replace(
        community, spaces=tuple(new if one.id == id else one for one in community.spaces)
    )
