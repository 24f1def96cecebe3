"""Pending changes: what an open community is told of before it holds (privacy rule 12).

    harmless                          holds at once
    every other, before it opened     holds at once
    every other, since                waits: for a second moderator, and 72 hours from its notice
    offered by the operator           waits 72 hours; only where there is no second moderator
    withdrawn, by any moderator       never holds
    nobody seconds it in 14 days      never holds
    who asked for it may no more      never holds
    its second is a moderator no more waits for another second moderator

A second moderator has been one for 30 days, or was at the opening; never whoever asked for it. What
holds by this road is told for 30 days more. The 72 hours run from when the last bulletin room has
heard of it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.communities.community import Community
from bot.domain.communities.edits import Edit
from bot.domain.communities.staff import Role, Staff, StaffId

NOTICE_LASTS = timedelta(hours=72)  #: between the notice and the effect, at the least
LAPSES_AFTER = timedelta(days=14)  #: without a second moderator
UNHEARD_FOR = timedelta(days=14)  #: a room that cannot be reached so long stops nothing any more
TOLD_FOR = timedelta(days=30)  #: after it held
SEASONED_AFTER = timedelta(days=30)  #: in the role, or there at the opening
OPERATOR = StaffId("")  #: who asks where no second moderator is


@dataclass(frozen=True, slots=True)
class Pending:
    """An edit that waits, or that held lately (``held``). ``by``: who asked for it; ``since``: when
    everybody was told; ``second``: the other moderator; ``unheard``: since when nothing but a room
    that has not heard of it keeps it."""

    id: str
    edit: Edit
    by: StaffId
    since: datetime
    second: StaffId | None = None
    held: datetime | None = None
    unheard: datetime | None = None

    @property
    def earliest(self) -> datetime:
        """When it can hold at the earliest."""
        return self.since + NOTICE_LASTS

    @property
    def waits(self) -> bool:
        return self.held is None

    @property
    def agreed(self) -> bool:
        """Whether all who must agree have."""
        return self.second is not None or self.by == OPERATOR

    @property
    def due(self) -> datetime:
        """When the clock must look at it: to let it hold, to let it lapse, to forget it."""
        if self.held is not None:
            return self.held + TOLD_FOR
        return self.earliest if self.agreed else self.since + LAPSES_AFTER

    def seconded(self, by: StaffId | None) -> "Pending":
        return replace(self, second=by)

    def lapsed(self, now: datetime) -> bool:
        """Whether nobody may second it any more."""
        return self.waits and not self.agreed and now >= self.since + LAPSES_AFTER


def is_seasoned(person: Staff, community: Community, now: datetime) -> bool:
    """Whether they are long enough a moderator to be the second one."""
    opened = community.opened or now
    return any(
        one.role is Role.MODERATOR
        and one.holds(now)
        and (one.begins <= opened or one.begins + SEASONED_AFTER <= now)
        for one in person.grants
    )


def may_second(person: Staff, change: Pending, community: Community, now: datetime) -> bool:
    """Whether somebody may be the second moderator of a change."""
    return (
        change.waits
        and not change.agreed
        and not change.lapsed(now)
        and person.id != change.by
        and is_seasoned(person, community, now)
    )


def may_ask(change: Pending, community: Community, now: datetime) -> bool:
    """Whether whoever asked for a change might do so now."""
    if change.by == OPERATOR:
        return not has_second(community, now)
    person = community.person(change.by)
    return person is not None and change.edit.asked_by in person.roles


def still_seconded(change: Pending, community: Community, now: datetime) -> bool:
    """Whether the second moderator of a change might be it now."""
    person = community.person(change.second) if change.second else None
    return person is not None and is_seasoned(person, community, now)


def has_second(community: Community, now: datetime) -> bool:
    """Whether one of its moderators could second what another asks for."""
    moderators = community.with_role(Role.MODERATOR)
    seasoned = sum(is_seasoned(one, community, now) for one in moderators)
    return bool(seasoned) and len(moderators) > 1
