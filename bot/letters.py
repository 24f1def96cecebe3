"""What a parcel says, and to whom: worded when it is said, as things are by then.

A letter is a card and the way it is said. Whoever has left, or may be told it no more, gets none. By
the time it is said the transaction that worded it is over.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from bot.chat import Card, Voice
from bot.commands.notices import NOTICES, Told
from bot.domain.cases import View
from bot.domain.communities import Account, Community, Staff
from bot.domain.communities.pending import Pending
from bot.ports import MAIL, Notice, OpenWork, Parcel, Post
from bot.services.cases.desk import Cases
from bot.services.cases.still import Still
from bot.services.communities import Communities
from bot.services.communities.roles import Roles
from bot.services.digests.telling import Issue, Telling
from bot.services.notices import Notices, may_be_told
from bot.services.pictures import Pictures
from bot.services.polls.reading import Asked, Reading

Say = Callable[[], Awaitable[None]]


class Letters:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        notices: Notices,
        roles: Roles,
        still: Still,
        polls: Reading,
        digests: Telling,
        cases: Cases,
        pictures: Pictures,
        posts: Mapping[str, Post],
    ) -> None:
        self._open_work, self._communities = open_work, communities
        self._notices, self._roles, self._still, self._polls = notices, roles, still, polls
        self._digests, self._cases, self._pictures = digests, cases, pictures
        self._posts = posts

    async def ready(self, parcel: Parcel) -> Say:
        """How to say it, its chart drawn."""
        letter = await self._worded(parcel)
        if letter is None:
            return _nothing
        card = await self._pictures.developed(letter.card, Voice.of(letter.community))
        return partial(letter.say, card, letter.community, parcel.id)

    async def _worded(self, parcel: Parcel) -> "_Letter | None":
        """What to say to whom; None where whoever it was for has left, or it is theirs no more."""
        async with self._open_work() as work:
            community = await self._communities.load(work, parcel.community)
            issue: tuple[Issue, ...] = ()
            if parcel.notice == Notice.DIGEST:
                found = await self._digests.of(work, community, parcel)
                if found is None:
                    return None
                issue, community = (found,), _in_its_voice(community, found)
            if parcel.platform == MAIL:
                address = await self._digests.address(work, community, parcel.account)
                return self._to_address(parcel, community, address, issue)
            if parcel.notice == Notice.ROLE_OFFERED:
                return await self._to_stranger(parcel, community)
            if parcel.staff is None:
                polls = await self._polls.told(work, parcel)
                changes = await self._communities.pending(work, community.id)
                return self._to_room(parcel, community, polls, issue, changes)
            person = _whom(parcel, community)
            if person is None:
                return None
            if not await self._still.concerns(work, community, parcel, person):
                return None
            own = parcel.notice == Notice.OWN_LIST
            cases = await self._cases.own(work, community, person) if own else ()
            account = await self._notices.addressee(community, person, parcel)
        return self._to_person(parcel, community, account, cases)

    def _to_person(
        self, parcel: Parcel, community: Community, to: Account | None, own: tuple[View, ...]
    ) -> "_Letter | None":
        """To one account of one member of staff."""
        if to is None:
            return None
        card = NOTICES[parcel.notice](Told(community, parcel.facts, own=own))
        return _Letter(card, community, partial(self._posts[to.platform].to_person, to.address))

    async def _to_stranger(self, parcel: Parcel, community: Community) -> "_Letter | None":
        """To whom a role is offered, while it is."""
        token, address = await self._notices.stranger(parcel)
        offer = await self._roles.offered(community, token)
        if offer is None:
            return None
        card = NOTICES[parcel.notice](Told(community, parcel.facts, offer=(offer,)))
        return _Letter(card, community, partial(self._posts[parcel.platform].to_person, address))

    def _to_address(
        self, parcel: Parcel, community: Community, address: str | None, issue: tuple[Issue, ...]
    ) -> "_Letter | None":
        """To an e-mail address, unless organisers have taken it out."""
        if address is None:
            return None
        card = NOTICES[parcel.notice](Told(community, parcel.facts, issue=issue))
        return _Letter(card, community, partial(self._posts[MAIL].to_person, address))

    def _to_room(
        self,
        parcel: Parcel,
        community: Community,
        polls: tuple[Asked, ...] | None,
        issue: tuple[Issue, ...],
        changes: tuple[Pending, ...],
    ) -> "_Letter | None":
        for one in community.spaces:
            room = parcel.room
            if polls is not None and one.id == parcel.space and room and may_be_told(one, room):
                told = Told(community, parcel.facts, one, polls, issue, changes=changes)
                card = NOTICES[parcel.notice](told)
                to_room = self._posts[one.platform].to_room
                return _Letter(card, community, partial(to_room, one.address, one.rooms[room]))
        return None


@dataclass(frozen=True, slots=True)
class _Letter:
    """A card, and how it is said where it goes."""

    card: Card
    community: Community
    say: Callable[[Card, Community, str], Awaitable[None]]


def _whom(parcel: Parcel, community: Community) -> Staff | None:
    """Whoever holds a role; of somebody whose last one ended, that alone is still said."""
    if parcel.staff is None:
        return None
    person = community.person(parcel.staff)
    told_so = parcel.notice == Notice.ROLE_ENDED
    return community.formerly(parcel.staff) if person is None and told_so else person


def _in_its_voice(community: Community, issue: Issue) -> Community:
    """As the digest speaks: its organisers may have chosen another language and zone for it."""
    slots = replace(community.slots, zone=issue.plan.zone)
    return replace(community, language=issue.plan.language, slots=slots)


async def _nothing() -> None:
    """Whoever it was for has left, or the room is gone."""
