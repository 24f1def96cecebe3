"""Socket Mode: sockets that fall silent, are closed or refused, and a Slack that is away."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from adapters.slack import socket
from bot import platforms
from bot.ports import Noted
from bot.running import watched
from bot.settings import Ops
from tests.fakes.slack_week import Town, town_on
from tests.journeys.over_slack import town_of_the_module
from tests.proofs.scale import SCALE

pytestmark = [pytest.mark.xdist_group("slack"), pytest.mark.asyncio(loop_scope="module")]

SILENCE = 0.3
SLACK = 3.0  #: seconds that a busy machine may take


one_town, _ = town_of_the_module("socket", silence=SILENCE)


async def readyz(town: Town) -> tuple[int, bool]:
    """What the operator's listener says over HTTP, and of Slack."""
    async with watched(town.world.bot, Ops(port=0), town.world.log):
        event, facts = town.world.log.lines.pop()
        assert event is Noted.STARTED
        async with town.server.session.get(f"{facts['address']}readyz") as answer:
            told = await answer.json()
            assert told["ready"] is (answer.status == 200)
            return answer.status, told["platforms"]["slack"]


@pytest_asyncio.fixture(loop_scope="module")
async def town(one_town: Town) -> AsyncIterator[Town]:
    one_town.server.screens.clear()
    yield one_town
    assert one_town.wrong == []
    assert Noted.BUG not in {event for event, _ in one_town.world.log.lines}


async def until_connected(town: Town, connected: bool = True, within: float = 5.0) -> None:
    async with asyncio.timeout(within):
        while town.platform.post.connected() is not connected:
            await asyncio.sleep(0.01)


async def answers(town: Town) -> None:
    assert "Your name is not kept" in await town.person("worker").types("/grievance")


async def test_a_socket_that_falls_silent_is_known_as_such_and_opened_anew(town: Town) -> None:
    opened = town.server.sockets.opened
    town.server.faults.silent = True
    await until_connected(town, False, within=3 * SILENCE)
    assert await readyz(town) == (503, False)
    town.server.faults.silent = False
    await until_connected(town)
    assert await readyz(town) == (200, True)
    assert town.server.sockets.opened > opened
    await answers(town)


async def test_with_the_bot_s_own_patience_it_is_open_again_within_a_minute(tmp_path: Path) -> None:
    """In full at SCALE=1; else all of it is that much faster."""
    pace = min(SCALE, 1.0) ** 2
    async with town_on(tmp_path, "socket", silence=socket.SILENCE * pace) as one:
        opened, began = one.server.sockets.opened, time.monotonic()
        one.server.faults.silent = True
        await until_connected(one, False, within=60 * pace + SLACK)
        one.server.faults.silent = False
        await until_connected(one)
        assert one.server.sockets.opened > opened
        assert time.monotonic() - began < 60 * pace + (SLACK if pace < 1 else 0)
    assert socket.SILENCE + socket.FIRST_PAUSE + 2 < 60, "two seconds to open it are enough"


async def test_a_socket_over_which_nobody_acts_stays_as_long_as_it_lives(town: Town) -> None:
    opened = town.server.sockets.opened
    await asyncio.sleep(3 * SILENCE)
    assert town.platform.post.connected()
    assert town.server.sockets.opened == opened


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "link_disabled"])
async def test_slack_closes_a_socket_and_nothing_is_missed(town: Town, reason: str) -> None:
    opened = town.server.sockets.opened
    await town.server.sockets.disconnect(reason)
    await town.server.until(lambda: town.server.sockets.opened > opened)
    await until_connected(town)
    await answers(town)


async def test_no_request_asks_slack_who_we_are(town: Town) -> None:
    await answers(town)
    before = town.server.counted("auth.test")
    worker = town.person("worker")
    for _ in range(3):
        await worker.hand.close()
        await worker.types("/grievance")
        await worker.submits()
    assert town.server.counted("auth.test") == before


async def test_what_nobody_foresaw_ends_a_socket_and_another_one_is_opened(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that no reader of JSON can take in."""
    log = town.world.log
    monkeypatch.setattr(platforms, "FIRST_PAUSE", 0.01)
    (there,) = town.server.sockets.open
    town.server.faults.silent = True  # the next one is not greeted yet
    await there.ws.send_str("[" * 100_000)
    await until_connected(town, False)
    assert await readyz(town) == (503, False)
    town.server.faults.silent = False
    await until_connected(town)
    assert await readyz(town) == (200, True)
    await answers(town)
    assert [event for event, _ in log.lines] == [Noted.BUG]
    log.lines.clear()


async def test_a_slack_that_is_away_is_waited_for(tmp_path: Path) -> None:
    async with town_on(tmp_path, "socket", began=False) as town:
        town.server.faults.status("auth.test", 503)
        town.server.faults.cut("apps.connections.open")
        await town.begin()
        assert town.wrong == []
        await answers(town)


@pytest.mark.parametrize(
    ("setting", "method"), [("bot_token", "auth.test"), ("app_token", "apps.connections.open")]
)
async def test_a_token_that_is_no_good_ends_the_program_with_a_sentence(
    tmp_path: Path, setting: str, method: str
) -> None:
    async with town_on(tmp_path, "socket", began=False) as town:
        town.server.faults.error(method, "invalid_auth", times=9)
        await town.begin()
        (why,) = town.wrong
        assert f"Slack does not take [slack] {setting} (invalid_auth): " in str(why)
        assert not town.platform.post.connected()


async def test_what_is_under_way_when_the_program_stops_is_ended(town: Town) -> None:
    worker = town.person("worker")
    town.server.faults.late("views.open", 0.3)
    ask = asyncio.create_task(worker.hand.command("/grievance", channel=town.general))
    await asyncio.sleep(0.1)
    await town.restart()
    await ask
    assert "Your name is not kept" in worker.sees
