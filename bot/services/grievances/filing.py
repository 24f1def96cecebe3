"""Filing: from the form through the preview to the receipt.

Everything that sending needs is drawn at the preview and sealed in the draft: the receipt, the
case's id, its key's id. So sending inserts by what was drawn or does nothing, and a repeat, a
retry or a crash in the middle ends in one case and the same receipt (reliability: key first, then
row, then the draft's words go).
"""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.chat import Here, Token
from bot.domain.cases import Case, Names
from bot.domain.cases.escalation import stand
from bot.domain.communities import Community, Staff, StaffId
from bot.domain.errors import (
    AlreadySent,
    CannotSave,
    DraftGone,
    NotSentYet,
    OneUrgentADay,
    Refused,
    TooManyGrievances,
)
from bot.domain.grievances import receipts
from bot.domain.grievances.intake import Grievance, Impact, Spread, readers_of
from bot.domain.grievances.receipts import Receipt
from bot.domain.grievances.release import crossing, line_of
from bot.domain.grievances.warnings import Warned, refuse_own_receipt, warnings
from bot.domain.privacy import Act
from bot.ports import Chance, Clock, Key, OpenWork
from bot.services.grievances.release import Release
from bot.services.privacy.drafts import Drafts, Facts
from bot.services.privacy.limits import Limits
from bot.services.privacy.sealing import CaseFiles

DRAFT = "grievance"


@dataclass(frozen=True, slots=True)
class Preview:
    """What the reporter is shown before anything is kept: exactly what readers will see.

    ``receipt``: will open the case, once it was sent; where it must be shown as early as this.
    """

    token: Token
    grievance: Grievance
    readers: tuple[Staff, ...]
    release: datetime
    answer_by: datetime
    warnings: tuple[Warned, ...]
    receipt: Receipt | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Filed:
    """A case is kept. The receipt is shown once more each time, until "saved"."""

    token: Token
    receipt: Receipt = field(repr=False)
    release: datetime
    urgent: bool


