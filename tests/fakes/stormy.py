"""One community on Slack, Discord and by mail, its bot a real process, and weather on every road between.

The bot is ``groundswell run`` on PostgreSQL, with the sandbox beside it: there the clock is moved and
polls are opened, on no road. What got there is counted as Slack, Discord and the mail server heard it.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import psutil

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from adapters.sandbox import people
from adapters.sandbox.time import CLOCK, MovedClock
from adapters.slack.manifest import manifest
from bot.chat import Voice
from bot.domain.communities import Trust
from bot.settings import Where, load, where
from bot.texts import Speaker
from bot.wiring import Bot, groundswell
from tests.fakes.demo import Demo, NotDone
from tests.fakes.discord import discord_town
from tests.fakes.discord_week import Clubhouse, known_for
from tests.fakes.forked import ROOT, Forked
from tests.fakes.installed import free_port, settings_in
from tests.fakes.mailing import Mailbox, mailbox
from tests.fakes.matrix_installed import section
from tests.fakes.matrix_people import Crowd
from tests.fakes.matrix_stormy import Home, home_on
from tests.fakes.matrix_town import SETTLED
from tests.fakes.postgres import Postgres
from tests.fakes.slack import slack_town
from tests.fakes.slack_week import Workplace
from tests.fakes.weather import Weather, by_port, unix_of
from tests.fakes.world import CODE, US, KeptLog, KeptPost

STARTS_WITHIN = 90.0
RUTH, OSKAR, LEILA = "ruth-adeyemi", "oskar-brandt", "leila-farouk"
POLL = {"question": "Shall we?", "kind": "yes_no", "options": "", "days": "1", "comment": "no"}
LETTERS_TO = "organisers@example.org"
#: What was ever put on the outbox, and with which fate it went.
LOG = (
    "CREATE TABLE was_put (id TEXT, platform TEXT, notice TEXT)",
    "CREATE TABLE was_gone (id TEXT, fate TEXT)",
    "CREATE FUNCTION put() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "INSERT INTO was_put VALUES (NEW.id, NEW.platform, NEW.notice); RETURN NEW; END $$",
    "CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "INSERT INTO was_gone VALUES (OLD.id, OLD.fate); RETURN OLD; END $$",
    "CREATE TRIGGER put AFTER INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION put()",
    "CREATE TRIGGER gone AFTER DELETE ON outbox FOR EACH ROW EXECUTE FUNCTION gone()",
)


@dataclass
class Heard:
    """What got to whom: each message's id and part, as often as the bot said it."""

    slack: Counter[tuple[str, str]] = field(default_factory=Counter)
    discord: Counter[tuple[str, str]] = field(default_factory=Counter)

    def by_slack(self, path: str, body: bytes, status: int, answer: bytes) -> None:
        if path.endswith("/chat.postMessage") and status == 200 and json.loads(answer)["ok"]:
            said = json.loads(body)
            id = said["metadata"]["event_payload"]["id"]
            self.slack[id, json.dumps([said["channel"], said.get("blocks")])] += 1


