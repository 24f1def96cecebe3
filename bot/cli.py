"""The command line. Says what it does, what went wrong and what to do next.

Imports no platform SDK until a platform is run. Exit codes: 0 done, 1 something to fix was found,
2 cannot start (one sentence, the remedy), 130 interrupted.
"""

import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from bot import VERSION, cli_backup, cli_communities, cli_discord, cli_matrix, cli_run, cli_slack
from bot.cli_run import CONFIG, ConfigOption, read
from bot.starting import CannotStart

app = typer.Typer(
    name="groundswell",
    help="Groundswell: workers are heard, in the chat they already use.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
db = typer.Typer(help="The schema of both databases.", rich_markup_mode=None)
app.add_typer(db, name="db")
audit = typer.Typer(help="The chain of what staff did.", rich_markup_mode=None)
app.add_typer(audit, name="audit")
cli_run.add_to(app)
cli_communities.add_to(app)
cli_backup.add_to(app)
app.add_typer(cli_matrix.matrix, name="matrix")
app.add_typer(cli_slack.slack, name="slack")
app.add_typer(cli_discord.discord, name="discord")


def main() -> None:
    """The console script: turns CannotStart into one sentence and exit code 2."""
    try:
        # Not standalone, so that the sentences are ours; an Exit's code then comes back as a value.
        sys.exit(app(sys.argv[1:] or ["--help"], standalone_mode=False))
    except CannotStart as reason:
        _fail(str(reason), 2)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except OSError as wrong:
        _fail(
            f"{wrong.filename or 'A file'} cannot be used: {wrong.strerror}. Name another place.", 2
        )
    except TyperException as wrong:
        said = wrong.format_message()
        end = "" if said.endswith((".", "?")) else "."
        _fail(f"{said}{end} See groundswell --help.", 2)


def _fail(sentence: str, code: int) -> None:
    typer.echo(sentence, err=True)
    sys.exit(code)


@app.command(
    epilog="Example: groundswell init --name 'Harbour union bot' --operator 'Harbour union'"
)
def init(
    config: ConfigOption = CONFIG,
    name: Annotated[str, typer.Option(prompt="What is this installation called?")] = "Groundswell",
    operator: Annotated[str, typer.Option(prompt="Who runs it? Workers will read this")] = "",
    contact: Annotated[str, typer.Option(prompt="How are you reached?")] = "",
    external_door: Annotated[
        str,
        typer.Option(prompt="A safer way in for those who must not be found out (may be empty)"),
    ] = "",
    data_dir: Annotated[Path, typer.Option(prompt="Where is the database kept?")] = Path("data"),
    keys_dir: Annotated[Path, typer.Option(prompt="Where are the keys kept?")] = Path("keys"),
) -> None:
    """Make the settings and the keys, and say what comes next."""
    from adapters.chance import SystemChance
    from adapters.vault import make_key_files

    if config.exists():
        raise CannotStart(f"{config} is there already: edit it, or name another with --config.")
    if not operator.strip():
        raise CannotStart("Workers must be able to read who runs this: give --operator.")
    base = config.resolve().parent
    if (base / keys_dir).resolve().is_relative_to((base / data_dir).resolve()):
        raise CannotStart(
            "The keys must not lie inside the data folder: choose another --keys-dir."
        )
    instance = {"name": name, "operator": operator, "contact": contact}
    answers: dict[str, dict[str, Any]] = {
        "instance": instance | {"external_door": external_door, "data_dir": str(data_dir)},
        "keys": {"dir": str(keys_dir)},
        "sandbox": {"port": 8765},
    }
    (base / data_dir).mkdir(mode=0o700, parents=True, exist_ok=True)
    make_key_files(base / keys_dir, SystemChance())
    config.write_text(_toml(answers), "utf-8")
    config.chmod(0o600)
    typer.echo(
        f"Wrote {config} and the key files in {keys_dir}. Back up both, apart from the data."
    )
    typer.echo("Next:")
    typer.echo(f"  groundswell db upgrade --config {config}")
    typer.echo(f"  groundswell check --config {config}")
    typer.echo(f"  groundswell run --config {config}")


@app.command(epilog="Example: groundswell check --config groundswell.toml")
def check(config: ConfigOption = CONFIG) -> None:
    """Look at settings, keys and databases; say how to fix each fault."""
    known, where = read(config)
    from bot import checks

    failed = 0
    for name, look in checks.all_of(known, where):
        problem = _run(look)
        failed += problem is not None
        typer.echo(_checked(name, problem))
    for name, problem in cli_communities.wrong(where):
        failed += problem is not None
        typer.echo(_checked(name, problem))
    raise typer.Exit(1 if failed else 0)


def _checked(name: str, problem: str | None) -> str:
    return f"ok   {name}" if problem is None else f"FIX  {name}: {problem}"


@db.command(epilog="Example: groundswell db upgrade")
def upgrade(config: ConfigOption = CONFIG) -> None:
    """Bring both databases to this program's schema."""
    _, where = read(config)
    from bot import checks

    made, now = _run(lambda: checks.upgraded(where, cli_backup.told))
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
    from bot import checks

    behind = 0
    for name, revision, newest in _run(lambda: checks.revisions(where)):
        behind += revision != newest
        typer.echo(f"{name}: {revision or 'empty'} (this program: {newest})")
    raise typer.Exit(1 if behind else 0)


@audit.command(epilog="Example: groundswell audit verify --config groundswell.toml")
def verify(config: ConfigOption = CONFIG) -> None:
    """Reckon every community's chain of staff acts anew, and say whether it holds."""
    _, where = read(config)
    from bot import checks

    broken = 0
    for name, found in _run(lambda: checks.chains(where)):
        broken += found.broken is not None
        holds = f"BROKEN in week {found.broken}" if found.broken else "holds"
        typer.echo(f"{name}: {holds}; {found.pages} weeks, head {found.head.hex()}")
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


def _toml(sections: dict[str, dict[str, Any]]) -> str:
    """Settings as TOML: strings quoted as JSON quotes them, which TOML reads the same."""
    import json

    lines = []
    for section, values in sections.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
        lines.append("")
    return "\n".join(lines)
