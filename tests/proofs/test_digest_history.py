"""Digest history: half a year of digests tells new fives, and nothing else, of any history.

Shows: over random histories of 26 weeks (cases filed, urgent, taken, late, ended, withdrawn,
deleted, with somebody left out at filing or later; digests that come late or not at all) every
figure published is a number of new fives; together they are all that an oracle of its own counted,
but for fewer than five; no case counts twice; the first line is right; a case that hid from anybody
before it was counted leaves the same bytes as no case. It prints in how many weeks anything showed,
and how well an author of cases of their own can tell when somebody else's came.
Does not show: what polls and the head of the chain in a digest tell, or what a chat tells of who
read it.
Control: a floor of four, remainders that are dropped, reckoned anew, or kept and counted again, a
hidden case that counts, a count of what is there now: each is found. Who is told the count itself,
or whose remainders are dropped, knows it all.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

import pytest

from bot.domain.cases import Case, Kind
from bot.domain.communities import Community
from bot.domain.digests import NOTHING, Digest, Figure, Plan, Week, weighed
from bot.domain.privacy import Flow, flowed
from bot.services.digests import sending
from bot.services.digests.files import to_json
from tests.proofs.figures import tell
from tests.proofs.guessing import AUTHORS, CHANCES, DROPPED, LIVE, Channel, as_told, measured
from tests.proofs.scale import scaled
from tests.proofs.weeks import WEEK, WEEKS, Ledger, Life, lives_of
from tests.unit.harbour import DAY, HOUR, MONDAY
from tests.unit.histories import HARBOUR

HISTORIES = scaled(5000, least=200)
SHARDS = 10
RATES = (1, 3, 10)  #: cases a week
OPENED = MONDAY - 3 * DAY  #: when the first week begins to be counted
PLANS = (
    Plan(),
    Plan(weekday=1, at=time(15)),
    Plan(weekday=4, at=time(9), zone="Europe/Lisbon"),
    Plan(weekday=6, at=time(23), zone="Asia/Kolkata"),  # half past five is its full hour
)
Weigh = Callable[[Iterable[Case], Community, datetime, datetime], Week]
Told = tuple[Mapping[str, int], bool | None]


@dataclass(frozen=True)
class Half:
    """Half a year. ``digests``: of each week that had one, (until when it counts, when it is made)."""

    lives: tuple[Life, ...]
    digests: tuple[tuple[datetime, datetime], ...]


def history(seed: int) -> Half:
    """Some digests are hours late, some weeks have none: nobody's process ran."""
    dice = random.Random(seed)  # noqa: S311 what happens, and when
    plan, weeks = dice.choice(PLANS), [MONDAY.date() + n * WEEK for n in range(WEEKS)]
    dues = [plan.due(week) for week in weeks]
    kept = [due for due in dues if dice.random() > 0.05]
    made = [due + (dice.random() < 0.2) * dice.uniform(0, 60) * HOUR for due in kept]
    return Half(
        tuple(lives_of(dice, dice.choices(RATES, (4, 3, 1))[0])),
        tuple(zip(kept, made, strict=True)),
    )


def published(half: Half, weigh: Weigh = weighed, *, some: int = 20) -> list[Digest]:
    """Week by week as ``Sending`` does it: counted, disclosed, the rest carried on."""
    since, carried, found = OPENED, dict[str, int](), list[Digest]()
    for serial, (upto, now) in enumerate(half.digests, 1):
        there = [one for life in half.lives if life.lately(since) and (one := life.at(now))]
        week = NOTHING
        for at in range(0, len(there), some):
            week += weigh(there[at : at + some], HARBOUR, since, upto)
        shown, carried = sending._disclosed(week, carried, HARBOUR.categories)
        found.append(
            Digest(
                week=upto.date(),
                due=upto,
                since=since,
                serial=serial,
                weeks=serial,
                gap=None,
                in_time=not week.late,
                moved={one.value: shown[one.value] for one in Figure},
                about={one: shown[f"about.{one}"] for one in HARBOUR.categories},
                polls=(),
                head="",
            )
        )
        since = upto
    return found


