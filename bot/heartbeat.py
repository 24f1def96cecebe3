"""The table of what is asked when. Due work is a question to our own tables, never a stored job.

Each beat may be asked by any number of processes at any time: what it does it claims in the
ledger, in the transaction of its effect.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.domain.errors import NoCommunity
from bot.parts import Parts
from bot.ports import Clock, Log, Noted, OpenWork, What

Id = TypeVar("Id", bound=str)


@dataclass(frozen=True, slots=True)
class Beat:
    """Something to be asked, under a name for the log: when anything of a kind has come, or, where
    no kind is named, at every tick."""

    name: str
    ask: Callable[[], Awaitable[None]]
    of: What | None = None


@dataclass(frozen=True, slots=True)
class Each(Generic[Id]):
    """The same for everything (a community, a poll) that waits for it, each by itself."""

    name: str
    of: What
    waiting: Callable[[], Awaitable[Sequence[Id]]]
    ask: Callable[[Id], Awaitable[None]]


def beats(parts: Parts) -> tuple[Beat | Each[Any], ...]:
    """The table, in this order; what the databases themselves want asked comes behind it."""
    one, cases, polls, ours = parts.shared, parts.cases, parts.polls, parts.communities
    return (
        Each("polls.close", What.CLOSE, polls.closing.waiting, polls.closing.due),
        Each("polls.waves", What.WAVE, polls.opening.waiting, polls.opening.due),
        Beat("ballots.settle", polls.ballots.settle),
        Beat("polls.tidy", polls.closing.tidy),
        Beat("release.calm", cases.release.calm, What.SLOT),
        Each("release.due", What.SLOT, cases.release.waiting, cases.release.happen),
        Beat("keys.strays", cases.release.look_for_strays),
        Each("climbing.due", What.LOOK, cases.climbing.waiting, cases.climbing.due),
        Each("communities.forsaken", What.DUTY, ours.watch.waiting, ours.forsaken.due),
        Each("communities.watch_due", What.DUTY, ours.watch.waiting, ours.watch.due),
        Each("communities.changes", What.CHANGE, ours.changing.waiting, ours.changing.due),
        Beat("communities.let_go", one.communities.let_go),
        Each("digests.due", What.DIGEST, ours.sending.waiting, ours.sending.due),
        Beat("drafts.forget", cases.retention.forget_drafts),
        Beat("marks.forget", one.marks.forget),
        Beat("outbox.forget", ours.status.forget),
    )


class Agenda:
    """One short question, asked before all others: at most ticks nothing has come. ``open_work``:
    to look, and never to change anything."""

    def __init__(self, open_work: OpenWork, clock: Clock) -> None:
        self._open_work, self._clock = open_work, clock

    async def due(self) -> set[What]:
        """Of which kinds something waits, for whomever."""
        async with self._open_work() as work:
            coming = await work.coming()
        now = self._clock.now()
        return {what for what, at in coming.items() if at <= now}


class Heartbeat:
    """``due``: of which kinds something has come."""

    def __init__(
        self,
        beats: Sequence[Beat | Each[Any]],
        due: Callable[[], Awaitable[Collection[What]]],
        log: Log,
    ) -> None:
        self._beats, self._due, self._log = beats, due, log

    async def tick(self) -> None:
        """Ask every beat in order. One that fails stops neither the others nor, where it failed
        for one community or poll, the others."""
        due = await self._come()
        for beat in self._beats:
            if beat.of is None or beat.of in due:
                await self._asked(beat)
                if beat.of:  # what it did may have brought something on
                    due = await self._come()

    async def _asked(self, beat: Beat | Each[Any]) -> None:
        if isinstance(beat, Each):
            for id in await self._waiting(beat):
                await self._guarded(beat.name, beat.ask(id))
        else:
            await self._guarded(beat.name, beat.ask())

    async def _come(self) -> Collection[What]:
        """Every kind, where nobody can tell."""
        found: set[What] = set(What)

        async def ask() -> None:
            found.intersection_update(await self._due())

        await self._guarded("agenda.due", ask())
        return found

    async def _waiting(self, beat: Each[Id]) -> Sequence[Id]:
        found: list[Id] = []

        async def ask() -> None:
            found.extend(await beat.waiting())

        await self._guarded(beat.name, ask())
        return found

    async def _guarded(self, name: str, asked: Awaitable[None]) -> None:
        try:
            await asked
        except NoCommunity:  # forgotten since it was listed
            return
        except Exception as bug:
            self._log.note(Noted.BUG, kind=type(bug).__name__, place=name)
