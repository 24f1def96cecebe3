"""Views: a case as one side sees it. State, promise and dates are read off the entries.

None of them is stored twice: each side's follow from the entries it may see by now. So nothing can
disagree, and what has not crossed cannot leak.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.cases.case import Case
from bot.domain.cases.entries import INTERNAL, Entry, Kind, Why
from bot.domain.communities import Community, Role, Slots, Staff, StaffId, Target

ANSWER_WITHIN = timedelta(days=30)  #: a case that waits on its reporter closes after this
KEPT_AFTER_LAST_MOVE = timedelta(days=365)


class State(StrEnum):
    """The states as the reporter reads them."""

    WAITING = "waiting"
    WITH_REPS = "with_reps"
    ACKNOWLEDGED = "acknowledged"
    WAITING_ON_YOU = "waiting_on_you"
    RESOLVED = "resolved"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"

    @property
    def over(self) -> bool:
        return self in (State.RESOLVED, State.CLOSED, State.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a case stands after some of its entries.

    ``since``: when its state began. ``step``, ``stepped``: whose turn it is and since when;
    ``promise``: by when one of them must take it. ``missed``: the first promise that nobody kept.
    ``taker``: who took it, ``owed``: since when they owe the reporter a word. ``helpers``: who was
    brought in or handed it before anybody took it. ``why``: why it came to this step.
    """

    state: State
    since: datetime
    stepped: datetime
    step: int = 0
    promise: datetime | None = None
    missed: datetime | None = None
    taker: StaffId | None = None
    owed: datetime | None = None
    helpers: frozenset[StaffId] = frozenset()
    why: Why = Why.RELEASED

    def after(self, entry: Entry) -> "Standing":
        """The standing after one more entry. A withdrawal is final."""
        if self.state is State.WITHDRAWN:
            return self
        if entry.kind is Kind.STEP:
            return self._at_step(entry)
        if entry.kind is Kind.MESSAGE:
            return self._after_message(entry)
        if entry.kind in (Kind.BRING_IN, Kind.HAND_OVER):
            return self._handed(entry)
        return self._after_move(entry)

    def _at_step(self, entry: Entry) -> "Standing":
        if self.state.over:
            return self
        silent = self.promise is not None and self.promise <= entry.moment
        return replace(
            self,
            state=State.WITH_REPS,
            since=entry.moment,
            stepped=entry.moment,
            step=entry.step,
            promise=entry.due,
            missed=(self.missed or self.promise) if silent else self.missed,
            taker=None,
            owed=None,
            helpers=frozenset(),
            why=entry.why or self.why,
        )

    def _after_message(self, entry: Entry) -> "Standing":
        """The reporter's word answers a question, and is owed an answer. After the end it reopens
        the case, which then needs somebody to take it anew, so that it cannot fall silent."""
        if self.state.over:
            return Standing(State.WITH_REPS, entry.crosses, entry.crosses, why=Why.REOPENED)
        if self.state is State.WAITING_ON_YOU:
            return replace(self, state=State.ACKNOWLEDGED, since=entry.crosses, owed=entry.crosses)
        return replace(self, owed=entry.crosses) if self.taker else self

    def _handed(self, entry: Entry) -> "Standing":
        if entry.kind is Kind.HAND_OVER and self.taker:
            return replace(self, taker=next(iter(entry.people), self.taker))
        return replace(self, helpers=self.helpers | entry.people)

    def _after_move(self, entry: Entry) -> "Standing":
        """What staff did, or a withdrawal."""
        to = State.WITHDRAWN if entry.kind is Kind.WITHDRAW else _MOVES.get(entry.kind)
        if to is None or (self.state.over and not to.over):
            return self
        again = entry.kind in (Kind.ASK, Kind.RESOLVE)  # a second one starts its own clock
        moved = replace(
            self,
            state=to,
            since=entry.crosses if again or to is not self.state else self.since,
            promise=None,
            missed=None,
            taker=self.taker or entry.by,
            owed=None,
        )
        return moved if entry.kind is not Kind.ACKNOWLEDGE else self._taken(moved, entry)

    def _taken(self, moved: "Standing", entry: Entry) -> "Standing":
        """Whoever takes a case owes its reporter a word; whoever takes it over, what was owed."""
        if self.state is State.WAITING_ON_YOU:
            return replace(self, taker=entry.by)
        return replace(moved, taker=entry.by, owed=self.owed if self.taker else entry.moment)


_MOVES = {
    Kind.ACKNOWLEDGE: State.ACKNOWLEDGED,
    Kind.REPLY: State.ACKNOWLEDGED,
    Kind.ASK: State.WAITING_ON_YOU,
    Kind.RESOLVE: State.RESOLVED,
    Kind.CLOSE: State.CLOSED,
}


