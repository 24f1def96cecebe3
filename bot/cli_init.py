"""The command line's first word: asks what an installation needs, makes settings and keys, tries the
tokens, and prints what comes next, ready to copy.

Each question says why it is asked, has a default where there can be one, and is a flag. A secret is
never a flag: it is typed unseen, or lies in its file already.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli_asking import (
    CONTACT,
    DATA,
    DOOR,
    HOMESERVER,
    KEYS,
    NAME,
    OPERATOR,
    PLATFORM,
    SECRETS,
    USER,
    WANTED,
    Asking,
    Question,
    Secret,
)
from bot.starting import DEFAULT_FILE, CannotStart
from bot.terminal import tell, tell_check

#: What each platform needs before the first run, besides its secrets.
FIRST = {
    "discord": "groundswell discord invite --config {config}",
    "matrix": "groundswell matrix login --config {config}",
}


def _flag(question: Question) -> Any:
    default = f" [default: {question.default}]" if question.default else ""
    words = f"{question.asked} {question.why}{default}"
    return typer.Option(question.flag, help=words, show_default=False)


Given = str | None


def add_to(app: typer.Typer) -> None:
    app.command(
        epilog="Example: groundswell init --name 'Harbour union bot' --operator 'Harbour union'"
    )(init)


def init(
    config: Annotated[Path, typer.Option("--config", help="The settings file.")] = Path(
        DEFAULT_FILE
    ),
    name: Annotated[Given, _flag(NAME)] = None,
    operator: Annotated[Given, _flag(OPERATOR)] = None,
    contact: Annotated[Given, _flag(CONTACT)] = None,
    external_door: Annotated[Given, _flag(DOOR)] = None,
    data_dir: Annotated[Given, _flag(DATA)] = None,
    keys_dir: Annotated[Given, _flag(KEYS)] = None,
    platform: Annotated[Given, _flag(PLATFORM)] = None,
    homeserver: Annotated[Given, _flag(HOMESERVER)] = None,
    user_id: Annotated[Given, _flag(USER)] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: flags and defaults.")] = False,
) -> None:
    """Ask a few questions, make settings and keys, try the tokens."""
    ask = Asking(quiet=yes)
    if config.exists():
        raise CannotStart(f"{config} is there already: edit it, or name another with --config.")
    instance = {
        "name": ask(NAME, name),
        "operator": ask(OPERATOR, operator, _named),
        "contact": ask(CONTACT, contact),
        "external_door": ask(DOOR, external_door),
    }
    base = config.resolve().parent
    data = Path(ask(DATA, data_dir))
    keys = Path(ask(KEYS, keys_dir, partial(_apart, base, data)))
    chosen = _chosen(ask.perhaps(PLATFORM, platform, _chosen))
    sections = {one: _section(one) for one in chosen}
    if "matrix" in chosen:
        sections["matrix"] |= {
            "homeserver": ask.perhaps(HOMESERVER, homeserver, _homeserver),
            "user_id": ask.perhaps(USER, user_id, _user),
        }
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
    tell(f"\nWrote {config} and the key files in {keys}. Back up both, apart from the data.")
    missing = [secret for secret, words in typed.items() if not words]
    faults = 0 if missing else _tried(config, chosen)
    _say_next(config, chosen, missing)
    raise typer.Exit(1 if faults else 0)


def _named(operator: str) -> None:
    if not operator.strip():
        raise CannotStart("Workers must be able to read who runs this: give --operator.")


def _apart(base: Path, data: Path, keys: str) -> None:
    if (base / keys).resolve().is_relative_to((base / data).resolve()):
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


def _homeserver(answer: str) -> None:
    from bot.settings.matrix import a_homeserver

    _such(HOMESERVER, a_homeserver, answer)


def _user(answer: str) -> None:
    from bot.settings.matrix import a_user

    _such(USER, a_user, answer)


def _such(question: Question, checked: Callable[[str], str], answer: str) -> None:
    """Raises CannotStart for what the settings would not take."""
    if not answer:
        raise CannotStart(f"Matrix needs to know it: give {question.flag}.")
    try:
        checked(answer)
    except ValueError as wrong:
        raise CannotStart(f"{question.flag} {wrong}.") from None


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
            tell_check(name, problem)
    return faults


def _say_next(config: Path, chosen: tuple[str, ...], missing: list[Secret]) -> None:
    typer.echo("\nNext:")
    for secret in missing:
        tell(f"\n  # {secret.asked}, from {secret.found}", "  # ")
        typer.echo(f"  (umask 077; cat > {config.parent / secret.file})  # paste it, Enter, Ctrl-D")
    if missing:
        typer.echo("")
    for one in chosen:
        if one in FIRST:
            typer.echo("  " + FIRST[one].format(config=config))
    typer.echo(f"  groundswell check --config {config}")
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
