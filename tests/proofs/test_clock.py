"""The clock: every slot and every deadline comes when an oracle that walks minute by minute says.

Shows: over both changes of summer time in five zones, with clocks put forward and back by two hours
and nine days in which nothing ran, the whole bot lets the same slots happen, each once, and every
case stands at the same steps from and until the same moments; reminders likewise. Does not show:
digests; when a platform delivers what it is given.
Control: an oracle whose wall clock is never changed disagrees.
"""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.domain.cases import Case, Kind, Why
from bot.domain.communities import (
    Change,
    Community,
    Hours,
    Lies,
    Policy,
    Role,
    Rota,
    Staff,
    Step,
    Target,
)
from bot.domain.communities import Slots as Calendar
from tests.fakes.acts import REPS, Acts, names
from tests.fakes.looking import Looking, looking
from tests.fakes.world import CountedChance, World, caller, folders, new_world
from tests.proofs.scale import scaled
from tests.proofs.wall import HOUR, RETURNED, Oracle, Person, Slots, Wall

#: A zone, the hour of its slots, and the days on which its clocks are changed in 2026: forward and
#: back, northern and southern, by an hour and by half an hour, at two in the morning and midnight.
CHANGES = [
    ("Europe/Berlin", "02:30", "2026-03-29"),
    ("Europe/Berlin", "02:30", "2026-10-25"),
    ("America/New_York", "09:00", "2026-03-08"),
    ("America/New_York", "01:30", "2026-11-01"),
    ("Australia/Lord_Howe", "01:45", "2026-04-05"),
    ("Australia/Lord_Howe", "02:15", "2026-10-04"),
    ("America/Santiago", "23:30", "2026-04-04"),
    ("America/Santiago", "00:30", "2026-09-06"),
    ("America/St_Johns", "09:00", "2026-03-08"),
    ("America/St_Johns", "01:15", "2026-11-01"),
]
STEPS = (("on duty", 24), ("all reps", 30), ("organisers", 48), ("outside", 0))
TARGETS = {"on duty": Target.ON_DUTY, "all reps": Target.ALL_REPS}
TARGETS |= {"organisers": Target.ORGANISERS, "outside": Target.OUTSIDE}
NIGHTS = ((22 * 60, 7 * 60), (20 * 60 + 30, 10 * 60), (8 * 60, 11 * 60), (23 * 60, 8 * 60))
DAY = 24 * HOUR

Stands = list[tuple[datetime, int, datetime | None]]


