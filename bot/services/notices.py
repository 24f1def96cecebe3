"""Notices: puts what is to be said unasked on the outbox, in the transaction of what it tells.

One parcel for each account of a person, outside their quiet hours; nothing to an account, nor to a
staff room, in an employer-owned space. Speaks to no platform.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bot.domain.communities import Account, Community, CommunityId, RoomKind, Space, Staff, Trust
from bot.domain.grievances.release import crossing
from bot.ports import MAIL, Chance, Clock, Parcel, Vault, Work
from bot.services.privacy.seals import Seal, Seals

ROOM_DELAY = timedelta(minutes=1)  #: by then a slot has happened, however much crossed at it


class Notices:
    def __init__(
        self,
        seals: Seals,
        vault: Vault,
        chance: Chance,
        clock: Clock,
        room_delay: timedelta = ROOM_DELAY,
    ) -> None:
        self._seals, self._vault = seals, vault
        self._chance, self._clock = chance, clock
        self.room_delay = room_delay  #: how long after its moment a room is told

    async def to_person(
        self,
        work: Work,
        community: Community,
        person: Staff,
        notice: str,
        facts: Mapping[str, str],
        *,
        urgent: bool = False,
        cases: Collection[str] = (),
    ) -> None:
        """To each account of one member of staff; what is urgent in their quiet hours, too, and
        from the full hour before, so that its row does not tell when its reporter sent it.

        ``cases``: the ids of what it is about, sealed for ``cases_of``.
        """
        now = self._clock.now()
        at_once = crossing(community.slots, now, urgent=True)
        to: dict[str, Any] = {"staff": person.id}
        to["not_before"] = at_once if urgent else person.disturbed_from(now)
        seal = await self._seals.of(community.id)
        for account in community.told_at(person):
            id = self._new_id()
            to |= {"platform": account.platform, "account": account_mark(seal, account)}
            to["sealed"] = seal.seal(_place(id), " ".join(sorted(cases))) if cases else None
            await work.outbox.put(self._parcel(id, community.id, notice, facts, **to))

    async def to_stranger(
        self, work: Work, community: Community, account: Account, notice: str, token: str
    ) -> None:
        """To an account that is nobody's of staff yet: it lies sealed, and only until it is said.
        ``token``: opens what it is about."""
        id, seal = self._new_id(), await self._seals.of(community.id)
        to: dict[str, Any] = {"platform": account.platform, "not_before": self._clock.now()}
        to |= {"account": account_mark(seal, account)}
        to["sealed"] = seal.seal(_place(id), f"{token} {account.address}")
        await work.outbox.put(self._parcel(id, community.id, notice, {}, **to))

    async def stranger(self, parcel: Parcel) -> tuple[str, str]:
        """The token and the address that ``to_stranger`` sealed. Raises BadSeal."""
        seal = await self._seals.of(parcel.community)
        token, _, address = seal.open(_place(parcel.id), parcel.sealed or b"").partition(" ")
        return token, address

    async def cases_of(self, parcel: Parcel) -> frozenset[str]:
        """The ids of the cases it is about. Raises BadSeal."""
        if parcel.sealed is None:
            return frozenset()
        seal = await self._seals.of(parcel.community)
        return frozenset(seal.open(_place(parcel.id), parcel.sealed).split())

    async def to_room(
        self,
        work: Work,
        community: Community,
        space: Space,
        room: RoomKind,
        notice: str,
        facts: Mapping[str, str],
        *,
        at: datetime | None = None,
    ) -> None:
        """To a shared room of a space; nothing where it has no such room. ``at``: when, where that
        is not told by a slot."""
        if may_be_told(space, room):
            await work.outbox.put(self.for_room(community.id, space, room, notice, facts, at=at))

    async def to_address(
        self,
        work: Work,
        community: Community,
        mark: bytes,
        notice: str,
        facts: Mapping[str, str],
        *,
        at: datetime,
    ) -> None:
        """To an e-mail address, from ``at`` on; ``mark``: by what it is found when it is sent."""
        to: dict[str, Any] = {"platform": MAIL, "account": mark, "not_before": at}
        await work.outbox.put(self._parcel(self._new_id(), community.id, notice, facts, **to))

    def for_room(
        self,
        community: CommunityId,
        space: Space,
        room: RoomKind,
        notice: str,
        facts: Mapping[str, str],
        *,
        at: datetime | None = None,
    ) -> Parcel:
        """The parcel itself, for where it may be told (``may_be_told``).

        Said a fixed while after the slot among its facts, however long that slot's work took, or
        from ``at`` on.
        """
        to: dict[str, Any] = {"platform": space.platform, "space": space.id, "room": room}
        to["not_before"] = at or datetime.fromisoformat(facts["slot"]) + self.room_delay
        return self._parcel(self._new_id(), community, notice, facts, **to)

    async def addressee(
        self, community: Community, person: Staff, parcel: Parcel
    ) -> Account | None:
        """The account of theirs that a parcel goes to, while they may be told anything there."""
        seal = await self._seals.of(community.id)
        for one in community.told_at(person):
            # The second was written before communities had keys.
            before = self._vault.mark("account", one.platform, one.address)
            if parcel.account in (account_mark(seal, one), before):
                return one
        return None

    def _new_id(self) -> str:
        return UUID(bytes=self._chance.bytes(16), version=4).hex

    def _parcel(
        self, id: str, community: CommunityId, notice: str, facts: Mapping[str, str], **to: Any
    ) -> Parcel:
        return Parcel(id=id, community=community, notice=str(notice), facts=facts, **to)


def account_mark(seal: Seal, account: Account) -> bytes:
    """By what an account of staff is found again, in their community alone."""
    return seal.mark("account", account.platform, account.address)


def _place(parcel: str) -> str:
    return f"outbox.sealed/{parcel}"


def digest_arrives(spaces: Iterable[Space], *, mailed: bool) -> bool:
    """Whether a digest has anywhere to go. ``mailed``: it has addresses, and e-mail is sent from here."""
    return mailed or any(may_be_told(one, RoomKind.ORGANISERS) for one in spaces)


def may_be_told(space: Space, room: RoomKind) -> bool:
    """Whether a space has this room, and it is not staff's where an employer reads along."""
    everybodys = room is RoomKind.BULLETIN
    known = room in space.rooms and space.gone is None
    return known and (everybodys or space.trust is not Trust.EMPLOYER_OWNED)
