"""Cases, staff, exclusion and time against a plain model: whatever people do, both say the same.

Shows: over random lives of a community, the whole bot on SQLite (door, heartbeat, storage) and the
model in plain.py agree for every case on how it stands for staff and for its reporter, on what the
reporter is offered, who may know of it, who is told what, and when it is gone. Does not show:
polls, PostgreSQL, rotas changed through /duty, what a card says.
What only forgets and tidies is not asked. Control: a bot in which somebody who stepped out is still
told, and one in which whoever holds a role today may read every case, are found out.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.domain.cases import Case, Kind
from tests.fakes.looking import looking
from tests.fakes.world import folders, new_world
from tests.proofs.beside import ACCOUNTS, Beside
from tests.proofs.plain import BEGINS, DAY, HOUR, coming
from tests.proofs.scale import scaled

SHARES = 4  #: so that several processes may share the work
EXAMPLES, STEPS_EACH = 2000, 50
MOST_CASES = 4

people = some.sampled_from(sorted(ACCOUNTS))
few = some.sets(people, max_size=3)
which = some.integers(0, MOST_CASES - 1)
REPORTERS = ("message", "message", "leave_out", "escalate", "agree", "not_urgent", "withdraw")
DEEDS = ("acknowledge", "acknowledge", "reply", "ask", "note", "recuse", "hand_over", "bring_in")


class Life(RuleBasedStateMachine):
    """One life of a community; ``beside`` and ``runner`` are given by whoever runs it."""

    beside: Beside
    runner: asyncio.Runner

    @initialize()
    def begin(self) -> None:
        self.filed = self.turn = 0
        self.runner.run(self.beside.begin())
        self._file(set(), urgent=False)

    # People ----------------------------------------------------------------------------------

    @precondition(lambda self: self.filed < MOST_CASES)
    @rule(out=few, urgent=some.booleans())
    def file(self, out: set[str], urgent: bool) -> None:
        self._file(out, urgent=urgent and not self.beside.model.behind)

    @precondition(lambda self: self._may_act())
    @rule(which=which, kind=some.sampled_from(REPORTERS), out=few)
    def report(self, which: int, kind: str, out: set[str]) -> None:
        name = self._case(which)
        self.runner.run(self.beside.report(name, kind, out))
        self._check(name)

    @precondition(lambda self: self._may_act())
    @rule(which=which, sure=some.integers(0, 5))
    def delete(self, which: int, sure: int) -> None:
        if sure == 0:
            name = self._case(which)
            self.runner.run(self.beside.report(name, "delete", set()))
            self._check(name)

    @precondition(lambda self: self._may_act())
    @rule(which=which, kind=some.sampled_from(DEEDS), who=people)
    def work(self, which: int, kind: str, who: str) -> None:
        self._staff(self._case(which), kind, who)

    @precondition(lambda self: self._may_act())
    @rule(which=which, kind=some.sampled_from(["resolve", "close", "mute"]), who=people)
    def end_or_mute(self, which: int, kind: str, who: str) -> None:
        self._staff(self._case(which), kind, who)

    @precondition(lambda self: not self.beside.model.behind)
    @rule(
        lies=some.sampled_from(["away", "away", "on", "off"]),
        who=people,
        begins=some.integers(0, 48),
        hours=some.integers(1, 140),
    )
    def duty(self, lies: str, who: str, begins: int, hours: int) -> None:
        start = self.beside.model.now + begins * HOUR
        if self.beside.model.people[who]["ends"] > self.beside.model.now:
            self.runner.run(self.beside.duty(lies, who, start, start + hours * HOUR))

    @precondition(lambda self: not self.beside.model.behind)
    @rule(who=some.sampled_from(["greta", "ruth"]), sure=some.integers(0, 5))
    def end_role(self, who: str, sure: int) -> None:
        if sure == 0 and self.beside.model.holds(who):
            self.runner.run(self.beside.end_role(who))
            self._check()

    # Time ------------------------------------------------------------------------------------

    @rule(to=some.sampled_from(["slot", "slot", "deadline", "deadline", "deadline"]))
    def next(self, to: str) -> None:
        model = self.beside.model
        dues = [at for case in model.cases.values() for at, _, _ in coming(case, model.high)]
        self._go(min(dues, default=model.next_slot) if to == "deadline" else model.next_slot)

    @rule(
        by=some.sampled_from(["hours", "hours", "hours", "back", "days"]), n=some.integers(1, 2400)
    )
    def put_the_clock(self, by: str, n: int) -> None:
        now = self.beside.model.now
        if by == "hours":
            self._go(now + timedelta(minutes=n))
        elif by == "days":
            self._go(now + 9 * DAY)
        elif not self.beside.model.behind:
            self._go(max(now - 2 * HOUR, BEGINS))

    def teardown(self) -> None:
        self._check()

    # ------------------------------------------------------------------------------------------

    def _may_act(self) -> bool:
        return bool(self.beside.model.cases) and not self.beside.model.behind

    def _case(self, which: int) -> str:
        names = sorted(self.beside.model.cases)
        return names[which % len(names)]

    def _file(self, out: set[str], *, urgent: bool) -> None:
        self.runner.run(self.beside.file(f"case {self.filed}", out, urgent=urgent))
        self.filed += 1
        self._check()

    def _staff(self, name: str, kind: str, who: str) -> None:
        self.runner.run(self.beside.staff(name, kind, who))
        self._check(name)

    def _go(self, to: datetime) -> None:
        self.runner.run(self.beside.go(to))
        receipts = list(self.beside.receipts)  # one of them in turn; all at the end
        self.turn += 1
        self._check(receipts[self.turn % len(receipts)])

    def _check(self, *names: str) -> None:
        self.runner.run(self.beside.compare(list(names or self.beside.receipts)))


@contextmanager
def lives(root: Path) -> Iterator[type[Life]]:
    """The machine on a bot of its own."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        world = runner.run(stack.enter_async_context(new_world(folders(root))))
        look = runner.run(stack.enter_async_context(looking(world.where, world.chance)))
        given = {"beside": Beside(world, look), "runner": runner}
        try:
            yield type("Lived", (Life,), given)
        finally:
            runner.run(stack.aclose())


