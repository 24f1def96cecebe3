"""Runs the bot on its platforms: what listens, what ticks, and in which order it all stops.

First nothing new is let in, then what is under way ends, leases are given back, and at last the
databases close.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from bot.platforms import Beside, Build, GiveUp
from bot.ports import MAIL, Clock, Health, Installation, Log, Noted, Post
from bot.postman import Postman
from bot.settings import CannotStart, Discord, Http, Mail, Matrix, Ops, Settings, Slack, Where
from bot.wiring import Bot, groundswell, installation

if TYPE_CHECKING:
    from aiohttp import web

    from adapters.sandbox.time import SandboxTime
    from adapters.scheduler import Ticker

TICK_SECONDS = 1.0  #: between two questions of what is due
REQUESTS_END_WITHIN = 10.0  #: seconds that requests under way have when the program stops


def builds(known: Settings, wanted: Collection[str], where: Where, log: Log) -> Mapping[str, Build]:
    """What makes the wanted platforms besides the sandbox. Raises CannotStart."""
    made: dict[str, Build] = {}
    if known.matrix and "matrix" in wanted:
        made["matrix"] = _matrix(known.matrix, where, installation(known))
    if known.slack and "slack" in wanted:
        made["slack"] = _slack(known.slack, known.http, installation(known))
    if known.discord and "discord" in wanted:
        made["discord"] = _discord(known.discord, installation(known))
    return made


def _matrix(known: Matrix, where: Where, us: Installation) -> Build:
    from adapters.chance import SystemChance

    made = installed("matrix", "app").MatrixPlatform
    return lambda clock, open_work, _: made(known, where.keys, us, clock, SystemChance(), open_work)


def _slack(known: Slack, http: Http, us: Installation) -> Build:
    from adapters.chance import SystemChance

    made, chance = installed("slack", "app").SlackPlatform, SystemChance()
    return lambda clock, open_work, vault: made(known, http, us, vault, clock, chance, open_work)


def _discord(known: Discord, us: Installation) -> Build:
    from adapters.chance import SystemChance

    made = installed("discord", "app").DiscordPlatform
    return lambda clock, open_work, _: made(known, us, clock, SystemChance(), open_work)


def installed(platform: str, module: str) -> Any:
    """A module of an adapter, whose library may be missing. Raises CannotStart."""
    try:
        return import_module(f"adapters.{platform}.{module}")
    except ModuleNotFoundError as wanted:
        raise CannotStart(
            f"[{platform}] needs {wanted.name}, which is not installed: install "
            f"groundswell[{platform}]."
        ) from None


@asynccontextmanager
async def chats(
    where: Where,
    us: Installation,
    made: Mapping[str, Build],
    clock: Clock,
    log: Log,
    give_up: GiveUp,
    *,
    heartbeat: bool = True,
    mail: Mail | None = None,
) -> AsyncIterator[Bot]:
    """The bot on platforms alone, without the sandbox. ``give_up``: told by one that cannot go on.
    Without ``heartbeat`` it only says what is to be said; without ``mail`` no e-mail is sent.
    Raises CannotStart."""
    from adapters.chance import SystemChance
    from adapters.scheduler import Ticker

    where.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside, posts = Beside(made, clock), mailing(mail, clock)
    async with groundswell(
        where, us, posts, clock, SystemChance(), log, beside=beside.posts
    ) as bot_:
        await bot_.postman.start()
        beats = Ticker(bot_.heartbeat.tick if heartbeat else _nothing, TICK_SECONDS)
        rounds = Ticker(bot_.postman.drain, TICK_SECONDS)
        # What is being said in the end needs its platform: that one closes last.
        async with beside.serving(bot_.door, give_up), stopping(beats, bot_.postman, rounds):
            beats.start()
            rounds.start()
            yield bot_


@asynccontextmanager
async def sandbox(
    where: Where,
    us: Installation,
    port: int,
    *,
    empty: bool,
    log: Log,
    heartbeat: bool = True,
    mail: Mail | None = None,
    made: Mapping[str, Build] | None = None,
    give_up: GiveUp | None = None,
    watch: Callable[[int, int], None] = lambda told, of: None,
) -> AsyncIterator[tuple[str, Bot]]:
    """The bot with a chat of its own in a browser page; gives the page's address, and itself.

    ``port`` 0 takes any free one. Founds the seeded community at the first start and finds it at
    the next. Without ``heartbeat`` it only says what is to be said; without ``mail`` no e-mail is
    sent. ``made``: platforms beside it, at the same door and on its clock; ``give_up``: told by one
    that cannot go on. Unless it is to be ``empty``, the first start tells a story, while the page
    is there already; ``watch`` hears how far it is. Raises CannotStart.
    """
    from adapters.chance import SystemChance
    from adapters.clock import SystemClock
    from adapters.sandbox import people, story
    from adapters.sandbox.acts import Acts
    from adapters.sandbox.app import SandboxApp
    from adapters.sandbox.crowd import Crowd
    from adapters.sandbox.hands import Hands
    from adapters.sandbox.telling import Telling, meanwhile
    from adapters.sandbox.time import CLOCK, MovedClock, SandboxTime
    from adapters.sandbox.tour import Tour
    from adapters.sandbox.town import Town
    from adapters.scheduler import Ticker

    where.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    chance, clock = SystemChance(), MovedClock(SystemClock(), where.data / CLOCK)
    town = Town()
    posts, beside = {people.PLATFORM: town, **mailing(mail, clock)}, Beside(made or {}, clock)
    async with groundswell(
        where, us, posts, clock, chance, log, room_delay=timedelta(0), beside=beside.posts
    ) as bot_:
        beat = bot_.heartbeat.tick if heartbeat else _nothing
        time = SandboxTime(clock, beat, bot_.postman.drain, bot_.communities.coming)
        crowd = Crowd(bot_.door, chance)
        until, new = clock.now(), not await bot_.communities.ids()
        telling = Telling(story.WEEKS if new and not empty else 0, watch)
        if new:
            if telling.weeks:
                clock.run_from(story.begins(until))
            seeded = people.community(
                lambda: chance.bytes(16).hex(),
                bot_.founding.community_code(),
                clock.now().replace(microsecond=0),
            )
            await bot_.communities.found(seeded, once=("found", "first"))
        beats, rounds = Ticker(time.beat, TICK_SECONDS), Ticker(time.deliver, TICK_SECONDS)
        told = story.Story(Hands(town, Acts(town, bot_.door)), crowd, time, telling.week)
        if not telling.weeks:
            await _caught_up(time, bot_.postman)

        async def go_on() -> None:
            if telling.weeks:
                telling.week(0)
                await told.tell(until)
                await _caught_up(time, bot_.postman)
                telling.end()
            beats.start()
            rounds.start()

        app = SandboxApp(
            town,
            bot_.door,
            crowd,
            time,
            clock,
            bot_.postman.drain,
            bot_.stored,
            telling,
            Tour(town, telling, offered=not empty),
        )
        async with (
            beside.serving(bot_.door, give_up or _raised),
            stopping(beats, bot_.postman, rounds),
            _listening(app.application(), "127.0.0.1", port) as address,
        ):
            if address is None:
                raise CannotStart(
                    f"Port {port} on this machine is taken: choose another with "
                    f"{'--port' if made is None else '[sandbox] port'}."
                )
            async with meanwhile(go_on(), give_up or _raised, log):
                yield address, bot_


async def _caught_up(time: "SandboxTime", postman: Postman) -> None:
    """What came while nothing ran, and what is to be said of it."""
    await time.to_the_present()
    await postman.start()
    await time.beat()
    await time.deliver()


@asynccontextmanager
async def stopping(beats: "Ticker", postman: Postman, rounds: "Ticker") -> AsyncIterator[None]:
    """In the end the clock stops, the postman gives back what it has not begun, and its round, now
    cut short, ends. Each in any case, whatever became of the one before."""
    async with AsyncExitStack() as stack:
        stack.push_async_callback(rounds.stop)
        stack.push_async_callback(postman.close)
        stack.push_async_callback(beats.stop)
        yield


def mailing(known: Mail | None, clock: Clock) -> Mapping[str, Post]:
    """What says Cards by e-mail, where the settings have it. Raises CannotStart."""
    if known is None:
        return {}
    try:
        from adapters.mail.post import mail_post
    except ModuleNotFoundError as wanted:
        raise CannotStart(
            f"[mail] needs {wanted.name}, which is not installed: install groundswell[mail]."
        ) from None
    return {MAIL: mail_post(known, clock)}


def _raised(reason: CannotStart) -> None:
    raise reason


async def _nothing() -> None:
    """No heartbeat: other processes do the clock's work."""


