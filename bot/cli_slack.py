"""The command line's words on Slack: the manifest of the app, made of the commands' own definitions.

Asks the door what can be typed, over an empty memory that is thrown away.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.starting import DEFAULT_FILE, CannotStart

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

    from adapters.slack.manifest import manifest as made
    from bot import settings
    from bot.chat import Voice
    from bot.texts import LANGUAGES, Speaker
    from bot.wiring import every_command

    file = config or Path(DEFAULT_FILE)  # whoever begins has none yet; one that was named is there
    known = settings.load(file) if config or file.exists() else settings.Settings()
    spoken = language or known.instance.language
    if spoken not in LANGUAGES:
        raise CannotStart(f"--language takes one of {', '.join(LANGUAGES)}, not {spoken}.")
    if http and not http.startswith("https://"):
        raise CannotStart("--http takes an address that begins with https://, as Slack does.")
    speaker = Speaker(Voice(spoken), f"/{known.slack.command_prefix if known.slack else ''}")
    commands, name = asyncio.run(every_command(known)), known.instance.name
    told = made(commands, speaker, name, http, pictures=pictures)
    typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
