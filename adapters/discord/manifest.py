"""The app's commands for Discord, made of the commands' own definitions, and the ways to let it in. Pure.

Limits (docs.discord.com, Application Commands): a name 32 characters, a description 100, 25 choices.
Commands go along with their person: workers' into any talk, staff's into the one with the bot alone.
There they can work where an employer owns the server, and whoever owns it cannot cut them off.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from bot.chat import Button, Command, Line, Voice, line
from bot.domain.communities import Role
from bot.texts import LANGUAGES, Speaker

#: Discord's locales, by our language.
LOCALES = {
    "en": ("en-US", "en-GB"),
    "de": ("de",),
    "fr": ("fr",),
    "es": ("es-ES", "es-419"),
    "it": ("it",),
}
VIEW, SEND, ATTACH = 1 << 10, 1 << 11, 1 << 15
#: To see a room, to write in it, to show a chart there: nothing else, and nothing of what people write.
PERMISSIONS = VIEW | SEND | ATTACH
AUTHORIZE = "https://discord.com/oauth2/authorize"
IN_GUILD, BOT_DM, PRIVATE = 0, 1, 2
OF_GUILD, OF_USER = 0, 1
WORD = 3  #: an option that is text

Json = dict[str, Any]


def commands(all_: Iterable[Command]) -> list[Json]:
    """What can be typed, with its names and words in every language."""
    return [_command(one) for one in all_ if one.typed]


def hashed(told: list[Json]) -> str:
    """By which it is known whether Discord has been told the same."""
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def to_guild(application: str) -> str:
    """Where somebody lets the bot into their server."""
    scope = "bot+applications.commands"
    return (
        f"{AUTHORIZE}?client_id={application}&scope={scope}&permissions={PERMISSIONS}"
        f"&integration_type={OF_GUILD}"
    )


def to_user(application: str) -> str:
    """Where somebody takes it along, into any talk."""
    return f"{AUTHORIZE}?client_id={application}&scope=applications.commands&integration_type={OF_USER}"


def _command(one: Command) -> Json:
    workers = one.listed_for({Role.WORKER})
    said: Json = {
        "type": 1,
        "name": one.name,
        "name_localizations": _in_all(line(f"discord.name.{one.name}")),
        "description": _say("en").say(line(f"command.{one.name}")),
        "description_localizations": _in_all(line(f"command.{one.name}")),
        "integration_types": [OF_GUILD, OF_USER],
        "contexts": [IN_GUILD, BOT_DM, PRIVATE] if workers else [IN_GUILD, BOT_DM],
    }
    return said if workers or not one.words else said | {"options": [_words(one)]}


def _words(one: Command) -> Json:
    """The fixed words that may stand behind a command of staff's."""
    return {
        "type": WORD,
        "name": "what",
        "name_localizations": _in_all(line("discord.what")),
        "description": _say("en").say(line("discord.what.words")),
        "description_localizations": _in_all(line("discord.what.words")),
        "required": False,
        "choices": [
            {"name": word, "name_localizations": _in_all(Button(means).label), "value": word}
            for word, means in one.words.items()
        ],
    }


def _in_all(one: Line) -> dict[str, str]:
    return {locale: _say(ours).say(one) for ours in LANGUAGES for locale in LOCALES[ours]}


def _say(language: str) -> Speaker:
    return Speaker(Voice(language), "/", names="discord.name")