@dataclass(frozen=True)
class Plan:
    """One world: its zone, its slots, and what happens, drawn from ``seed``."""

    zone: str
    at: str
    change: str
    seed: int

    @property
    def minutes(self) -> int:
        return int(self.at[:2]) * 60 + int(self.at[3:])

    @property
    def start(self) -> datetime:
        """Five days before the clocks are changed, just after midnight."""
        day = datetime.fromisoformat(self.change) - timedelta(days=5)
        return day.replace(tzinfo=ZoneInfo(self.zone), minute=7).astimezone(UTC)

    @property
    def off(self) -> tuple[tuple[datetime, datetime], ...]:
        """Days off: one rep over the change, another for a week after."""
        change = self.start + 5 * DAY
        return (change - DAY, change + 2 * DAY), (change + 3 * DAY, change + 10 * DAY)

    def moves(self) -> list[tuple[str, str]]:
        """What happens: (what, about which case or for how many minutes)."""
        chance = CountedChance(f"{self}")
        made = [("file", "case 0"), ("go", "95"), ("file urgent", "case 1")]
        for n in range(2, 18):
            what = chance.shuffled(["file", "acknowledge", "reply", "message", "escalate", "go"])[0]
            if what == "file":
                made.append((what, f"case {n}"))
            elif what != "go":
                cases = [about for what, about in made if what.startswith("file")]
                made.append((what, chance.shuffled(cases)[0]))
            far = chance.shuffled([37, 120, -120, 13 * 60, 26 * 60 + 5, 24 * 60, 51 * 60])[0]
            made.append(("go", str(far)))
        made.insert(len(made) // 2, ("go", str(9 * 24 * 60)))
        return [*made, ("go", str(9 * 24 * 60)), ("go", str(13 * 24 * 60))]


PLANS = [
    pytest.param(Plan(*change, seed), id=f"{change[0]} {change[2]} {seed}")
    for change in CHANGES
    for seed in range(scaled(10, least=1))
]


def oracle(plan: Plan, wall: Wall | None = None) -> Oracle:
    wall = wall or Wall(plan.zone)
    free: tuple[tuple[tuple[datetime, datetime], ...], ...] = ((), plan.off[:1], plan.off[1:], ())
    people = [
        Person(name, wall, night, off)
        for name, night, off in zip("IKGR", NIGHTS, free, strict=True)
    ]
    slots = Slots(wall, (0, 2, 4, 6), plan.minutes)
    return Oracle(wall, slots, STEPS, tuple(people[:3]), people[3], plan.start)


def town(plan: Plan, seeded: Community) -> Community:
    """The seeded community in the plan's zone, with its people's hours and days off."""
    found = {one.name[0]: one for one in seeded.staff if one.roles & {Role.REP, Role.ORGANISER}}
    people = [
        _quiet(found[name], night, plan.zone) for name, night in zip("IKGR", NIGHTS, strict=True)
    ]
    others = [one for one in seeded.staff if one.id not in {two.id for two in people}]
    away = [
        Change(f"{n:032}", found[name].id, Lies.AWAY, *span)
        for n, (name, span) in enumerate(zip("KG", plan.off, strict=True))
    ]
    steps = tuple(Step(TARGETS[whom], (hours or 24) * HOUR) for whom, hours in STEPS)
    return replace(
        seeded,
        staff=(*people, *others),
        slots=Calendar(plan.zone, (0, 2, 4, 6), time.fromisoformat(plan.at)),
        policy=Policy(steps, seeded.policy.outside_body),
        rota=Rota(tuple(found[name].id for name in "IKG"), zone=plan.zone),
        changes=tuple(away),
    )


def _quiet(one: Staff, night: tuple[int, int], zone: str) -> Staff:
    begins, ends = (time(minute // 60, minute % 60) for minute in night)
    return replace(one, hours=Hours(zone, begins, ends))


@dataclass
class Run:
    """The bot and the oracle side by side: the same acts, and the clock put to the same times."""

    acts: Acts
    look: Looking
    oracle: Oracle
    receipts: dict[str, str] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self.acts.world

    async def happen(self, what: str, about: str) -> None:
        now = self.world.clock.at
        if what == "go":
            self.world.clock.move(timedelta(minutes=int(about)))
            await self.world.bot.heartbeat.tick()
            self.oracle.go(self.world.clock.at)
        elif what.startswith("file"):
            how = "send_urgent" if "urgent" in what else "send"
            self.receipts[about] = await self.acts.file(f"worker of {about}", how)
            self.oracle.file(about, now, urgent="urgent" in what)
        elif what in ("acknowledge", "reply"):
            await self._staff(what, about, now)
        else:
            await self._reporter(what, about, now)

    async def _staff(self, what: str, about: str, now: datetime) -> None:
        known, case = self.oracle.cases[about], await self.case(about)
        if what == "reply" and not known.taken:
            return
        if what == "acknowledge":
            self.oracle.acknowledge(about, now)
            await self.world.bot.door.begin("acknowledge", caller(REPS[0]), case.number)
        else:
            form = await self.world.bot.door.begin("reply", caller(REPS[0]), case.number)
            if form.form is not None:  # else the clock was put back behind its release
                self.oracle.reply(about)
                await self.acts.fill(REPS[0], form, text="We are at it.")

    async def _reporter(self, what: str, about: str, now: datetime) -> None:
        view = await self.acts.visit("reporter", self.receipts[about])
        if what == "message":
            self.oracle.say(about, what, now)
            await self.acts.write("reporter", view, "It still happens.")
        elif "escalate" in names(view):
            self.oracle.say(about, what, now)
            await self.acts.press("reporter", view, what)

    async def case(self, about: str) -> Case:
        found = await self.look.case(self.receipts[about])
        assert found is not None
        return found[1]

    async def stands(self, about: str) -> Stands:
        """Every stand the bot's case came to: (when, step, until)."""
        case = await self.case(about)
        made = [(e.at or e.crosses, e.step, e.due) for e in case.entries if e.kind is Kind.STEP]
        if any(e.why is Why.RELEASED for e in case.entries):
            return made
        return [(case.release, 0, case.first_due), *made]

    def slots(self) -> list[datetime]:
        rows = self._rows("SELECT period FROM ledger WHERE kind = 'slot'")
        return sorted(datetime.fromisoformat(str(period)) for (period,) in rows)

    def reminded(self) -> set[datetime]:
        """When takers were reminded, by the day they were told that the case would go on."""
        rows = self._rows("SELECT facts FROM outbox WHERE notice = 'case_reminder'")
        days = (datetime.fromisoformat(json.loads(str(facts))["by"]) for (facts,) in rows)
        return {day - RETURNED + 72 * HOUR for day in days}

    def _rows(self, query: str) -> list[tuple[object]]:
        file = self.world.where.data / "groundswell.db"
        with closing(sqlite3.connect(file, timeout=10)) as database:
            return list(database.execute(query))


async def differences(root: Path, plan: Plan, wall: Wall | None = None) -> list[str]:
    """Where the bot and the oracle disagree after all that the plan holds."""
    beside = oracle(plan, wall)
    found = []
    async with (
        new_world(
            folders(root), begins=plan.start, change=lambda seeded: town(plan, seeded)
        ) as world,
        looking(world.where, world.chance) as look,
    ):
        run = Run(Acts(world), look, beside)
        for what, about in plan.moves():
            await run.happen(what, about)
        if run.slots() != beside.struck:
            found.append(f"slots: {run.slots()} but {beside.struck}")
        for name, kept in beside.cases.items():
            if (stands := await run.stands(name)) != kept.log:
                found.append(f"{name}: {stands} but {kept.log}")
        reminded = {at for kept in beside.cases.values() for at in kept.reminded}
        if run.reminded() != reminded:
            found.append(f"reminded: {run.reminded()} but {reminded}")
    return found


@pytest.mark.parametrize("plan", PLANS)
async def test_every_slot_and_deadline_is_where_the_oracle_counts_it(
    plan: Plan, tmp_path: Path
) -> None:
    assert await differences(tmp_path, plan) == []


@pytest.mark.parametrize("plan", [Plan(*change, 0) for change in CHANGES[:4]], ids=str)
async def test_an_oracle_that_knows_no_summer_time_disagrees(plan: Plan, tmp_path: Path) -> None:
    found = await differences(tmp_path, plan, Wall(plan.zone, fixed=plan.start))
    assert any(one.startswith("slots") for one in found)
    assert any(one.startswith("case") for one in found)


def test_the_plans_hold_all_that_is_to_be_shown() -> None:
    moves = [move for one in CHANGES for move in Plan(*one, 0).moves()]
    assert {("go", "120"), ("go", "-120"), ("go", str(9 * 24 * 60))} <= set(moves)
    assert {what for what, _ in moves} >= {"file urgent", "acknowledge", "message", "escalate"}
