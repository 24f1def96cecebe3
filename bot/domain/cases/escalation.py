"""Escalation: a case that nobody answers climbs by itself, and every edge of that.

A case stands at a step of the policy it was filed under. The step's people are its readers who hold
the step's role and are not away; each step has until its deadline.

    what happens                                  where the case then stands
    --------------------------------------------  ---------------------------------------------
    released                                      the first step that reaches anybody
    nobody is on duty (or none of its readers)    step of the rep on duty: all reps at once
    a step reaches nobody (left out, recused,     skipped, at once
      role ended, away)
    nobody takes it by the deadline               the next step, with that step's own hours
    no step is left                               the last one; its people are told again and again
    the outside body's step                       stays there; readers are told every week
    somebody acknowledges, replies or asks        taken: it climbs no more
    taken, no word to the reporter for 72 hours   the taker is reminded
    taken, no word for 5 days                     the step after the one that had taken it
    a message of the reporter crosses             those 72 hours and 5 days begin anew at that slot
    the reporter answers a question               likewise
    the taker replies, asks or resolves           no word is owed any more
    the reporter asks for it to climb             the next step, from the slot at which that crosses
    ... at the last step                          refused: the outside body is named
    the taker steps out, or is left out           the same step again, without them, new hours
    the last of a step's people steps out         the next step that reaches anybody, at once
    handed over, taken                            taken by the other; what is owed stays owed
    handed over, not taken                        the same step; the other is told too
    the reporter asks, and only the outside body  there at once; the date that was told stays, and
      is left                                     it is late only after it
    over, and a message reopens it                the first step, from that message's slot
    withdrawn, resolved, closed                   nowhere: nothing is owed
    urgent                                        deadlines ignore quiet hours
    not urgent any more                           the deadline told stays; later ones are moved
    put off by the cap                            promised anew, from the new slot
    a deadline in quiet hours or days off         moved behind them, for whoever of the step's
                                                  people is back first, three days at most
    the promise told, then the rota changes       what was told stays: never later
    the process was away                          every deadline happens, each as of its own moment
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.cases.case import Case
from bot.domain.cases.entries import Entry, Kind, Why
from bot.domain.cases.views import State, View, for_staff
from bot.domain.communities import Community, Staff, StaffId, Step, Target

REMIND_AFTER = timedelta(hours=72)
RETURN_AFTER = timedelta(days=5)
TOLD_AGAIN = timedelta(days=7)  #: at the last step, where the policy says nothing else
LONGEST_MOVE = timedelta(days=3)  #: quiet hours and days off move a deadline by this at most
#: Directive (EU) 2019/1937, article 9: acknowledged within 7 days, feedback within three months.
LAW_ACKNOWLEDGED = timedelta(days=7)
LAW_FEEDBACK = timedelta(days=90)
LAW_WARNED = timedelta(days=7)  #: before the feedback is due


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a case stands from a moment on: its step, by when, and whom to tell."""

    step: int
    due: datetime | None
    people: tuple[Staff, ...]


class Deed(StrEnum):
    """What the clock does to a case."""

    CLIMB = "climb"
    RETURN = "return"
    REMIND = "remind"
    REPEAT = "repeat"
    LAW = "law"


Able = Callable[[StaffId], bool]


def people_of(step: Step, able: Able, community: Community, at: datetime) -> tuple[Staff, ...]:
    """Whom a step tells at a moment; ``able``: who may read the case."""
    there = tuple(
        one
        for one in community.with_role(*([step.target.role] if step.target.role else []))
        if community.reaches(step, one) and able(one.id) and not one.is_away(at)
    )
    if step.target is Target.ON_DUTY:
        on_duty = community.rota.on_duty(community.changes, at)
        return tuple(one for one in there if one.id in on_duty) or there
    return there


def stand(
    steps: tuple[Step, ...],
    able: Able,
    community: Community,
    at: datetime,
    *,
    first: int = 0,
    urgent: bool = False,
) -> Stand:
    """Where a case stands from ``at`` on, at step ``first`` or the next that reaches anybody."""
    for number in range(first, len(steps)):
        people = people_of(steps[number], able, community, at)
        if people:
            return Stand(number, _deadline(steps[number], people, at, urgent=urgent), people)
    return Stand(len(steps) - 1, None, _everyone(able, community))


def stands(case: Case, community: Community, at: datetime, first: int) -> Stand:
    """``stand`` of a case that is there."""
    return stand(case.steps, case.may_read, community, at, first=first, urgent=case.is_urgent)


def told(case: Case, community: Community, at: datetime) -> tuple[Staff, ...]:
    """Whom the case concerns: whoever took it and who was brought in; else its step's people."""
    standing = for_staff(case, community, at).standing
    mine = standing.helpers | ({standing.taker} if standing.taker else set())
    some = tuple(one for one in community.staff if one.id in mine and case.may_read(one.id))
    if standing.taker in {one.id for one in some}:
        return some
    step = case.steps[standing.step]
    people = people_of(step, case.may_read, community, at) or _everyone(case.may_read, community)
    return tuple({one.id: one for one in (*some, *people)}.values())


def readers_now(case: Case, community: Community) -> tuple[Staff, ...]:
    """Those of today's staff who may read it."""
    return _everyone(case.may_read, community)


