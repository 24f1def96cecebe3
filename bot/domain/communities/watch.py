"""The watch: when a community must be looked at next for its people's sake.

A handover, a change of duty that begins or ends, the end of a role, the warning before it, and the
day what is kept of it goes. (That a first pulse can begin is no matter of time: see ``findings``.)
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from bot.domain.communities.places import Space
from bot.domain.communities.rota import Changes, Rota, Span
from bot.domain.communities.staff import TRACES_KEPT, Grant, StaffId

WITHOUT_A_PLACE = timedelta(days=30)  #: that a community is kept which has none left
LOOKED_BACK = timedelta(weeks=8)  #: for when somebody came on duty, after a long time off
_A_SECOND = timedelta(seconds=1)


def next_watch(
    rota: Rota, changes: Changes, grants: Iterable[Grant], now: datetime
) -> datetime | None:
    """The first moment after ``now`` that brings something."""
    return min((at for at in _moments(rota, changes, grants, now) if at > now), default=None)


def forsaken_on(spaces: Iterable[Space]) -> datetime | None:
    """When a community is forgotten that was taken out of all its places; None while it is not."""
    since = [one.gone if one.is_left else None for one in spaces]
    left = [at for at in since if at is not None]
    return max(left) + WITHOUT_A_PLACE if left and len(left) == len(since) else None


def came_on(rota: Rota, changes: Changes, since: datetime, now: datetime) -> dict[StaffId, Span]:
    """Who is on duty now and was not all the time since just before ``since``: by their shift."""
    before = max(since - _A_SECOND, now - LOOKED_BACK)
    found = {}
    for one in rota.on_duty(changes, now):
        shift = rota.shift(changes, one, now)
        all_along = rota.spans(changes, one, before, now + _A_SECOND) == [(before, now + _A_SECOND)]
        if shift and not all_along:
            found[one] = shift
    return found


def _moments(
    rota: Rota, changes: Changes, grants: Iterable[Grant], now: datetime
) -> Iterator[datetime]:
    if rota.order:
        yield rota.handover_after(now)
    for change in changes:
        yield from (change.begins, change.ends)
    for grant in grants:
        yield from (grant.warned, grant.ends, grant.ends + TRACES_KEPT)
