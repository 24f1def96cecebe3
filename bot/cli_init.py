"""The command line's first word: asks what an installation needs, makes settings and keys, tries the
tokens, and prints what comes next, ready to copy.

Each question says why it is asked, has a default where there can be one, and is a flag. A secret is
never a flag: it is typed unseen, or lies in its file already.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.starting import DEFAULT_FILE, CannotStart

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
#: What each platform needs before the first run, besides its secrets.
FIRST = {
    "discord": "groundswell discord invite --config {config}",
    "matrix": "groundswell matrix login --config {config}",
}

Yes = Annotated[bool, typer.Option("--yes", help="Ask nothing: flags and defaults alone.")]
Given = Annotated[str | None, typer.Option(show_default=False)]


def add_to(app: typer.Typer) -> None:
    app.command(
        epilog="Example: groundswell init --name 'Harbour union bot' --operator 'Harbour union'"
    )(init)


def init(
    config: Annotated[Path, typer.Option("--config", help="The settings file.")] = Path(
        DEFAULT_FILE
    ),
    name: Given = None,
    operator: Given = None,
    contact: Given = None,
    external_door: Given = None,
    data_dir: Given = None,
    keys_dir: Given = None,
    platform: Annotated[
        str | None,
        typer.Option(help="By commas: sandbox, discord, slack, matrix.", show_default=False),
    ] = None,
    homeserver: Given = None,
    user_id: Given = None,
    yes: Yes = False,
) -> None:
    """Ask what is needed, make settings and keys, try the tokens, and say what comes next."""
    ask = _Asking(quiet=yes)
    if config.exists():
        raise CannotStart(f"{config} is there already: edit it, or name another with --config.")
    instance = {
        "name": ask("What is this installation called?", _NAME, name, "Groundswell"),
        "operator": _named(ask("Who runs it?", _OPERATOR, operator, "" if yes else None)),
        "contact": ask("How are you reached?", _CONTACT, contact, ""),
        "external_door": ask("A safer way in?", _DOOR, external_door, ""),
    }
    data = Path(ask("Where is the database kept?", _DATA, data_dir, "data"))
    keys = Path(ask("Where are the keys kept?", _KEYS, keys_dir, "keys"))
    base = config.resolve().parent
    _apart(base / data, base / keys)
    chosen = _chosen(ask.perhaps("On which platforms?", _PLATFORM, platform, WANTED))
    sections = {one: _section(one) for one in chosen}
    if "matrix" in chosen:
        sections["matrix"] |= _account(ask, homeserver, user_id)
    typed = {
        secret: ask.secret(secret)
        for one in chosen
        for secret in SECRETS[one]
        if not (base / secret.file).exists()
    }
    answers = {"instance": instance | {"data_dir": str(data)}, "keys": {"dir": str(keys)}}
    (base / data).mkdir(mode=0o700, parents=True, exist_ok=True)
    _make_keys(base / keys)
    for secret, words in typed.items():
        if words:
            _write(base / secret.file, f"{words}\n")
    _write(config, _toml(answers | sections))
    typer.echo(f"Wrote {config} and the key files in {keys}. Back up both, apart from the data.")
    missing = [secret for secret, words in typed.items() if not words]
    faults = 0 if missing else _tried(config, chosen)
    _say_next(config, chosen, missing)
    raise typer.Exit(1 if faults else 0)


_NAME = "People see it where the bot says who it is."
_OPERATOR = "Workers read it before they write: name whom they would be trusting."
_CONTACT = "For whoever has a question about this bot: an address, or empty."
_DOOR = "For those who must not be found out: a web form or a number, shown before they write."
_DATA = "Back it up, apart from the keys: what people wrote is sealed in it."
_KEYS = "Whoever has both reads every case: so never in the same folder, nor the same backup."
_PLATFORM = "sandbox tries it in a browser page; discord, slack and matrix are added by commas."
_HOMESERVER = "Its host sees who talks to the bot, and when: best one that the workers run."
_USER = "An account of the bot's own, that nobody else uses."


class _Asking:
    """Asks in the terminal what no flag answers. ``quiet``: nothing at all."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet, self._seen = quiet, not quiet and sys.stdin.isatty()

    def __call__(self, words: str, why: str, given: str | None, default: str | None) -> str:
        """``default``: None where there is none."""
        if given is not None:
            return given
        if self._quiet and default is not None:
            return default
        typer.echo(f"\n{why}")
        return str(typer.prompt(words, default=default, show_default=bool(default)))

    def perhaps(self, words: str, why: str, given: str | None, default: str) -> str:
        """Asked where somebody sits before it; else the default."""
        return self(words, why, given if given is not None or self._seen else default, default)

    def secret(self, one: Secret) -> str:
        """Typed unseen, by somebody; empty for later."""
        if not self._seen:
            return ""
        typer.echo(f"\nFrom {one.found} Empty for later.")
        typed = typer.prompt(one.asked, default="", show_default=False, hide_input=True)
        return str(typed).strip()


