"""What to do with each thing that the homeserver brings: answer, write alone to somebody, come, go.

In a shared room nothing is answered but that we have written to them. What was said where it is not
safe is not done, and told so in a fixed sentence. No word of it is quoted, logged or kept.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import TypeVar

from adapters.matrix.believing import Believing
from adapters.matrix.callers import PLATFORM, Callers
from adapters.matrix.directs import Directs
from adapters.matrix.ending import NOT_OURS, Endings
from adapters.matrix.events import Event, Invited, Left, Said, Trouble
from adapters.matrix.pace import Pace
from adapters.matrix.render import Words, notice
from adapters.matrix.rooms import Rooms
from adapters.matrix.saying import ToSay
from adapters.matrix.sending import Sending, sized, txn_of
from adapters.matrix.session import Session
from adapters.matrix.state import RoomState
from adapters.matrix.talks import Over, Talks
from adapters.matrix.wire import Away, Refusal
from bot.chat import Line, line
from bot.dispatch import Door
from bot.ports import Clock, InDoubt, Undelivered, Unreachable

T = TypeVar("T")
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  #: seconds, while a homeserver is away
PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)  #: seconds before an answer is tried again
#: Likewise where others wait behind it, for one person's own homeserver may be the one that is away.
SHORTLY = (2.0,)
_TOLD = {
    Trouble.UNREADABLE: line("talk.unreadable"),
    Trouble.CLEARTEXT: line("talk.cleartext"),
    Trouble.FORGED: line("talk.forged"),
    Trouble.TOO_LONG: line("talk.too_long"),
}


class Listening:
    def __init__(
        self,
        session: Session,
        rooms: Rooms,
        callers: Callers,
        sending: Sending,
        directs: Directs,
        talks: Talks,
        endings: Endings,
        door: Door,
        believing: Believing,
        invites: Pace,
        pace: Pace,
        clock: Clock,
    ) -> None:
        """``invites``: how many are accepted; ``pace``: how fast one person is answered, so that
        two programs that answer each other come to an end."""
        self._session, self._rooms, self._sending = session, rooms, sending
        self._directs, self._talks, self._door = directs, talks, door
        self._endings = endings
        self._invites, self._pace, self._clock = invites, pace, clock
        self._callers, self._believing = callers, believing

    async def handle(self, event: Event) -> None:
        """Whatever goes wrong with one is noted, and stops no other."""
        with suppress(*NOT_OURS):
            await self._door.guarded(partial(self._act, event), *NOT_OURS)

    async def _act(self, event: Event) -> None:
        match event:
            case Said():
                await self._said(event)
            case Invited():
                await self._invited(event)
            case Left():
                await self._left(event)

    async def begin(self) -> None:
        """Talks that were open when the program stopped: forgotten by us, but not by their rooms,
        which are left once they have been silent for as long as any. Raises Refusal, Away."""
        for room, user in (await self._directs.look()).items():
            self._talks.found(room, user)

    async def tidy(self) -> None:
        """What has ended is taken back, and forgotten with its room; staff keep theirs. What the
        homeserver does not take now it is asked again the next time. Raises Stale."""
        await self._endings.tidy()
        for pace in (self._invites, self._pace):
            pace.forget()
        with suppress(Refusal, Away):  # what is owed then is owed still
            await self._session.tidy(self._clock.elapsed(), self._clock.now().date())

    # Said -------------------------------------------------------------------------------------------

    async def _said(self, said: Said) -> None:
        state = await patiently(partial(self._rooms.seen, said.room))
        if state.is_direct(self._session.user, said.sender):
            await self._alone(said)
        elif state.is_shared and not self._directs.whom(said.room):
            await self._among_others(said, state)
        else:
            await self._plainly(said.room, line("talk.not_alone"), said.event)
            await self._open(said.room, self._directs.whom(said.room) or said.sender)

    async def _open(self, room: str, user: str) -> None:
        """It is no talk of two any more: what stands there goes, and so do we."""
        redact = self._talks.forget(room)
        self._directs.gone(room)
        await self._endings.end(Over(room, user, redact))

    async def _alone(self, said: Said) -> None:
        if not self._in_pace(said):
            return None
        self._directs.learnt(said.room, said.sender)
        trouble = said.trouble or (None if said.sealed else Trouble.CLEARTEXT)
        if trouble:
            return await self._plainly(said.room, _TOLD[trouble], said.event)
        answer = await self._talks.heard(said.room, said.text, self._callers.alone(said))
        return await self._answer(said.room, said.sender, answer, said.event, said.proof)

    def _in_pace(self, said: Said) -> bool:
        """What was said while we were away answers nothing of ours, and all of it comes at once."""
        return said.missed or self._pace.accepts(said.sender)

    async def _among_others(self, said: Said, state: RoomState) -> None:
        """Only what is a command of ours is looked at; it is answered elsewhere. What a worker typed
        goes, where we may."""
        command = None if said.trouble else self._talks.command(said.text)
        if command is None or not self._in_pace(said):
            return
        if not command.for_staff and state.may(self._session.user, "redact"):
            with suppress(*NOT_OURS):  # where it cannot be taken away it is answered all the same
                await again(partial(self._endings.take_back, said.room, (said.event,)))
        caller = await patiently(partial(self._callers.there, state, self._callers.alone(said)))
        told = line("talk.written")
        try:
            room = await again(partial(self._room_of, said.sender), SHORTLY)
            answer = await self._talks.heard(room, said.text, caller)
            await self._answer(room, said.sender, answer, said.event, said.proof, SHORTLY)
        except (Unreachable, Undelivered, InDoubt):
            told = line("talk.unreachable")
        await self._plainly(said.room, told, said.event)

    async def _room_of(self, user: str) -> str:
        """As ``again`` may ask for it where others wait: a homeserver that is away altogether is waited
        for here, for then nobody waits longer."""
        try:
            return await self._directs.room_of(user)
        except Undelivered as later:
            await patiently(self._rooms.joined)
            raise Undelivered from later.__cause__ if isinstance(later.__cause__, Refusal) else None

    async def _answer(
        self,
        room: str,
        user: str,
        answer: Sequence[ToSay],
        event: str,
        proof: str = "",
        pauses: Sequence[float] | None = None,
    ) -> None:
        """To them alone; where they are not alone any more the rest is not said."""
        try:
            for ordinal, one in enumerate(answer, 1):
                say = partial(self.say, room, one, txn_of(event, ordinal), user, proof)
                await again(partial(self._endings.take_back, room, one.redact), pauses)
                await again(say, pauses)
        except Unreachable:
            await self._open(room, user)

    async def say(self, room: str, one: ToSay, txn: str, user: str, proof: str = "") -> None:
        """One thing, to them alone; ``proof``: of the hand to which it belongs. Raises Undelivered and its kin."""
        if one.words:
            id = await self._sending.say(room, notice(one.words), txn, to=user)
        elif one.picture:
            id = await self._sending.show(
                room, sized(one.picture.png, one.picture.alt), txn, to=user
            )
        else:
            return
        if not self._talks.was_said(room, one, id, proof):
            await self._endings.take_back(room, (id,))

    async def _plainly(self, room: str, said: Line, event: str) -> None:
        """A fixed sentence; it may be read by anybody."""
        words: Words = self._talks.sentence(said)
        with_txn = partial(self._sending.say, room, notice(words), txn_of(event, -1), openly=True)
        await again(with_txn)

    # Come and go ------------------------------------------------------------------------------------

    async def _invited(self, asked: Invited) -> None:
        if not self._invites.accepts(asked.by):
            return await self._sending.leave(asked.room)
        await again(partial(self._sending.join, asked.room, asked.by))
        state = await patiently(partial(self._rooms.look, asked.room))
        if state.is_direct(self._session.user, asked.by):
            self._directs.learnt(asked.room, asked.by)
            answer = self._talks.hello(asked.room, asked.by)
            return await self._answer(asked.room, asked.by, answer, asked.room)
        if state.is_shared and state.manages(asked.by):
            return await self._door.places.returned(PLATFORM, asked.room, self._session.user)
        if not state.is_shared:
            await self._plainly(asked.room, line("talk.not_alone"), asked.room)
        return await self._endings.end(Over(asked.room, asked.by))

    async def _left(self, left: Left) -> None:
        user = self._directs.whom(left.room)
        if left.who == self._session.user:
            self._talks.forget(left.room)
            return await (
                self._endings.end(Over(left.room, user)) if user else self._put_out(left.room)
            )
        if left.who == user or (not user and await self._is_empty(left.room)):
            return await self._open(left.room, left.who)
        return None

    async def _put_out(self, place: str) -> None:
        """Where it was for us to tell: another of our accounts that is there goes on for us."""
        us = self._session.user
        if await again(partial(self._believing.about, place)) == us:
            heir = await again(partial(self._believing.heir, place, us))
            await self._door.places.lost(PLATFORM, place, us, heir)

    async def _is_empty(self, room: str) -> bool:
        """Whether it was a talk whose person has left it, as while we were not running."""
        state = await patiently(partial(self._rooms.look, room))
        return state.joined.keys() == {self._session.user} and not state.is_shared


async def again(do: Callable[[], Awaitable[T]], most: Sequence[float] | None = None) -> T:
    """Until it is said: the homeserver knows a repeated one by its id. One that is away is waited
    for; one that answers, and not as it should, is given up. ``most``: the pauses between, else
    PAUSES. Raises Unreachable, Rejected; Undelivered or InDoubt when it is given up."""
    pauses = iter(PAUSES if most is None else most)
    while True:
        try:
            return await do()
        except (Undelivered, InDoubt) as later:
            pause = next(pauses, LONGEST_PAUSE if isinstance(later.__cause__, Away) else None)
            if pause is None:
                raise
            asked = later.retry_after if isinstance(later, Undelivered) else None
        await asyncio.sleep(max(pause, asked.total_seconds() if asked else 0))


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """What must be known before anything is done: asked until there is an answer. Raises Refusal
    where it is no, or a homeserver that is there never gives one: what else came must not wait."""
    pause, refused = FIRST_PAUSE, 0
    while True:
        try:
            return await ask()
        except Refusal as no:
            refused += 1
            is_no = no.status < HTTPStatus.INTERNAL_SERVER_ERROR or refused > len(PAUSES)
            if no.retry_after is None and is_no:
                raise
        except Away:
            pass
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
