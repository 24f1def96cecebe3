"""The command line's words on Slack: the manifest of the app, made of the commands' own definitions.

Asks the door what can be typed, over an empty memory that is thrown away.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.starting import DEFAULT_FILE, CannotStart

if TYPE_CHECKING:
    from bot.settings import Settings

slack = typer.Typer(help="What Slack needs.", rich_markup_mode=None)


@slack.command(epilog="Example: groundswell slack manifest --http https://bot.example.org")
def manifest(
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", help="The settings file.", show_default=f"{DEFAULT_FILE}, if it is there"
        ),
    ] = None,
    http: Annotated[
        str, typer.Option(help="Where Slack reaches the bot over HTTP; without it, a socket.")
    ] = "",
    language: Annotated[str, typer.Option(help="Of the commands' descriptions: en, de ...")] = "",
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Also ask for files:write, to put up charts.")
    ] = False,
) -> None:
    """Print the app's manifest: paste it at api.slack.com/apps, under "Create New App"."""
    import asyncio

    from bot import settings
    from bot.texts import LANGUAGES

    file = config or Path(DEFAULT_FILE)  # whoever begins has none yet; one that was named is there
    known = settings.load(file) if config or file.exists() else settings.Settings()
    spoken = language or known.instance.language
    if spoken not in LANGUAGES:
        raise CannotStart(f"--language takes one of {', '.join(LANGUAGES)}, not {spoken}.")
    if http and not http.startswith("https://"):
        raise CannotStart("--http takes an address that begins with https://, as Slack does.")
    told = asyncio.run(_made(known, spoken, http, pictures=pictures))
    typer.echo(json.dumps(told, indent=2, ensure_ascii=False))


async def _made(known: "Settings", language: str, http: str, *, pictures: bool) -> dict[str, Any]:
    from adapters.chance import SystemChance
    from adapters.clock import SystemClock
    from adapters.logs import stderr_log
    from adapters.slack.manifest import manifest
    from adapters.vault import make_key_files
    from bot import settings
    from bot.chat import Voice
    from bot.texts import Speaker
    from bot.wiring import groundswell, installation

    prefix = known.slack.command_prefix if known.slack else ""
    with TemporaryDirectory() as folder:
        where = settings.at(Path(folder) / "data", Path(folder) / "keys")
        where.data.mkdir()
        make_key_files(where.keys, SystemChance())
        us, log = installation(known), stderr_log(level="error")
        async with groundswell(where, us, {}, SystemClock(), SystemChance(), log) as bot_:
            speaker = Speaker(Voice(language), f"/{prefix}")
            name = known.instance.name
            return manifest(bot_.door.commands, speaker, name, http, pictures=pictures)
