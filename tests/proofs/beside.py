"""The whole bot beside the plain model: the same acts in both, and what differs afterwards.

One bot on SQLite is used again and again: between two lives its tables are emptied and a new
community is founded. Everything is done through the door; what is kept is opened and looked at.
"""

import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from typing import Any

from bot.chat import Reply
from bot.domain.cases import for_reporter, for_staff, is_for
from bot.domain.communities import (
    Account,
    Change,
    Community,
    CommunityId,
    Grant,
    Hours,
    Lies,
    Policy,
    Role,
    Rota,
    Staff,
    StaffId,
    Step,
    Target,
)
from bot.heartbeat import Heartbeat
from bot.ports import Noted
from tests.fakes.acts import Acts, names
from tests.fakes.looking import Looking
from tests.fakes.world import CountedChance, KeptLog, World, caller
from tests.proofs.plain import BEGINS, DAY, HOUR, STEPS, WEEKS, Dict, Plain, as_of, slot_after

ACCOUNTS = {"ines": "ines-moreau", "karim": "karim-benali", "greta": "greta-holm"}
ACCOUNTS |= {"ruth": "ruth-adeyemi", "nadia": "nadia-nowak"}
TARGETS = {"on duty": Target.ON_DUTY, "reps": Target.ALL_REPS}
TARGETS |= {"organisers": Target.ORGANISERS, "outside": Target.OUTSIDE}
TEXT, SAYS = {"text": "We are looking into it."}, ("reply", "ask", "note")
TIDY = ("scrub", "strays", "forget")
ENDED = ("resolved", "closed", "withdrawn")


