"""The clock of one case, without a database: every deed at its moment, in order, for pure tests."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.cases import Case, Kind, Why, for_staff
from bot.domain.cases.escalation import Deed, follows, next_deeds, step_entry, why_of
from bot.domain.communities import Community, Hours, Rota, Staff, StaffId
from tests.unit.harbour import GRETA, INES, KARIM, MONDAY, OSKAR, RUTH, community
from tests.unit.histories import case, entry, with_entries

REPS = (INES, KARIM, GRETA)
#: Ines has every week.
TOWN = community(rota=Rota((INES.id,)))


@dataclass(frozen=True)
class Done:
    """What the clock did: where the case stood before and then, and who its people were."""

    at: datetime
    deed: Deed
    before: int
    step: int
    due: datetime | None
    people: frozenset[StaffId]


def town(*staff: Staff) -> Community:
    """The town, with these people changed."""
    changed = {one.id: one for one in staff}
    everyone = (INES, KARIM, GRETA, RUTH, OSKAR)
    return replace(TOWN, staff=tuple(changed.get(one.id, one) for one in everyone))


def away(who: Staff, begins: datetime, ends: datetime) -> Staff:
    return replace(who, days_off=((begins, ends),))


def quiet(who: Staff, hours: Hours) -> Staff:
    return replace(who, hours=hours)


def released(of: Case | None = None, at: Community = TOWN) -> Case:
    """The case from its release on: with a step where it does not stand as it was promised."""
    of = of or case()
    new, stand = step_entry(of, at, of.release, 0, Why.RELEASED, "0" * 32)
    if (stand.step, stand.due) == (0, of.first_due):
        return of
    return replace(of, entries=(replace(new, turn=0), *of.entries))


def then(of: Case, kind: Kind, at: datetime, community: Community = TOWN, **more: object) -> Case:
    """Something is said or done, and the case goes where that leads: the reporter's at its slot,
    staff's now."""
    crosses = at if of.is_urgent else community.slots.not_before(at)
    more = {"at": at, **more} if kind not in _REPORTERS else more
    made = entry(kind, crosses, **more)  # type: ignore[arg-type]  # as its caller says
    of = with_entries(of, made)
    found = follows(of, community, at, [kind])
    if found and kind in _LEADS:
        return with_entries(of, step_entry(of, community, at, *found, "0" * 32)[0])
    return of


_REPORTERS = frozenset(
    {Kind.MESSAGE, Kind.LEAVE_OUT, Kind.NOT_URGENT, Kind.ESCALATE, Kind.AGREE, Kind.WITHDRAW}
)
_LEADS = _REPORTERS | {Kind.RECUSE}


def pass_time(
    of: Case, community: Community, since: datetime, until: datetime
) -> tuple[Case, list[Done]]:
    """Whatever is due after ``since`` and by ``until``, one deed after another."""
    done: list[Done] = []
    while (found := next_deeds(of, community, since)) and found[0] <= until:
        for deed in found[1]:
            of, one = _do(of, community, found[0], deed)
            done.append(one)
        since = max(since, found[0])
    return of, done


def lived(of: Case, community: Community = TOWN, days: int = 60) -> list[Done]:
    """All that the clock does to a case in so many days of silence, from its release on."""
    return pass_time(of, community, MONDAY - timedelta(seconds=1), MONDAY + timedelta(days))[1]


def _do(of: Case, community: Community, at: datetime, deed: Deed) -> tuple[Case, Done]:
    now = for_staff(of, community, at).standing
    if deed not in (Deed.CLIMB, Deed.RETURN):
        return of, Done(at, deed, now.step, now.step, now.promise, frozenset())
    new, stand = step_entry(of, community, at, now.step + 1, why_of(deed), "0" * 32)
    people = frozenset(one.id for one in stand.people)
    return with_entries(of, new), Done(at, deed, now.step, stand.step, stand.due, people)
