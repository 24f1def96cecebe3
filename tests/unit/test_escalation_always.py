"""What holds of every climb, whatever the policy, the people, their hours and what was said."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as some

from bot.domain.cases import Case, Kind, State, Why, for_reporter, for_staff
from bot.domain.cases.escalation import (
    LONGEST_MOVE,
    Deed,
    next_deeds,
    people_of,
    stands,
    step_entry,
    told,
)
from bot.domain.communities import (
    Change,
    Community,
    Hours,
    Lies,
    Policy,
    Rota,
    Staff,
    StaffId,
    Step,
    Target,
)
from bot.services.privacy.sealing import dates
from tests.fakes.silence import looked_at_by, silent
from tests.unit.climbing import TOWN, Done, pass_time, released, then
from tests.unit.harbour import DAY, GRETA, HOUR, INES, KARIM, MONDAY, OSKAR, RUTH
from tests.unit.histories import case

HEARING = (INES, KARIM, GRETA, RUTH)
SECOND, BODY = timedelta(seconds=1), "Harbour Law Centre"
REPORTERS = (Kind.MESSAGE, Kind.ESCALATE, Kind.LEAVE_OUT, Kind.WITHDRAW, Kind.AGREE)

hours = some.builds(
    Hours, some.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu"]), some.times(), some.times()
)
spans = some.tuples(some.integers(-5, 20), some.integers(1, 12)).map(
    lambda d: (MONDAY + d[0] * DAY / 2, MONDAY + (d[0] + d[1]) * DAY / 2)
)
lengths = some.integers(1, 24 * 5).map(lambda n: n * HOUR)
steps = some.one_of(
    some.builds(Step, some.just(Target.ON_DUTY), lengths, some.none() | lengths),
    some.builds(Step, some.just(Target.ALL_REPS), lengths, some.none() | lengths),
    some.builds(Step, some.just(Target.ORGANISERS), lengths, some.none()),
    some.builds(
        Step, some.just(Target.NAMED_REPS), lengths, some.none(), some.just((KARIM.id, GRETA.id))
    ),
)


@some.composite
def towns(draw: some.DrawFn) -> Community:
    """A community with some policy, rota, quiet hours, days off; some without their role."""
    first = Step(draw(some.sampled_from([Target.ON_DUTY, Target.ALL_REPS])), draw(lengths))
    last = [Step(Target.OUTSIDE)] if draw(some.booleans()) else []
    policy = Policy((first, *draw(some.lists(steps, max_size=3)), *last), BODY)
    people = [
        replace(one, hours=draw(hours), days_off=tuple(draw(some.lists(spans, max_size=2))))
        for one in HEARING
        if draw(some.integers(0, 9))
    ]
    order = draw(some.lists(some.sampled_from([one.id for one in HEARING[:3]]), max_size=3))
    off = draw(some.sampled_from([Lies.ON, Lies.OFF]))
    change = Change("1", draw(some.sampled_from([INES.id, KARIM.id])), off, *draw(spans))
    return replace(
        TOWN,
        staff=(*people, OSKAR),
        policy=policy,
        rota=Rota(tuple(order)),
        changes=(change,),
    )


@dataclass(frozen=True)
class Life:
    """A case from its release on: what was said, when, and what the clock did in between."""

    town: Community
    moments: tuple[tuple[datetime, Case], ...]
    done: tuple[Done, ...]

    @property
    def case(self) -> Case:
        return self.moments[-1][1]


acts = some.lists(
    some.tuples(
        some.integers(1, 72),
        some.sampled_from(
            [
                Kind.ACKNOWLEDGE,
                Kind.REPLY,
                Kind.ASK,
                Kind.RECUSE,
                Kind.HAND_OVER,
                Kind.BRING_IN,
                Kind.RESOLVE,
                *REPORTERS,
            ]
        ),
        some.sampled_from(HEARING),
        some.sampled_from(HEARING),
    ),
    max_size=8,
)


@some.composite
def lives(draw: some.DrawFn) -> Life:
    """Some acts, hours apart; time passes in between and a fortnight after."""
    town, urgent = draw(towns()), draw(some.booleans())
    readers = {one.id for one in town.readers() if draw(some.integers(0, 4))}
    it = case(urgent=urgent, steps=town.policy.steps, readers=frozenset(readers or {INES.id}))
    it = released(replace(it, promised=stands(it, town, MONDAY, 0).due), town)
    at, done, moments = MONDAY, [], [(MONDAY, it)]
    for after, kind, who, whom in draw(acts):
        then_at = at + after * HOUR
        if kind in REPORTERS and not urgent:
            then_at = town.slots.after(then_at)
        it, more = pass_time(it, town, at, then_at - SECOND)
        done += more
        able = kind in REPORTERS or it.may_read(who.id)
        if able and not for_staff(it, town, then_at).state.over:
            moments.append((then_at - SECOND, it))
            it = then(it, kind, then_at, town, by=who.id, people=[whom.id])
        at = then_at - SECOND if kind in REPORTERS else then_at
        moments.append((then_at, it))
    it, more = pass_time(it, town, at, at + 14 * DAY)
    return Life(town, (*moments, (at + 14 * DAY, it)), (*done, *more))


@given(lives())
@settings(max_examples=150)
def test_a_live_case_always_has_something_coming(life: Life) -> None:
    for at, it in life.moments:
        now = for_staff(it, life.town, at).standing
        if now.state is State.WITH_REPS or now.owed:
            coming = next_deeds(it, life.town, at)
            assert coming is not None
            assert coming[0] <= at + 366 * DAY


@given(lives())
@settings(max_examples=150)
def test_what_the_clock_goes_by_lets_nobody_wait_and_a_forgotten_case_is_found(life: Life) -> None:
    for at, it in life.moments:
        kept, until = dates(it, life.town, at), looked_at_by(it, life.town, at)
        assert silent(it, kept, life.town, at) == ""
        over = for_staff(it, life.town, at).state.over
        assert (until is None) == over  # a fortnight is too short for the law's week
        if until:
            assert silent(it, replace(kept, look=None), life.town, at)
            assert silent(it, replace(kept, look=until + SECOND), life.town, at)
            assert silent(it, replace(kept, look=at - 2 * HOUR), life.town, at)
            assert silent(it, replace(kept, live=False), life.town, at)


@given(lives())
@settings(max_examples=150)
def test_every_climb_goes_to_a_higher_step_until_the_last(life: Life) -> None:
    last = len(life.town.policy.steps) - 1
    for one in life.done:
        if one.deed in (Deed.CLIMB, Deed.RETURN):
            assert one.before < one.step <= last or one.before == one.step == last
            assert one.due is not None or one.step == last
        else:
            assert one.before == one.step


@given(lives())
@settings(max_examples=150)
def test_nobody_is_told_who_is_out_or_no_reader_or_without_a_role(life: Life) -> None:
    able = {one.id: one for one in life.town.staff}
    for at, it in life.moments:
        agreed = {one for e in it.entries if e.kind is Kind.AGREE for one in e.people}
        out = {one for e in it.entries if e.kind is Kind.LEAVE_OUT for one in e.people}
        out |= {e.by for e in it.entries if e.kind is Kind.RECUSE and e.by}
        may: set[StaffId] = set(able) & (set(it.readers) | agreed) - out - {OSKAR.id}
        found = {one.id for one in told(it, life.town, at)}
        for number, step in enumerate(it.steps):
            there = people_of(step, it.may_read, life.town, at)
            stand = stands(it, life.town, at, number)
            found |= {one.id for one in (*there, *stand.people)}
            assert all(step.target.role in one.roles for one in there)
            assert not any(one.is_away(at) for one in there)
        assert found <= may


@given(lives())
@settings(max_examples=150)
def test_a_promise_that_was_told_gets_no_later_unless_it_was_kept_or_missed(life: Life) -> None:
    """Kept: somebody took it, or it was over, before the next one. Missed: it is told as such."""
    before: datetime | None = None
    for at, it in life.moments:
        now = for_staff(it, life.town, at).standing
        if now.promise and before and now.promise > before:
            took = [e for e in it.entries if e.by and e.kind is not Kind.RECUSE and e.at]
            kept = any(e.at and e.at <= before for e in took)
            assert kept or now.missed or before <= at
        before = now.promise or before


@given(towns(), some.integers(0, 240), some.integers(0, 3), some.booleans())
def test_a_running_promise_never_gets_later_whatever_leads_to_a_step(
    town: Community, after: int, number: int, urgent: bool
) -> None:
    it = case(steps=town.policy.steps, urgent=urgent)
    it = released(replace(it, promised=stands(it, town, MONDAY, 0).due), town)
    at = MONDAY + after * HOUR
    promise = for_staff(it, town, at).promise
    for why in Why:
        new, stand = step_entry(it, town, at, number, why, "0" * 32)
        assert new.due == stand.due
        if promise and promise > at and new.due:
            assert new.due <= promise


@given(lives(), some.integers(0, 24 * 40))
@settings(max_examples=150)
def test_the_reporter_s_promise_stays_while_the_clock_alone_moves(life: Life, after: int) -> None:
    at, it = life.moments[0]
    first = for_reporter(it, life.town, at).promise
    later, _ = pass_time(it, life.town, at, at + after * HOUR)
    seen = for_reporter(later, life.town, at + after * HOUR)
    assert seen.missed == first or seen.promise == first


@given(towns(), some.integers(0, 240), some.integers(0, 3))
def test_quiet_hours_and_days_off_move_a_deadline_by_three_days_at_most(
    town: Community, after: int, number: int
) -> None:
    it, at = case(steps=town.policy.steps), MONDAY + after * HOUR
    stand = stands(it, town, at, number)
    if stand.due:
        raw = at + it.steps[stand.step].within
        assert raw <= stand.due <= raw + LONGEST_MOVE
        moved = [one for one in stand.people if _reachable(one, stand.due)]
        assert moved or stand.due == raw + LONGEST_MOVE


@given(towns(), some.integers(0, 240), some.integers(0, 3))
def test_of_an_urgent_case_nothing_is_moved(town: Community, after: int, number: int) -> None:
    it, at = case(steps=town.policy.steps, urgent=True), MONDAY + after * HOUR
    stand = stands(it, town, at, number)
    assert stand.due in (None, at + it.steps[stand.step].within)


@given(towns(), some.integers(0, 72), some.sampled_from(HEARING[:3]))
def test_an_acknowledged_case_climbs_only_when_no_word_came(
    town: Community, after: int, who: Staff
) -> None:
    it = case(steps=town.policy.steps)
    it, _ = pass_time(it, town, MONDAY, MONDAY + after * HOUR)
    it = then(it, Kind.ACKNOWLEDGE, MONDAY + after * HOUR, town, by=who.id)
    for word in (Kind.REPLY, Kind.ASK, None):
        given = then(it, word, MONDAY + (after + 1) * HOUR, town, by=who.id) if word else it
        done = pass_time(given, town, MONDAY + (after + 1) * HOUR, MONDAY + after * HOUR + 5 * DAY)[
            1
        ]
        assert [d.deed for d in done if d.deed is not Deed.LAW] == (
            [Deed.REMIND, Deed.RETURN] if word is None else []
        )


@given(lives(), some.lists(some.integers(1, 100), min_size=1, max_size=20))
@settings(max_examples=40)
def test_deeds_happen_at_the_same_moments_in_one_jump_and_in_many(
    life: Life, jumps: list[int]
) -> None:
    at, it = life.moments[-2]
    end = at + 20 * DAY
    at_once = pass_time(it, life.town, at, end)
    bit_by_bit: list[Done] = []
    while at < end:
        for hours in jumps:
            to = min(at + hours * HOUR, end)
            it, done = pass_time(it, life.town, at, to)
            bit_by_bit += done
            at = to
    assert (it, bit_by_bit) == at_once


def test_deeds_happen_at_the_same_moments_second_by_second() -> None:
    it, at = case(steps=(Step(Target.ON_DUTY, HOUR), Step(Target.ALL_REPS, HOUR))), MONDAY
    at_once, walked = pass_time(it, TOWN, at, at + 3 * HOUR), []
    for _ in range(3 * 3600):
        it, done = pass_time(it, TOWN, at, at + SECOND)
        walked += done
        at += SECOND
    assert (it, walked) == at_once
    assert len(walked) == 2


def _reachable(one: Staff, at: datetime) -> bool:
    """Whether this person is neither off nor quiet."""
    return not one.is_away(at) and one.hours.over(at) == at
