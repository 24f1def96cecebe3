"""Meeting: in which community somebody acts, also where they speak to the bot alone.

A place that belongs to a community answers for itself. Elsewhere staff are found by their account,
a draft tells where it was begun, and everybody else names a community by its code: which one is
remembered in this process's memory alone, under a hash whose key dies with it, for half an hour.
Membership is asked of the platform at that moment, and no more of it kept.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.chat import Caller, Draft, Here, Outside
from bot.domain.communities import Community, CommunityId, Space, Trust
from bot.domain.errors import CodeUnknown, NoCommunity
from bot.ports import Chance, Clock, Membership, OpenWork, Post
from bot.services.communities.codes import Codes
from bot.services.communities.founding import CODE_LENGTH
from bot.services.communities.known import Communities
from bot.services.communities.remembered import Known
from bot.services.privacy.drafts import Drafts

REMEMBERED_FOR = timedelta(minutes=30)

Seen = dict[str, datetime | None]  #: by space, since when somebody is in it, where that is told


@dataclass(frozen=True, slots=True)
class _Named:
    """What somebody named: ``member``: whether it was seen that they are one, in which spaces, and
    since when there (``seen_in``). ``stranger``: whether it was seen that they are none. ``known``:
    the community as it was just loaded, for this request alone."""

    community: CommunityId
    member: bool
    until: datetime
    seen_in: Seen = field(default_factory=dict)
    stranger: bool = False
    known: Known | None = field(default=None, repr=False)


class Meeting:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        drafts: Drafts,
        codes: Codes,
        posts: Mapping[str, Post],
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._open_work, self._communities = open_work, communities
        self._drafts, self._codes, self._posts, self._clock = drafts, codes, posts, clock
        self._key = chance.bytes(32)
        self._named: dict[bytes, _Named] = {}

    async def meet(
        self,
        caller: Caller,
        subject: str = "",
        *,
        strangers: bool = False,
        members: bool = False,
    ) -> Here | Outside:
        """The caller in their community, if any. ``subject``: of what they press; ``strangers``:
        whether it is for those, too, whom the platform knows to be no member; ``members``: whether
        it matters in which of its places they are."""
        try:
            return await self._communities.meet(caller)
        except NoCommunity:
            draft = await self._drafts.look(_token(subject)) if subject else None
            of_draft, before = await self._of_draft(caller, draft), self._remembered(caller)
            led = (one for one in (of_draft, before) if one and (strangers or not one.stranger))
            named = next(led, None) or await self._of_staff(caller, members)
        try:
            return await self._in(caller, named, draft) if named else self.outside(caller)
        except NoCommunity:  # it has been forgotten since it was named
            self._named.pop(self._mark(caller), None)
            return self.outside(caller)

    async def keeps(self, caller: Caller) -> bool:
        """Whether the account serves a community."""
        return bool(await self._communities.served_by(caller))

    def outside(self, caller: Caller) -> Outside:
        """The caller where no community is known."""
        return Outside(caller, self._clock.now())

    async def name(self, caller: Caller, typed: str, *, strangers: bool = False) -> Here:
        """The caller names a community by its code. Wrong codes and codes of communities that the
        platform knows them to be no member of are told the same, but for what is for ``strangers``,
        too. Raises CodeUnknown, TooManyCodes."""
        id = await self._coded(self._codes.tried(caller, typed))
        named = await self._seen(caller, id) if id else None
        if named is None or (named.stranger and not strangers):
            raise CodeUnknown
        self._named[self._mark(caller)] = replace(named, known=None)
        return await self._in(caller, named)

    async def _coded(self, code: str) -> CommunityId | None:
        """The community with this code. What is as long as no code, like a receipt that was typed
        into the wrong form, is not asked of the database."""
        if len(code) != CODE_LENGTH:
            return None
        async with self._open_work() as work:
            return await work.communities.coded(code)

    async def _in(self, caller: Caller, named: _Named, draft: Draft | None = None) -> Here:
        known = named.known or await self._communities.look(named.community)
        return replace(
            self._communities.here(known, caller, _around(caller)),
            member=named.member,
            stranger=named.stranger,
            seen_in=named.seen_in,
            draft=draft,
        )

    async def _of_staff(self, caller: Caller, members: bool) -> _Named | None:
        """The one community that the account serves, in talk with the bot alone; of several they must
        say which. In another hand it is led there, to be told so, as far as anybody would be. Where
        they are is asked of the platform only where it matters."""
        if caller.room:
            return None
        served = await self._communities.served_by(caller)
        if len(served) != 1:
            return None
        ((id, theirs),) = served.items()
        known = theirs and not members
        named = self._for_a_while(id, True) if known else await self._seen(caller, id)
        return named if named and not named.stranger else None

    def _remembered(self, caller: Caller) -> _Named | None:
        now = self._clock.now()
        self._named = {mark: one for mark, one in self._named.items() if one.until > now}
        return self._named.get(self._mark(caller))

    async def _of_draft(self, caller: Caller, draft: Draft | None) -> _Named | None:
        """Where what they press was begun; a code, which is typed and counted, was nowhere."""
        return await self._seen(caller, draft.community) if draft and draft.community else None

    async def _seen(self, caller: Caller, id: CommunityId) -> _Named | None:
        """The community, and what its platforms say of the caller now: whoever serves it from
        elsewhere is no stranger. None where it was forgotten."""
        try:
            known = await self._communities.look(id)
        except NoCommunity:
            return None
        community = known.community
        told = [
            (space.id, *await self._posts[space.platform].membership(space.address, caller.account))
            for space in community.spaces
            if space.platform == caller.platform and space.gone is None
            if space.platform in self._posts
        ]
        seen = {space: joined for space, said, joined in told if said is Membership.MEMBER}
        member = bool(seen) or _serves(community, caller)
        stranger = not member and any(said is Membership.STRANGER for _, said, _ in told)
        return replace(self._for_a_while(id, member, seen), stranger=stranger, known=known)

    def _for_a_while(self, id: CommunityId, member: bool, seen_in: Seen | None = None) -> _Named:
        return _Named(id, member, self._clock.now() + REMEMBERED_FOR, seen_in or {})

    def _mark(self, caller: Caller) -> bytes:
        words = f"{caller.platform}\0{caller.account}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, words, "sha256")


def _serves(community: Community, caller: Caller) -> bool:
    """Whether the account holds a role there, wherever it is used, and is in its person's hand."""
    return any(caller.is_hand_of(one) for one in community.staff)


def _token(subject: str) -> str:
    """The token in what is pressed: another button's id may stand in front of it, and what was meant
    by it behind."""
    return subject.rpartition(":")[2].partition(".")[0]


def _around(caller: Caller) -> Space:
    """A place that is nobody's: to speak to the bot alone is trusted as far as the platform's
    company has no tie to the employer; of any other place the worst is meant, and of an account
    that lives in one."""
    lives_in = caller.acts_with.space
    trust = Trust.EMPLOYER_OWNED if caller.room or lives_in else Trust.NEUTRAL
    return Space("", caller.platform, caller.space, caller.place, trust)
