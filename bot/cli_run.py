"""The command line's words that start the bot: in a browser page to try it, or on its platforms.

Says how to reach it, and waits until it is told to stop. Loads nothing of it before a command is run.
"""

import sys
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import cli_communities, cli_matrix
from bot.starting import DEFAULT_FILE, loading
from bot.terminal import tell

if TYPE_CHECKING:
    from bot.ending import Ending
    from bot.ports import Log, Post
    from bot.settings import Settings, Where
    from bot.wiring import Bot

ConfigOption = Annotated[Path, typer.Option("--config", help="The settings file.")]
CONFIG = Path(DEFAULT_FILE)
PATIENCE = 10.0  #: seconds that a platform may take before somebody is told


def add_to(app: typer.Typer) -> None:
    app.command(epilog="Example: groundswell demo --port 8765 --data ./demo")(demo)
    app.command(epilog="Example: groundswell run --config groundswell.toml")(run)


def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8765,
    data: Annotated[Path, typer.Option(help="Where it keeps database and keys.")] = Path("demo"),
    empty: Annotated[bool, typer.Option("--empty", help="Start without any case in it.")] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
) -> None:
    """Try the bot in a browser page, on this machine alone."""
    with loading() as loaded:
        raise typer.Exit(_demo(port, data, loaded, empty=empty, browser=not no_browser))


def run(
    config: ConfigOption = CONFIG,
    only: Annotated[
        str | None, typer.Option(help="Run these platforms alone, by commas: slack,matrix.")
    ] = None,
    no_heartbeat: Annotated[
        bool, typer.Option("--no-heartbeat", help="Leave the clock's work to other processes.")
    ] = False,
) -> None:
    """Run the bot on the platforms the settings name. On PostgreSQL any number of these at once."""
    with loading() as loaded:
        raise typer.Exit(_run(config, only, loaded, heartbeat=not no_heartbeat))


def _demo(port: int, data: Path, loaded: Callable[[], None], *, empty: bool, browser: bool) -> int:
    import asyncio

    from adapters.chance import SystemChance
    from adapters.logs import quiet_libraries, stderr_log
    from adapters.vault import keep_private, make_key_files
    from bot import running, settings, wiring
    from bot.ending import Ending
    from bot.ports import Installation

    log = stderr_log(level="warning")
    quiet_libraries(log)
    keep_private()
    where = settings.at((data / "data").resolve(), (data / "keys").resolve())
    us = Installation("Groundswell demo", "whoever started this demo", "", "", "")

    async def run() -> int:
        ending = Ending()
        async with running.sandbox(
            where, us, port, empty=empty, log=log, give_up=ending.give_up, watch=_watched
        ) as (address, _):
            ending.heed_signals()
            loaded()
            typer.echo(address)
            tell(
                f"Open it in a browser. Ctrl-C stops it. Cases and keys stay in {data}; messages do not.",
                err=True,
            )
            if browser:
                typer.launch(address)
            return await ending.code()

    with wiring.alone(where.data):
        if not (where.data / "groundswell.db").exists():
            make_key_files(where.keys, SystemChance())
        return asyncio.run(run())


def _watched(told: int, of: int) -> None:
    """How far the story is, where somebody looks on: a line that is written over."""
    if sys.stderr.isatty():
        typer.echo(f"\rActing out the last {of} weeks: {told} of {of} ", err=True, nl=told == of)


def _run(config: Path, only: str | None, loaded: Callable[[], None], *, heartbeat: bool) -> int:
    import asyncio

    from adapters.logs import quiet_libraries, stderr_log
    from bot import settings

    known, where = read(config)
    wanted = settings.platforms(known, config, only)
    from bot import running, wiring
    from bot.ending import Ending

    log = stderr_log(known.log.format, known.log.level)
    quiet_libraries(log)

    async def serve() -> int:
        ending = Ending()
        async with (
            _on(known, where, wanted, ending, log, heartbeat=heartbeat) as (first, bot_),
            running.watched(bot_, known.ops, log),
        ):
            ending.heed_signals()
            loaded()
            typer.echo(first)
            if code := await bot_.founding.first_code():
                for line in cli_matrix.invitations(known.matrix if "matrix" in wanted else None):
                    typer.echo(line)
                typer.echo(f"Claim code: {code.code}")
                setup = settings.typed(known, "setup")
                tell(cli_communities.what_to_do(code.until, setup))
            coming = asyncio.create_task(_come(bot_.posts))
            try:
                return await ending.code()
            finally:
                coming.cancel()

    with wiring.alone_unless_shared(where):
        return asyncio.run(serve())


async def _come(posts: "Mapping[str, Post]") -> None:
    """Says of each platform that it does not answer yet, and once it does; later the log, metrics
    and ``/readyz`` tell."""
    import asyncio

    await asyncio.sleep(PATIENCE)
    away = {name for name, post in posts.items() if not post.connected()}
    for name in sorted(away):
        tell(
            f"{name} does not answer yet: it is tried again and again. `groundswell check` says what "
            "is wrong."
        )
    while away:
        await asyncio.sleep(1)
        for name in sorted(one for one in away if posts[one].connected()):
            away.remove(name)
            tell(f"{name} answers.")


@asynccontextmanager
async def _on(
    known: "Settings",
    where: "Where",
    wanted: Collection[str],
    ending: "Ending",
    log: "Log",
    *,
    heartbeat: bool,
) -> AsyncIterator[tuple[str, "Bot"]]:
    """The bot on the wanted platforms, and the first line that is said of it."""
    from adapters.clock import SystemClock
    from adapters.sandbox.time import CLOCK, MovedClock
    from bot import running, wiring

    us, made = wiring.installation(known), running.builds(known, wanted, where, log)
    if known.sandbox and "sandbox" in wanted:
        async with running.sandbox(
            where,
            us,
            known.sandbox.port,
            empty=True,
            log=log,
            heartbeat=heartbeat,
            mail=known.mail,
            made=made,
            give_up=ending.give_up,
        ) as found:
            yield found
        return
    # Moved, where a sandbox of the same installation runs in another process.
    clock = MovedClock(SystemClock(), where.data / CLOCK) if known.sandbox else SystemClock()
    async with running.chats(
        where, us, made, clock, log, ending.give_up, heartbeat=heartbeat, mail=known.mail
    ) as bot_:
        yield f"Runs on {', '.join(sorted(made))}.", bot_


def read(config: Path) -> "tuple[Settings, Where]":
    """The settings; whatever is made from here on, databases too, is for this user alone."""
    from adapters.vault import keep_private
    from bot import settings

    keep_private()
    known = settings.load(config)
    return known, settings.where(known, config)