@dataclass(frozen=True, slots=True)
class View:
    """A case as one side sees it at the moment ``at``.

    ``late``: nobody took it in time. ``gone``: when the case is shredded. The rest as it stands.
    """

    case: Case
    at: datetime
    standing: Standing
    entries: tuple[Entry, ...]
    late: bool
    gone: datetime

    @property
    def state(self) -> State:
        return self.standing.state

    @property
    def since(self) -> datetime:
        return self.standing.since

    @property
    def promise(self) -> datetime | None:
        """By when somebody must take it; None once nobody owes a first word."""
        return self.standing.promise

    @property
    def missed(self) -> datetime | None:
        return self.standing.missed

    @property
    def target(self) -> Target:
        """Whose turn it is."""
        return self.case.steps[self.standing.step].target

    @property
    def next_target(self) -> Target | None:
        """Whose turn comes when nobody takes it; None at the last step."""
        later = self.case.steps[self.standing.step + 1 :]
        return later[0].target if later else None


def for_reporter(case: Case, community: Community, now: datetime) -> View:
    """Their own words at once; those of staff from the slot at which they cross, notes never."""
    seen = [e for e in case.entries if e.from_reporter or _crossed_to_reporter(e, now)]
    released = case.is_released and case.release <= now
    view = _view(case, seen, community, now, released=released)
    # Whoever took it in time is seen at the slot after: late is only what nobody took by then.
    seen_by = community.slots.not_before(view.promise) if view.promise else now
    return replace(view, late=view.missed is not None or (view.late and seen_by <= now))


def for_staff(case: Case, community: Community, now: datetime) -> View:
    """All that staff and the clock did; the reporter's words from the slot at which they crossed."""
    seen = [e for e in case.entries if not e.from_reporter or e.crosses <= now]
    return _view(case, seen, community, now, released=True)


def is_for(case: Case, person: Staff, now: datetime) -> bool:
    """Whether ``person`` may know of the case now.

    Reps see it from the release, organisers from the step that names them. One withdrawn before its
    release is never shown.
    """
    if not case.is_released or case.release > now or not case.may_read(person.id):
        return False
    if never_shown(case):
        return False
    return Role.REP in person.roles or (
        Role.ORGANISER in person.roles and _reached(case, person.id)
    )


def never_shown(case: Case) -> bool:
    """Withdrawn before its release. (An urgent case is released the moment it is sent.)"""
    return not case.urgent and any(
        e.kind is Kind.WITHDRAW and e.crosses <= case.release for e in case.entries
    )


def shredded_on(case: Case, community: Community, now: datetime) -> datetime:
    """The slot at which retention shreds the case, if nothing more is said in it."""
    return _view(case, list(case.entries), community, now, released=case.is_released).gone


def _reached(case: Case, organiser: StaffId) -> bool:
    """Whether it has come as far as a step that names this organiser, or the reporter agreed."""
    highest = max((e.step for e in case.entries if e.kind is Kind.STEP), default=0)
    steps = (s for s in case.steps[: highest + 1] if s.target is Target.ORGANISERS)
    named = any(not step.people or organiser in step.people for step in steps)
    return named or any(e.kind is Kind.AGREE and organiser in e.people for e in case.entries)


def _crossed_to_reporter(entry: Entry, now: datetime) -> bool:
    return entry.kind not in INTERNAL and entry.crosses <= now


def _view(
    case: Case, seen: Iterable[Entry], community: Community, now: datetime, *, released: bool
) -> View:
    entries = tuple(sorted(seen, key=lambda entry: entry.turn))
    standing = Standing(State.WAITING, case.release, case.release)
    if released:
        standing = replace(standing, state=State.WITH_REPS, promise=case.first_due)
    moved = case.release
    for entry in entries:
        if _fell_silent(standing, entry, community.slots):
            standing = _closed(standing)
        standing = standing.after(entry)
        if entry.kind not in INTERNAL:  # the reporter cannot see it move the last day
            moved = max(moved, entry.crosses)
    if standing.state is State.WAITING_ON_YOU and now >= standing.since + ANSWER_WITHIN:
        standing = _closed(standing)
    late = standing.missed is not None or (standing.promise is not None and now > standing.promise)
    return View(case, now, standing, entries, late, _gone(case, standing, moved, community.slots))


def _fell_silent(standing: Standing, entry: Entry, slots: Slots) -> bool:
    """Whether the thirty days were over when ``entry`` was made: what the reporter said in time
    crosses at the first slot that is not before their end, or earlier."""
    if standing.state is not State.WAITING_ON_YOU or entry.kind in INTERNAL:
        return False
    end = standing.since + ANSWER_WITHIN
    return entry.at >= end if entry.at else entry.crosses > slots.not_before(end)


def _closed(standing: Standing) -> Standing:
    return replace(
        standing, state=State.CLOSED, since=standing.since + ANSWER_WITHIN, owed=None, promise=None
    )


def _gone(case: Case, standing: Standing, moved: datetime, slots: Slots) -> datetime:
    state, since, kept = standing.state, standing.since, timedelta(days=case.kept_days)
    if state.over:
        return slots.not_before(since + kept)
    if state is State.WAITING_ON_YOU:
        return slots.not_before(since + ANSWER_WITHIN + kept)
    return slots.not_before(moved + KEPT_AFTER_LAST_MOVE)
