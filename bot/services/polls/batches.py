"""Batches: ballots that come while one transaction is under way share the next.

Each is durable before its answer, and the disk is waited for once for all of them. Knows nothing of
people: what comes here is sealed already.
"""

import asyncio
from dataclasses import dataclass

from bot.domain.polls import PollId
from bot.ports import CastBallots, Clock, SealedBallot

Gathered = dict[tuple[PollId, bytes], SealedBallot]


@dataclass(frozen=True, slots=True)
class _Batch:
    """One row per tag: who answers twice within it is answered twice, and the last one counts.
    ``kept``: gives which of the polls were open."""

    ballots: Gathered
    kept: "asyncio.Task[set[PollId]]"


class Batches:
    def __init__(self, cast: CastBallots, clock: Clock) -> None:
        self._cast, self._clock = cast, clock
        self._turn = asyncio.Lock()
        self._gathering: _Batch | None = None

    async def cast(self, ballot: SealedBallot) -> bool:
        """Keep a ballot; False where its poll is not open (any more). Returns after the commit."""
        batch = self._gathering
        if batch is None:
            ballots: Gathered = {}
            batch = _Batch(ballots, asyncio.create_task(self._keep(ballots)))
            self._gathering = batch
        batch.ballots[ballot.poll, ballot.tag] = ballot
        # Whoever stops waiting does not take the others' ballots along.
        return ballot.poll in await asyncio.shield(batch.kept)

    async def _keep(self, gathered: Gathered) -> set[PollId]:
        async with self._turn:
            self._gathering = None  # from here on the next one gathers
            ballots = [gathered[key] for key in sorted(gathered)]
            return await self._cast(ballots, self._clock.now())