@asynccontextmanager
async def watched(bot_: Bot, ops: Ops | None, log: Log) -> AsyncIterator[None]:
    """The operator's listener, as the settings name it. Where they do not, a port that is taken
    is no reason not to start: several processes may share one machine. Raises CannotStart."""
    from adapters.web import application

    async def ask() -> Health:
        return await bot_.status.health(
            {name: post.connected() for name, post in bot_.posts.items()}
        )

    at = ops or Ops()
    async with _listening(application(ask), at.host, at.port) as address:
        if address is None and ops is not None:
            raise CannotStart(
                f"[ops] cannot listen on {at.host} port {at.port}: choose another host or port."
            )
        if address is None:
            log.note(Noted.WARNED, kind="ops", place="no listener: set [ops] port")
        else:
            log.note(Noted.STARTED, kind="ops", address=address)
        yield


@asynccontextmanager
async def _listening(app: "web.Application", host: str, port: int) -> AsyncIterator[str | None]:
    """An application on a port, 0 for any free one; gives its address, None where it cannot."""
    from aiohttp import web

    runner = web.AppRunner(app, access_log=None, shutdown_timeout=REQUESTS_END_WITHIN)
    await runner.setup()
    try:
        address = None
        try:
            await web.TCPSite(runner, host, port).start()
            shown = f"[{host}]" if ":" in host else host
            address = f"http://{shown}:{runner.addresses[0][1]}/"
        except OSError:
            pass
        yield address
    finally:
        await runner.cleanup()
