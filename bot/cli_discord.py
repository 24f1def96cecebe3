"""The command line's words on Discord: telling it the commands, and the addresses by which it lets the
bot in.

Asks the door what can be typed, over an empty memory that is thrown away.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.starting import DEFAULT_FILE, CannotStart

if TYPE_CHECKING:
    from bot.settings import Discord, Settings

discord = typer.Typer(help="What Discord needs.", rich_markup_mode=None)

Config = Annotated[Path, typer.Option("--config", help="The settings file.")]


@discord.command(epilog="Example: groundswell discord sync")
def sync(config: Config = Path(DEFAULT_FILE)) -> None:
    """Tell Discord the bot's commands. A start does so by itself when they have changed."""
    import asyncio

    from bot.wiring import every_command

    known = _loaded(config)
    there = _section(known, config)
    told = _module("manifest").commands(asyncio.run(every_command(known)))
    count = asyncio.run(_module("looking").synced(there, told))
    typer.echo(f"Discord knows {count} commands now.")


@discord.command(epilog="Example: groundswell discord invite")
def invite(config: Config = Path(DEFAULT_FILE)) -> None:
    """Print the addresses by which a server lets the bot in, and a person takes it along."""
    import asyncio

    there = _section(_loaded(config), config)
    id = asyncio.run(_module("looking").named(there))
    made = _module("manifest")
    typer.echo(f"Into a server, which whoever manages it opens:\n  {made.to_guild(id)}")
    typer.echo(f"Into one's own account, to use it anywhere:\n  {made.to_user(id)}")


def _loaded(config: Path) -> "Settings":
    from bot import settings

    return settings.load(config)


def _section(known: "Settings", file: Path) -> "Discord":
    if known.discord is None:
        raise CannotStart(f"{file} has no section [discord]: add it, with the token of your app.")
    return known.discord


def _module(name: str) -> Any:
    """Of the adapter, whose library may be missing; it says nothing of what it sends."""
    from adapters.logs import quiet_libraries, stderr_log
    from bot.running import installed

    quiet_libraries(stderr_log(level="error"))
    return installed("discord", name)
