"""Opening a poll, planning a pulse, and opening the pulse's waves when they are due.

What is asked, of whom, until when and above which floor is frozen at the opening. The poll's key is
kept before its row; its id is drawn with the draft, so that opening it twice opens it once.
"""

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bot.chat import Here
from bot.domain.communities import Community, RoomKind
from bot.domain.errors import DraftGone, NoSuchPoll, PollClosed, PollDraftGone, TooManyPolls
from bot.domain.polls import Poll, PollId, Pulse, PulseId, Question, ToldBy
from bot.domain.polls.bank import BANK
from bot.domain.polls.opening import closes_at, may_open
from bot.domain.polls.pulses import first_of
from bot.domain.privacy import LEAST_ELIGIBLE
from bot.ports import Chance, Clock, Keys, Notice, OpenWork, Vault, Work
from bot.services.communities import Communities
from bot.services.notices import Notices
from bot.services.privacy.audit import Audit
from bot.services.privacy.drafts import Drafts
from bot.services.privacy.marks import Marks

REMINDED_BEFORE = timedelta(hours=24)  #: the close; everyone is, where it was open for twice that

MOST_RUNNING = 10  #: polls that are open and pulses that are planned, of one community


class Opening:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        drafts: Drafts,
        keys: Keys,
        vault: Vault,
        marks: Marks,
        notices: Notices,
        audit: Audit,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._open_work, self._communities, self._drafts = open_work, communities, drafts
        self._keys, self._vault, self._notices, self._audit = keys, vault, notices, audit
        self._marks, self._clock, self._chance = marks, clock, chance

    async def draft(
        self, here: Here, question: Question, days: int, *, comment: bool
    ) -> tuple[str, Poll]:
        """The token of the draft, and the poll as it would open now. Raises TooFewEligible, TooManyPolls."""
        may_open(here.community.members)
        async with self._open_work() as work:
            await self._refuse_too_many(work, here.community)
        id = self._new_id()
        facts = {"id": id, "question": asdict(question), "days": days, "comment": comment}
        token = await self._drafts.keep("poll", here.community.id, facts)
        return token, self._poll(here.community, facts, (question,), b"", here.now)

    async def open(self, here: Here, token: str) -> Poll:
        """Open what was drafted. Raises PollDraftGone, TooFewEligible."""
        try:
            facts = await self._drafts.open("poll", here.community.id, token)
        except DraftGone:
            raise PollDraftGone from None
        public_key = await self._public_key(facts["id"])
        async with self._open_work() as work:
            await work.communities.hold(here.community.id, alone=True)
            community = await self._communities.load(work, here.community.id)
            may_open(community.members)
            already = await work.polls.get(PollId(facts["id"]))
            if already is not None and already.result is not None:
                raise PollClosed
            if already is not None:  # pressed twice
                return already
            await self._refuse_too_many(work, community)
            asked = (Question.of(facts["question"]),)
            poll = self._poll(community, facts, asked, public_key, self._clock.now())
            await self._ask(work, community, poll)
            await self._audit.note(work, community, here.person, "polls.open")
        return poll

    async def plan(self, here: Here, pulse: Pulse) -> datetime:
        """Keep a pulse; its first wave opens when it is due, perhaps at once. Gives when. Raises
        TooFewEligible."""
        may_open(here.community.members)
        marks = await self._marks.of(here.caller.once)
        async with self._open_work() as work:
            await work.communities.hold(here.community.id)
            if not await self._marks.first_time(work, marks):
                return pulse.first
            await self._refuse_too_many(work, here.community)
            await work.polls.add_pulse(pulse, pulse.first)
            await self._audit.note(work, here.community, here.person, "polls.plan")
        if pulse.first <= self._clock.now():
            await self.due(pulse.id)
        return pulse.first

    async def begin(self, work: Work, community: Community) -> None:
        """The first pulse is planned, and waits in the settings no more, in the transaction of
        whoever holds the community. Nobody asked for it but who chose it: that was noted then."""
        if community.first_pulse is not None:
            id, now = self.new_pulse_id(), self._clock.now()
            pulse = first_of(community.first_pulse, id, community.id, community.slots, now)
            await work.communities.keep_settings(replace(community, first_pulse=None))
            await work.polls.add_pulse(pulse, pulse.first)

    async def end(self, here: Here, id: str) -> Pulse:
        """No more waves of a pulse; one that is open goes on to its close. Raises NoSuchPoll."""
        async with self._open_work() as work:
            await work.communities.hold(here.community.id)
            pulse = await work.polls.pulse(PulseId(id))
            if pulse is None or pulse.community != here.community.id:
                raise NoSuchPoll
            await work.polls.set_next_wave(pulse.id, None)
            await self._audit.note(work, here.community, here.person, "polls.end")
        return pulse

    def new_pulse_id(self) -> PulseId:
        return PulseId(self._new_id())

    async def say_outcome(self, here: Here, id: str, outcome: str) -> None:
        """What came of a closed poll, in place of what was said before. Raises NoSuchPoll."""
        async with self._open_work() as work:
            await work.communities.hold(here.community.id)
            poll = await work.polls.held(PollId(id))
            if poll is None or poll.community != here.community.id or poll.result is None:
                raise NoSuchPoll
            await work.polls.keep_outcome(poll.id, outcome)
            await self._audit.note(work, here.community, here.person, "polls.outcome")

    async def waiting(self) -> list[PulseId]:
        """Pulses whose next wave is due."""
        async with self._open_work() as work:
            return await work.polls.waves_due(self._clock.now())

    async def due(self, id: PulseId) -> None:
        """Open the wave of a pulse that is due: after days off the latest alone, and only while
        some of its time is left."""
        now, poll_id = self._clock.now(), self._new_id()
        public_key, opened = await self._public_key(poll_id), False
        try:
            async with self._open_work() as work:
                pulse = await work.polls.pulse(id)
                at = await work.polls.next_wave_of(id)
                if pulse is not None and at is not None and at <= now:
                    community = await self._communities.load(work, pulse.community)
                    wave = pulse.latest(now) if _enough(community) else None
                    if wave is not None:
                        poll = self._wave(community, pulse, wave[0], poll_id, public_key, now)
                        await self._ask(work, community, poll)
                    coming = pulse.coming(now + timedelta(seconds=1))[1]
                    await work.polls.set_next_wave(id, coming)
                    opened = wave is not None
        finally:
            if not opened:  # somebody else was first, or nothing was to open: nobody relies on it
                await self._keys.destroy_polls([poll_id])

    def _wave(
        self,
        community: Community,
        pulse: Pulse,
        wave: int,
        poll_id: str,
        public_key: bytes,
        now: datetime,
    ) -> Poll:
        questions = tuple(BANK[name] for name in pulse.asked_in(wave))
        facts: dict[str, Any] = {"id": poll_id, "comment": pulse.comment, "pulse": pulse.id}
        facts |= {"wave": wave, "closes": pulse.wave_ends(wave)}
        return self._poll(community, facts, questions, public_key, now)

    async def _refuse_too_many(self, work: Work, community: Community) -> None:
        """So many fit every list and the weekly bulletin; a first pulse that waits has its place."""
        running = len(await work.polls.open(community.id, self._clock.now()))
        running += len(await work.polls.pulses(community.id))
        running += community.first_pulse is not None
        if running >= MOST_RUNNING:
            raise TooManyPolls(n=MOST_RUNNING)

    async def _ask(self, work: Work, community: Community, poll: Poll) -> None:
        """Keep the poll, and have everyone told; and once more before it closes."""
        await work.polls.add(poll)
        facts = {"poll": poll.id}
        for space in community.spaces:
            to = (work, community, space, RoomKind.BULLETIN)
            await self._notices.to_room(*to, Notice.POLL_OPENS, facts, at=poll.opens)
            if poll.closes - poll.opens >= 2 * REMINDED_BEFORE:
                at = poll.closes - REMINDED_BEFORE
                await self._notices.to_room(*to, Notice.POLL_REMINDS, facts, at=at)

    def _poll(
        self,
        community: Community,
        facts: dict[str, Any],
        questions: tuple[Question, ...],
        public_key: bytes,
        now: datetime,
    ) -> Poll:
        now = now.replace(microsecond=0)
        return Poll(
            id=PollId(facts["id"]),
            community=community.id,
            questions=questions,
            comment=facts["comment"],
            opens=now,
            closes=facts.get("closes") or closes_at(now, facts["days"]),
            floor=community.floor,
            eligible=community.members,
            told_by=ToldBy.DECLARED,
            spaces=tuple(one.id for one in community.spaces),
            public_key=public_key,
            pulse=facts.get("pulse"),
            wave=facts.get("wave"),
        )

    async def _public_key(self, id: str) -> bytes:
        """Of a key that is kept from now on; of the one that is, when it is asked for again."""
        new = self._vault.wrap(id, self._vault.new_key(), "poll_keys")
        await self._keys.make_poll(id, new)
        kept = await self._keys.poll(id)
        return self._vault.ballot_public_key(self._vault.unwrap(id, kept or new, "poll_keys"))

    def _new_id(self) -> str:
        return UUID(bytes=self._chance.bytes(16), version=4).hex


def _enough(community: Community) -> bool:
    """Whether so few may answer that a wave would betray them: it is left out, then."""
    return community.members >= LEAST_ELIGIBLE
