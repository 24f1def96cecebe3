"""The community itself: the tenant, its words, its calendar, its people in roles, its places."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NewType

from bot.domain.communities.first_pulse import FirstPulse
from bot.domain.communities.places import Space
from bot.domain.communities.policy import Policy, Step, Target
from bot.domain.communities.retention import Retention
from bot.domain.communities.rota import Change, Rota, Span
from bot.domain.communities.slots import Slots
from bot.domain.communities.staff import Account, Role, Staff, StaffId
from bot.domain.communities.words import Words
from bot.domain.errors import Invalid, NobodyLeft, NobodyLeftAtAll
from bot.domain.privacy import PRIVACY_FLOOR

CommunityId = NewType("CommunityId", str)

#: A community speaks one of these; ``bot/texts`` has them all.
LANGUAGES = ("en", "fr", "de", "es", "it")
MOST_STAFF = 25  #: people whom any step can reach: so many options fit one dialog everywhere
MOST_CATEGORIES = 25


@dataclass(frozen=True, slots=True)
class Community:
    """The tenant: its words, its calendar, its people in roles, its places."""

    id: CommunityId
    name: str
    code: str  #: what a worker types in a direct room to be led here
    language: str
    slots: Slots
    categories: tuple[str, ...]
    policy: Policy
    members: int  #: as declared by a moderator
    staff: tuple[Staff, ...] = ()
    spaces: tuple[Space, ...] = ()
    rota: Rota = Rota()
    changes: tuple[Change, ...] = ()
    former: tuple[Staff, ...] = ()  #: whose roles ended so lately that they may still be told so
    opened: datetime | None = None  #: since when grievances are taken; none while it is set up
    floor: int = PRIVACY_FLOOR  #: the fewest answers that its polls ever show
    words: Words = Words()  #: its own for the roles
    retention: Retention = Retention()
    first_pulse: FirstPulse | None = None  #: until it begins

    def __post_init__(self) -> None:
        if len(self.readers()) > MOST_STAFF or len(self.categories) > MOST_CATEGORIES:
            raise ValueError(f"at most {MOST_STAFF} readers and {MOST_CATEGORIES} categories")

    @property
    def settings(self) -> tuple[object, ...]:
        """What of it lies in its own row."""
        return (
            self.name,
            self.language,
            self.slots,
            self.categories,
            self.policy,
            self.members,
            self.rota,
            self.floor,
            self.words,
            self.retention,
            self.first_pulse,
            self.opened,
        )

    def fingerprint(self) -> str:
        """Tells whether anything that moderators set is still as it was."""
        said = repr((self.settings, self.spaces))
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def with_role(self, *roles: Role) -> tuple[Staff, ...]:
        """Staff who hold any of ``roles``, in the order of their names."""
        found = (one for one in self.staff if one.roles & set(roles))
        return tuple(sorted(found, key=lambda one: one.name.casefold()))

    def readers(self) -> tuple[Staff, ...]:
        """Everyone whom a step of the policy can reach."""
        able = self.with_role(Role.REP, Role.ORGANISER)
        steps = self.policy.steps
        return tuple(one for one in able if any(self.reaches(step, one) for step in steps))

    def reaches(self, step: Step, person: Staff) -> bool:
        """Whether a step is meant for this person at some time: of the rep on duty, for any rep."""
        if step.target.role is None or step.target.role not in person.roles:
            return False
        return not step.people or person.id in step.people

    def on_duty(self, at: datetime) -> tuple[Staff, ...]:
        """The reps who hear cases at a moment; none when nobody covers it."""
        there = self.rota.on_duty(self.changes, at)
        return tuple(one for one in self.with_role(Role.REP) if one.id in there)

    def roster(self, begins: datetime, ends: datetime) -> list[tuple[Span, tuple[Staff, ...]]]:
        """Who is on duty when between the two moments; nobody where nobody covers it."""
        found: list[tuple[Span, tuple[Staff, ...]]] = []
        for start, end in self.rota.pieces(self.changes, begins, ends):
            people = self.on_duty(start)
            if found and found[-1][1] == people:
                found[-1] = ((found[-1][0][0], end), people)
            else:
                found.append(((start, end), people))
        return found

    def on_duty_until(self, at: datetime) -> datetime:
        """Until when those on duty at a moment are it, at most until the handover."""
        return self.roster(at, self.rota.handover_after(at))[0][0][1]

    def uncovered(self, before: "Community", begins: datetime, ends: datetime) -> Span | None:
        """The first time between the two moments that nobody covers and somebody covered
        ``before``."""
        lost = (span for span, people in self.roster(begins, ends) if not people)
        for begin, end in lost:
            covered = (span for span, people in before.roster(begin, end) if people)
            for span in covered:
                return span
        return None

    def hears(self, at: datetime) -> tuple[Staff, ...]:
        """Who hears cases at a moment: all reps when nobody is on duty."""
        return self.on_duty(at) or self.with_role(Role.REP)

    def told_at(self, person: Staff) -> tuple[Account, ...]:
        """The accounts at which a member of staff may be told anything (privacy rule 8): of an
        account that lives in a space which is not the community's, or is no more, or put us out,
        the worst is meant."""
        safe = {(one.platform, one.address) for one in self.spaces if one.is_safe}
        return tuple(
            one for one in person.accounts if not one.space or (one.platform, one.space) in safe
        )

    def place(self, platform: str, address: str) -> Space | None:
        """The one of its spaces that a platform calls so."""
        there = (one for one in self.spaces if one.platform == platform)
        return next((one for one in there if one.address == address), None)

    def put_out_of(self, platform: str) -> bool:
        """Whether a place of it there has put us out: whom we cannot reach now we may reach again."""
        return any(one.platform == platform and one.gone is not None for one in self.spaces)

    def with_coming_roles(self, now: datetime) -> "Community":
        """When everybody holds all roles that they hold now or will."""
        staff = tuple(
            replace(one, roles=one.roles.union(g.role for g in one.grants if g.ends > now))
            for one in self.staff
        )
        return replace(self, staff=staff)

    def check_policy(self) -> None:
        """Refuse a policy with a step that reaches nobody. Raises Invalid."""
        for number, step in enumerate(self.policy.steps, 1):
            if step.target is Target.OUTSIDE:
                if not self.policy.outside_body:
                    raise Invalid("steps", "invalid.no_outside_body")
            elif not any(self.reaches(step, one) for one in self.staff):
                raise Invalid("steps", "invalid.step_reaches_nobody", n=number)

    def nobody_left(self) -> NobodyLeft:
        """What to say when everyone who could read was left out."""
        body = self.policy.outside_body
        return NobodyLeft(outside_body=body) if body else NobodyLeftAtAll()

    def person(self, staff: StaffId) -> Staff | None:
        return next((one for one in self.staff if one.id == staff), None)

    def formerly(self, staff: StaffId) -> Staff | None:
        """Someone whose roles have ended."""
        return next((one for one in self.former if one.id == staff), None)


#: What tech workers name when asked; a community may change the list.
CATEGORIES = (
    "pay",
    "late_payment",
    "hours",
    "on_call",
    "stress",
    "surveillance",
    "discrimination",
    "ethics",
    "contract",
    "community",
    "other",
)
