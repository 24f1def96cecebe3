"""What people do in bad weather: they press again where nothing came, and begin anew where that is no use.

``Deeds`` keeps what each was told for certain, and what they cannot know: whether something was done of
which no word came back.
"""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count, islice
from typing import Any

from tests.fakes.clients import LOOKS_FOR, TIMES, TRIES, Client, Discord, Matrix, Slack
from tests.fakes.discord import Impossible as NotOnDiscord
from tests.fakes.discord_week import Person as AtDiscord
from tests.fakes.slack import Impossible as NotOnSlack
from tests.fakes.slack_person import RECEIPT
from tests.fakes.slack_person import Person as AtSlack
from tests.fakes.stormy import Stormy

DONE_WITHIN = 1200.0  #: seconds: each wait in a deed ends sooner, and this one tells which did not
NEWEST = 50  #: cases that somebody may come back to
STORY = re.compile(r"the (\d+)th night without sleep")
FORM = {"category": "on_call", "spread": "team", "impact": "4"}
#: Of a hundred deeds.
MIX = {"file": 7, "write": 25, "look": 23, "answer": 42, "reply": 3}
#: Where, of five: on Matrix every line is a message of its own, and all of it is encrypted.
WHERE = {"slack": 2, "discord": 2, "matrix": 1}

FORM_IS_THERE = ""
HAS = "has this case."  #: another rep

Act = Callable[[], Awaitable[Any]]


async def nothing() -> None: ...


class NoWay(Exception):
    """A step that did not succeed, however often it was tried."""


