"""Days, moments and hours as staff type them, read by the clock of one zone.

Each wrong one is refused beside its field, with an example of a right one.
"""

import re
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from bot.domain.communities.rota import FURTHEST, Span
from bot.domain.communities.slots import on_the_wall
from bot.domain.communities.staff import LONGEST_QUIET, Hours
from bot.domain.errors import Invalid

_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]+([0-9]{1,2}:[0-9]{2}))?")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")


def read_span(begins: str, ends: str, zone: str, now: datetime) -> Span:
    """From when until when, of the fields ``from`` and ``until``.

    A day alone begins with its first minute, for today with this one, and ends with its last.
    Raises Invalid.
    """
    first, last = _typed("from", begins, zone), _typed("until", ends, zone, after=True)
    if first < now and first == _typed("from", _today(zone, now), zone) and ":" not in begins:
        first = now
    if first < now:
        raise Invalid("from", "invalid.past")
    if last <= first:
        raise Invalid("until", "invalid.until_first")
    for field, moment in (("from", first), ("until", last)):
        if moment > now + FURTHEST:
            raise Invalid(field, "invalid.too_far")
    return first, last


def read_start(
    start: str, zone: str, now: datetime, *, at: time, soon: datetime | None = None
) -> datetime:
    """When something begins that is to last, of the field ``start``.

    A day alone begins at ``at``. Nothing typed, or today alone when that hour is over, is ``soon``.
    Raises Invalid.
    """
    soon, typed = soon or now, start.strip()
    if not typed:
        return soon
    first = _typed("start", typed if ":" in typed else f"{typed} {at:%H:%M}", zone)
    if first < now and typed == _today(zone, now):
        return soon
    if first < now:
        raise Invalid("start", "invalid.past")
    if first > now + FURTHEST:
        raise Invalid("start", "invalid.too_far")
    return first


def read_hours(begins: str, ends: str, zone: str) -> Hours:
    """Quiet hours; none when both fields are empty. Raises Invalid."""
    known = read_zone(zone)
    if not begins.strip() and not ends.strip():
        return Hours(known)
    hours = Hours(known, _clock("from", begins), _clock("until", ends))
    if not hours.length:
        raise Invalid("until", "invalid.quiet_same")
    if hours.length > LONGEST_QUIET:
        raise Invalid("until", "invalid.quiet_too_long", most=LONGEST_QUIET // timedelta(hours=1))
    return hours


def read_zone(zone: str) -> str:
    """A zone's name as the tz database writes it. Raises Invalid."""
    found = _zones().get(zone.strip().casefold().replace(" ", "_"))
    if found is None:
        raise Invalid("zone", "invalid.no_such_zone")
    return found


def _typed(field: str, typed: str, zone: str, *, after: bool = False) -> datetime:
    """The moment; of a day alone its first minute, or the one ``after`` its last."""
    found = _DAY.fullmatch(typed.strip())
    try:
        if found is None:
            raise ValueError
        day, clock = date.fromisoformat(found.group(1)), found.group(2)
        if clock is None:
            return on_the_wall(day + timedelta(days=after), time(0), zone)
        return on_the_wall(day, _clock_of(clock), zone)
    except (ValueError, OverflowError):
        raise Invalid(field, "invalid.not_a_day") from None


def _today(zone: str, now: datetime) -> str:
    return now.astimezone(ZoneInfo(zone)).date().isoformat()


def _clock(field: str, typed: str) -> time:
    try:
        return _clock_of(typed.strip())
    except ValueError:
        raise Invalid(field, "invalid.not_a_time") from None


def _clock_of(typed: str) -> time:
    found = _CLOCK.fullmatch(typed)
    if found is None:
        raise ValueError
    return time(int(found.group(1)), int(found.group(2)))


@cache
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}
