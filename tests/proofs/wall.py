"""What a clock on the wall shows, minute by minute: an oracle for slots, duty and deadlines.

Written plainly and apart from the program: it walks through time and looks at the clock, and
imports nothing of ``bot``. ``Wall.fixed`` makes the control: a wall clock that is never changed.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
REMINDED, RETURNED, AT_MOST = 72 * HOUR, 5 * DAY, 3 * DAY


@dataclass(frozen=True)
class Wall:
    """The clock on the wall of a zone; ``fixed``: as if it stayed as it was at that moment."""

    zone: str
    fixed: datetime | None = None

    def shows(self, moment: datetime) -> datetime:
        """Day and time, without a zone."""
        zone = ZoneInfo(self.zone)
        if self.fixed is None:
            return moment.astimezone(zone).replace(tzinfo=None)
        ahead = self.fixed.astimezone(zone).utcoffset() or timedelta(0)
        return (moment + ahead).replace(tzinfo=None)


@dataclass
class Slots:
    """Slots as they come up while time is walked through: on each of ``days`` at ``at`` (minutes
    after midnight), once; where the clock jumps over it, as if it had not."""

    wall: Wall
    days: tuple[int, ...]
    at: int
    done: set[date] = field(default_factory=set)
    late: datetime | None = None

    def strikes(self, moment: datetime) -> bool:
        """Whether a slot is at this minute. To be asked for every minute in turn."""
        shown, before = self.wall.shows(moment), self.wall.shows(moment - MINUTE)
        jumped = before + MINUTE  # minutes that never showed, for the clock was put forward
        while jumped < shown:
            if self._is(jumped):
                self.late = moment + (jumped - before - MINUTE)
            jumped += MINUTE
        if self.late == moment:
            return True
        if self._is(shown) and shown.date() not in self.done:
            self.done.add(shown.date())
            return True
        return False

    def _is(self, shown: datetime) -> bool:
        return shown.weekday() in self.days and shown.hour * 60 + shown.minute == self.at


@dataclass(frozen=True)
class Person:
    """``quiet``: from, until, in minutes after midnight; ``off``: days off."""

    name: str
    wall: Wall
    quiet: tuple[int, int] | None = None
    off: tuple[tuple[datetime, datetime], ...] = ()

    def is_off(self, moment: datetime) -> bool:
        return any(begins <= moment < ends for begins, ends in self.off)

    def is_quiet(self, moment: datetime) -> bool:
        if self.quiet is None:
            return False
        shown = self.wall.shows(moment)
        minute, (begins, ends) = shown.hour * 60 + shown.minute, self.quiet
        if begins < ends:
            return begins <= minute < ends
        return minute >= begins or minute < ends


@dataclass
class Kept:
    """A case: where it stands now, and in ``log`` every stand it came to: (when, step, until)."""

    urgent: bool
    released: datetime | None = None
    step: int = 0
    until: datetime | None = None
    taken: bool = False
    owed: datetime | None = None
    log: list[tuple[datetime, int, datetime | None]] = field(default_factory=list)
    reminded: list[datetime] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


@dataclass
class Oracle:
    """One community. ``steps``: (whom, hours); the last is the outside body. ``reps`` have the
    weeks in turn from Monday at 09:00, the first of them since 1 January 2024."""

    wall: Wall
    slots: Slots
    steps: tuple[tuple[str, int], ...]
    reps: tuple[Person, ...]
    organiser: Person
    now: datetime
    cases: dict[str, Kept] = field(default_factory=dict)
    struck: list[datetime] = field(default_factory=list)

    def file(self, name: str, at: datetime, *, urgent: bool) -> None:
        self.cases[name] = Kept(urgent)
        if urgent:
            self._stand(self.cases[name], at.replace(minute=0), 0)

    def acknowledge(self, name: str, at: datetime) -> None:
        case = self.cases[name]
        if case.released is not None and case.released <= at and not case.taken:
            case.taken, case.owed, case.until = True, at, None

    def reply(self, name: str) -> None:
        if self.cases[name].taken:
            self.cases[name].owed = None

    def say(self, name: str, what: str, at: datetime) -> None:
        """A message, or to climb: from the next slot on; at once where it is urgent."""
        case = self.cases[name]
        if case.urgent:
            self._cross(case, what, at.replace(minute=0))
        elif what not in case.waiting:
            case.waiting.append(what)

    def go(self, to: datetime) -> None:
        """Time passes, minute by minute; nothing when the clock was put back."""
        while self.now < to:
            self.now += MINUTE
            if self.slots.strikes(self.now):
                self._slot(self.now)
            for case in self.cases.values():
                self._minute(case, self.now)

    def _slot(self, at: datetime) -> None:
        self.struck.append(at)
        for case in self.cases.values():
            if case.released is None:
                self._stand(case, at, 0)
                case.waiting = []
            said, case.waiting = case.waiting, []
            for what in said:
                self._cross(case, what, at)

    def _cross(self, case: Kept, what: str, at: datetime) -> None:
        if what == "message" and case.taken:
            case.owed = at
        if what == "escalate" and case.step + 1 < len(self.steps):
            self._stand(case, at, case.step + 1)

    def _minute(self, case: Kept, at: datetime) -> None:
        if case.until == at or (case.owed and case.owed + RETURNED == at):
            self._stand(case, at, case.step + 1)
        elif case.owed and case.owed + REMINDED == at:
            case.reminded.append(at)

    def _stand(self, case: Kept, at: datetime, step: int) -> None:
        told = case.until if case.until and case.until > at else None
        step = min(step, len(self.steps) - 1)
        while self.steps[step][0] != "outside" and not self._people(step, at):
            step += 1
        until = self._until(step, at, urgent=case.urgent)
        if told:
            until = min(until or told, told)
        case.released = case.released or at
        case.step, case.until = step, until
        case.taken, case.owed = False, None
        case.log.append((at, step, until))

    def _people(self, step: int, at: datetime) -> list[Person]:
        whom = self.steps[step][0]
        if whom == "organisers":
            return [one for one in [self.organiser] if not one.is_off(at)]
        there = [one for one in self.reps if not one.is_off(at)]
        if whom == "on duty":
            monday = datetime.fromisoformat("2024-01-01T09:00")
            weeks = (self.wall.shows(at) - monday).days // 7
            whose = self.reps[weeks % len(self.reps)]
            return [whose] if whose in there else there
        return there

    def _until(self, step: int, at: datetime, *, urgent: bool) -> datetime | None:
        whom, hours = self.steps[step]
        if whom == "outside":
            return None
        raw = at + hours * HOUR
        until = raw
        if not urgent:
            people = self._people(step, at)
            while until < raw + AT_MOST and all(
                p.is_off(until) or p.is_quiet(until) for p in people
            ):
                until += MINUTE
        return until
