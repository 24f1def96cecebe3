"""The command line's words on single communities: which there are, taking one along, forgetting one.

Never shows anything of a case. Loads no database before a command is run.
"""

import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.starting import DEFAULT_FILE, CannotStart
from bot.terminal import tell

if TYPE_CHECKING:
    from bot.settings import Settings, Where

MOST_DAYS = 90  #: that a code works
KEYS_KEPT = timedelta(days=7)  #: how long backups of the key store live

ConfigOption = Annotated[Path, typer.Option("--config", help="The settings file.")]
Which = Annotated[str, typer.Argument(metavar="COMMUNITY", help="Its name or its code.")]
CONFIG = Path(DEFAULT_FILE)


def add_to(app: typer.Typer) -> None:
    app.command(
        short_help="Show a code that makes somebody the first moderator.",
        epilog="Example: groundswell claim --days 2",
    )(claim)
    app.command(
        short_help="List the communities here, and how they are.",
        epilog="Example: groundswell communities",
    )(communities)
    app.command(
        short_help="Write down what a community may take with it.",
        epilog="Example: groundswell export 'Harbour' --to harbour.json",
    )(export)
    app.command(
        short_help="Destroy all that is kept of a community, for good.",
        epilog="Example: groundswell forget 'Harbour'",
    )(forget)


