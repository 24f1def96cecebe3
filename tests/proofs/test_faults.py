"""Faults: 20 % of all calls are lost, late, doubled, turned round, or answered with 429 or 5xx.

Shows: between the real program and Slack, Discord, at SCALE=1 a real homeserver, the mail server and
PostgreSQL (whose lines are cut and slow), 10,000 deeds (some in CI) of mixed kinds while slots pass, a fifth
of them then on Matrix in encrypted talks, lose nothing that was acknowledged, do nothing twice, let no case fall silent
(who waits in it is reckoned from what was said in it), and leave every parcel said, or shown as in doubt;
the program ends well, its log has no bug. PostgreSQL stops in the middle of it, at SCALE=1 the homeserver,
too. The seed is printed; ``SEED`` plays it again. Does not show: what platforms or mail lose behind the
calls. Control: a case that is told before its commit, one that the clock forgets, what is said again in
spite of doubt, and what is said again under another id, are found.
"""

import asyncio
import random
import secrets
import time
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.fakes.deeds import MIX, WHERE, Deeds, nothing
from tests.fakes.matrix_people import crowd_on
from tests.fakes.postgres import Postgres
from tests.fakes.reckoning import settles, wrong
from tests.fakes.stormy import Stormy, stormy
from tests.fakes.synapse import Synapse
from tests.fakes.weather import Weather
from tests.proofs.figures import tell
from tests.proofs.scale import SCALE, SEED

pytestmark = pytest.mark.xdist_group("synapse")

DEEDS = 10_000 if SCALE >= 1 else 24  # a tenth would take minutes
ROUNDS = max(2, DEEDS // 800)
TOGETHER = 80
ON_MATRIX = 32 if SCALE >= 1 else 0  #: people; a line of theirs takes its time, and has its turn


async def test_in_bad_weather_nothing_is_lost_doubled_or_silent(
    request: pytest.FixtureRequest, postgres: Postgres, synapse: Synapse, tmp_path: Path
) -> None:
    seed, began = SEED or secrets.randbelow(2**31), time.monotonic()
    weather = Weather(seed)
    tell(request, f"Weather: seed {seed}")
    async with AsyncExitStack() as stack:
        crowd = await stack.enter_async_context(crowd_on(synapse)) if ON_MATRIX else None
        of = {"crowd": crowd, "workers": ON_MATRIX}
        one = await stack.enter_async_context(stormy(postgres, tmp_path, weather, **of))
        deeds = Deeds(one, random.Random(seed))  # noqa: S311 who does what, and when
        for number in range(ROUNDS):
            meanwhile = partial(servers_stop, one, synapse) if number == ROUNDS // 2 else nothing
            await deeds.round(DEEDS // ROUNDS, TOGETHER, meanwhile)
            if SCALE >= 1:
                so_far = dict(deeds.done), dict(deeds.at), deeds.wrong
                tell(request, f"{time.monotonic() - began:.0f} s: {so_far}")
        await settles(one, deeds)
        assert await wrong(one, deeds) == []
    assert set(deeds.done) >= set(MIX)
    assert set(deeds.at) == set(WHERE) - (set() if ON_MATRIX else {"matrix"})
    befell = ", ".join(f"{many} {name}" for name, many in sorted(weather.struck.items()))
    done = ", ".join(f"{many} {name}" for name, many in sorted((deeds.done + deeds.at).items()))
    seconds = time.monotonic() - began
    tell(request, f"Weather, {seconds:.0f} s: of {weather.requests} requests {befell}; {done}")


async def servers_stop(one: Stormy, synapse: Synapse) -> None:
    """While people go on: each goes away and comes back; the bot says that it is not ready, and goes on."""
    await asyncio.to_thread(one.postgres.go_away)
    await one.ready(False)
    told = await asyncio.to_thread(one.town.post, "clock", {"advance": "PT1M"})
    assert (told.status, told.sentence.split(",")[0]) == (503, "The database is away")
    await asyncio.to_thread(one.postgres.come_back)
    await one.ready()
    if SCALE >= 1:  # some seconds; in small tests/platforms/test_matrix_program.py does it
        await asyncio.to_thread(synapse.go_away)
        await one.ready(False)
        await asyncio.to_thread(synapse.come_back)
        await one.ready()


async def test_what_is_told_too_early_or_forgotten_or_said_in_spite_of_doubt_is_found(
    postgres: Postgres, synapse: Synapse, tmp_path: Path
) -> None:
    weather, plants = Weather(1), "early,again,silent,another"
    async with (
        crowd_on(synapse) as crowd,
        stormy(
            postgres, tmp_path, weather, plants=plants, calm=True, crowd=crowd, workers=0
        ) as one,
    ):
        deeds = Deeds(one, random.Random(1))  # noqa: S311 likewise
        await deeds.does("file", "slack")
        weather.cuts_all()
        await one.ready()
        await deeds.does("file", "slack")
        weather.planned["send"] = ["lost", "lost"]  # aiohttp itself says a PUT once more
        await deeds.does("reply", "matrix")
        weather.planned["chat.postMessage"] = ["lost"]
        await settles(one, deeds)
        found = set(await wrong(one, deeds))
    assert found == {
        "a receipt opens nothing",
        "1 cases of 2 to 2",
        "a case is silent (with_reps): somebody waits, and no look comes in time",
        "1 things were said twice by Slack",
        "1 things on Matrix were said by ids that follow from nothing",
    }