@dataclass
class Deeds:
    """``told``: of each receipt that was shown the number of its story; ``receipts``: likewise of each
    story; ``tried``: stories that may be there; ``messages``, ``replies``: what was confirmed, with its
    receipt or its story's number; ``voted``: who was told that their answer is kept, and who may have
    one, in the poll of now; ``wrong``: what was wrong already on the way."""

    one: Stormy
    dice: random.Random
    done: Counter[str] = field(default_factory=Counter)
    told: dict[str, int] = field(default_factory=dict)
    receipts: dict[int, set[str]] = field(default_factory=dict)
    tried: set[int] = field(default_factory=set)
    messages: list[tuple[str, str]] = field(default_factory=list)
    replies: list[tuple[int, str]] = field(default_factory=list)
    voted: set[str] = field(default_factory=set)
    perhaps: set[str] = field(default_factory=set)
    taken: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    nonces: Counter[str] = field(default_factory=Counter)
    at: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._numbers, self._patience = count(), LOOKS_FOR
        self._where = [where for where in WHERE if self.one.home or where != "matrix"]
        self._reps = {where: asyncio.Lock() for where in self._where}
        #: Each kind at each place, before all is left to chance.
        self._each = iter([(kind, where) for where in self._where for kind in MIX])

    # Rounds --------------------------------------------------------------------------------------

    async def round(self, deeds: int, together: int, meanwhile: Act = nothing) -> None:
        """So many deeds, so many at a time, in a poll of its own; then a slot passes. ``meanwhile``:
        what befalls them when half of them are done."""
        calm, self.one.weather.calm = self.one.weather.calm, True
        began = time.monotonic()
        await asyncio.to_thread(self.one.opens_a_poll)
        self._patience = max(LOOKS_FOR, TIMES * (time.monotonic() - began))
        self.one.weather.calm = calm
        self.voted, self.perhaps = set(), set()
        these = list(islice(self._each, deeds))
        these += [self._any() for _ in range(deeds - len(these))]
        hands, half, left = asyncio.Semaphore(together), asyncio.Event(), count(deeds // 2, -1)

        async def does(kind: str, where: str) -> None:
            async with nullcontext() if where == "matrix" else hands:  # there people are the limit
                await self.does(kind, where)
            if next(left) <= 1:
                half.set()

        async def befalls() -> None:
            await half.wait()
            await meanwhile()

        async with asyncio.TaskGroup() as all_of_them:
            for one in these:
                all_of_them.create_task(does(*one))
            all_of_them.create_task(befalls())
        await self._counts_votes()
        self._gateway_breaks()
        await self.one.move(until="slot")
        if self.one.home:
            self.one.home.day += 1
        self.looks_away()

    async def does(self, kind: str, where: str) -> None:
        if kind in ("write", "look") and not self.told:
            kind = "file"
        act: Callable[[int, Client], Awaitable[None]] = getattr(self, kind)
        number = next(self._numbers)
        try:
            async with self._client(kind, number, where) as who:
                try:
                    async with asyncio.timeout(DONE_WITHIN):
                        await act(number, who)
                except TimeoutError:
                    self.wrong.append(f"{kind} on {where} came to no end; seen last: {who.sees()}")
                    return
            self.done[kind] += 1
            self.at[where] += 1
        except NoWay:
            self.done["given up"] += 1

    # Deeds ---------------------------------------------------------------------------------------

    async def file(self, number: int, who: Client) -> None:
        story = f"It was the {number}th night without sleep."
        await self._as_far_as(
            who,
            (lambda: who.types("grievance"), "Before you write"),
            (lambda: who.presses("continue"), "Raise a grievance"),
            (lambda: who.submits(**FORM, story=story), "Please check"),
        )
        self.tried.add(number)
        await self._step(who, lambda: who.presses("send"), "Keep this receipt")
        for receipt in set(RECEIPT.findall(who.sees())):
            self.receipts.setdefault(number, set()).add(receipt)
            self.told[receipt] = number

    async def look(self, number: int, who: Client, receipt: str = "") -> str:
        """``receipt``: unless it is any."""
        receipt = receipt or self.dice.choice(list(self.told))
        story = self.told[receipt]
        await self._as_far_as(
            who,
            (lambda: who.types("receipt"), "Your receipt"),
            (lambda: who.submits(receipt=receipt), "Your case"),
        )
        if f"the {story}th night" not in who.sees():
            self.wrong.append("a receipt opened another case")
        return receipt

    async def write(self, number: int, who: Client) -> None:
        receipt = await self.look(number, who)
        text = f"Message {number} of more."
        await self._step(who, lambda: who.presses("message"), "Your message")
        await self._step(who, lambda: who.submits(text=text), "Readers see your message")
        self.messages.append((receipt, text))

    async def delete(self, number: int, who: Client) -> None:
        """The oldest case that somebody may come back to."""
        receipt = await self.look(number, who, next(iter(self.told)))
        await self._step(who, lambda: who.presses("delete"), "Delete this case for good?")
        await self._step(who, lambda: who.presses("confirm"), "Deleted")
        del self.told[receipt]

    async def answer(self, number: int, who: Client) -> None:
        await self._as_far_as(who, (lambda: who.types("pulse"), "Shall we?"))
        self.perhaps.add(who.name)
        answer = self.dice.choice(("yes", "no"))
        await self._step(who, lambda: who.submits(q1=answer), "Your answer is kept")
        self.voted.add(who.name)

    async def reply(self, number: int, who: Client) -> None:
        """The first case of the list is taken, if nobody has, and answered."""
        await self._as_far_as(who, (lambda: who.types("cases"), "Your cases"))
        if "Nothing waits" in who.sees():
            return
        await self._step(who, lambda: who.presses("open"), "th night without sleep")
        (story,) = map(int, set(STORY.findall(who.sees())))
        with suppress(NoWay):  # it may be taken already
            await self._step(who, lambda: who.presses("acknowledge"), "You took this case", HAS)
            if HAS in who.sees():
                return
            self.taken.add(story)
        for attempt in range(who.tries):
            text = f"Answer {number} at the {attempt}th attempt."
            with suppress(NoWay):
                await self._step(who, lambda: who.presses("reply"), FORM_IS_THERE, HAS)
                if HAS in who.sees():
                    return
                say = partial(who.submits, text=text)
                await self._step(who, say, "Your reply is kept", tries=1)
                self.replies.append((story, text))
                return
        raise NoWay

    # How -----------------------------------------------------------------------------------------

    def _any(self) -> tuple[str, str]:
        where = self.dice.choices(self._where, [WHERE[one] for one in self._where])
        return self.dice.choices(list(MIX), list(MIX.values()))[0], where[0]

    @asynccontextmanager
    async def _client(self, kind: str, number: int, where: str) -> AsyncIterator[Client]:
        """A rep, who does one thing at a time; or a worker, of whom on Matrix there are so many."""
        home = self.one.home if where == "matrix" else None
        if kind == "reply":
            async with self._reps[where]:
                if not home:
                    yield self._new("rep", where)
                    return
                yield Matrix(home.rep)
                home.rep.settled = True
        elif home:
            who = await home.free.get()
            try:
                yield Matrix(who)
                who.settled = True
            finally:
                home.free.put_nowait(who)
        else:
            yield self._new(f"worker-{number}", where)

    def _new(self, name: str, where: str) -> Client:
        one = self.one
        if where == "discord":
            user = one.club.server.user(name)
            one.club.guild.joins(user)
            room = one.club.rooms[0]
            at = AtDiscord(one.club.server.hand(user, room), room, None)  # type: ignore[arg-type]  # it never asks the town
            return Discord(name, at, self._patience)
        user = one.work.space.user(name)
        one.work.rooms[0].members.add(user.id)
        hand = one.work.server.hand(user)
        hand.patience = 0.0  # one looks by oneself
        return Slack(name, AtSlack(hand, one.work.rooms[0]), self._patience)

    async def _as_far_as(self, who: Client, *steps: tuple[Act, str]) -> None:
        """From the first step anew where one of them is no use: nothing is decided by them."""
        for attempt in range(TRIES):
            try:
                for act, done in steps:
                    await self._step(who, act, done)
            except NoWay:
                if attempt + 1 == TRIES:
                    raise
            else:
                return

    async def _step(self, who: Client, act: Act, *done: str, tries: int = TRIES) -> None:
        def there() -> bool:
            seen = who.sees()
            return any(one in seen if one else who.asked() for one in done)

        for _ in range(min(tries, who.tries)):
            try:
                await act()
            except (NotOnSlack, NotOnDiscord):
                if there():
                    return
                raise NoWay from None
            if await who.until(there):
                return
        raise NoWay

    async def _counts_votes(self) -> None:
        """Before the slot: with it the poll closes, and its ballots go."""
        ((kept,),) = await self.one.rows("SELECT count(*) FROM ballots")
        if not len(self.voted) <= kept <= len(self.perhaps):
            self.wrong.append(f"{kept} ballots of {len(self.voted)} to {len(self.perhaps)}")

    def _gateway_breaks(self) -> None:
        if self.one.weather.calm:
            return
        gateway, faults = self.one.club.server.gateway, self.one.club.server.faults
        faults.twice += self.dice.randrange(3)
        if self.dice.random() < 0.2:
            breaks: list[Callable[[], Any]] = [gateway.reconnect, gateway.drop]
            breaks.append(lambda: gateway.invalidate(resumable=True))
            made = self.dice.choice(breaks)()
            self.one.weather.struck["gateway"] += 1
            if made is not None:
                self._soon = asyncio.ensure_future(made)

    async def tidies(self) -> None:
        """All but the newest cases are deleted, so that as many lie there as before; and forgotten is what
        was confirmed: nobody will ask whether it is there."""
        for _ in range(len(self.told) - NEWEST):
            await self.does("delete", "slack")
        self.receipts = {}
        for kept in (self.tried, self.messages, self.replies, self.taken, self.nonces):
            kept.clear()

    def looks_away(self) -> None:
        """What was said is counted, and nobody sees it any more: a long time has passed."""
        for room in self.one.club.server.channels.values():
            self.nonces.update(
                str(one.data["nonce"]) for one in room.messages if one.data.get("nonce")
            )
            room.messages.clear()
            room.whispers.clear()
        for space in self.one.work.server.spaces.values():
            for channel in space.channels.values():
                channel.messages.clear()
                channel.ephemerals.clear()
        self.one.work.server.screens.clear()
