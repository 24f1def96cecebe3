"""Founding: a community begins with a code of the operator's, and is opened by its moderator.

Authority never rests on a platform's roles: whoever holds the code is the first moderator. Where
the platform tells that they may not decide about the place, they are not.
"""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from bot.chat import Here, Outside
from bot.domain.cases import NUMBER_ALPHABET
from bot.domain.communities import (
    CATEGORIES,
    DEFAULT_STEPS,
    Community,
    CommunityId,
    Grant,
    Hours,
    Policy,
    Role,
    RoomKind,
    Rota,
    Slots,
    Space,
    Staff,
    StaffId,
    Trust,
)
from bot.domain.communities.edits import Joined, Offered
from bot.domain.communities.findings import lacking
from bot.domain.communities.staff import A_ROLE_LASTS
from bot.domain.errors import (
    CodeUnknown,
    NotAllowed,
    NotAPlace,
    NotReady,
    PlatformSaysNo,
)
from bot.ports import Chance, Clock, OpenWork
from bot.services.communities.accounts import CODE
from bot.services.communities.changing import Changed, Changing
from bot.services.communities.codes import LONG, Code, Codes
from bot.services.communities.known import Communities

CLAIM = "claim"
CODE_LENGTH = 8  #: of a community's code
CODE_DAYS = 7  #: that a code of the operator's works, unless they say otherwise
FIRST_NAME = "Moderator"  #: until they say what they are called