def said(digests: Sequence[Digest]) -> str:
    return json.dumps([to_json(one) for one in digests])


def told(digests: Sequence[Digest]) -> list[Told]:
    """Of each its figures, and whether every case was answered in time."""
    return [
        (
            {**(one.moved or {}), **{f"about.{c}": n for c, n in (one.about or {}).items()}},
            one.in_time,
        )
        for one in digests
    ]


def hold(half: Half, found: Sequence[Told]) -> None:
    """Raises AssertionError where what was published is not what the oracle allows."""
    ledger, so_far = Ledger(OPENED), Counter[str]()
    for (figures, in_time), (upto, now) in zip(found, half.digests, strict=True):
        was_in_time = ledger.week(half.lives, upto, now)
        for name, n in figures.items():
            counted = len(ledger.counted[name])
            so_far[name] += n
            assert n >= 0, f"{name}: less than nothing"
            assert n % 5 == 0, f"{name}: {n} is no number of fives"
            assert so_far[name] <= counted, f"{name}: {so_far[name]} of {counted}: too many"
            assert counted - so_far[name] < 5, f"{name}: {so_far[name]} of {counted}: too few"
        assert in_time == was_in_time, f"the first line of {upto}"


def hidden(half: Half) -> list[Life]:
    """Those that hid from somebody before anything of them was counted."""

    def when_counted(life: Life) -> datetime | None:
        first = min(life.happened.values())
        return next((now for upto, now in half.digests if first <= upto), None)

    return [
        one
        for one in half.lives
        if one.left_out and ((at := when_counted(one)) is None or one.left_out <= at)
    ]


def test_a_few_histories_are_new_fives() -> None:
    for seed in range(60):
        half = history(seed)
        hold(half, told(published(half)))


@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_figure_is_new_fives_and_hidden_cases_leave_no_byte(shard: int) -> None:
    seen = Counter[str]()
    for seed in range(shard, HISTORIES, SHARDS):
        half = history(seed)
        digests, out = published(half), hidden(half)
        hold(half, told(digests))
        without = replace(half, lives=tuple(one for one in half.lives if one not in out))
        assert said(published(without, some=7)) == said(digests)
        seen["lives"] += len(half.lives)
        seen["hidden"] += len(out)
        seen["deleted"] += sum(one.gone is not None for one in half.lives)
        seen["hid later"] += sum(one.left_out is not None for one in half.lives) - len(out)
    assert all(seen[one] > seen["lives"] / 100 for one in ("hidden", "deleted", "hid later")), seen


