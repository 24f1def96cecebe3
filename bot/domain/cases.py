"""Cases: what reps handle. A case is what was filed and the entries said since; all else follows.

State, promise and dates are never stored twice: they are read off the entries, for each side from
those it may see by now. So nothing can disagree, and what has not crossed cannot leak.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.communities import Community, CommunityId, Policy, Role, Slots, Staff, StaffId
from bot.domain.grievances.intake import Grievance

NUMBER_ALPHABET = "23456789CDFGHJKMNPQRTVWXY"  #: no vowels, nothing misread
NUMBER_LENGTH = 6
ANSWER_WITHIN = timedelta(days=30)  #: a case that waits on its reporter closes after this
KEPT_AFTER_END = timedelta(days=60)
KEPT_AFTER_LAST_MOVE = timedelta(days=365)


class Kind(StrEnum):
    """What can be said or done in a case."""

    MESSAGE = "message"
    LEAVE_OUT = "leave_out"
    NOT_URGENT = "not_urgent"
    WITHDRAW = "withdraw"
    DELETE = "delete"
    OPENED = "opened"
    ACKNOWLEDGE = "acknowledge"
    REPLY = "reply"
    ASK = "ask"
    NOTE = "note"
    RESOLVE = "resolve"
    CLOSE = "close"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing said or done. ``by`` is None for the reporter. ``crosses``: the slot from which
    the other side sees it. ``turn`` orders the entries of this one case."""

    id: str
    kind: Kind
    by: StaffId | None
    crosses: datetime
    turn: int
    text: str = field(default="", repr=False)
    left_out: frozenset[StaffId] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class Names:
    """What a case's rows are found by: the receipt's keyed hash, and what its key is called."""

    lookup: bytes
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What was filed, who may ever read it, and what was said since.

    ``number`` is what staff call it; empty until the release. ``told``: the slot the reporter was
    promised; ``release``: the one it has or is to have. They differ when the cap put it off.
    Its rows have other names while they wait (``waiting``) than once they are released (``names``),
    so that without the key store nobody can lay the ones beside the others.
    """

    id: str
    community: CommunityId
    names: Names
    waiting: Names
    release: datetime
    told: datetime
    grievance: Grievance = field(repr=False)
    readers: frozenset[StaffId] = field(repr=False)
    urgent: bool = False
    over_cap: bool = False
    repeat: bool = False
    number: str = ""
    entries: tuple[Entry, ...] = field(default=(), repr=False)

    @property
    def key(self) -> str:
        return self.names.key

    @property
    def is_released(self) -> bool:
        return self.number != ""

    @property
    def is_urgent(self) -> bool:
        """Urgent until the reporter says otherwise."""
        return self.urgent and not any(e.kind is Kind.NOT_URGENT for e in self.entries)

    def may_read(self, person: StaffId) -> bool:
        """Fixed at filing; who is left out later drops out when that crosses (privacy rule 9)."""
        out = {one for entry in self.entries for one in entry.left_out}
        return person in self.readers and person not in out

    def next_turn(self) -> int:
        return max((entry.turn for entry in self.entries), default=0) + 1


@dataclass(frozen=True, slots=True)
class View:
    """A case as one side sees it at the moment ``at``.

    ``since``: when its state began. ``promise``: when someone must have acknowledged, None once
    nobody owes a first word. ``late``: that moment passed. ``gone``: when the case is shredded.
    """

    case: Case
    at: datetime
    state: State
    since: datetime
    entries: tuple[Entry, ...]
    promise: datetime | None
    late: bool
    gone: datetime


def for_reporter(case: Case, community: Community, now: datetime) -> View:
    """Their own words at once; those of staff from the slot at which they cross, notes never."""
    seen = [e for e in case.entries if e.by is None or _crossed_to_reporter(e, now)]
    released = case.is_released and case.release <= now
    view = _view(case, seen, community, now, released=released)
    # Whoever took it in time is seen at the slot after: late is only what nobody took by then.
    seen_by = community.slots.not_before(view.promise) if view.promise else now
    return replace(view, late=view.late and seen_by <= now)


def for_staff(case: Case, community: Community, now: datetime) -> View:
    """All that staff said; the reporter's words from the slot at which they crossed."""
    seen = [e for e in case.entries if e.by is not None or e.crosses <= now]
    return _view(case, seen, community, now, released=True)


