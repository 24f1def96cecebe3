"""What every clock and every source of chance promises, the machine's and those of tests."""

import json
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from adapters.sandbox.time import MovedClock
from bot.ports import Chance, Clock
from tests.fakes.world import CountedChance, HandClock

HOUR = timedelta(hours=1)


@pytest.fixture(params=["system", "sandbox", "hand"])
def clock(request: pytest.FixtureRequest, tmp_path: Path) -> Clock:
    if request.param == "system":
        return SystemClock()
    if request.param == "sandbox":
        return MovedClock(SystemClock(), tmp_path / "clock.json")
    return HandClock()


def test_now_is_aware_and_in_utc(clock: Clock) -> None:
    assert clock.now().tzinfo is UTC


def test_neither_hand_ever_goes_back(clock: Clock) -> None:
    seen = [(clock.now(), clock.elapsed()) for _ in range(1000)]
    assert seen == sorted(seen)


def test_the_machines_clock_is_the_machines() -> None:
    clock, stopwatch = SystemClock(), time.monotonic()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    began = clock.elapsed()
    time.sleep(0.05)
    assert 0.04 < clock.elapsed() - began <= time.monotonic() - stopwatch


def test_the_sandboxs_calendar_moves_and_its_stopwatch_only_runs(tmp_path: Path) -> None:
    real = HandClock()
    clock = MovedClock(real, tmp_path / "clock.json")
    elapsed = clock.elapsed()
    clock.run_from(real.now() + HOUR)
    assert clock.now() == real.now() + HOUR
    real.move(HOUR)
    assert clock.now() == real.now() + HOUR
    assert clock.elapsed() - elapsed == 3600


def test_the_sandboxs_clock_stands_while_it_is_held(tmp_path: Path) -> None:
    real = HandClock()
    clock = MovedClock(real, tmp_path / "clock.json")
    slot = real.now() + timedelta(days=2)
    clock.hold(slot)
    real.move(HOUR)
    assert clock.now() == slot


def test_the_sandbox_remembers_how_far_its_clock_was_moved(tmp_path: Path) -> None:
    real, kept = HandClock(), tmp_path / "clock.json"
    MovedClock(real, kept).run_from(real.now() + 3 * HOUR)
    assert MovedClock(real, kept).now() == real.now() + 3 * HOUR
    assert json.loads(kept.read_text()) == {"offset_seconds": 10800.0}


@pytest.fixture(params=["system", "counted"])
def chance(request: pytest.FixtureRequest) -> Chance:
    return SystemChance() if request.param == "system" else CountedChance()


@pytest.mark.parametrize("count", [0, 1, 12, 16, 32, 33, 1000])
def test_as_many_bytes_come_as_were_asked_for(chance: Chance, count: int) -> None:
    assert len(chance.bytes(count)) == count


def test_bytes_never_come_twice(chance: Chance) -> None:
    drawn = [chance.bytes(16) for _ in range(2000)]
    assert len(set(drawn)) == 2000


def test_every_value_of_a_byte_comes_about_as_often(chance: Chance) -> None:
    seen = Counter(chance.bytes(64_000))
    assert set(seen) == set(range(256))
    assert max(seen.values()) < 250 + 6 * 16  # the mean and six deviations
    assert min(seen.values()) > 250 - 6 * 16


def test_shuffling_loses_nothing_and_leaves_what_it_was_given(chance: Chance) -> None:
    given = list("hearing")
    shuffled = chance.shuffled(given)
    assert sorted(shuffled) == sorted("hearing")
    assert given == list("hearing")
    assert chance.shuffled([]) == []
    assert chance.shuffled(("one",)) == ["one"]


def test_every_order_comes_about_as_often(chance: Chance) -> None:
    seen = Counter(tuple(chance.shuffled("abc")) for _ in range(6000))
    assert set(seen) == set(permutations("abc"))
    assert max(seen.values()) < 1000 + 6 * 29  # the mean and six deviations
    assert min(seen.values()) > 1000 - 6 * 29


def test_a_world_can_be_replayed_and_the_machine_cannot() -> None:
    def played(chance: Chance) -> list[object]:
        return [chance.bytes(40), chance.shuffled(range(50))]

    assert played(CountedChance("seed")) == played(CountedChance("seed"))
    assert played(CountedChance("seed")) != played(CountedChance("other"))
    assert played(SystemChance()) != played(SystemChance())
