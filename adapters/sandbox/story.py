"""What has happened before you come: six weeks of the town, acted through the door like anything else.

Nothing is written behind the bot's back: people say, press and submit, and the clock is moved. Each
week begins after Monday's digest and ends with the next one; what came of the last one is today's.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from adapters.sandbox import script
from adapters.sandbox.crowd import Crowd
from adapters.sandbox.hands import Hands
from adapters.sandbox.time import SandboxTime

WEEKS = 6
ORGANISER, REP, OTHER_REP = "ruth-adeyemi", "ines-moreau", "karim-benali"
HEARD, LATE, URGENT = "adaeze-okafor", "marta-lindqvist", "tomasz-zielinski"  #: three who file
ON_CALL, PAY, LATE_PAY = "On-call", "Pay", "Unpaid"  #: as the categories' names begin
HOURS, SCREENS, CONTRACT, ETHICS = "Hours", "Surveillance", "Contract", "Ethics"

_AFTER = timedelta(hours=1)  #: behind the digest of its Monday
_SLOT = timedelta(days=2)  #: likewise, the first slot at which answers come in


def begins(now: datetime) -> datetime:
    """When a story begins that is told until ``now``: six digests lie between, the last one newest."""
    return _newest_digest(now) - timedelta(weeks=WEEKS) + _AFTER


def _newest_digest(now: datetime) -> datetime:
    monday = now - timedelta(days=now.weekday())
    digest = monday.replace(hour=9, minute=0, second=0, microsecond=0)
    return digest - timedelta(weeks=digest > now)


class Story:
    def __init__(
        self, hands: Hands, crowd: Crowd, time: SandboxTime, told: Callable[[int], None]
    ) -> None:
        """``told``: hears how many weeks have been told."""
        self._hands, self._crowd, self._time, self._told = hands, crowd, time, told
        self.receipts: dict[str, str] = {}

    async def tell(self, until: datetime) -> None:
        """Act from where the clock stands, which is as ``begins`` says."""
        weeks = (self._first, self._second, self._third, self._fourth, self._fifth, self._sixth)
        for number, week in enumerate(weeks, 1):
            await week()
            await self._time.until("digest")
            self._told(number)
        if until >= _newest_digest(until) + _SLOT:
            await self._this_week()
        await self._time.forward_to(until)
        await self._today()

    async def _first(self) -> None:
        """Two speak, one of them of on-call. A pulse is planned, and a poll opened."""
        await self._asks(script.MEETING)
        await self._hands.say(ORGANISER, "/poll pulse")
        await self._hands.submit(ORGANISER, **script.PULSE)
        await self._file(HEARD, script.PAGER)
        await self._crowd.file(script.PAY.answers)
        await self._slot()
        await self._wave(1)
        await self._hands.answer(REP, ON_CALL, "ask", script.QUESTION)
        await self._hands.answer(OTHER_REP, PAY, "reply", script.LOOKING)
        await self._slot()
        await self._hands.visit(HEARD, self.receipts[HEARD])
        await self._hands.press(HEARD, "message")
        await self._hands.submit(HEARD, text=script.ANSWER)

    async def _second(self) -> None:
        """Four more speak of on-call: enough for the digest to say so."""
        await self._came_of(script.MET)
        for one in script.ON_CALL:
            await self._crowd.file(one.answers)
        await self._slot()
        await self._wave(2)
        for _ in (script.PAGER, *script.ON_CALL):
            await self._hands.answer(REP, ON_CALL, "reply", script.HEARD)
        await self._hands.answer(OTHER_REP, PAY, "resolve", script.PAY_BANDS)

    async def _third(self) -> None:
        """Everybody is asked what would help with on-call."""
        await self._asks(script.WHAT_HELPS)
        await self._crowd.file(script.LATE_PAY.answers)
        await self._slot()
        await self._wave(3)
        await self._hands.answer(OTHER_REP, LATE_PAY, "reply", script.LOOKING)
        for _ in (script.PAGER, *script.ON_CALL):
            await self._hands.answer(REP, ON_CALL, "resolve", script.REST)

    async def _fourth(self) -> None:
        """One case is taken by nobody and climbs, step by step, to the organiser."""
        await self._came_of(script.HELPED)
        await self._file(LATE, script.EVENINGS)
        await self._crowd.file(script.SCREENS.answers)
        await self._slot()
        await self._wave(4)
        await self._hands.answer(OTHER_REP, SCREENS, "reply", script.LOOKING)
        await self._hands.answer(OTHER_REP, LATE_PAY, "resolve", script.PAID)
        await self._time.until("deadline")
        await self._time.until("deadline")
        await self._hands.answer(ORGANISER, HOURS, "reply", script.TAKEN)

    async def _fifth(self) -> None:
        """Nobody speaks, and what climbed comes to its end."""
        await self._came_of(script.LIGHTER)
        await self._slot()
        await self._wave(5)
        await self._hands.answer(ORGANISER, HOURS, "resolve", script.MEETINGS)
        await self._hands.answer(OTHER_REP, SCREENS, "resolve", script.HEARD)

    async def _sixth(self) -> None:
        """Two more speak; a poll that too few answer shows nothing."""
        await self._asks(script.WHO_WRITES)
        await self._crowd.file(script.CONTRACT.answers)
        await self._crowd.file(script.RELEASE.answers)
        await self._slot()
        await self._wave(6)
        await self._hands.answer(REP, CONTRACT, "reply", script.LOOKING)
        await self._hands.answer(OTHER_REP, ETHICS, "reply", script.LOOKING)
        await self._slot()
        await self._hands.answer(REP, CONTRACT, "resolve", script.HEARD)
        await self._hands.answer(OTHER_REP, ETHICS, "resolve", script.HEARD)

    async def _this_week(self) -> None:
        """The wave that is open is answered, too, so that its close shows something."""
        await self._slot()
        await self._wave(WEEKS + 1)

    async def _today(self) -> None:
        """Somebody cannot wait for a slot; and two look again what became of their cases."""
        await self._file(URGENT, script.TONIGHT, "send_urgent")
        for who in (HEARD, LATE):
            await self._hands.visit(who, self.receipts[who])
        await self._time.deliver()

    async def _asks(self, asked: script.Asked) -> None:
        """A poll is opened, and people answer it."""
        await self._hands.say(ORGANISER, "/poll new")
        await self._hands.submit(ORGANISER, **asked.answers)
        await self._hands.press(ORGANISER, "confirm")
        await self._time.deliver()
        await self._vote(asked.question, script.votes(asked))

    async def _came_of(self, outcome: str) -> None:
        """Of the first poll in the last digest that waits for a word."""
        await self._hands.press(ORGANISER, "poll_outcome")
        await self._hands.submit(ORGANISER, outcome=outcome)

    async def _wave(self, number: int) -> None:
        await self._vote(script.WAVES_ASK, script.ballots(script.WAVES[number - 1]))

    async def _vote(self, question: str, ballots: list[script.Ballot]) -> None:
        await self._crowd.vote(self._hands.about(ORGANISER, "answer", question), ballots)

    async def _file(self, who: str, grievance: script.Grievance, send: str = "send") -> None:
        self.receipts[who] = await self._hands.file(who, send, **grievance.answers)

    async def _slot(self) -> None:
        await self._time.until("slot")