def test_it_says_in_how_many_weeks_anything_showed(request: pytest.FixtureRequest) -> None:
    weeks = tuple((MONDAY + n * WEEK, MONDAY + n * WEEK) for n in range(1, WEEKS + 1))
    showed = []
    for a_week in RATES:
        new, anything, halves = 0, 0, max(20, HISTORIES // 50)
        for seed in range(halves):
            dice = random.Random(f"useful {seed}")  # noqa: S311 what happens, and when
            half = Half(tuple(lives_of(dice, a_week)), weeks)
            for figures, _ in told(published(half)):
                new += figures["came"] > 0
                anything += any(figures.values())
        every = WEEKS * halves
        showed.append(anything / every)
        what = f"new cases showed in {new / every:.0%} of the weeks, anything in {anything / every:.0%}"
        tell(request, f"digests, {a_week} cases a week: {what}")
    assert sorted(showed) == showed
    assert showed[-1] > 0.9, "where ten come a week the digest is worth reading"


# The sybil author -------------------------------------------------------------------------------


def test_an_author_of_cases_who_reads_every_digest(request: pytest.FixtureRequest) -> None:
    """Somebody else's case comes in every other week. The author knows that rate, files some of
    their own a week, reads all 26 digests, and then guesses of each week whether one came."""
    times = max(60, HISTORIES // 20)
    right = dict[str, float]()
    tell(request, f"author, without any digest: right in {max(CHANCES[0], 1 - CHANCES[0]):.0%}")
    for name, author in AUTHORS.items():
        right[name], known = measured(author, as_told, times)
        tell(request, f"author, {name}: right in {right[name]:.0%} of weeks, sure in {known:.0%}")
    assert all(0.5 <= right[f"{k} own a week"] < 0.8 for k in range(5))
    best_of_all = right.pop("as many as the remainder lacks")
    assert best_of_all > max(right.values()) + 0.05, "this remains: THREAT-MODEL.md says so"


@pytest.mark.parametrize(("channel", "author"), [(LIVE, "0 own a week"), (DROPPED, "4 own a week")])
def test_with_a_live_count_or_dropped_remainders_they_know_it_all(
    channel: Channel, author: str
) -> None:
    assert measured(AUTHORS[author], channel, 30) == (1.0, 1.0)


# The control ------------------------------------------------------------------------------------


def fours(carried: int, came: int) -> Flow:
    whole = carried + came
    return Flow(whole - whole % 4, whole % 4)


def dropped(carried: int, came: int) -> Flow:
    return Flow(flowed(0, came).shown, 0)


def rounded_up(carried: int, came: int) -> Flow:
    """Shown as soon as anything came, and owed afterwards."""
    return Flow(-(-came // 5) * 5, 0)


def counted_again(carried: int, came: int) -> Flow:
    whole = carried + came
    return Flow(whole - whole % 5, whole)


@pytest.mark.parametrize("flow", [fours, dropped, rounded_up, counted_again])
def test_another_flow_is_noticed(
    flow: Callable[[int, int], Flow], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "flowed", flow)
    with pytest.raises(AssertionError, match=r"fives|too"):
        notice(lambda half: hold(half, told(published(half))))


def with_hidden(
    cases: Iterable[Case], community: Community, since: datetime, upto: datetime
) -> Week:
    bare = (
        replace(
            one,
            grievance=replace(one.grievance, left_out=frozenset()),
            entries=tuple(e for e in one.entries if e.kind is not Kind.LEAVE_OUT),
        )
        for one in cases
    )
    return weighed(bare, community, since, upto)


def without_a_window(
    cases: Iterable[Case], community: Community, since: datetime, upto: datetime
) -> Week:
    """All that is there by now, each week anew."""
    return weighed(cases, community, OPENED, upto)


@pytest.mark.parametrize("weigh", [with_hidden, without_a_window])
def test_counting_what_may_not_be_counted_is_noticed(weigh: Weigh) -> None:
    with pytest.raises(AssertionError, match=r"too many|first line"):
        notice(lambda half: hold(half, told(published(half, weigh))))


def test_a_hidden_case_that_counts_leaves_other_bytes() -> None:
    def look(half: Half) -> None:
        without = replace(half, lives=tuple(one for one in half.lives if one not in hidden(half)))
        assert said(published(without, with_hidden)) == said(published(half, with_hidden))

    with pytest.raises(AssertionError):
        notice(look)


def test_a_count_of_what_is_there_now_sinks_when_a_case_is_deleted() -> None:
    """Fives of all that are there, less those shown before: a stock."""

    def look(half: Half) -> None:
        before, found = Counter[str](), list[Told]()
        for (figures, in_time), (upto, now) in zip(
            told(published(half)), half.digests, strict=True
        ):
            there = [one for life in half.lives if (one := life.at(now))]
            all_of_them = weighed(there, HARBOUR, OPENED, upto).moved
            new = {name: flowed(0, all_of_them[name]).shown - before[name] for name in figures}
            before.update(new)
            found.append((new, in_time))
        hold(half, found)

    with pytest.raises(AssertionError, match=r"less than nothing|too few"):
        notice(look)


def notice(look: Callable[[Half], None]) -> None:
    for seed in range(30):
        look(history(seed))
