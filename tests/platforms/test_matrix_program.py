"""The real program on a real homeserver, from outside: started, cut off, slowed down, told to stop."""

import asyncio
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.fakes.forked import Forked
from tests.fakes.installed import Running, free_port, settings_in
from tests.fakes.matrix_installed import Writer, alone, section, until
from tests.fakes.matrix_people import Crowd
from tests.fakes.synapse import Synapse

pytestmark = pytest.mark.xdist_group("synapse")
DRAINS_WITHIN = 10.0  #: seconds, also where the homeserver is away


@asynccontextmanager
async def living(one: Running) -> AsyncIterator[Running]:
    """Killed at the end, if it still lives."""
    try:
        yield one
    finally:
        if one.process.poll() is None:
            one.stop(signal.SIGKILL)


async def stopped(one: Running) -> tuple[int, str]:
    """Told to stop, as service managers do: its exit code, and what of its log is no greeting."""
    began = time.monotonic()
    code, said = await asyncio.to_thread(one.stop)
    assert time.monotonic() - began < DRAINS_WITHIN
    return code, "".join(line for line in said.splitlines() if " started " not in line)


async def becomes_ready(one: Running, ready: bool = True) -> None:
    await until(lambda: one.ask("/readyz")[0] == (200 if ready else 503))


async def test_a_homeserver_that_goes_away_slows_down_and_revokes(
    synapse: Synapse, crowd: Crowd, tmp_path: Path
) -> None:
    bot, somebody = synapse.account("bot"), await crowd.comes()
    config = settings_in(tmp_path, platform=section(synapse.url, bot))
    async with living(await asyncio.to_thread(Running, config)) as one:
        await asyncio.to_thread(one.address)
        await becomes_ready(one)
        worker = await alone(somebody, synapse, bot)
        await worker.says("before")
        await worker.answered()

        synapse.go_away()
        await becomes_ready(one, ready=False)
        assert one.ready()["platforms"] == {"matrix": False}
        assert one.ask("/healthz")[0] == 200
        synapse.come_back()
        await worker.says("after")
        await worker.answered()
        await becomes_ready(one)

        synapse.limit(bot, per_second=2, burst=1)
        await worker.says(*(f"quick {n}" for n in range(6)))
        await worker.answered()
        assert set(worker.answers().values()) == {1}
        assert worker.unasked() == 1, "its hello"

        (device,) = devices(synapse, bot)
        synapse.revoke(bot, device)
        code, said = await asyncio.to_thread(one.ended)
    assert code == 2
    assert said.splitlines()[-1] == (
        "[matrix] the homeserver has revoked the access token of main: with a password in the "
        "settings it logs in anew when it is started; else set a new access_token."
    )
    assert "Traceback" not in said


def devices(synapse: Synapse, user: str) -> list[str]:
    said = synapse.ask("GET", f"/_synapse/admin/v2/users/{user}/devices", token=synapse.warden)
    return [one["device_id"] for one in said["devices"]]


async def test_while_no_homeserver_answers_it_waits_and_can_be_stopped(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    config = settings_in(tmp_path, platform=section(nobody, "@bot:example.org"))
    async with living(await asyncio.to_thread(Running, config, start=Forked)) as one:
        assert await asyncio.to_thread(one.address) == "Runs on matrix."
        assert one.ask("/readyz")[0] == 503
        assert await stopped(one) == (0, "")


async def test_from_the_log_in_to_the_first_moderator_with_two_accounts(
    synapse: Synapse, crowd: Crowd, tmp_path: Path
) -> None:
    bots = [synapse.account("bot") for _ in range(2)]
    both = [*section(synapse.url, bots[0]), *section(synapse.url, bots[1], "second")]
    config = settings_in(tmp_path, platform=both)
    logged_in = await asyncio.to_thread(login, config)
    assert re.findall(r"(\S+) is logged in, as the device", logged_in) == bots

    moderator = await crowd.comes("moderator")
    async with living(await asyncio.to_thread(Running, config, start=Forked)) as one:
        greeting = [await asyncio.to_thread(one.address) for _ in range(4)]
        assert greeting[:3] == [
            "Runs on matrix.",
            *(f"Invite it: https://matrix.to/#/{bot}" for bot in bots),
        ]
        code = greeting[3].removeprefix("Claim code: ")
        await becomes_ready(one)
        second, first = [await alone(moderator, synapse, bot) for bot in reversed(bots)]
        assert "!grievance" in await second.asks("!help")
        assert "This place is yours to set up" in await claimed(first, code)
        assert "Five answers are needed" in await first.asks("1")

        synapse.limit(second.bot, per_second=2, burst=1)
        await second.says("one", "two", "three")
        await until(lambda: sum(second.answers().values()) >= len(second.said) - 1)
        assert await stopped(one) == (0, "")
    assert set(second.answers().values()) == {1}, "what was under way ended"


def login(config: Path) -> str:
    script = str(Path(sys.executable).with_name("groundswell"))
    done = subprocess.run(
        [script, "matrix", "login", "--config", str(config)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


async def claimed(moderator: Writer, code: str) -> str:
    """What the bot says to whoever claims a place of theirs for a new community."""
    person = moderator.person
    space = await person.room_with(moderator.bot, encrypted=False, name="Docks", space=True)
    await person.until(lambda: person.sees(space, moderator.bot))
    await person.says(space, "!setup")
    await person.hears("I have written to you")
    await person.until(
        lambda: any("The operator gave you a code" in one for one in moderator.heard)
    )
    assert "Verify it first" in await moderator.asks(code)
    await person.signs()
    return await moderator.asks(code)
