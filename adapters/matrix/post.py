"""What is said on Matrix unasked: to a member of staff alone, or to a room of a place.

Whichever of our accounts is near says it, and about a place the one that is believed about it. What a host could read goes only where everybody reads
it anyway, or where the workers run the server.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime

from adapters.matrix.account import Account
from adapters.matrix.believing import Believing
from adapters.matrix.render import notice
from adapters.matrix.saying import ToSay
from adapters.matrix.sending import REMEMBERS, answered, sized, txn_of
from adapters.matrix.state import RoomState
from adapters.matrix.wire import Away, Refusal
from bot import ports
from bot.chat import Card, Voice
from bot.domain.communities import Community, RoomKind, Trust
from bot.ports import Membership, PlatformAway, Undelivered, Unreachable

REDACT = "redact (remove messages sent by others)"  #: as settings of a room call it
WAITING = 1_000  #: notices whose saying was begun and not ended, of which it is known how they ran


class MatrixPost(ports.Post):
    remembers = REMEMBERS

    def __init__(self, homes: Mapping[str, str], believing: Believing) -> None:
        """``homes``: of all accounts that there should be the homeserver's own name."""
        self._homes, self._believing = dict(homes), believing
        self.accounts: dict[str, Account] = {}  #: those that are logged in
        self._begun: dict[str, list[ToSay]] = {}  #: a letter must not change when it is said again

    async def to_person(self, address: str, card: Card, community: Community, id: str) -> None:
        account = await self._nearest(address)
        with _away(account):
            await self._say_alone(account, address, card, community, id)

    async def _say_alone(
        self, account: Account, address: str, card: Card, community: Community, id: str
    ) -> None:
        with answered():
            room = await account.directs.room_of(address)
            devices = await account.session.devices.of(address)
        if id not in self._begun:
            proof = next((one.proof for one in devices if one.proof), "")
            self._begun[id] = account.talks.told(room, address, card, Voice.of(community), proof)
            self._begun.pop(next(iter(self._begun)) if len(self._begun) > WAITING else "", None)
        try:
            for ordinal, one in enumerate(self._begun[id]):
                await account.listening.say(room, one, txn_of(id, ordinal), address)
        except Unreachable:  # they left it, or somebody else came in: the next try makes a new one
            account.directs.gone(room)
            self._begun.pop(id, None)
            raise Undelivered from None
        self._begun.pop(id, None)

    async def to_room(
        self, space: str, room: str, card: Card, community: Community, id: str
    ) -> None:
        account, _ = await self._in(await self._of(space), room)
        with _away(account):
            await self._say_openly(account, space, room, card, community, id)

    async def _say_openly(
        self, account: Account, space: str, room: str, card: Card, community: Community, id: str
    ) -> None:
        openly = _may_be_open(community, space, room)
        said = account.talks.shared(card, Voice.of(community), account.session.user)
        for ordinal, one in enumerate(said):
            txn = txn_of(id, ordinal)
            if one.words:
                await account.sending.say(room, notice(one.words), txn, openly=openly)
            elif one.picture:
                picture = sized(one.picture.png, one.picture.alt)
                await account.sending.show(room, picture, txn, openly=openly)

    async def membership(self, space: str, account: str) -> tuple[Membership, datetime | None]:
        try:
            ours = await self._of(space)
            if ours.rooms.are_inside(space):
                joined, since = await ours.rooms.member(space, account)
                if joined:
                    return Membership.MEMBER, since
            _, state = await self._in(ours, space)
            if account in state.joined:
                return Membership.MEMBER, await ours.rooms.member_since(state, account)
            for room in sorted(state.children.keys() & await ours.rooms.joined()):
                seen = await ours.rooms.look(room)
                if account in seen.joined and await ours.rooms.belongs(seen, state):
                    return Membership.MEMBER, await ours.rooms.member_since(seen, account)
        except (Refusal, Away, Undelivered, Unreachable):
            return Membership.CANNOT_TELL, None
        return Membership.STRANGER, None

    async def lacks(self, space: str, rooms: Collection[str]) -> tuple[str, ...]:
        """Rooms that we are not in or may not speak in, by their ids; and in which of the others we
        may not take away what a worker typed."""
        missing, stays = list[str](), list[str]()
        for room in rooms:
            try:
                account, state = await self._in(await self._of(space), room)
            except Unreachable:
                missing.append(room)
                continue
            except Undelivered:  # nobody can tell just now
                continue
            us = account.session.user
            if not state.may(us, "events_default"):
                missing.append(room)
            elif not state.may(us, "redact"):
                stays.append(state.name or room)
        return (*missing, f"{REDACT}: {', '.join(stays)}") if stays else tuple(missing)

    def connected(self) -> bool:
        return self.accounts.keys() == self._homes.keys() and all(
            one.syncing.connected for one in self.accounts.values()
        )

    def away(self) -> bool:
        return not any(one.syncing.connected for one in self.accounts.values())

    async def _nearest(self, address: str) -> Account:
        """The account they are alone with already, else one on their own homeserver, else any: of
        those that can be spoken to. Raises PlatformAway: what is away with their homeserver is waited
        for, since another one may know nothing of it."""
        there = [one for one in self.accounts.values() if one.syncing.connected]
        looked: list[Account] = []
        for one in there:
            with suppress(Undelivered), answered():
                await one.directs.look()
                looked.append(one)
                if one.directs.leads_to(address):
                    return one
        home = address.partition(":")[2]
        near = [one for one in looked if one.session.user.partition(":")[2] == home]
        if not looked or (not near and home in self._homes.values()):
            raise PlatformAway
        return (near or looked)[0]

    async def _of(self, place: str) -> Account:
        """The account that is believed about a place. Raises Unreachable where none is, PlatformAway
        where it is away, and Undelivered where nobody can tell just now."""
        via = await self._believing.about(place)
        if not via:
            raise Unreachable
        for one in self.accounts.values():
            if one.session.user == via:
                return one
        raise PlatformAway

    async def _in(self, account: Account, room: str) -> tuple[Account, RoomState]:
        """The account, and a room that it is in. Raises Unreachable where it is not, PlatformAway
        where it is away, and Undelivered where nobody can tell just now."""
        with _away(account), answered():
            state = await account.rooms.seen(room)
        if account.session.user not in state.joined:
            raise Unreachable
        return account, state


@contextmanager
def _away(account: Account) -> Iterator[None]:
    """Where its homeserver is away, nothing was wrong with what was to be said."""
    try:
        yield
    except Undelivered as later:
        if account.syncing.connected:
            raise
        raise PlatformAway(later.retry_after) from later


def _may_be_open(community: Community, space: str, room: str) -> bool:
    """Whether a room may be one that is not encrypted: its place is the workers' own, or every member
    can read it."""
    for one in community.spaces:
        if one.address == space:
            kinds = {kind for kind, where in one.rooms.items() if where == room}
            return one.trust is Trust.WORKER_OWNED or kinds == {RoomKind.BULLETIN}
    return False