def checked(name: str, problem: str | None) -> str:
    """The line of one check."""
    return f"ok   {name}" if problem is None else f"FIX  {name}: {problem}"


def _named(operator: str) -> str:
    if not operator.strip():
        raise CannotStart("Workers must be able to read who runs this: give --operator.")
    return operator


def _apart(data: Path, keys: Path) -> None:
    if keys.resolve().is_relative_to(data.resolve()):
        raise CannotStart(
            "The keys must not lie inside the data folder: choose another --keys-dir."
        )


def _chosen(typed: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(one.strip().casefold() for one in typed.split(",")))
    if unknown := [one for one in names if one not in SECRETS]:
        raise CannotStart(
            f"There is no platform {unknown[0]!r}: --platform takes {', '.join(SECRETS)}."
        )
    return names


def _section(platform: str) -> dict[str, Any]:
    if platform == WANTED:
        return {"port": 8765}
    return {f"{secret.key}_file": secret.file for secret in SECRETS[platform]}


def _account(ask: _Asking, homeserver: str | None, user_id: str | None) -> dict[str, str]:
    answers = {
        "homeserver": ask.perhaps("Which homeserver?", _HOMESERVER, homeserver, ""),
        "user_id": ask.perhaps("Which account, such as @bot:example.org?", _USER, user_id, ""),
    }
    for key, answer in answers.items():
        if not answer:
            raise CannotStart(f"Matrix needs to know it: give --{key.replace('_', '-')}.")
    return answers


def _make_keys(folder: Path) -> None:
    from adapters.chance import SystemChance
    from adapters.vault import make_key_files

    make_key_files(folder, SystemChance())


def _write(file: Path, words: str) -> None:
    """For this user alone, from the first byte on."""
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(words, "utf-8")


def _tried(config: Path, chosen: tuple[str, ...]) -> int:
    """Ask each platform whether its token is one; how many were not."""
    import asyncio

    if chosen == (WANTED,):
        return 0
    from bot import checks, settings

    known = settings.load(config)
    faults = 0
    for name, look in checks.all_of(known, settings.where(known, config)):
        if name.split()[0] in chosen:
            problem = asyncio.run(look())
            faults += problem is not None
            typer.echo(checked(name, problem))
    return faults


def _say_next(config: Path, chosen: tuple[str, ...], missing: list[Secret]) -> None:
    typer.echo("Next:")
    for secret in missing:
        file = config.parent / secret.file
        typer.echo(f"  Put it into {file} (chmod 600): {secret.asked}, from {secret.found}")
    typer.echo(f"  groundswell check --config {config}")
    for one in chosen:
        if one in FIRST:
            typer.echo("  " + FIRST[one].format(config=config))
    typer.echo(f"  groundswell run --config {config}")


def _toml(sections: dict[str, dict[str, Any]]) -> str:
    """Settings as TOML: strings quoted as JSON quotes them, which TOML reads the same."""
    import json

    lines = []
    for section, values in sections.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
        lines.append("")
    return "\n".join(lines)
