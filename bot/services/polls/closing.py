"""The close of a poll: counted once, shown as far as may be, and all that led there destroyed.

The count, what is shown of it and the end of the ballots are one transaction; the poll's key goes
right after it, and the one for comments where none were kept. Whoever is killed anywhere in between is followed by somebody who does the rest.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.chat import Here
from bot.domain.communities import RoomKind
from bot.domain.errors import NoSuchPoll, PollClosed
from bot.domain.polls import Poll, PollId
from bot.domain.polls.ballots import Ballot, decoded
from bot.domain.polls.counting import counted
from bot.domain.privacy import Result, Shares, Shown, comments_shown, disclosed
from bot.ports import BadSeal, Chance, Clock, Key, Keys, Log, Noted, Notice, OpenWork, Vault, Work
from bot.services.communities import Communities
from bot.services.notices import Notices
from bot.services.polls.comments import AT_ONCE, Comments
from bot.services.privacy.audit import Audit
from bot.services.privacy.retention import LOOKS_APART

TIDIED_EVERY = 3600.0  #: seconds
OPENED_AT_ONCE = 100  #: ballots, between two chances for others to act


@dataclass(frozen=True, slots=True)
class _PollKeys:
    """What opens a poll's ballots, and what its comments are sealed under; as far as they are
    there."""

    ballots: Key | None
    comments: Key | None


class Closing:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        keys: Keys,
        vault: Vault,
        comments: Comments,
        notices: Notices,
        audit: Audit,
        clock: Clock,
        chance: Chance,
        log: Log,
    ) -> None:
        self._open_work, self._communities = open_work, communities
        self._keys, self._vault, self._notices, self._audit = keys, vault, notices, audit
        self._comments, self._clock, self._chance, self._log = comments, clock, chance, log
        self._look_at = 0.0  # on the clock's running hand

    async def waiting(self) -> list[PollId]:
        """Polls whose time is over."""
        async with self._open_work() as work:
            return await work.polls.to_close(self._clock.now())

    async def due(self, id: PollId) -> None:
        """Close a poll whose time is over, unless somebody has."""
        keys = await self._keys_of(id)
        async with self._open_work() as work:
            poll = await work.polls.held(id)
            if poll is None or (poll.result is None and poll.closes > self._clock.now()):
                return  # a clock was put back meanwhile
            if poll.result is None:
                await self._close(work, poll, keys, poll.closes)
        await self._drop_keys([id])

    async def close_early(self, here: Here, id: str) -> Poll:
        """An organiser ends it now; it cannot be opened again. Raises NoSuchPoll, PollClosed."""
        async with self._open_work() as work:
            asked = await work.polls.get(PollId(id))
        if asked is None or asked.community != here.community.id:
            raise NoSuchPoll  # before a key is made that would be there for no other's poll
        keys = await self._keys_of(asked.id)
        async with self._open_work() as work:
            await work.communities.hold(here.community.id)
            poll = await work.polls.held(asked.id)
            if poll is None:
                raise NoSuchPoll
            if poll.result is not None:
                raise PollClosed
            await self._close(work, poll, keys, self._clock.now())
            await self._audit.note(work, here.community, here.person, "polls.close")
        await self._drop_keys([poll.id])
        return poll

    async def tidy(self) -> None:
        """Once an hour and process, and first at its start: comments that are old go, and keys that
        nobody needs any more."""
        if self._clock.elapsed() < self._look_at:
            return
        self._look_at = self._clock.elapsed() + TIDIED_EVERY
        await self._comments.forget()
        kept = [(PollId(id), since) for id, since in (await self._keys.polls()).items()]
        for start in range(0, len(kept), AT_ONCE):
            await self._look_for_strays(dict(kept[start : start + AT_ONCE]))

    async def _look_for_strays(self, kept: Mapping[PollId, datetime | None]) -> None:
        """A key whose poll has closed goes at once; one without a poll when two looks, a slot
        apart, found none: somebody may stand between key and row."""
        now = self._clock.now()
        async with self._open_work() as work:
            closed = await work.polls.are_closed(list(kept))
        strays = {id: since for id, since in kept.items() if id not in closed}
        missed = [id for id, since in strays.items() if since is None]
        gone = [id for id, since in strays.items() if since and now - since >= LOOKS_APART]
        gone += [id for id, over in closed.items() if over]
        await self._keys.missed_polls(missed, now)
        await self._drop_keys(gone)

    async def _close(self, work: Work, poll: Poll, keys: _PollKeys, at: datetime) -> None:
        ballots = await self._opened(poll, await work.polls.ballots(poll.id), keys.ballots)
        counts = counted(poll.questions, ballots)
        result = disclosed(counts, floor=poll.floor, eligible=poll.eligible)
        if keys.ballots is None:
            result = Result(None, (Shares(Shown.LOST),) * len(poll.questions))
        # Sorted before they are mixed: then not even the order of the tags is left in them.
        said = self._chance.shuffled(sorted(one.comment for one in ballots if one.comment))
        shown = comments_shown(said, len(ballots), floor=poll.floor)
        if poll.comment and keys.comments is None:
            self._log.note(Noted.WARNED, kind="key", place="comments")
        sealed = (
            self._comments.sealed(poll, shown, keys.comments) if shown and keys.comments else None
        )
        at = at.replace(microsecond=0)
        await work.polls.close(poll.id, result, sealed, at)
        community = await self._communities.load(work, poll.community)
        for space in community.spaces:
            if space.id in poll.spaces:
                to = (work, community, space, RoomKind.BULLETIN)
                facts = {"poll": poll.id}
                await self._notices.to_room(*to, Notice.POLL_RESULTS, facts, at=at)

    async def _opened(self, poll: Poll, sealed: list[bytes], key: Key | None) -> list[Ballot]:
        """Every ballot that can be opened: those of a key store that was lost cannot."""
        if key is None:
            self._log.note(Noted.WARNED, kind="key", place="polls")
            return []
        found, broken = [], False
        for number, one in enumerate(sealed, 1):
            try:
                found.append(decoded(self._vault.open_ballot(key, one), poll.questions))
            except (BadSeal, ValueError):
                broken = True
            if number % OPENED_AT_ONCE == 0:
                await asyncio.sleep(0)
        if broken:  # told once: a line for each would count them
            self._log.note(Noted.WARNED, kind="BadSeal", place="ballots")
        return found

    async def _keys_of(self, id: PollId) -> _PollKeys:
        wrapped = await self._keys.poll(id)
        ballots = self._vault.unwrap(id, wrapped, "poll_keys") if wrapped else None
        return _PollKeys(ballots, await self._comments.make_key(id))

    async def _drop_keys(self, ids: Collection[PollId]) -> None:
        """Of polls that have closed, or never were. The one that tidying looks for goes last: who is
        killed here is followed by somebody who finds it."""
        await self._comments.drop_spare_keys(ids)
        await self._keys.destroy_polls(ids)