def later_staff(case: Case, community: Community) -> tuple[Staff, ...]:
    """Today's staff whom a step can reach, who are no readers and were not left out: the reporter
    may agree to them."""
    return tuple(
        one for one in community.readers() if not case.may_read(one.id) and not case.is_out(one.id)
    )


def next_deeds(
    case: Case, community: Community, after: datetime
) -> tuple[datetime, tuple[Deed, ...]] | None:
    """When the clock must do something next, and all that falls on that moment. A climb or return
    that was missed is still to be done, however long ago; what only tells somebody is not made up
    for."""
    deeds = sorted(_deeds(case, _seen(case, community, after), after))
    return (deeds[0][0], tuple(deed for at, deed in deeds if at == deeds[0][0])) if deeds else None


def deadline(case: Case, community: Community, after: datetime) -> datetime | None:
    """When it climbs if nothing is done: what the work list and the clock count down to."""
    climbs = [
        at
        for at, deed in _deeds(case, _seen(case, community, after), after)
        if deed in (Deed.CLIMB, Deed.RETURN)
    ]
    return min(climbs, default=None)


def _seen(case: Case, community: Community, after: datetime) -> View:
    """The case just behind ``after``. What its reporter said crosses in the moment it is entered,
    and counts for what falls on that moment, too."""
    crossed = max((e.crosses for e in case.entries if e.from_reporter), default=after)
    return for_staff(case, community, max(after, crossed))


def _deeds(case: Case, view: View, after: datetime) -> Iterator[tuple[datetime, Deed]]:
    now = view.standing
    if now.state is State.WITH_REPS:
        if now.promise:
            yield now.promise, Deed.CLIMB
        repeat = case.steps[now.step].repeat or (None if now.promise else TOLD_AGAIN)
        if repeat:
            again = now.stepped + repeat * (max((after - now.stepped) // repeat, 0) + 1)
            if now.promise is None or again < now.promise:
                yield again, Deed.REPEAT
    if now.owed and now.taker and now.state is State.ACKNOWLEDGED:
        if now.owed + REMIND_AFTER > after:
            yield now.owed + REMIND_AFTER, Deed.REMIND
        yield now.owed + RETURN_AFTER, Deed.RETURN
    warned = case.told + LAW_FEEDBACK - LAW_WARNED
    answered = any(e.kind in (Kind.RESOLVE, Kind.CLOSE) for e in view.entries)
    if warned > after and not now.state.over and not answered:
        yield warned, Deed.LAW


def follows(
    case: Case, community: Community, at: datetime, said: Iterable[Kind]
) -> tuple[int, Why] | None:
    """The step, and why, to which what was just ``said`` leads; None when it stays where it is.

    ``case`` holds it already. Also for a taker whose role ended meanwhile: nobody waits for them.
    """
    now, kinds = for_staff(case, community, at).standing, set(said)
    if now.state.over:
        return None
    if now.why is Why.REOPENED and now.promise is None and now.stepped == at:
        return 0, Why.REOPENED
    if Kind.ESCALATE in kinds and now.step + 1 < len(case.steps):
        return now.step + 1, Why.ASKED
    if now.taker and community.person(now.taker) and case.may_read(now.taker):
        return None
    if Kind.AGREE in kinds and not _others(case, community):
        return 0, Why.REOPENED
    if now.taker:
        return now.step, Why.STEPPED_OUT
    step = case.steps[now.step]
    if step.target is Target.OUTSIDE or people_of(step, case.may_read, community, at):
        return None
    return now.step, Why.STEPPED_OUT


def step_entry(
    case: Case, community: Community, at: datetime, first: int, why: Why, id: str
) -> tuple[Entry, Stand]:
    """The case comes to stand at step ``first``, or the next that reaches anybody.

    A promise that was told and is not over yet never gets later. What happens at a slot is seen by
    the reporter at that slot; what somebody who stepped out brought about, with their stepping out.
    """
    now = stands(case, community, at, first)
    promised = for_staff(case, community, at).promise
    due = now.due
    if promised and promised > at:
        due = min(due or promised, promised)
    acts = [one.crosses for one in case.entries if one.kind is Kind.RECUSE and one.at == at]
    entry = Entry(
        id=id,
        kind=Kind.STEP,
        by=None,
        crosses=at if case.is_urgent else max([community.slots.not_before(at), *acts]),
        turn=case.next_turn(),
        at=at,
        step=now.step,
        due=due,
        why=why,
    )
    return entry, replace(now, due=due)


def why_of(deed: Deed) -> Why:
    return Why.NO_WORD if deed is Deed.RETURN else Why.NOBODY_TOOK_IT


def _others(case: Case, community: Community) -> bool:
    """Whether anybody reads it to whom the reporter did not have to agree."""
    agreed = {one for e in case.entries if e.kind is Kind.AGREE for one in e.people}
    return any(one.id not in agreed for one in readers_now(case, community))


def _everyone(able: Able, community: Community) -> tuple[Staff, ...]:
    return tuple(one for one in community.readers() if able(one.id))


def _deadline(
    step: Step, people: tuple[Staff, ...], at: datetime, *, urgent: bool
) -> datetime | None:
    if step.target is Target.OUTSIDE:
        return None
    raw = at + step.within
    if urgent:
        return raw
    return min(min(one.disturbed_from(raw) for one in people), raw + LONGEST_MOVE)