@dataclass
class Beside:
    world: World
    look: Looking
    model: Plain = field(default_factory=Plain)
    lives: int = 0
    receipts: dict[str, str] = field(default_factory=dict)
    messages: Counter[tuple[str, object]] = field(default_factory=Counter)

    @property
    def heartbeat(self) -> Heartbeat:
        """Without what only tidies up: it is no part of the model, and half of the work."""
        heartbeat = self.world.bot.heartbeat
        beats = heartbeat._beats
        matter = [one for one in beats if one.name.rpartition(".")[2] not in TIDY]
        assert 3 <= len(matter) < len(beats)
        return Heartbeat(matter, heartbeat._due, self.world.log)

    # A new life ---------------------------------------------------------------------------------

    async def begin(self) -> None:
        """An empty bot, a new community, a new model."""
        self.lives += 1
        self._empty()
        self.model, self.receipts, self.messages = Plain(), {}, Counter()
        assert isinstance(self.world.chance, CountedChance)
        self.world.chance.drawn = 0
        self.world.clock.at = BEGINS - 400 * DAY
        self.id = CommunityId(f"{self.lives:032x}")
        self.ids = {name: StaffId(f"{name}{self.lives:x}".ljust(32, "0")) for name in ACCOUNTS}
        await self.world.bot.communities.found(self._town())
        await self.world.type("somebody", "grievance")  # another day: yesterday's counts go
        self.world.clock.at = BEGINS
        async with self.look.open_work() as work:
            await work.communities.set_next_slot(self.id, self.model.next_slot)
        self.said()

    def _town(self) -> Community:
        steps = tuple(
            Step(
                TARGETS[str(one["whom"])],
                int(one["hours"] or 24) * HOUR,
                int(one["again"]) * HOUR if one["again"] else None,
            )
            for one in STEPS
        )
        return replace(
            self._seeded(),
            id=self.id,
            policy=Policy(steps, "Harbour Law Centre"),
            staff=tuple(self._person(name) for name in ACCOUNTS),
            rota=Rota(tuple(self.ids[name] for name in WEEKS)),
        )

    def _seeded(self) -> Community:
        from adapters.sandbox import people

        return people.community(lambda: self.world.chance.bytes(16).hex(), "TESTCODE", BEGINS)

    def _person(self, name: str) -> Staff:
        one = self.model.people[name]
        role = Role(one["role"])
        quiet = [time(hour) for hour in one["quiet"] or (0, 0)]
        grant = Grant(role, one["begins"], one["ends"])
        account = Account("sandbox", ACCOUNTS[name])
        id, hours = self.ids[name], Hours("UTC", *quiet)
        return Staff(id, name, frozenset(), True, (account,), hours, (), (grant,))

    def _empty(self) -> None:
        for file in (self.world.where.data / "groundswell.db", self.world.where.keys / "keys.db"):
            with closing(sqlite3.connect(file, timeout=10)) as database:
                tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                for (name,) in tables.fetchall():
                    if name not in ("alembic_version", "installation"):
                        database.execute(f'DELETE FROM "{name}"')
                database.commit()

    # Acts ---------------------------------------------------------------------------------------

    @property
    def acts(self) -> Acts:
        return Acts(self.world)

    async def file(self, name: str, out: set[str], *, urgent: bool) -> None:
        out = {one for one in out if self.model.holds(one)}
        if not set(self.model.hearing()) - out:
            return
        how, worker = ("send_urgent" if urgent else "send"), f"{name} of life {self.lives}"
        exclude = [self.ids[one] for one in sorted(out)]
        self.receipts[name] = await self.acts.file(worker, how, exclude=exclude)
        self.model.file(name, out, urgent=urgent)

    def offered(self, name: str) -> set[str]:
        """What the reporter's view offers, as the model has it."""
        case = self.model.cases[name]
        seen, deleting = self.model.reporters_view(case), case["deleting"]
        found = set() if deleting else {"delete"}
        if deleting or seen["state"] == "withdrawn":
            return found
        found |= {"message", "exclude", "withdraw"}
        if self.model.may_ask_to_climb(case):
            found.add("escalate")
        if self.model.to_agree(case):
            found.add("agree")
        if self.model.is_urgent_to_reporter(case):
            found.add("not_urgent")
        return found

    async def report(self, name: str, kind: str, people: set[str]) -> None:
        """The reporter looks, and does something if it is offered."""
        view = await self.acts.visit("reporter", self.receipts[name])
        offered, case = self.offered(name), self.model.cases[name]
        shown = set(names(view)) - {"export"}
        assert shown == offered, f"{name} offers {shown}, the model {offered}"
        if ("exclude" if kind == "leave_out" else kind) not in offered:
            return
        if kind == "message":
            await self._message(name, view)
        elif kind == "leave_out":
            await self._leave_out(case, view, people)
        elif kind in ("withdraw", "delete"):
            await self.acts.confirm("reporter", view, kind)
            self.model.say(case, kind) if kind == "withdraw" else self._delete(name)
        else:
            agreed = self.model.to_agree(case) if kind == "agree" else set()
            await self.acts.press("reporter", view, kind)
            self.model.say(case, kind, agreed)

    async def _message(self, name: str, view: Reply) -> None:
        today = (name, self.world.clock.at.date())
        if self.messages[today] < 5:
            self.messages[today] += 1
            await self.acts.write("reporter", view, "It still happens.")
            self.model.say(self.model.cases[name], "message")

    async def _leave_out(self, case: Dict, view: Reply, people: set[str]) -> None:
        people = {one for one in people if self.model.holds(one)}
        form = await self.acts.press("reporter", view, "exclude")
        await self.acts.fill("reporter", form, exclude=[self.ids[n] for n in sorted(people)])
        mine = self.model.with_pending(case)
        there = set(self.model.everyone(mine))
        if there and there <= people:
            return  # refused: nobody would be left
        if any(self.model.reads(mine, one) for one in people):
            self.model.say(case, "leave_out", people)

    def _delete(self, name: str) -> None:
        case = self.model.cases[name]
        if case["released"] and not self.model.is_urgent_to_reporter(case):
            case["deleting"] = slot_after(self.model.now)
        else:
            del self.model.cases[name]

    async def staff(self, name: str, kind: str, who: str) -> None:
        """Somebody of the staff tries something; the model does it where they may."""
        case = self.model.cases[name]
        before = await self.look.case(self.receipts[name])
        number = before[1].number if before else ""
        await self._press(kind, ACCOUNTS[who], number)
        if not self.model.knows(case, who):
            return
        state = as_of(case["st"], self.model.now)["state"]
        if kind == "mute":
            self.model.act(case, kind, who)
        elif state == "withdrawn" or (state in ENDED and kind not in ("reply", "note")):
            return
        elif kind == "recuse":
            self.model.recuse(case, who)
        elif kind in ("bring_in", "hand_over"):
            await self._hand(name, kind, who)
        elif kind != "acknowledge" or not (
            case["st"]["taker"] == who or self.model.has_taker(case)
        ):
            self.model.act(case, kind, who)

    async def _press(self, kind: str, who: str, number: str) -> None:
        door = self.world.bot.door
        if kind in SAYS:
            await door.submit(kind, caller(who), number, TEXT)
        elif kind in ("bring_in", "hand_over"):
            await door.submit(kind, caller(who), number, {"note": "Please have a look."})
        elif kind == "resolve":
            await door.submit(kind, caller(who), number, {"outcome": "They agreed."})
        elif kind == "close":
            asked = await door.begin(kind, caller(who), number)
            if "confirm" in names(asked):
                await self.acts.press(who, asked, "confirm")
        else:
            await door.begin(kind, caller(who), number)

    async def _hand(self, name: str, kind: str, who: str) -> None:
        """Whoever was drawn must be one whom the model would have drawn among."""
        case = self.model.cases[name]
        busy = {case["st"]["taker"]} | case["st"]["helpers"] if kind == "bring_in" else set()
        others = self.model.others(case, who, busy)
        if kind == "hand_over":
            others = {one for one in others if self.model.people[one]["role"] == "rep"}
            if self.model.has_taker(case) and case["st"]["taker"] != who:
                return
        elif not others and not self.model.later(case):
            return
        if kind == "hand_over" and not others:
            return
        found = await self.look.case(self.receipts[name])
        assert found is not None
        drawn = {self._name(one) for one in found[1].entries[-1].people}
        if not others:
            assert drawn == self.model.later(case)
            self.model.bring_in(case, who, None)
            return
        (one,) = drawn
        assert one in others, f"{one} was drawn, among {others}"
        if kind == "bring_in":
            self.model.bring_in(case, who, one)
        else:
            self.model.hand_over(case, one)

    async def duty(self, lies: str, who: str, begins: datetime, ends: datetime) -> None:
        id = self.world.chance.bytes(16).hex()
        change = Change(id, self.ids[who], Lies(lies), begins, ends)
        async with self.look.open_work() as work:
            await work.communities.keep_change(self.id, change)
        if lies == "away":
            self.model.people[who]["away"].append((begins, ends))
        else:
            self.model.changes.append((lies, who, begins, ends))

    async def end_role(self, who: str) -> None:
        self.model.people[who]["ends"] = self.model.now
        row = await self.world.bot.communities.staff_row(self.id, self._person(who))
        async with self.look.open_work() as work:
            await work.communities.keep_staff(self.id, row)

    async def go(self, to: datetime) -> None:
        self.world.clock.at = to
        await self.heartbeat.tick()
        self.model.go(to)

    # Differences --------------------------------------------------------------------------------

    async def compare(self, cases: list[str]) -> None:
        """Raises AssertionError where the bot and the model disagree."""
        assert isinstance(self.world.log, KeptLog)
        assert not [one for one in self.world.log.lines if one[0] is Noted.BUG]
        told, predicted = self.said(), Counter(self.model.told)
        self.model.told = []
        assert not set(told) - set(predicted), f"told besides: {set(told) - set(predicted)}"
        assert not set(predicted) - set(told), f"not told: {set(predicted) - set(told)}"
        assert all(told[one] <= predicted[one] for one in told), f"{told} more than {predicted}"
        if self.model.behind:
            return
        async with self.look.open_work() as work:
            community = await self.world.bot.communities.load(work, self.id)
        for name in cases:
            found = await self.look.case(self.receipts[name])
            assert (found is None) == (name not in self.model.cases), f"{name}: {found}"
            if found:
                self._same(name, community, *found)

    def _same(self, name: str, community: Community, whole: Any, staffs: Any) -> None:
        case, now = self.model.cases[name], self.model.now
        theirs, st = for_reporter(whole, community, now), self.model.reporters_view(case)
        assert _facts(theirs.standing) == {one: st[one] for one in _SHOWN}, f"reporter of {name}"
        knowing = {self._name(one.id) for one in community.staff if is_for(staffs, one, now)}
        assert knowing == {one for one in ACCOUNTS if self.model.knows(case, one)}, name
        if case["released"]:
            ours, st = for_staff(staffs, community, now), as_of(case["st"], now)
            assert _facts(ours.standing) == {one: st[one] for one in _SHOWN}, f"staff of {name}"
            taker = ours.standing.taker
            assert (self._name(taker) if taker else None) == st["taker"], name
            assert ours.standing.owed == st["owed"], name

    def said(self) -> Counter[tuple[str, str, str]]:
        """What was put out about cases since the last look: (who, what, until when)."""
        query = "SELECT staff, notice, facts FROM outbox WHERE notice LIKE 'case%'"
        file = self.world.where.data / "groundswell.db"
        with closing(sqlite3.connect(file, timeout=10)) as database:
            rows = database.execute(query).fetchall()
            database.execute("DELETE FROM outbox")
            database.commit()
        facts = ((self._name(who), what, json.loads(f).get("by", "")) for who, what, f in rows)
        return Counter(facts)

    def _name(self, id: str) -> str:
        return next(name for name, one in self.ids.items() if one == id)


_SHOWN = ("state", "since", "step", "promise", "missed")


def _facts(standing: Any) -> Dict:
    return {one: getattr(standing, one) for one in _SHOWN}