class Filing:
    def __init__(
        self,
        open_work: OpenWork,
        glance: OpenWork,
        files: CaseFiles,
        drafts: Drafts,
        limits: Limits,
        release: Release,
        clock: Clock,
        chance: Chance,
    ) -> None:
        """``glance``: for a transaction of one statement."""
        self._open_work, self._glance = open_work, glance
        self._files, self._drafts = files, drafts
        self._limits, self._release = limits, release
        self._clock, self._chance = clock, chance

    def may_file(self, here: Here) -> bool:
        """Whether this account may file one more today, told before the first keystroke."""
        return self._limits.may(Act.GRIEVANCE, _whose(here))

    def next_release(self, here: Here) -> datetime:
        """When what is filed now would reach its readers."""
        return crossing(here.community.slots, self._clock.now())

    async def prepare(self, here: Here, grievance: Grievance, token: str) -> Preview:
        """Seal what was filled in and show it. ``token`` names the draft that is edited, if any.

        Raises Invalid (the story carries its own receipt), NobodyLeft, TooManyGrievances,
        AlreadySent, DraftGone.
        """
        facts = await self._unsent(here, token) if token else self._drawn()
        refuse_own_receipt("story", grievance.story, Receipt(facts["receipt"]))
        if not token and not self.may_file(here):
            raise TooManyGrievances
        if not readers_of(here.community, grievance.left_out):
            raise here.community.nobody_left()
        facts["grievance"] = _facts(grievance)
        again = Token(token) if token else None
        kept = await self._drafts.keep(DRAFT, here.community.id, facts, again)
        early = Receipt(facts["receipt"]) if here.caller.early_receipt else None
        return replace(self._preview(here, kept, grievance), receipt=early)

    async def filled_in(self, here: Here, token: str) -> Grievance:
        """What the draft holds, to be edited. Raises AlreadySent, DraftGone."""
        return _grievance(await self._unsent(here, token))

    async def cancel(self, here: Here, token: str) -> None:
        """Forget the draft. Raises AlreadySent, for then it is too late, and DraftGone."""
        await self._unsent(here, token)
        await self._drafts.drop(token)

    async def send(self, here: Here, token: str, *, urgent: bool) -> Filed:
        """File it: kept before this returns, once however often it is called.

        Raises DraftGone, TooManyGrievances, OneUrgentADay, NobodyLeft, CannotSave.
        """
        facts = await self._drafts.open(DRAFT, here.community.id, token, here.draft)
        if "grievance" in facts:
            facts = await self._keep(here, facts, urgent=urgent)
            with suppress(CannotSave):  # it is filed: the receipt must be shown all the same
                await self._drafts.keep(DRAFT, here.community.id, facts, Token(token))
        return _filed(Token(token), facts)

    async def show_again(self, here: Here, token: str) -> Filed:
        """The receipt, until "saved" or the half hour is over. Raises DraftGone."""
        facts = await self._drafts.open(DRAFT, here.community.id, token, here.draft)
        if "grievance" in facts:
            raise NotSentYet
        return _filed(Token(token), facts)

    async def saved(self, here: Here, token: str) -> None:
        """The person has the receipt: the draft goes, and with it our last sight of it."""
        with suppress(DraftGone):  # gone already; of nothing else does anything go
            await self._drafts.open(DRAFT, here.community.id, token, here.draft)
            await self._drafts.drop(token)

    async def _keep(self, here: Here, facts: Facts, *, urgent: bool) -> Facts:
        if urgent:
            case = await self._at_once(here, facts)
        else:
            case = await self._unless_in_the_way(here, facts) or await self._held(here, facts)
        kept = {name: facts[name] for name in ("receipt", "case", "key", "waiting_key")}
        return {**kept, "release": case.told.isoformat(), "urgent": case.urgent}

    async def _unless_in_the_way(self, here: Here, facts: Facts) -> Case | None:
        """As nearly always: the case waits, after two turns at the databases; first its key, then its
        row. None where anything is in the way: it was filed before, its slot has just happened, or
        a rule says no."""
        try:
            case = self._case(here, facts, urgent=False)
        except Refused:
            return None
        key = await self._key(facts)
        async with self._glance() as work:
            filed = await self._files.hold_and_file(work, case, key, facts["receipt"])
        return case if filed else None

    async def _held(self, here: Here, facts: Facts) -> Case:
        """The same with the community held meanwhile, so that nothing comes in between."""
        async with self._open_work() as work:
            await work.communities.hold(here.community.id)
            if known := await self._files.find(work, here.community.id, facts["receipt"]):
                return known[0]
            case = self._case(here, facts, urgent=False)
            if await self._files.file(work, case, await self._key(facts), facts["receipt"]):
                return case
            if known := await self._files.find(work, here.community.id, facts["receipt"]):
                return known[0]  # it was sent twice at once
        raise AlreadySent  # and deleted just now

    async def _at_once(self, here: Here, facts: Facts) -> Case:
        """It goes past the waiting rows, whose lookups would keep it from coming twice: so nobody
        else sends meanwhile."""
        async with self._open_work() as work:
            await work.communities.hold(here.community.id, alone=True)
            if known := await self._files.find(work, here.community.id, facts["receipt"]):
                return known[0]
            case = self._case(here, facts, urgent=True)
            await self._release.at_once(work, here.community, case, await self._key(facts))
        return case

    async def _key(self, facts: Facts) -> Key:
        key = await self._files.make_key(facts["key"], facts["waiting_key"])
        if key is None:  # filed, and deleted by its reporter since
            raise AlreadySent
        return key

    def _case(self, here: Here, facts: Facts, *, urgent: bool) -> Case:
        receipt, grievance = Receipt(facts["receipt"]), _grievance(facts)
        readers = readers_of(here.community, grievance.left_out)
        if not readers:
            raise here.community.nobody_left()
        if urgent and self._limits.spend(Act.URGENT, _whose(here), facts["case"]) is None:
            raise OneUrgentADay
        if self._limits.spend(Act.GRIEVANCE, _whose(here), facts["case"]) is None:
            raise TooManyGrievances
        in_line = line_of(one.id for one in readers)
        turn = self._limits.spend(Act.GRIEVANCE, f"{_whose(here)}|{in_line}", facts["case"])
        now = self._clock.now()
        slot = crossing(here.community.slots, now, urgent=urgent)
        waiting_lookup, lookup = self._files.lookups(receipt)
        return Case(
            id=facts["case"],
            community=here.community.id,
            names=Names(lookup, facts["key"]),
            waiting=Names(waiting_lookup, facts["waiting_key"]),
            release=slot,
            told=slot,
            grievance=grievance,
            readers=frozenset(one.id for one in readers),
            promised=_promised(here.community, readers, slot, urgent=urgent),
            steps=here.community.policy.steps,
            kept_days=here.community.retention.at(now),
            urgent=urgent,
            over_cap=not urgent
            and self._limits.over_cap(f"{here.community.id}|{in_line}", facts["case"]),
            repeat=turn != 1,
        )

    def _preview(self, here: Here, token: Token, grievance: Grievance) -> Preview:
        community = here.community
        release = crossing(community.slots, self._clock.now())
        names, readers = here.known_names(), readers_of(community, grievance.left_out)
        return Preview(
            token,
            grievance,
            readers,
            release,
            _promised(community, readers, release, urgent=False),
            warnings(grievance.story, names, community.language),
        )

    def _drawn(self) -> Facts:
        receipt = receipts.drawn(self._chance.bytes(receipts.RANDOM_BYTES))
        ids = {name: self._files.new_id() for name in ("case", "key", "waiting_key")}
        return {"receipt": receipt, **ids}

    async def _unsent(self, here: Here, token: str) -> Facts:
        facts = await self._drafts.open(DRAFT, here.community.id, token, here.draft)
        if "release" in facts:
            raise AlreadySent
        async with self._open_work() as work:  # kept by a process that died right after?
            if await self._files.find(work, here.community.id, facts["receipt"]):
                raise AlreadySent
        return facts


def _promised(
    community: Community, readers: tuple[Staff, ...], release: datetime, *, urgent: bool
) -> datetime:
    """By when somebody must take it: told at the preview, and never later than that."""
    steps, ids = community.policy.steps, {one.id for one in readers}
    first = stand(steps, ids.__contains__, community, release, urgent=urgent)
    return first.due or release + steps[0].within


def _whose(here: Here) -> str:
    return f"{here.caller.platform}|{here.caller.account}"


def _facts(grievance: Grievance) -> Facts:
    return {
        "category": grievance.category,
        "spread": grievance.spread.value,
        "impact": grievance.impact.value,
        "story": grievance.story,
        "left_out": sorted(grievance.left_out),
        "member_seen": grievance.member_seen,
    }


def _grievance(facts: Facts) -> Grievance:
    kept = facts["grievance"]
    return Grievance(
        kept["category"],
        Spread(kept["spread"]),
        Impact(kept["impact"]),
        kept["story"],
        frozenset(StaffId(one) for one in kept["left_out"]),
        kept.get("member_seen", True),
    )


def _filed(token: Token, facts: Facts) -> Filed:
    release = datetime.fromisoformat(facts["release"])
    return Filed(token, Receipt(facts["receipt"]), release, facts["urgent"])
