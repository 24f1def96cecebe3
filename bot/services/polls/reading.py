"""What is open, planned and closed, as it was frozen and released. Never sees a ballot."""

from dataclasses import dataclass
from datetime import datetime

from bot.chat import Here
from bot.domain.communities import CommunityId
from bot.domain.errors import MembershipUnseen, NoSuchPoll
from bot.domain.polls import Poll, PollId, Pulse
from bot.ports import Clock, Notice, OpenWork, Parcel, Work
from bot.services.polls.comments import Comments

MOST_LISTED = 10  #: closed polls on one card, the newest
MOST_WAVES = 12  #: of a trend


@dataclass(frozen=True, slots=True)
class Asked:
    """A poll with the closed waves of its pulse up to it, oldest first; of an open one the last
    before it alone; none of a single poll."""

    poll: Poll
    waves: tuple[Poll, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """``pulses``: each with the moment at which its next wave opens."""

    open: tuple[Poll, ...]
    pulses: tuple[tuple[Pulse, datetime], ...]
    closed: tuple[Poll, ...]


class Reading:
    def __init__(self, open_work: OpenWork, comments: Comments, clock: Clock) -> None:
        self._open_work, self._comments, self._clock = open_work, comments, clock

    async def open_here(self, here: Here) -> list[Poll]:
        """What can be answered in this very space, or where the caller was seen to be a member.
        Raises MembershipUnseen."""
        if not here.places:
            raise MembershipUnseen
        async with self._open_work() as work:
            found = await work.polls.open(here.community.id, here.now)
        return [poll for poll in found if here.places & set(poll.spaces)]

    async def listed(self, here: Here) -> Listed:
        async with self._open_work() as work:
            id = here.community.id
            open_ = await work.polls.open(id, here.now)
            newest = await work.polls.of(id, len(open_) + MOST_LISTED)
            pulses = await work.polls.pulses(id)
        closed = (poll for poll in newest if poll.result is not None)
        return Listed(tuple(open_), tuple(pulses), tuple(closed)[:MOST_LISTED])

    async def asked(self, here: Here, id: str) -> Asked:
        """Raises NoSuchPoll."""
        async with self._open_work() as work:
            found = await self.about(work, here.community.id, id)
        if found is None:
            raise NoSuchPoll
        return found

    async def about(self, work: Work, community: CommunityId, id: str) -> Asked | None:
        """The same in somebody's transaction; None where the community has no such poll."""
        poll = await work.polls.get(PollId(id))
        if poll is None or poll.community != community:
            return None
        if poll.pulse is None or poll.wave is None:
            return Asked(poll)
        if poll.result is None:
            return Asked(poll, tuple(await work.polls.waves(poll.pulse, poll.wave - 1, 1)))
        return Asked(poll, tuple(await work.polls.waves(poll.pulse, poll.wave, MOST_WAVES)))

    async def told(self, work: Work, parcel: Parcel) -> tuple[Asked, ...] | None:
        """The polls that a parcel is about, of the weekly bulletin all that can be answered there;
        None where it is no news any more: a reminder of what was closed early."""
        if parcel.notice == Notice.BULLETIN:
            open_ = await work.polls.open(parcel.community, self._clock.now())
            return tuple(Asked(one) for one in open_ if parcel.space in one.spaces)
        if "poll" not in parcel.facts:
            return ()
        found = await self.about(work, parcel.community, parcel.facts["poll"])
        closed = found is not None and found.poll.result is not None
        return (found,) if found and closed == (parcel.notice == Notice.POLL_RESULTS) else None

    async def comments(self, here: Here, id: str) -> tuple[str, ...]:
        """What organisers may read of the comments of a closed poll. Raises NoSuchPoll."""
        async with self._open_work() as work:
            found = await self.about(work, here.community.id, id)
            sealed = await work.polls.comments(PollId(id)) if found else None
        if found is None:
            raise NoSuchPoll
        return await self._comments.opened(PollId(id), sealed) if sealed else ()
