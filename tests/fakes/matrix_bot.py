"""The bot's account on a homeserver of the tests, with folders of its own."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from adapters.matrix.session import Session, open_session
from bot.ports import Clock
from tests.fakes.synapse import PASSWORD


@dataclass(frozen=True)
class Known:
    """An account as the settings would tell it."""

    homeserver: str
    user_id: str
    password: SecretStr | None = field(default_factory=lambda: SecretStr(PASSWORD))
    access_token: SecretStr | None = None
    device_name: str = "Groundswell"


def session(
    known: Known, folder: Path, clock: Clock | None = None
) -> AbstractAsyncContextManager[Session]:
    """Its keys and its state below ``folder``."""
    (folder / "keys").mkdir(exist_ok=True, mode=0o700)
    keys, state = folder / "keys", folder / "state"
    return open_session("main", known, keys, state, clock or SystemClock(), SystemChance())


async def joined(bot: Session, room: str) -> None:
    await bot.wire.call("POST", f"/join/{room}", {})
