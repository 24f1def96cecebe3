"""What ``groundswell init`` asks, why, and how: in the terminal, again where an answer will not do.

A secret is typed unseen. Writes nothing down.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import typer

from bot.starting import CannotStart
from bot.terminal import tell

WANTED = "sandbox"  #: where nobody says otherwise: it needs no account anywhere


@dataclass(frozen=True, slots=True)
class Secret:
    """One that a platform gives out: the setting, its file beside the settings, and where it is
    found."""

    key: str
    file: str
    asked: str
    found: str


SECRETS = {
    "sandbox": (),
    "discord": (
        Secret(
            "token",
            "discord-token",
            "The bot's token",
            "https://discord.com/developers/applications, your app, Bot: Reset Token.",
        ),
    ),
    "slack": (
        Secret(
            "bot_token",
            "slack-bot-token",
            "The bot token (xoxb-...)",
            "`groundswell slack manifest` prints an app for https://api.slack.com/apps?new_app=1; "
            "once it is installed: OAuth & Permissions.",
        ),
        Secret(
            "app_token",
            "slack-app-token",
            "The app-level token (xapp-...)",
            "https://api.slack.com/apps, your app, Basic Information, App-Level Tokens, with the "
            "scope connections:write.",
        ),
    ),
    "matrix": (
        Secret(
            "password",
            "matrix-password",
            "The password of the bot's own account",
            "an account that you made for the bot, best on a homeserver that the workers run.",
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, why, the flag that answers it, and what holds where nobody does."""

    asked: str
    why: str
    flag: str
    default: str = ""


NAME = Question(
    "What is this installation called?",
    "People see it where the bot says who it is.",
    "--name",
    "Groundswell",
)
OPERATOR = Question(
    "Who runs it?",
    "Workers read it before they write: name whom they would be trusting.",
    "--operator",
)
CONTACT = Question(
    "How are you reached?",
    "For whoever has a question about this bot: an address, or empty.",
    "--contact",
)
DOOR = Question(
    "A safer way in?",
    "For those who must not be found out: a web form or a number, shown before they write; or empty.",
    "--external-door",
)
DATA = Question(
    "Where is the database kept?",
    "Back it up, apart from the keys: what people wrote is sealed in it.",
    "--data-dir",
    "data",
)
KEYS = Question(
    "Where are the keys kept?",
    "Whoever has both reads every case: so never in the same folder, nor the same backup.",
    "--keys-dir",
    "keys",
)
PLATFORM = Question(
    "On which platforms?",
    "sandbox tries it in a browser page; the others are discord, slack and matrix. Several by commas.",
    "--platform",
    WANTED,
)
HOMESERVER = Question(
    "Which homeserver?",
    "Such as https://matrix.example.org. Its host sees who talks to the bot, and when: best one that the workers run.",
    "--homeserver",
)
USER = Question(
    "Which account?",
    "Such as @bot:example.org: one of the bot's own, that nobody else uses.",
    "--user-id",
)


def _anything(answer: str) -> None:
    """Whatever is answered will do."""


class Asking:
    """Asks in the terminal what no flag answers, and again what will not do. ``quiet``: nothing at
    all. A rule raises CannotStart, with what is wrong and the flag."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet, self._seen = quiet, not quiet and sys.stdin.isatty()

    def __call__(
        self, one: Question, given: str | None, rule: Callable[[str], object] = _anything
    ) -> str:
        if given is not None or self._quiet:
            answer = one.default if given is None else given
            rule(answer)
            return answer
        tell(f"\n{one.why}")
        while True:
            answer = str(
                typer.prompt(
                    f"{one.asked} ({one.flag})",
                    default=one.default,
                    show_default=bool(one.default),
                )
            ).strip()
            try:
                rule(answer)
            except CannotStart as wrong:
                if not self._seen:
                    raise
                tell(str(wrong))
            else:
                return answer

    def perhaps(self, one: Question, given: str | None, rule: Callable[[str], object]) -> str:
        """Asked where somebody sits before it; else the default."""
        return self(one, given if given is not None or self._seen else one.default, rule)

    def secret(self, one: Secret) -> str:
        """Typed unseen, by somebody; empty for later."""
        if not self._seen:
            return ""
        from pydantic import SecretStr

        from bot.settings.secrets import is_placeholder

        tell(f"\nFrom {one.found} Empty for later.")
        while True:
            typed = typer.prompt(one.asked, default="", show_default=False, hide_input=True)
            if not typed.strip() or not is_placeholder(SecretStr(typed.strip())):
                return str(typed).strip()
            tell("That stands in for one: give the real value, or nothing for later.")
