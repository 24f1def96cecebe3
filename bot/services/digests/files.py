"""Plans, addresses, and what digests said: between what is kept and what it means.

All that tells more than a calendar lies sealed under the community's key.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from bot.domain.communities import Community, CommunityId
from bot.domain.digests import NEVER, Digest, Gap, Plan, Standing
from bot.domain.polls import PollId
from bot.ports import MAIL, BadSeal, DigestRow, Log, Noted, Vault, Work
from bot.services.privacy.seals import Seals


class DigestFiles:
    def __init__(self, seals: Seals, vault: Vault, log: Log) -> None:
        self._seals, self._vault, self._log = seals, vault, log

    async def plan(self, row: DigestRow) -> Plan:
        """With its addresses; with none where they are damaged: the room hears it still."""
        opened = await self._opened("addresses", row, row.sealed_addresses)
        return replace(row.plan, addresses=tuple(opened.split()))

    async def with_plan(self, row: DigestRow, plan: Plan) -> DigestRow:
        """The row of another plan."""
        words, place = " ".join(plan.addresses), _place("addresses", row.community)
        sealed = (await self._seals.of(row.community)).seal(place, words) if words else None
        return replace(row, plan=replace(plan, addresses=()), sealed_addresses=sealed)

    async def carried(self, row: DigestRow) -> Mapping[str, int]:
        """How many of each figure and category count toward the next fives."""
        kept = await self._opened("carried", row, row.carried)
        found: dict[str, int] = json.loads(kept or "{}")
        return found

    async def with_carried(self, row: DigestRow, carried: Mapping[str, int]) -> DigestRow:
        words = json.dumps(dict(sorted(carried.items())))  # noughts, too: always as long
        seal = await self._seals.of(row.community)
        sealed = seal.seal(_place("carried", row.community), words)
        return replace(row, carried=sealed)

    async def address_mark(self, community: CommunityId, address: str) -> bytes:
        """By what a parcel's address is found again; another one in each community."""
        return (await self._seals.of(community)).mark("address", address)

    async def addressee(self, row: DigestRow, mark: bytes) -> str | None:
        """The address of a parcel; None where organisers took it out meanwhile."""
        for one in (await self.plan(row)).addresses:
            # The second was written before communities had keys.
            before = self._vault.mark("account", MAIL, row.community, one)
            if mark in (await self.address_mark(row.community, one), before):
                return one
        return None

    async def _opened(self, column: str, row: DigestRow, sealed: bytes | None) -> str:
        """Empty where there is nothing, and where it is damaged, which is noted: the digest comes
        all the same."""
        if not sealed:
            return ""
        seal = await self._seals.of(row.community)
        try:
            return seal.open(_place(column, row.community), sealed)
        except BadSeal:
            self._log.note(Noted.WARNED, kind="BadSeal", place="digests")
            return ""

    async def publish(self, work: Work, community: Community, digest: Digest) -> None:
        place = _of_week(community.id, digest.week)
        sealed = (await self._seals.of(community.id)).seal(place, json.dumps(to_json(digest)))
        await work.digests.publish(community.id, digest.week, sealed)

    async def published(self, work: Work, community: CommunityId, week: date) -> Digest | None:
        """What a week's digest said. Raises BadSeal."""
        sealed = await work.digests.published(community, week)
        if sealed is None:
            return None
        seal = await self._seals.of(community)
        return _from_json(json.loads(seal.open(_of_week(community, week), sealed)))


def standing_of(row: DigestRow, now: datetime) -> Standing:
    """How far they have come; of a community that had no digests yet, as if it opened now."""
    return row.standing if row.standing.since != NEVER else Standing.begun(row.plan, now)


def _place(column: str, community: CommunityId) -> str:
    return f"digests.{column}/{community}"


def _of_week(community: CommunityId, week: date) -> str:
    return f"digest_weeks.sealed/{community}/{week.isoformat()}"


def to_json(one: Digest) -> dict[str, Any]:
    """What one said, in plain values."""
    gap = one.gap
    return {
        "week": one.week.isoformat(),
        "due": one.due.isoformat(),
        "since": one.since.isoformat(),
        "serial": one.serial,
        "weeks": one.weeks,
        "gap": [gap.first.isoformat(), gap.last.isoformat()] if gap else [],
        "in_time": one.in_time,
        "moved": one.moved,
        "about": one.about,
        "polls": list(one.polls),
        "head": one.head,
    }


def _from_json(kept: dict[str, Any]) -> Digest:
    gap = [date.fromisoformat(day) for day in kept["gap"]]
    return Digest(
        week=date.fromisoformat(kept["week"]),
        due=datetime.fromisoformat(kept["due"]),
        since=datetime.fromisoformat(kept["since"]),
        serial=kept["serial"],
        weeks=kept["weeks"],
        gap=Gap(*gap) if gap else None,
        in_time=kept["in_time"],
        moved=kept["moved"],
        about=kept["about"],
        polls=tuple(PollId(id) for id in kept["polls"]),
        head=kept["head"],
    )