def lived(machine: type[Life], examples: int, share: int, phases: list[Phase]) -> None:
    run_state_machine_as_test(
        seed(share)(machine),
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS_EACH,
            phases=phases,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("share", range(SHARES))
def test_the_bot_and_the_plain_model_say_the_same(share: int, tmp_path: Path) -> None:
    with lives(tmp_path) as machine:
        examples = scaled(EXAMPLES, least=40) // SHARES
        lived(machine, examples, share, [Phase.generate, Phase.shrink])


# The control ------------------------------------------------------------------------------------


def _still_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever stepped out stays a reader."""
    monkeypatch.setattr(
        Case,
        "is_out",
        lambda case, who: who in case.grievance.left_out | case._named(Kind.LEAVE_OUT),
    )


def _later_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds a role today may read every case."""
    monkeypatch.setattr(Case, "may_read", lambda case, who: not case.is_out(who))


def test_a_reader_who_came_later_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _later_readers(monkeypatch)
    with lives(tmp_path) as machine, pytest.raises(AssertionError):
        lived(machine, 100, 0, [Phase.generate])


@pytest.mark.parametrize("planted", [False, True])
def test_one_who_stepped_out_and_is_still_told_is_found_out(
    planted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One life by hand, fine as it is: it would take chance a while to come to this."""
    if planted:
        _still_told(monkeypatch)
    with lives(tmp_path) as machine, pytest.raises(AssertionError) if planted else nullcontext():
        life = machine()
        life.begin()
        life.next("slot")
        life.work(0, "recuse", "karim")
        life.next("deadline")
        life.teardown()