def is_for(case: Case, person: Staff, now: datetime) -> bool:
    """Whether ``person`` may know of the case now.

    Reps see it from the release. An organiser sees it from the step that names them, which is
    never the first. One withdrawn before its release is never shown.
    """
    if not case.is_released or case.release > now or Role.REP not in person.roles:
        return False
    return case.may_read(person.id) and not never_shown(case)


def never_shown(case: Case) -> bool:
    """Withdrawn before its release. (An urgent case is released the moment it is sent.)"""
    return not case.urgent and any(
        e.kind is Kind.WITHDRAW and e.crosses <= case.release for e in case.entries
    )


def shredded_on(case: Case, community: Community, now: datetime) -> datetime:
    """The slot at which retention shreds the case, if nothing more is said in it."""
    return _view(case, list(case.entries), community, now, released=case.is_released).gone


def promise(release: datetime, policy: Policy) -> datetime:
    """When a case that reached its readers at ``release`` must have been acknowledged."""
    return release + policy.first_answer


def _crossed_to_reporter(entry: Entry, now: datetime) -> bool:
    return entry.kind is not Kind.NOTE and entry.crosses <= now


def _view(
    case: Case, seen: Iterable[Entry], community: Community, now: datetime, *, released: bool
) -> View:
    entries = tuple(sorted(seen, key=lambda entry: entry.turn))
    state, since = (State.WITH_REPS if released else State.WAITING), case.release
    moved = case.release
    for entry in entries:
        if _fell_silent(state, since, entry, community.slots):
            state, since = State.CLOSED, since + ANSWER_WITHIN
        after = _after(state, entry)
        if after is not state or _restarts(entry, after):
            state, since = after, entry.crosses
        if entry.kind is not Kind.NOTE:  # the reporter cannot see it move the last day
            moved = max(moved, entry.crosses)
    if state is State.WAITING_ON_YOU and now >= since + ANSWER_WITHIN:
        state, since = State.CLOSED, since + ANSWER_WITHIN
    due = promise(since, community.policy) if state is State.WITH_REPS else None
    return View(
        case,
        now,
        state,
        since,
        entries,
        due,
        due is not None and now > due,
        _gone(state, since, moved, community.slots),
    )


def _fell_silent(state: State, since: datetime, entry: Entry, slots: Slots) -> bool:
    """Whether the thirty days were over when ``entry`` was made: what was said in time crosses at
    the first slot that is not before their end, or earlier."""
    return state is State.WAITING_ON_YOU and entry.crosses > slots.not_before(since + ANSWER_WITHIN)


_STAFF_MOVES = {
    Kind.ACKNOWLEDGE: State.ACKNOWLEDGED,
    Kind.REPLY: State.ACKNOWLEDGED,
    Kind.ASK: State.WAITING_ON_YOU,
    Kind.RESOLVE: State.RESOLVED,
    Kind.CLOSE: State.CLOSED,
}


def _restarts(entry: Entry, after: State) -> bool:
    """A second question or outcome starts its own clock although the state stays."""
    return entry.kind in (Kind.ASK, Kind.RESOLVE) and _STAFF_MOVES[entry.kind] is after


def _after(state: State, entry: Entry) -> State:
    """The state after one entry.

    A withdrawal is final. The reporter's word answers a question; after the end it reopens the
    case, which then needs a first answer anew, so that it cannot fall silent.
    """
    if state is State.WITHDRAWN:
        return state
    if entry.kind is Kind.WITHDRAW:
        return State.WITHDRAWN
    if entry.kind is Kind.MESSAGE:
        if state.over:
            return State.WITH_REPS
        return State.ACKNOWLEDGED if state is State.WAITING_ON_YOU else state
    if state.over and entry.kind not in (Kind.RESOLVE, Kind.CLOSE):
        return state
    return _STAFF_MOVES.get(entry.kind, state)


def _gone(state: State, since: datetime, moved: datetime, slots: Slots) -> datetime:
    if state.over:
        return slots.not_before(since + KEPT_AFTER_END)
    if state is State.WAITING_ON_YOU:
        return slots.not_before(since + ANSWER_WITHIN + KEPT_AFTER_END)
    return slots.not_before(moved + KEPT_AFTER_LAST_MOVE)
