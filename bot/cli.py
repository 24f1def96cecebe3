"""The command line. Says what it does, what went wrong and what to do next.

Imports no platform SDK until a platform is run. Exit codes: 0 done, 1 something to fix was found,
2 cannot start (one sentence, the remedy), 130 interrupted.
"""

import sys
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command

from bot import (
    VERSION,
    cli_backup,
    cli_communities,
    cli_discord,
    cli_init,
    cli_matrix,
    cli_run,
    cli_slack,
)
from bot.cli_run import CONFIG, ConfigOption, read
from bot.domain.errors import CannotSave
from bot.escapes import keep_words_out
from bot.starting import NOTHING_KEPT, CannotStart
from bot.terminal import tell, tell_check

#: What comes first, in this order; then the rest.
FIRST = ("demo", "init", "check", "run")


class InOrder(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        names = super().list_commands(ctx)
        return [*FIRST, *(one for one in names if one not in FIRST)]


app = typer.Typer(
    name="groundswell",
    cls=InOrder,
    help="Groundswell: workers are heard, in the chat they already use.",
    epilog="To try it here: groundswell demo. To run it for others: groundswell init.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
db = typer.Typer(help="The schema of both databases.", rich_markup_mode=None)
app.add_typer(db, name="db")
audit = typer.Typer(help="The chain of what staff did.", rich_markup_mode=None)
app.add_typer(audit, name="audit")
cli_run.add_to(app)
cli_init.add_to(app)
cli_communities.add_to(app)
cli_backup.add_to(app)
app.add_typer(cli_matrix.matrix, name="matrix")
app.add_typer(cli_slack.slack, name="slack")
app.add_typer(cli_discord.discord, name="discord")


def main() -> None:
    """The console script: turns what keeps a command from its work into one sentence and exit code 2."""
    keep_words_out()
    try:
        # Not standalone, so that the sentences are ours; an Exit's code then comes back as a value. Not
        # through the app itself, which would tell of a bug in the bug's own words.
        command = get_command(app)
        sys.exit(command(sys.argv[1:] or ["--help"], standalone_mode=False))
    except CannotStart as reason:
        _fail(str(reason))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except CannotSave:
        _fail(NOTHING_KEPT)
    except OSError as wrong:
        what = wrong.strerror or str(wrong)
        if wrong.filename:
            _fail(f"{wrong.filename} cannot be used: {what}. Name another place.")
        _fail(f"The machine says: {what}. Put that right, and try again.")
    except TyperException as wrong:
        said = wrong.format_message()
        end = "" if said.endswith((".", "?")) else "."
        _fail(f"{said}{end} See groundswell --help.")


def _fail(sentence: str) -> NoReturn:
    tell(sentence, err=True)
    sys.exit(2)


@app.command(
    short_help="Look whether all is well; say how to fix what is not.",
    epilog="Example: groundswell check --config groundswell.toml",
)
def check(config: ConfigOption = CONFIG) -> None:
    """Look at settings, keys and databases; say how to fix each fault."""
    known, where = read(config)
    from bot import checks

    failed = 0
    for name, look in checks.all_of(known, where):
        problem = _run(look)
        failed += problem is not None
        tell_check(name, problem)
    for name, problem in cli_communities.wrong(known, where):
        failed += problem is not None
        tell_check(name, problem)
    raise typer.Exit(1 if failed else 0)


@db.command(epilog="Example: groundswell db upgrade")
def upgrade(config: ConfigOption = CONFIG) -> None:
    """Bring both databases to this program's schema. On SQLite not while the bot runs."""
    _, where = read(config)
    from bot import databases, wiring

    with wiring.alone_unless_shared(where):
        made, now = _run(lambda: databases.upgraded(where, cli_backup.told))
    if made is None:
        typer.echo(
            "No backup was made first: [backup] names nobody to seal one to. `groundswell keys "
            "recipient` makes that.",
            err=True,
        )
    for file in made or ():
        typer.echo(f"Backup from before: {file}", err=True)
    for name, revision in now:
        typer.echo(f"{name}: {revision}")


@db.command(epilog="Example: groundswell db current")
def current(config: ConfigOption = CONFIG) -> None:
    """Say which schema both have, and which this program knows."""
    _, where = read(config)
    from bot import databases

    behind = 0
    for name, revision, newest in _run(lambda: databases.revisions(where)):
        behind += revision != newest
        typer.echo(f"{name}: {revision or 'empty'} (this program: {newest})")
    raise typer.Exit(1 if behind else 0)


@audit.command(epilog="Example: groundswell audit verify --config groundswell.toml")
def verify(config: ConfigOption = CONFIG) -> None:
    """Reckon every community's chain of staff acts anew, and say whether it holds."""
    _, where = read(config)
    from bot import opened

    broken = 0
    for one, found in _run(lambda: opened.chains(where)):
        broken += found.broken is not None
        holds = f"BROKEN in week {found.broken}" if found.broken else "holds"
        typer.echo(f"{one.called}: {holds}; {found.pages} weeks, head {found.head.hex()}")
    if broken:
        typer.echo(
            "Somebody changed what staff did after it was written, or the disk did: put back a "
            "backup from before, and ask reps for the heads that they kept.",
            err=True,
        )
    raise typer.Exit(1 if broken else 0)


@app.command(epilog="Example: groundswell about")
def about() -> None:
    """Say what this is, its version, and where its promises stand."""
    typer.echo(f"Groundswell {VERSION}, AGPL-3.0-or-later")
    typer.echo(
        "It takes grievances without keeping who sent them, and sees to it that somebody answers."
    )
    typer.echo("What it promises and what remains: README.md and THREAT-MODEL.md.")


def _run(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    import asyncio

    return asyncio.run(work())