class Founding:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        changing: Changing,
        codes: Codes,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._open_work, self._communities, self._changing = open_work, communities, changing
        self._codes, self._clock, self._chance = codes, clock, chance

    async def code(self, days: int, community: CommunityId | None = None) -> Code:
        """A code of the operator's (``claim_code``)."""
        return await claim_code(self._codes, self._chance, timedelta(days=days), community)

    async def first_code(self) -> Code | None:
        """A code for the first moderator of an installation's first community, at its first start;
        None at every other, and once any community was claimed."""
        async with self._open_work() as work:
            claimed = await work.ledger.newest(CLAIM) is not None
            if claimed or not await work.ledger.claim("claim_code", "first", "once"):
                return None
        return await self.code(CODE_DAYS)

    async def enter(self, there: Outside, typed: str, language: str) -> Changed | None:
        """With a code of the operator's, a new community in the place the caller is in, of which
        they are the first moderator: None. With a moderator's, typed by a moderator, one more place.

        Raises CodeUnknown, TooManyCodes, NotAPlace, PlatformSaysNo, SpaceTaken, AlreadyPending,
        Unverified, KeyChanged; CodeUnknown also where whoever types a moderator's code is none.
        """
        self._check_place(there)
        there.caller.to_keep()
        code = self._codes.tried(there.caller, typed)
        try:
            claimed = await self._codes.open(CLAIM, code)
        except CodeUnknown:
            return await self._join(there, code)
        if claimed["whose"]:
            raise CodeUnknown  # for somebody who is in that community
        new = self._new(there, language)
        if not await self._communities.found(new, once=(CLAIM, claimed["id"])):
            raise CodeUnknown
        await self._codes.use_up(code)
        return None

    async def _join(self, there: Outside, code: str) -> Changed:
        caller, facts = there.caller, await self._codes.open(CODE, code)
        if not facts["staff"]:
            raise CodeUnknown  # drawn by an account that is no moderator's
        edit = Joined(
            self._new_id(),
            caller.platform,
            caller.space,
            caller.place or caller.space,
            facts["staff"],
            caller.via,
        )
        try:
            changed = await self._changing.join(CommunityId(facts["whose"]), edit, caller.to_keep())
        except NotAllowed:  # nor does whoever tries codes learn that this one is right
            raise CodeUnknown from None
        await self._codes.use_up(code)
        return changed

    async def succeed(self, here: Here, typed: str) -> Changed:
        """With a code of the operator's for this community, the caller is to be a moderator.

        Also one whose keys changed, and to whom nobody else could offer the role again. Raises
        CodeUnknown, TooManyCodes, PlatformSaysNo, SecondThere, AlreadyPending, Unverified.
        """
        caller, account = here.caller, here.caller.to_keep()
        code = self._codes.tried(caller, typed)
        if caller.manages is False:
            raise PlatformSaysNo
        facts = await self._codes.open(CLAIM, code)
        if facts["whose"] != here.community.id:
            raise CodeUnknown
        edit = Offered(
            here.staff.name if here.staff else FIRST_NAME,
            Role.MODERATOR.value,
            account.platform,
            account.address,
            account.space,
        )
        changed = await self._changing.ask(here, edit, once=(CLAIM, facts["id"]))
        await self._codes.use_up(code)
        return changed

    async def open(self, here: Here) -> Community:
        """Grievances are taken from now on; and from now on power is shared. Raises NotReady."""
        now = self._clock.now().replace(microsecond=0)
        async with self._open_work() as work:
            await work.communities.hold(here.community.id, alone=True)
            community = await self._communities.load(work, here.community.id)
            if community.opened is not None:
                return community
            if lacking(community):
                raise NotReady
            opened = replace(
                community,
                opened=now,
                policy=_reaching(community),
                rota=_weekly(community),
            )
            await work.communities.keep_settings(opened)
            await self._communities.begin(work, opened)
            await self._communities.changed(work, opened, here.person, "open")
            await self._communities.watch_again(work, opened.id)
        return opened

    def _check_place(self, there: Outside) -> None:
        if not there.caller.space or not there.caller.room:
            raise NotAPlace
        if there.caller.manages is False:
            raise PlatformSaysNo

    def _new(self, there: Outside, language: str) -> Community:
        caller, now = there.caller, self._clock.now().replace(microsecond=0)
        moderator = Staff(
            StaffId(self._new_id()),
            FIRST_NAME,
            frozenset({Role.MODERATOR}),
            named=False,
            accounts=(caller.to_keep(),),
            hours=Hours(),
            grants=(Grant(Role.MODERATOR, now, now + A_ROLE_LASTS),),
        )
        space = Space(
            self._new_id(),
            caller.platform,
            caller.space,
            caller.place or caller.space,
            Trust.EMPLOYER_OWNED,
            {RoomKind.BULLETIN: caller.room},
            answered=False,
            via=caller.via,
        )
        return Community(
            id=CommunityId(self._new_id()),
            name="",
            code=self.community_code(),
            language=language,
            slots=Slots(),
            categories=CATEGORIES,
            policy=Policy(DEFAULT_STEPS[:-1]),
            members=0,
            staff=(moderator,),
            spaces=(space,),
        )

    def community_code(self) -> str:
        """A community's code: eight letters and digits that are hard to misread."""
        drawn = self._chance.bytes(CODE_LENGTH)
        return "".join(NUMBER_ALPHABET[byte % len(NUMBER_ALPHABET)] for byte in drawn)

    def _new_id(self) -> str:
        return new_id(self._chance)


async def claim_code(
    codes: Codes, chance: Chance, lasts: timedelta, community: CommunityId | None = None
) -> Code:
    """A code of the operator's: for a first moderator, or for one more of a community that has no
    second one."""
    facts = {"id": new_id(chance), "whose": community or ""}
    return await codes.draw(CLAIM, facts, lasts, length=LONG)


def new_id(chance: Chance) -> str:
    return UUID(bytes=chance.bytes(16), version=4).hex


def _reaching(community: Community) -> Policy:
    """The policy without steps that reach nobody: of organisers, where there are none."""
    policy = community.policy
    reached = tuple(
        step
        for step in policy.steps
        if step.target.role is None or any(community.reaches(step, p) for p in community.staff)
    )
    return replace(policy, steps=reached)


def _weekly(community: Community) -> Rota:
    """Every rep has a week, one after another, unless somebody set it otherwise."""
    order = tuple(one.id for one in community.with_role(Role.REP))
    return community.rota if community.rota.order else replace(community.rota, order=order)
