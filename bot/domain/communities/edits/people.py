"""Edits of people in roles: somebody is offered one, one ends, a moderator has another name."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.communities.community import Community
from bot.domain.communities.edits.edit import LONGEST_NAME, Edit, short
from bot.domain.communities.staff import Grant, Role, Staff, StaffId, roles_at
from bot.domain.errors import Invalid, LastModerator


@dataclass(frozen=True, slots=True)
class Offered(Edit):
    """A role for somebody: once it holds, they are asked, and it begins when they accept."""

    kind = "new_role"
    is_seen = False
    name: str
    role: str
    platform: str
    address: str
    space: str

    @property
    def aim(self) -> str:
        return f"{self.kind}/{self.role}/{self.platform}/{self.address}"

    def remembered(self) -> Edit:
        return replace(self, name="", platform="", address="", space="")

    def applied(self, before: Community, now: datetime) -> Community:
        short("name", self.name, LONGEST_NAME)
        if self.role not in set(Role) - {Role.WORKER}:
            raise Invalid("role", "invalid.not_an_option")
        return before


@dataclass(frozen=True, slots=True)
class Ended(Edit):
    """Somebody's role ends."""

    kind = "end_role"
    staff: str
    role: str

    @property
    def aim(self) -> str:
        return f"{self.kind}/{self.role}/{self.staff}"

    def applied(self, before: Community, now: datetime) -> Community:
        person, role = before.person(StaffId(self.staff)), Role(self.role)
        if person is None or role not in person.roles:
            raise Invalid("who", "invalid.not_an_option")
        if role is Role.MODERATOR and len(before.with_role(Role.MODERATOR)) == 1:
            raise LastModerator
        grants = tuple(_ended(one, role, now) for one in person.grants)
        without = replace(person, grants=grants, roles=roles_at(grants, now))
        after = replace(before, staff=tuple(_other(one, without) for one in before.staff))
        after.check_policy()
        return after


@dataclass(frozen=True, slots=True)
class Called(Edit):
    """What a moderator is called."""

    kind = "staff_name"
    staff: str
    name: str

    @property
    def aim(self) -> str:
        return f"{self.kind}/{self.staff}"

    def applied(self, before: Community, now: datetime) -> Community:
        person = before.person(StaffId(self.staff))
        if person is None:
            raise Invalid("you", "invalid.not_an_option")
        new = replace(person, name=short("you", self.name, LONGEST_NAME))
        return replace(before, staff=tuple(_other(one, new) for one in before.staff))


def _ended(grant: Grant, role: Role, now: datetime) -> Grant:
    ends = grant.role is role and grant.holds(now)
    return replace(grant, ends=max(grant.begins, now)) if ends else grant


def _other(one: Staff, new: Staff) -> Staff:
    return new if one.id == new.id else one
