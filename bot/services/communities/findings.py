"""Findings: what is wrong with a community, as its database and its platforms tell.

Counts and yes or no alone: of notices to people it tells only whether any was given up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.chat import Here
from bot.domain.communities import Community, RoomKind
from bot.domain.communities.findings import Finding, found
from bot.domain.privacy import LEAST_ELIGIBLE
from bot.ports import Clock, OpenWork, Post, Work
from bot.services.notices import digest_arrives

SET_BACK = timedelta(hours=1)  #: so far behind what it was at some time


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something to put right. ``what``: a name of ours or the platform's, where there is one."""

    finding: Finding
    what: tuple[str, ...] = ()
    room: RoomKind | None = None  #: of that place


class Findings:
    """``mails``: whether e-mail is sent from here at all."""

    def __init__(
        self, open_work: OpenWork, posts: Mapping[str, Post], clock: Clock, *, mails: bool
    ) -> None:
        self._open_work, self._posts, self._clock = open_work, posts, clock
        self._mails = mails

    async def status(self, here: Here) -> tuple[Wrong, ...]:
        """All that is wrong with the caller's community, also what only its platforms tell."""
        async with self._open_work() as work:
            wrong = await self.kept(work, here.community)
            if await set_back(work, self._clock.now()):
                wrong.append(Wrong(Finding.CLOCK))
        return (*wrong, *await self._of_platforms(here.community))

    async def kept(self, work: Work, community: Community) -> list[Wrong]:
        """What the database tells of it."""
        wrong = [
            Wrong(one, _named(one, community))
            for one in found(community, self._clock.now(), LEAST_ELIGIBLE)
        ]
        if community.opened is not None:
            digest = await work.digests.get(community.id)
            mailed = self._mails and digest.sealed_addresses is not None
            if digest.due is None:
                wrong.append(Wrong(Finding.DIGEST_PAUSED))
            elif not digest_arrives(community.spaces, mailed=mailed):
                wrong.append(Wrong(Finding.DIGEST_NOWHERE))
        if await work.outbox.rooms_given_up(community.id):
            wrong.append(Wrong(Finding.PARKED))
        return wrong

    async def _of_platforms(self, community: Community) -> list[Wrong]:
        wrong = []
        for space in community.spaces:
            post = self._posts.get(space.platform)
            if post is None or space.gone is not None:
                continue
            lacks = await post.lacks(space.address, tuple(space.rooms.values()))
            for kind, room in space.rooms.items():
                if room in lacks:
                    wrong.append(Wrong(Finding.ROOM, (space.name,), kind))
                elif (open_ := await post.open_to_all(space.address, room)) is not None:
                    for_all = kind is RoomKind.BULLETIN
                    if open_ is not for_all:
                        what = Finding.HIDDEN if for_all else Finding.OPEN
                        wrong.append(Wrong(what, (space.name,), kind))
            others = tuple(one for one in lacks if one not in space.rooms.values())
            if others:
                wrong.append(Wrong(Finding.PERMISSION, (space.name, *others)))
        return wrong


async def set_back(work: Work, now: datetime) -> bool:
    """Whether a slot has happened that is still to come: the machine's clock was ahead, or is
    behind now."""
    slot = await work.ledger.newest("slot")
    return slot is not None and datetime.fromisoformat(slot) > now + SET_BACK


def _named(one: Finding, community: Community) -> tuple[str, ...]:
    """Of which places it is true, by their names."""
    there = [one for one in community.spaces if one.gone is None]
    where = {
        Finding.TRUST: [one for one in community.spaces if not one.answered],
        Finding.BULLETIN: [one for one in there if RoomKind.BULLETIN not in one.rooms],
        Finding.GONE: [one for one in community.spaces if one.gone is not None],
    }
    return tuple(space.name for space in where.get(one, ()))
