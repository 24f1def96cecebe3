"""Faults: 20 % of all calls are lost, late, doubled, turned round, or answered with 429 or 500.

Shows: between the real program and Slack, Discord, the mail server and PostgreSQL (whose lines are cut
and slow), 10,000 deeds (some in CI) of mixed kinds while slots pass lose nothing that was acknowledged,
do nothing twice, let no case fall silent (who waits in it is reckoned from what was said in it), and leave
every parcel said, or shown as in doubt; the program ends well, its log has no bug. The seed is printed; ``SEED`` plays it again. So does PostgreSQL that stops meanwhile.
Does not show: Matrix; what Slack, Discord or mail lose behind the calls. Control: a case that is told
before its commit, one that the clock forgets, and what is said again in spite of doubt, are found.
"""

import asyncio
import random
import secrets
import time
from pathlib import Path

import pytest

from tests.fakes.deeds import MIX, Deeds
from tests.fakes.postgres import Postgres
from tests.fakes.reckoning import settles, wrong
from tests.fakes.stormy import stormy
from tests.fakes.weather import Weather
from tests.proofs.figures import tell
from tests.proofs.scale import SCALE, SEED

pytestmark = pytest.mark.xdist_group("weather")

DEEDS = 10_000 if SCALE >= 1 else 24  # a tenth would take minutes
ROUNDS = max(2, DEEDS // 800)
TOGETHER = 80


async def test_in_bad_weather_nothing_is_lost_doubled_or_silent(
    request: pytest.FixtureRequest, postgres: Postgres, tmp_path: Path
) -> None:
    """PostgreSQL stops in the middle, and comes back: the bot says that it is not ready, and goes on."""
    seed, began = SEED or secrets.randbelow(2**31), time.monotonic()
    weather = Weather(seed)
    tell(request, f"Weather: seed {seed}")
    async with stormy(postgres, tmp_path, weather) as one:
        deeds = Deeds(one, random.Random(seed))  # noqa: S311 who does what, and when
        for number in range(ROUNDS):
            await deeds.round(DEEDS // ROUNDS, TOGETHER)
            if SCALE >= 1:
                tell(request, f"{time.monotonic() - began:.0f} s: {dict(deeds.done)} {deeds.wrong}")
            if number == ROUNDS // 2:
                postgres.go_away()
                await one.ready(False)
                told = await asyncio.to_thread(one.town.post, "clock", {"advance": "PT1M"})
                assert (told.status, told.sentence.split(",")[0]) == (503, "The database is away")
                postgres.come_back()
                await one.ready()
        await settles(one, deeds)
        assert await wrong(one, deeds) == []
    assert set(deeds.done) >= set(MIX)
    befell = ", ".join(f"{many} {name}" for name, many in sorted(weather.struck.items()))
    done = ", ".join(f"{many} {name}" for name, many in sorted(deeds.done.items()))
    seconds = time.monotonic() - began
    tell(request, f"Weather, {seconds:.0f} s: of {weather.requests} requests {befell}; {done}")


async def test_what_is_told_too_early_and_what_is_said_in_spite_of_doubt_is_found(
    postgres: Postgres, tmp_path: Path
) -> None:
    weather = Weather(1)
    async with stormy(postgres, tmp_path, weather, plants="early,again,silent", calm=True) as one:
        deeds = Deeds(one, random.Random(1))  # noqa: S311 likewise
        await deeds.does("file")
        weather.cuts_all()
        await one.ready()
        await deeds.does("file")
        weather.planned["chat.postMessage"] = ["lost"]
        await settles(one, deeds)
        found = set(await wrong(one, deeds))
    assert found == {
        "a receipt opens nothing",
        "1 cases of 2 to 2",
        "a case is silent (with_reps): somebody waits, and no look comes in time",
        "1 things were said twice by Slack",
    }
