"""Notices: puts what is to be said unasked on the outbox, in the transaction of what it tells.

One parcel for each account of a person, outside their quiet hours; nothing to an account, nor to a
staff room, in an employer-owned space. Speaks to no platform.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from bot.domain.communities import Account, Community, CommunityId, RoomKind, Space, Staff, Trust
from bot.ports import Chance, Clock, Fate, Parcel, Vault, Work

NOWHERE = "nowhere"  #: the platform of whoever has no account at which they may be told


class Notices:
    def __init__(self, vault: Vault, chance: Chance, clock: Clock) -> None:
        self._vault, self._chance, self._clock = vault, chance, clock

    async def to_person(
        self,
        work: Work,
        community: Community,
        person: Staff,
        notice: str,
        facts: Mapping[str, str],
        *,
        urgent: bool = False,
    ) -> None:
        """To each account of one member of staff; what is urgent in their quiet hours, too.

        Who has no account at which they may be told is kept as unreachable, to be seen.
        """
        now = self._clock.now()
        to: dict[str, Any] = {"staff": person.id}
        to["not_before"] = now if urgent else person.disturbed_from(now)
        accounts = told_at(community, person)
        for account in accounts:
            to |= {"platform": account.platform, "account": self.mark(account)}
            await work.outbox.put(self._parcel(community.id, notice, facts, **to))
        if not accounts:
            to |= {"platform": NOWHERE, "fate": Fate.UNREACHABLE}
            await work.outbox.put(self._parcel(community.id, notice, facts, **to))

    async def to_room(
        self,
        work: Work,
        community: Community,
        space: Space,
        room: RoomKind,
        notice: str,
        facts: Mapping[str, str],
    ) -> None:
        """To a shared room of a space, now; nothing where it has no such room."""
        if may_be_told(space, room):
            await work.outbox.put(self.for_room(community.id, space, room, notice, facts))

    def for_room(
        self,
        community: CommunityId,
        space: Space,
        room: RoomKind,
        notice: str,
        facts: Mapping[str, str],
    ) -> Parcel:
        """The parcel itself, for where it may be told (``may_be_told``)."""
        to: dict[str, Any] = {"platform": space.platform, "space": space.id, "room": room}
        return self._parcel(community, notice, facts, not_before=self._clock.now(), **to)

    def mark(self, account: Account) -> bytes:
        """By what a parcel's account is found again."""
        return self._vault.mark("account", account.platform, account.address)

    def _parcel(
        self, community: CommunityId, notice: str, facts: Mapping[str, str], **to: Any
    ) -> Parcel:
        id = UUID(bytes=self._chance.bytes(16), version=4).hex
        return Parcel(id=id, community=community, notice=str(notice), facts=facts, **to)


def told_at(community: Community, person: Staff) -> tuple[Account, ...]:
    """The accounts at which a member of staff may be told anything (privacy rule 8)."""
    owned = {
        (one.platform, one.address) for one in community.spaces if one.trust is Trust.EMPLOYER_OWNED
    }
    return tuple(one for one in person.accounts if (one.platform, one.space) not in owned)


def may_be_told(space: Space, room: RoomKind) -> bool:
    """Whether a space has this room, and it is not staff's where an employer reads along."""
    return room in space.rooms and not (
        room is RoomKind.STAFF and space.trust is Trust.EMPLOYER_OWNED
    )
