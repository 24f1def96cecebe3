"""Ballots: one person's answers become a row sealed to a key that is asked for at the close alone.

The account makes the tag and is forgotten; nothing here, no log and no figure tells that somebody
answered. What was written is put into an order that says nothing soon after.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.chat import Caller, Here
from bot.domain.errors import Added, MembershipUnseen, NoSuchPoll, PollOver
from bot.domain.polls import Poll, PollId
from bot.domain.polls.ballots import Ballot, encoded
from bot.domain.polls.opening import check_tenure
from bot.limits import TELLS_TENURE
from bot.ports import CastBallots, Clock, Key, Keys, OpenWork, SealedBallot, Vault
from bot.services.polls.batches import Batches

SETTLED_AFTER = 60.0  #: seconds after which ballots lie in an order that says nothing
A_SECOND_MORE_PER = 20  #: ballots: a large poll is written anew less often
REMEMBERED = 200  #: open polls whose settings are kept at hand


@dataclass(frozen=True)
class _Open:
    """An open poll as this process knows it. ``pepper``: makes tags, and opens nothing."""

    poll: Poll
    pepper: Key


@dataclass
class _Came:
    """``settle_at``: on the clock's running hand; None where nothing came since the last time."""

    settle_at: float | None = None
    wait: float = SETTLED_AFTER


class Ballots:
    def __init__(
        self, open_work: OpenWork, cast: CastBallots, keys: Keys, vault: Vault, clock: Clock
    ) -> None:
        self._open_work, self._keys, self._vault = open_work, keys, vault
        self._cast, self._clock, self._batches = cast, clock, Batches(self._keep, clock)
        self._known: dict[PollId, _Open] = {}
        self._came: dict[PollId, _Came] = {}

    async def check(self, here: Here, id: str) -> Poll:
        """The poll, if the caller may answer it now. Raises Added, MembershipUnseen,
        NoSuchPoll, PollOver, NewMember, TenureUnknown."""
        return (await self._may_answer(here, PollId(id))).poll

    async def cast(self, here: Here, id: str, ballot: Ballot) -> Poll:
        """Keep the caller's ballot in place of the one before, until the poll closes. Returns when
        it is durable. Raises Added, MembershipUnseen, NoSuchPoll, PollOver, NewMember,
        TenureUnknown."""
        known = await self._may_answer(here, PollId(id))
        sealed = self._sealed(here.caller, known, ballot)
        if not await self._batches.cast(sealed):
            self._known.pop(known.poll.id, None)
            raise PollOver
        return known.poll

    async def settle(self) -> None:
        """Write anew what came, where some time has gone by; forget what has closed."""
        for id, came in list(self._came.items()):
            due = came.settle_at
            if due is not None and due <= self._clock.elapsed():
                came.settle_at = None  # what comes from here on is settled the next time
                try:
                    await self._write_anew(id, came)
                except Exception:
                    came.settle_at = due
                    raise
        await self._forget_closed()

    async def _keep(self, ballots: Sequence[SealedBallot], now: datetime) -> set[PollId]:
        try:
            return await self._cast(ballots, now)
        finally:  # also where it is not known whether they were kept
            for id in {one.poll for one in ballots}:
                came = self._came.setdefault(id, _Came())
                if came.settle_at is None:
                    came.settle_at = self._clock.elapsed() + came.wait

    async def _write_anew(self, id: PollId, came: _Came) -> None:
        async with self._open_work() as work:
            rows = await work.polls.settle(id)
        came.wait = SETTLED_AFTER + rows / A_SECOND_MORE_PER

    async def _forget_closed(self) -> None:
        asked = self._known.keys() | self._came.keys()
        if not asked:
            return
        async with self._open_work() as work:
            closed = asked - await work.polls.still_open(asked)
        for id in closed:
            self._known.pop(id, None)
            self._came.pop(id, None)

    async def _may_answer(self, here: Here, id: PollId) -> _Open:
        if here.caller.added:
            raise Added
        if not here.places:
            raise MembershipUnseen
        known = self._known.get(id) or await self._learn(here, id)
        if not _asked_there(known.poll, here):
            raise NoSuchPoll
        if not known.poll.is_open(here.now):
            self._known.pop(id, None)
            raise PollOver
        tells = here.caller.platform in TELLS_TENURE
        check_tenure(here.member_since(known.poll.spaces), here.now, told=tells)
        return known

    async def _learn(self, here: Here, id: PollId) -> _Open:
        """An open poll. Of one that was not asked here nothing is told, also when it is over."""
        async with self._open_work() as work:
            poll = await work.polls.get(id)
        if poll is None or not _asked_there(poll, here):
            raise NoSuchPoll
        wrapped = await self._keys.poll(id)
        if wrapped is None or poll.result is not None:
            raise PollOver
        key = self._vault.unwrap(id, wrapped, "poll_keys")
        known = _Open(poll, self._vault.ballot_pepper(key))
        if len(self._known) < REMEMBERED:
            self._known[id] = known
        return known

    def _sealed(self, caller: Caller, known: _Open, ballot: Ballot) -> SealedBallot:
        poll = known.poll
        tag = self._vault.ballot_tag(known.pepper, caller.platform, caller.account)
        words = encoded(ballot, poll.questions, poll.comment)
        return SealedBallot(poll.id, tag, self._vault.seal_ballot(poll.public_key, words))


def _asked_there(poll: Poll, here: Here) -> bool:
    return poll.community == here.community.id and bool(here.places & set(poll.spaces))