@dataclass
class Stormy:
    """``process``: the bot; ``town``: its sandbox."""

    weather: Weather
    where: Where
    config: Path
    work: Workplace
    club: Clubhouse
    mail: Mailbox
    heard: Heard
    postgres: Postgres
    home: Home | None = None
    plants: str = ""
    begin: type[subprocess.Popen] = Forked
    ops: int = field(default_factory=free_port)

    @property
    def stderr(self) -> Path:
        return self.config.parent / "stderr.txt"

    async def start(self) -> None:
        words = ["tests.fakes.weighed", str(self.config.parent / "weighed"), self.plants]
        words += ["run", "--config", str(self.config)]
        words = words if self.begin is Forked else [sys.executable, "-m", *words]
        env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
        env["GROUNDSWELL_OPS__PORT"] = str(self.ops)
        with self.stderr.open("ab") as wrong:
            how = {"stdout": subprocess.PIPE, "stderr": wrong, "text": True}
            self.process = self.begin(words, cwd=self.config.parent, env=env, **how)
        assert self.process.stdout is not None
        async with asyncio.timeout(STARTS_WITHIN):
            address = (await asyncio.to_thread(self.process.stdout.readline)).strip()
        assert address.startswith("http"), self.stderr.read_text()[-2000:]
        self.town = Demo(self.config.parent)
        self.town.host, self.town.port = str(urlsplit(address).hostname), urlsplit(address).port
        await self.ready()

    async def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.to_thread(self.process.wait, 40)
        finally:
            self.kill()

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    async def ready(self, ready: bool = True) -> None:
        """Wait until /readyz says so."""
        demo = Demo(self.config.parent)
        demo.host, demo.port = "127.0.0.1", self.ops
        async with asyncio.timeout(STARTS_WITHIN):
            while True:
                with suppress(OSError):
                    answer = await asyncio.to_thread(demo.ask, "GET", "/readyz")
                    if answer.status == (200 if ready else 503):
                        return
                await asyncio.sleep(0.1)

    async def move(self, **how: str) -> None:
        """Once more where the database was away, or a road is slow: as far as it came it stays."""
        for _ in range(20):
            with suppress(NotDone, TimeoutError):
                return await asyncio.to_thread(lambda: self.town.move(**how) and None)
            await asyncio.sleep(0.2)
        raise NotDone(f"the clock does not move: {how}")

    def opens_a_poll(self) -> None:
        ruth = self.town.person(RUTH)
        ruth.say("/poll new", "organisers")
        ruth.submit(**POLL)
        ruth.press("confirm")

    async def weigh(self) -> dict[str, int]:
        """Memory in KiB, tasks, open files and connections, as they are now."""
        file = self.config.parent / "weighed"
        file.unlink(missing_ok=True)
        os.kill(self.process.pid, signal.SIGUSR1)
        async with asyncio.timeout(30):
            while not file.exists():
                await asyncio.sleep(0.02)
        it = psutil.Process(self.process.pid)
        lines = [one for one in it.net_connections("tcp") if one.status == "ESTABLISHED"]
        told = {"memory": it.memory_full_info().uss // 1024, "connections": len(lines)}
        return told | json.loads(file.read_text())

    # What is kept -------------------------------------------------------------------------------

    async def rows(self, query: str, *given: Any) -> list[Any]:
        """Of the database, on no road."""
        line = await asyncpg.connect(self.direct.database.replace("+asyncpg", ""))
        try:
            return list(await line.fetch(query, *given))
        finally:
            await line.close()

    @property
    def direct(self) -> Where:
        """The same, on no road."""
        names = [urlsplit(one).path[1:] for one in (self.where.database, self.where.key_store)]
        urls = [self.postgres.url(name) for name in names]
        return Where(self.where.data, self.where.keys, *urls)

    def clock(self) -> MovedClock:
        """The bot's own, as far as it was moved by now."""
        return MovedClock(SystemClock(), self.where.data / CLOCK)

    @asynccontextmanager
    async def inside(self) -> AsyncIterator[Bot]:
        """The bot in this process, once its own has ended."""
        posts = {people.PLATFORM: KeptPost()}
        of = (self.direct, US, posts, self.clock(), SystemChance(), KeptLog())
        async with groundswell(*of) as bot:
            yield bot

    def bugs(self) -> list[str]:
        """Lines of its log that tell of one."""
        return [one for one in self.stderr.read_text().splitlines() if " bug " in f" {one} "]


@asynccontextmanager
async def stormy(
    postgres: Postgres,
    folder: Path,
    weather: Weather,
    *,
    plants: str = "",
    calm: bool = False,
    crowd: Crowd | None = None,
    workers: int = 2,
    **more: Any,
) -> AsyncIterator[Stormy]:
    """Running, and from then on in that weather, unless it stays ``calm``. ``crowd``: of a homeserver,
    where it is on Matrix, too, with so many ``workers``; ``plants``: see weighed; ``more``: see Stormy."""
    heard, port, clock = Heard(), free_port(), SystemClock()
    async with AsyncExitStack() as roads:
        on = roads.enter_async_context
        databases = [await on(postgres.database()) for _ in range(2)]
        line = await on(weather.bytes(unix_of(databases[0]), "database", cut=4000, late=50))
        slack = await on(slack_town(burst=10_000, record=False))
        discord = await on(discord_town(generous=10_000, record=False))
        mail = await on(mailbox())
        there = partial(asyncio.open_connection, "127.0.0.1", mail.port)
        to_mail = await on(weather.bytes(there, "mail", cut=25, late=5))
        to_slack = await on(weather.http(f"http://127.0.0.1:{slack.port}", heard.by_slack))
        to_discord = await on(weather.http(discord.url))
        from_slack = await on(weather.http(f"http://127.0.0.1:{port}"))
        slack.listen_http(f"{from_slack}/slack/events")
        home = await on(home_on(crowd, weather)) if crowd else None

        here: Any = clock
        config, work = None, Workplace(slack, Where(folder, folder, "", ""), here)
        club = Clubhouse(discord, here, Trust.NEUTRAL, 100, known_for(discord), nth=1)
        platform = [
            *("[sandbox]", "port = 0", "[slack]", 'mode = "http"'),
            *(f'api_url = "{to_slack}/api/"', f'bot_token = "{work.space.bot_token}"'),
            f'signing_secret = "{work.space.signing_secret}"',
            *("[http]", f"port = {port}", "[discord]", f'token = "{discord.token}"'),
            *(f'api_url = "{to_discord}/api/v10"', f'gateway_url = "{discord.gateway_url}"'),
            *("[mail]", 'host = "127.0.0.1"', 'tls = "none"', f"port = {to_mail}"),
            *('from = "bot@example.org"', *(section(home.url, home.place.bot) if home else ())),
        ]
        config = settings_in(folder, *(by_port(one, line) for one in databases), platform=platform)
        one = Stormy(
            *(weather, where(load(config), config), config, work, club, mail, heard, postgres),
            home=home,
            plants=plants,
            **more,
        )
        await _found(one)
        await one.start()
        try:
            await _digest_by_mail(one)
            if home:
                await home.moves_in(workers)
            weather.calm = calm
            yield one
        finally:
            weather.calm = True
            one.kill()


async def _found(one: Stormy) -> None:
    one.where.data.mkdir(parents=True)
    one.clock().run_from(SystemClock().now() + SETTLED)
    async with one.inside() as bot:
        new = people.community(lambda: SystemChance().bytes(16).hex(), CODE, one.clock().now())
        new = one.home.place.change(new) if one.home else new
        await bot.communities.found(one.club.change(one.work.change(new)))
        said = manifest(
            bot.door.commands, Speaker(Voice(), "/"), "Harbour", "https://b.example.org"
        )
        one.work.server.app.configure(said)
    for words in LOG:
        await one.rows(words)


async def _digest_by_mail(one: Stormy) -> None:
    """As an organiser sets it in their room, and a moderator agrees; three days later it holds."""

    def sets() -> None:
        ruth = one.town.person(RUTH)
        ruth.say("/digest set", "organisers")
        how = {"day": "monday", "hour": "9", "zone": "UTC", "language": "en"}
        ruth.submit(**how, addresses=LETTERS_TO)
        one.town.move(advance="PT1M")
        one.town.person(OSKAR).say("/setup approve")
        one.town.move(advance="P3D")

    await asyncio.to_thread(sets)
