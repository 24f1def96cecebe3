"""The command line's words on backups: making one, bringing one in, and for whom they are sealed.

Shows counts and never content. Loads no database before a command is run.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.starting import DEFAULT_FILE, CannotStart

if TYPE_CHECKING:
    from bot.restoring import Restored
    from bot.settings import Where

ConfigOption = Annotated[Path, typer.Option("--config", help="The settings file.")]
CONFIG = Path(DEFAULT_FILE)
KEEP = 30  #: days, where no settings say so

keys = typer.Typer(help="The key files, and for whom backups are sealed.", rich_markup_mode=None)


def add_to(app: typer.Typer) -> None:
    app.command(
        short_help="Write a sealed backup of both databases.",
        epilog="Example: groundswell backup /mnt/backups",
    )(backup)
    app.command(
        short_help="Bring a backup into an empty installation.",
        epilog="Example: groundswell restore /mnt/backups --secret backup.secret --verify",
    )(restore)
    app.add_typer(keys, name="keys")


def backup(
    to: Annotated[
        Path | None, typer.Argument(help="A folder; without it, the one in [backup].")
    ] = None,
    recipient: Annotated[
        str, typer.Option(help="Who can open it; without it, the one in [backup].")
    ] = "",
    config: ConfigOption = CONFIG,
) -> None:
    """Write a backup of the database and one of the key store, while the bot runs or not. Takes away
    those of the key store after seven days, and others when [backup] says so; in a folder that [backup]
    does not name, only when you run it there again."""
    import asyncio

    where = _where(config)
    from adapters.chance import SystemChance
    from adapters.clock import SystemClock
    from bot import backups, settings
    from bot.backup_folder import KEYS_KEPT

    plan = where.backups
    folder = to.absolute() if to else plan.to if plan else None
    if folder is None:
        raise CannotStart("Where to? Name a folder, or set to in [backup].")
    _apart(folder, where)
    wanted = settings.Backups(
        folder, recipient or (plan.recipient if plan else ""), plan.keep if plan else KEEP
    )
    now = SystemClock().now()
    for file in asyncio.run(backups.make(where, wanted, now, SystemChance(), told)):
        typer.echo(file)
    until = (now + KEYS_KEPT).date()
    typer.echo(
        "Both are needed, and the key files, which lie in neither. Wherever else you take the second, "
        f"let it be gone there by {until}: it still opens what is deleted after now.",
        err=True,
    )
    if plan is None or folder.resolve() != plan.to.resolve():
        typer.echo(
            f"Nobody looks after {folder}: the bot and `groundswell check` know the folder in [backup] alone. "
            f"Delete the second file there yourself by {until}.",
            err=True,
        )


def restore(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="FROM", help="A folder of backups, or the file of a database there."
        ),
    ],
    secret: Annotated[
        Path, typer.Option("--secret", help="The file that `groundswell keys recipient` made.")
    ],
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Open every sealed row first; keep nothing if one fails."),
    ] = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Bring a backup into an empty installation that has its key files: all of it, or nothing. What was
    destroyed since stays so, and polls that were open are closed."""
    import asyncio

    where = _where(config)
    from adapters.chance import SystemChance
    from adapters.clock import SystemClock
    from bot import restoring, wiring

    words = _words(secret)
    with wiring.alone_unless_shared(where):
        try:
            done = asyncio.run(
                restoring.restore(
                    where, source, words, SystemClock().now(), SystemChance(), told, verify=verify
                )
            )
        except restoring.NotWhole as wrong:
            for column, count in sorted(wrong.closed.items()):
                typer.echo(f"{column}: {count} rows that no key opens", err=True)
            typer.echo(
                "Nothing was restored: take an older backup of the database or a newer one of the key "
                "store, or leave out --verify to keep what can be read.",
                err=True,
            )
            raise typer.Exit(1) from None
    _tell(done, verify=verify)