def claim(
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="How long it works.")] = 7,
    community: Annotated[
        str | None,
        typer.Option(help="For one more moderator of this one: its name or its code."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="The folder of a demo, instead of settings.")
    ] = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Show a code that works once: for the first moderator of a new community; or for one more of a
    community that has no second one."""
    import asyncio

    where, setup = _claimed(config) if data is None else (_demo(data), "/setup")
    from bot import opened

    code, one = asyncio.run(opened.claim(where, days, community))
    typer.echo(code.code)
    tell(what_to_do(code.until, setup, one.called if one else None), err=True)


def what_to_do(until: datetime, setup: str, name: str | None = None) -> str:
    """With a code for a community's first moderator; or for one more, of the community named.
    ``setup``: how that command is typed."""
    kept = (
        f"It works once, until {until:%Y-%m-%d %H:%M} UTC. Hand it over where nobody reads along."
    )
    if name is None:
        return (
            f"Whoever types {setup} with this code, in a place that the bot is in and nobody claimed "
            f"yet, is the first moderator of a new community there. {kept}"
        )
    return (
        f"Whoever types {setup} with this code, in a place of {name}, is offered the role of a "
        f"moderator, 72 hours after everybody there was told. {kept}"
    )


def _claimed(config: Path) -> "tuple[Where, str]":
    """Where it is, and how the code is given there."""
    from adapters.vault import keep_private
    from bot import settings

    keep_private()
    known = settings.load(config)
    return settings.where(known, config), settings.typed(known, "setup")


def _demo(data: Path) -> "Where":
    """Where a demo keeps its things. Raises CannotStart."""
    from adapters.vault import keep_private
    from bot import settings

    keep_private()
    where = settings.at((data / "data").resolve(), (data / "keys").resolve())
    if not (where.data / "groundswell.db").exists():
        raise CannotStart(
            f"There is no demo in {data}: start one with `groundswell demo --data {data}`."
        )
    return where


def wrong(known: "Settings", where: "Where") -> Iterator[tuple[str, str | None]]:
    """Each community's name and what should be put right there; None where all is well. Nothing
    where the databases are not ready, which other checks tell."""
    import asyncio

    from bot import opened, settings
    from bot.chat import ENGLISH, line
    from bot.texts import Speaker

    before = settings.typed(known, "")
    said = Speaker(ENGLISH, before if " " not in before else "/")
    try:
        found = asyncio.run(opened.wrong(where, mails=known.mail is not None))
    except CannotStart:
        return
    for one, problems in found:
        if problems is None:
            yield (
                one.called,
                "it is damaged or half forgotten: put back a backup, or forget it again.",
            )
        elif not problems:
            yield one.called, None
        for problem in problems or ():
            what = said.say(line(f"finding.{problem.finding.value}"))
            where_ = f" ({', '.join(problem.what)})" if problem.what else ""
            yield one.called, f"{what}{where_}. {said.say(line(f'remedy.{problem.finding.value}'))}"


def communities(config: ConfigOption = CONFIG) -> None:
    """List the communities of this installation, and whether all is well there; never content."""
    import asyncio

    where = _where(config)
    from bot import opened

    every, ill = asyncio.run(opened.communities(where)), 0
    for one in every:
        how = "fine"
        if one.troubles is None:
            how = "DAMAGED or half forgotten: put back a backup, or forget it again"
        elif one.troubles:
            how = "not fine: something is " + ", ".join(t.replace("_", " ") for t in one.troubles)
        ill += how != "fine"
        typer.echo(f"{one.name or '(no name yet)'} ({one.code}): {how}")
    if not every:
        typer.echo("There is no community yet.", err=True)
    if ill:
        typer.echo("`groundswell check` says what to do.", err=True)
    raise typer.Exit(1 if ill else 0)


def export(
    community: Which,
    to: Annotated[
        Path | None, typer.Option("--to", help="A new file; without it, to the screen.")
    ] = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Write down what a community may take with it: settings, names and roles of staff, policy,
    published polls and digests, the heads of its audit chain. Nothing of cases, no comment."""
    import asyncio

    where = _where(config)
    from bot import opened

    one = asyncio.run(opened.find(where, community))
    words = json.dumps(asyncio.run(opened.export(where, one.id)), ensure_ascii=False, indent=2)
    if to is None:
        typer.echo(words)
        return
    if to.exists():
        raise CannotStart(f"{to} is there already: name another file with --to.")
    with open(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as f:
        f.write(words + "\n")
    typer.echo(f"Wrote {to}. It names the staff of {one.called}: give it to them alone.")


def forget(
    community: Which,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for its name again.")] = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Destroy all that is kept of a community, for good; and say what is left where, until when."""
    import asyncio

    where = _where(config)
    from bot import opened, wiring

    with wiring.alone_unless_shared(where):
        one = asyncio.run(opened.find(where, community))
        if not yes:
            which = f"{one.name} ({one.code})" if one.name else one.called
            typer.echo(
                f"All of {which} will be destroyed: every case, poll, digest, name and act. "
                "Nobody can bring it back. `groundswell export` first keeps what may be kept.",
                err=True,
            )
            asked = "name" if one.name else "code"
            if typer.prompt(f"Its {asked}, once more", err=True).strip() != (one.name or one.code):
                raise CannotStart("That is another name: nothing was done.")
        gone = asyncio.run(opened.forget(where, one.id, _told))
    typer.echo(f"{one.called} is forgotten: every key, and {sum(gone.values())} rows.")
    typer.echo(_what_is_left())


def _told(what: str, done: int, every: int) -> None:
    typer.echo(f"{what}: {done} of {every}", err=True)


def _what_is_left() -> str:
    from adapters.clock import SystemClock

    until = (SystemClock().now() + KEYS_KEPT).date().isoformat()
    return f"""What is left, where, and until when:
* Backups of the key store, until {until}: with one of them, and the key files, an older backup of the
  database can still be read. Delete them all by then, or now.
* Backups of the database, until you delete them: in the clear the community's name and settings, its
  places, the figures it published and the questions of its polls. Cases, comments, names, accounts,
  addresses and acts of staff lie in them sealed; from {until} on nobody can open those.
* Rows that a program sealed before communities had keys of their own, in backups of that time: the
  key files open them. Delete those backups.
* Offers of roles nobody accepted, for at most 7 days, under keys that their buttons alone carry.
* What the bot said in chats and by e-mail stays there until somebody deletes it there."""


def _where(config: Path) -> "Where":
    from adapters.vault import keep_private
    from bot import settings

    keep_private()
    return settings.where(settings.load(config), config)
