"""Roles: offered by a moderator, begun by the person's own accept.

An offer is a draft of seven days under a key that only its card's buttons carry, good for the one
account it is meant for: of someone who has not accepted, no account and no name that anybody could
read is kept. What one moderator offered alone, before the opening, is over with it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.chat import Here, Token
from bot.domain.communities import (
    Account,
    Community,
    CommunityId,
    Grant,
    Hours,
    Role,
    Staff,
    StaffId,
    roles_at,
)
from bot.domain.communities.edits import Offered
from bot.domain.communities.staff import A_ROLE_LASTS
from bot.domain.errors import (
    DraftGone,
    Invalid,
    KeyChanged,
    RoleHeld,
    RoleOfferGone,
    RoleOver,
    RolesFull,
)
from bot.domain.grievances.intake import checked_text
from bot.ports import Chance, Clock, Notice, OpenWork, Work
from bot.services.communities.known import Communities
from bot.services.notices import Notices
from bot.services.privacy.drafts import Drafts, Facts

OFFER = "role"
OFFER_LASTS = timedelta(days=7)
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class RoleOffer:
    """What the role card says."""

    token: Token
    name: str
    role: Role
    ends: datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    """A role has begun. ``named``: in employer-owned spaces, too."""

    role: Role
    ends: datetime
    named: bool


class Roles:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        drafts: Drafts,
        notices: Notices,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._open_work, self._communities, self._drafts = open_work, communities, drafts
        self._notices = notices
        self._clock, self._chance = clock, chance

    async def send(self, work: Work, community: Community, edit: Offered) -> None:
        """Ask somebody whether they accept a role, in the transaction that decides it.

        Raises Invalid.
        """
        account = Account(edit.platform, edit.address, edit.space)
        new = await self.offer(community, edit.name, Role(edit.role), for_=account)
        await self._notices.to_stranger(work, community, account, Notice.ROLE_OFFERED, new.token)

    async def offer(
        self,
        community: Community,
        name: str,
        role: Role,
        ends: datetime | None = None,
        *,
        for_: Account,
    ) -> RoleOffer:
        """Seal an offer of a role until ``ends`` (a year, unless less), for one account alone.

        Raises Invalid.
        """
        now = self._now()
        ends = ends or now + A_ROLE_LASTS
        self._check(name, role, ends, now)
        facts: Facts = {"name": name.strip(), "role": role.value}
        facts |= {"ends": ends.isoformat(), "until": (now + OFFER_LASTS).isoformat()}
        facts |= {"for": self._communities.account_mark(for_).hex()}
        facts |= {"alone": community.opened is None}
        token = await self._drafts.keep(OFFER, community.id, facts, lasts=OFFER_LASTS)
        return RoleOffer(token, name.strip(), role, ends)

    async def offered(self, community: Community, token: str) -> RoleOffer | None:
        """What an offer says; None once it ran out, was accepted or declined."""
        try:
            facts = await self._drafts.open(OFFER, community.id, token)
        except DraftGone:
            return None
        if "accepted" in facts or datetime.fromisoformat(facts["until"]) <= self._clock.now():
            return None
        ends = datetime.fromisoformat(facts["ends"])
        return RoleOffer(Token(token), facts["name"], Role(facts["role"]), ends)

    async def accept(self, here: Here, token: str, *, named: bool) -> Accepted:
        """Begin the role, for the account that says so.

        Raises RoleOfferGone, RoleHeld, RoleOver, RolesFull, Unverified, KeyChanged.
        """
        facts = await self._open(here, token)
        role, ends = Role(facts["role"]), datetime.fromisoformat(facts["ends"])
        account = here.caller.to_keep()
        async with self._open_work() as work:
            await work.communities.hold(here.community.id, alone=True)
            facts = await self._open(here, token)  # nobody else takes it from here on
            known = await self._communities.load(work, here.community.id)
            if known.opened is not None and facts.get("alone"):
                raise RoleOfferGone
            person = await self._communities.holder(work, here.community.id, account)
            self._refuse_over(person, role, ends, accepted="accepted" in facts)
            self._refuse_other_hand(person, role, account)
            named = named and self._agreed(person, role)
            person = person or self._someone(here.community, facts["name"])
            person = self._granted(replace(person, named=named), Grant(role, self._now(), ends))
            community = await self._fitting(work, here.community.id, person)
            await self._keep(here, token, facts | {"accepted": True})
            await self._write(work, community, person, account)
        facts.pop("name", None)  # it is kept with the role now
        await self._keep(here, token, facts | {"accepted": True})
        return Accepted(role, ends, named)

    async def decline(self, here: Here, token: str) -> None:
        """Forget the offer. Raises RoleOfferGone; also once it was accepted."""
        if "accepted" in await self._open(here, token):
            raise RoleOfferGone
        await self._drafts.drop(token)

    async def _write(
        self, work: Work, community: Community, person: Staff, account: Account
    ) -> None:
        """Them as they are now, and in whose hand their account is; where that is another than it
        was, all their accounts are told."""
        member = await self._communities.staff_row(community.id, person)
        await work.communities.keep_staff(community.id, member)
        row = await self._communities.account_row(community.id, person, account)
        await work.communities.keep_account(community.id, row)
        await self._communities.changed(work, community, person, "accept_role")
        another = person.has(account) and not person.acts_with(account)
        if another and community.told_at(person):
            when = {"date": self._clock.now().isoformat()}
            await self._notices.to_person(work, community, person, Notice.KEYS_CHANGED, when)

    def _check(self, name: str, role: Role, ends: datetime, now: datetime) -> None:
        if role is Role.WORKER:
            raise Invalid("role", "invalid.not_an_option")
        checked_text("name", name, 1)
        if len(name.strip()) > LONGEST_NAME:
            raise Invalid("name", "invalid.too_long", most=LONGEST_NAME, now=len(name.strip()))
        if ends <= now:
            raise Invalid("ends", "invalid.past")
        if ends > now + A_ROLE_LASTS:
            raise Invalid("ends", "invalid.role_too_long")

    async def _open(self, here: Here, token: str) -> Facts:
        try:
            facts = await self._drafts.open(OFFER, here.community.id, token)
        except DraftGone:
            raise RoleOfferGone from None
        ran_out = datetime.fromisoformat(facts["until"]) <= self._clock.now()
        mark = self._communities.account_mark(here.caller.acts_with).hex()
        if ran_out or facts["for"] != mark:
            raise RoleOfferGone
        return facts

    async def _keep(self, here: Here, token: str, facts: Facts) -> None:
        """The offer again, for as long as it had left."""
        left = datetime.fromisoformat(facts["until"]) - self._clock.now()
        await self._drafts.keep(OFFER, here.community.id, facts, Token(token), left)

    def _refuse_over(
        self, person: Staff | None, role: Role, ends: datetime, *, accepted: bool
    ) -> None:
        """``accepted``: it was before; whose role was ended since has it no second time."""
        now = self._clock.now()
        if ends <= now:
            raise RoleOver(day=ends)
        for held in person.grants if person else ():
            if held.role is role and held.holds(now) and held.ends >= ends:
                raise RoleHeld(day=held.ends)
            if held.role is role and not held.holds(now) and accepted:
                raise RoleOfferGone

    def _refuse_other_hand(self, person: Staff | None, role: Role, account: Account) -> None:
        """In another hand than that of the roles they hold somebody takes one of these anew, and
        with it the others; by one that is new nobody gets at those. Keys never give way to none."""
        if person is None or person.acts_with(account):
            return
        held = roles_at(person.grants, self._clock.now())
        if not account.proof or (held and role not in held):
            raise KeyChanged

    def _agreed(self, person: Staff | None, role: Role) -> bool:
        """Whether every other role they hold lets them be named where an employer may read."""
        now = self._clock.now()
        others = person is not None and any(
            held.holds(now) and held.role is not role for held in person.grants
        )
        return person is None or person.named or not others

    def _someone(self, community: Community, name: str) -> Staff:
        id = StaffId(self._chance.bytes(16).hex())
        return Staff(id, name, frozenset(), named=False, hours=Hours(community.slots.zone))

    def _granted(self, person: Staff, new: Grant) -> Staff:
        """With the role until its new end; since when it was held already stays."""
        now = self._clock.now()
        for held in person.grants:
            if held.role is new.role and held.holds(now):
                new = replace(new, begins=held.begins)
        grants = (*(one for one in person.grants if one.role is not new.role), new)
        return replace(person, grants=grants, roles=roles_at(grants, now))

    async def _fitting(self, work: Work, id: CommunityId, person: Staff) -> Community:
        """The community with this person in it. Raises RolesFull."""
        community = await self._communities.load(work, id)
        others = tuple(one for one in community.staff if one.id != person.id)
        try:
            return replace(community, staff=(*others, person))
        except ValueError:
            raise RolesFull from None

    def _now(self) -> datetime:
        return self._clock.now().replace(microsecond=0)