@keys.command(epilog="Example: groundswell keys recipient backup.secret")
def recipient(
    file: Annotated[Path, typer.Argument(help="A new file for the secret half.")],
) -> None:
    """Make a pair for backups: the secret into a file, and what belongs into [backup] to the screen. Do
    it on another machine than the bot's."""
    from adapters.chance import SystemChance
    from adapters.strongbox import new_pair

    public, secret = new_pair(SystemChance())
    if file.exists():
        raise CannotStart(f"{file} is there already: name another file.")
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as written:
        written.write(secret + "\n")
        written.flush()
        os.fsync(written.fileno())
    typer.echo(public)
    typer.echo(
        f"Keep {file} away from the bot's machine: nobody opens a backup without it.", err=True
    )


@keys.command(epilog="Example: groundswell keys rotate")
def rotate(
    yes: Annotated[
        bool, typer.Option("--yes", help="Every machine has the new file: do not ask.")
    ] = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Change the key file that wraps all keys for a new one. Where several machines share the work it is
    run twice: the first time makes the file, which you copy to them all; the second uses it."""
    import asyncio

    where = _where(config)
    from bot import wiring

    with wiring.alone_unless_shared(where):
        asyncio.run(_rotate(where, yes=yes))


async def _rotate(where: "Where", *, yes: bool) -> None:
    from bot import rotation

    async with rotation.opened(where) as ours:
        phase = await ours.look()
        if phase is rotation.Phase.NONE:
            file = await ours.make()
            if where.shared:
                typer.echo(f"Made {file}. Nothing uses it yet. Next:")
                typer.echo("  copy it into the key folder of every other machine, with mode 0600,")
                typer.echo("  keep a copy where the others of these files have theirs,")
                typer.echo("  and run groundswell keys rotate here once more.")
                return
            phase = await ours.look()
        if phase is rotation.Phase.MADE:
            asked = f"Does every machine have {ours.new_file.name} in its key folder? Type yes"
            if where.shared and not yes and typer.prompt(asked, err=True).strip() != "yes":
                raise CannotStart("Nothing was changed: copy it there first, and run this again.")
            await ours.use()
            await ours.look()
        done = await ours.finish(told)
        (left,) = ours.files.values()
    typer.echo(
        f"Rotated: {done} keys are wrapped with {left.name}, and the old file is gone from here."
    )
    typer.echo(
        f"Keep a copy of {left.name} with those of the other key files, and destroy all copies of the old "
        "one, on other machines too. Make a backup now: those of the key store from before need the old.",
        err=True,
    )


def told(what: str, done: int) -> None:
    typer.echo(f"{what}: {done} rows", err=True)


def _tell(done: "Restored", *, verify: bool) -> None:
    obeyed = done.obeyed
    typer.echo(f"Restored {sum(done.rows.values())} rows, as of {done.made:%Y-%m-%d %H:%M} UTC.")
    if verify:
        typer.echo(f"Every sealed row opens: {done.opened}.")
    for count, what in (
        (obeyed.cases, "cases had been deleted since, and stay so"),
        (obeyed.communities, "communities had been forgotten since, and stay so"),
        (
            obeyed.polls,
            "polls were open: their answers are in no backup. They are closed, and say so",
        ),
        (
            obeyed.changes,
            "changes to a community's settings were waiting. They may have been withdrawn since, so they are "
            "dropped: whoever still wants one asks for it again",
        ),
        (
            obeyed.notices,
            "notices may have been sent since: they are shown as in doubt, not sent again",
        ),
    ):
        if count:
            typer.echo(f"{count} {what}.")
    typer.echo(
        f"What people did after {done.made:%Y-%m-%d %H:%M} UTC is not known here. Whoever was left out of a case "
        "since then can read it again, and whoever gave up or lost a role since then has it again. Tell reps "
        "and moderators before anybody reads.",
        err=True,
    )
    typer.echo("Next: groundswell check, then groundswell run.", err=True)


def _words(secret: Path) -> str:
    try:
        return secret.read_text("utf-8")
    except ValueError:
        raise CannotStart(f"{secret} holds no secret of a backup: name another file.") from None


def _apart(folder: Path, where: "Where") -> None:
    if folder.resolve().is_relative_to(where.keys.resolve()):
        raise CannotStart(
            "The folder lies among the keys, which belong into no backup: name another."
        )


def _where(config: Path) -> "Where":
    from adapters.vault import keep_private
    from bot import settings

    keep_private()
    return settings.where(settings.load(config), config)
