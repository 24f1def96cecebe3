"""The command line's words on Matrix: logging in, and what the host of a homeserver must allow.

Imports no library of Matrix before somebody logs in.
"""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from bot.starting import DEFAULT_FILE, CannotStart
from bot.terminal import tell

if TYPE_CHECKING:
    from bot.settings import Matrix, MatrixAccount, Where

matrix = typer.Typer(help="What Matrix needs.", rich_markup_mode=None)


@matrix.command(epilog="Example: groundswell matrix login --config groundswell.toml")
def login(
    config: Annotated[Path, typer.Option("--config", help="The settings file.")] = Path(
        DEFAULT_FILE
    ),
) -> None:
    """Log every account of [matrix] in, make its device one that others trust, and say what the host
    of its homeserver must allow. Not while the bot runs."""
    import asyncio

    from adapters.logs import quiet_libraries, stderr_log
    from adapters.vault import keep_private, read_key_files
    from bot import settings

    keep_private()
    known = settings.load(config)
    where = settings.where(known, config)
    if known.matrix is None:
        raise CannotStart(
            f"{config} has no section [matrix]: add it, with homeserver, user_id and password."
        )
    quiet_libraries(stderr_log(level="warning"))
    read_key_files(where.keys)  # theirs lie beside these
    from bot import wiring

    with wiring.alone_unless_shared(where):
        asyncio.run(_log_in(known.matrix, where))
    for account in known.matrix.every.values():
        for line in to_allow(account):
            if line.startswith(" "):
                typer.echo(line)  # to be copied: never folded
            else:
                tell(line)
    typer.echo(
        f"\nNext:\n  groundswell check --config {config}\n  groundswell run --config {config}"
    )


async def _log_in(known: "Matrix", where: "Where") -> None:
    """Raises CannotStart."""
    from adapters.chance import SystemChance
    from adapters.clock import SystemClock
    from bot.running import installed

    session, wire, ciphers = (installed("matrix", one) for one in ("session", "wire", "ciphers"))
    for name, account in known.every.items():
        account.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        of = (name, account, where.keys, account.state_dir, SystemClock(), SystemChance())
        try:
            try:
                ours = await _device(session.open_session(*of))
            except ciphers.Stale:  # from now on it counts as lost, and a new device is made
                ours = await _device(session.open_session(*of))
        except wire.Away:
            raise CannotStart(
                f"{account.homeserver} cannot be reached, or has no time for {account.user_id}: see "
                "that it is up, and try again."
            ) from None
        except ciphers.Stale:
            raise CannotStart(
                f"{account.homeserver} does not take the keys of {account.user_id}: see that "
                "homeserver is the address of its client API, and try again."
            ) from None
        typer.echo(f"{account.user_id} is logged in, as the device {ours}.")


async def _device(opening: AbstractAsyncContextManager[Any]) -> str:
    async with opening as ours:
        return str(ours.device)


def to_allow(account: "MatrixAccount") -> Iterator[str]:
    """What the host of a homeserver does for the bot, in the words of Synapse's admin API."""
    user = quote(account.user_id, safe="")
    yield (
        f"Whoever runs {account.homeserver} should let {account.user_id} write without being slowed "
        "down, or it may take half a minute until somebody is answered. On Synapse, as an admin:"
    )
    yield ""
    yield "  curl -X POST -H 'Authorization: Bearer ADMIN_TOKEN' \\"
    yield '    -d \'{"messages_per_second": 0, "burst_count": 0}\' \\'
    yield f"    '{account.homeserver}/_synapse/admin/v1/users/{user}/override_ratelimit'"
    yield ""
    yield "It needs no other right. Members invite it to a space and its rooms:"
    yield f"  {invitation(account)}"


def invitations(known: "Matrix | None") -> Iterator[str]:
    """Where each account is found by whoever wants it in a place."""
    for account in known.every.values() if known else ():
        yield f"Invite it: {invitation(account)}"


def invitation(account: "MatrixAccount") -> str:
    return f"https://matrix.to/#/{quote(account.user_id, safe='@:')}"
