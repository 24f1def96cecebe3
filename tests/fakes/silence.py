"""Silence: whether somebody waits in a case to which the clock comes back too late, or never.

Reckoned from what was said in it, by rules of its own: until when each state may go without a look.
Of who is answered, or was asked, nobody waits for the reps; what is over, nobody waits for at all.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from bot.domain.cases import Case, Kind, State, for_staff
from bot.domain.communities import Community
from bot.ports import Dates
from tests.fakes.looking import Looking

OWED = timedelta(days=5)  #: whoever took a case owes its reporter a word by then
AGAIN = timedelta(days=7)  #: where no step is left, people are told again
LAW = timedelta(days=83)  #: a week before the law wants an outcome
LATE = timedelta(hours=1)  #: from when on a look that was due is one that never came


def looked_at_by(case: Case, community: Community, now: datetime) -> datetime | None:
    """Until when the clock must have come back to a released case; None where it need not."""
    view = for_staff(case, community, now)
    if view.state.over:
        return None
    ends = []
    if view.state is State.WITH_REPS:
        ends.append(view.promise or now + (case.steps[view.standing.step].repeat or AGAIN))
    if view.state is State.ACKNOWLEDGED and view.standing.owed:
        ends.append(view.standing.owed + OWED)
    outcomes = (Kind.RESOLVE, Kind.CLOSE)
    if case.told + LAW > now and not any(one.kind in outcomes for one in view.entries):
        ends.append(case.told + LAW)
    return min(ends, default=None)


def silent(case: Case, dates: Dates, community: Community, now: datetime) -> str:
    """What is wrong with what the clock and the reps' list go by; empty where nothing is."""
    until = looked_at_by(case, community, now)
    if dates.look is not None and dates.look < now - LATE:
        return "a look that was due never came"
    if until is not None and (dates.look is None or dates.look > until):
        return "somebody waits, and no look comes in time"
    if not for_staff(case, community, now).state.over and not dates.live:
        return "it stands on no list"
    return ""


async def all_silent(at: Looking, community: Community, now: datetime) -> AsyncIterator[str]:
    """What is wrong, of each released case where anything is."""
    async for case, dates in at.released(community.id):
        if wrong := silent(case, dates, community, now):
            state = for_staff(case, community, now).state
            yield f"a case is silent ({state}): {wrong}"
