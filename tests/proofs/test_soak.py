"""Soak: what ``make soak`` looks at for hours, for some seconds here.

Shows: the load runs, each figure is told, and what moves for a while is not taken for what grows.
Does not show: that the bot itself holds; ``make soak`` does, which takes its time.
Control: a bot that loses a task, an open file and a mebibyte with every second is found.
"""

import random
from math import inf
from pathlib import Path

import pytest

from tests.benchmarks.soak import figures, grown, weighed
from tests.fakes.deeds import Deeds
from tests.fakes.postgres import Postgres
from tests.fakes.stormy import stormy
from tests.fakes.weather import Weather


def weight(memory: int, tasks: int = 20) -> dict[str, int]:
    return {"memory": memory, "tasks": tasks, "files": 60, "connections": 50}


def test_what_grew_is_told_and_what_moved_for_a_while_is_not() -> None:
    still = [weight(100_000 + n % 2 * 9000, 20 + n % 2 * 40) for n in range(15)]
    assert grown(still) == {}
    assert figures(still)["memory"] == (100_000, 100_000)
    slowly = [weight(100_000 + 600 * n, 20 + n) for n in range(15)]
    assert grown(slowly) == {"memory": (100_000, 106_000), "tasks": (20, 30)}
    assert set(grown([one | {"files": n} for n, one in enumerate(still)])) == {"files"}


@pytest.mark.xdist_group("weather")
async def test_a_bot_that_leaks_is_found(postgres: Postgres, tmp_path: Path) -> None:
    async with stormy(postgres, tmp_path, Weather(1), plants="leaks", calm=True) as one:
        people = Deeds(one, random.Random(1))  # noqa: S311 a load
        rounds = weighed(people, seconds=inf, deeds=4)
        found = [await anext(rounds) for _ in range(5)]
        assert set(grown(found)) >= {"memory", "tasks", "files"}
        assert await one.stop() == 0
