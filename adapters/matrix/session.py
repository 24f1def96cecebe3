"""One account at one homeserver: logs in or restores, and makes a device that others can trust.

A lost store means a new device, for a device without its keys stays deaf; the old one is deleted.
Never logs out: that would delete the device. A token that was revoked stops it with a sentence.
"""

import fcntl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from adapters.matrix.ciphers import Ciphers
from adapters.matrix.devices import Devices
from adapters.matrix.introducing import delete_device, introduce
from adapters.matrix.keyfile import KeyFile, Secrets
from adapters.matrix.signing import Identity
from adapters.matrix.store import Lost, Store, made, opened
from adapters.matrix.wire import Away, Refusal, Wire, wire_to
from bot.ports import Chance, Clock
from bot.settings import CannotStart


class MatrixAccount(Protocol):
    """What the settings tell of an account: one of password and access_token."""

    @property
    def homeserver(self) -> str: ...
    @property
    def user_id(self) -> str: ...
    @property
    def password(self) -> SecretStr | None: ...
    @property
    def access_token(self) -> SecretStr | None: ...
    @property
    def device_name(self) -> str: ...


class Revoked(CannotStart):
    """The homeserver no longer knows our token: whoever may, logs in anew."""


@dataclass(frozen=True, slots=True)
class Session:
    """An account that is logged in, with a device that is known and signed. ``name``: what the
    settings call it. ``master``: the public key by which others know us. ``encrypted``: rooms that
    were seen to be, and so they stay, whatever a host says later."""

    name: str
    user: str
    device: str
    master: str
    wire: Wire
    devices: Devices
    ciphers: Ciphers
    encrypted: set[str] = field(default_factory=set, repr=False)

    def revoked(self) -> Revoked:
        """What is raised when a call is refused so: the sentence for the operator."""
        return Revoked(_sentence(self.name))

    async def forget(self, room: str, user: str = "") -> None:
        """A room whose talk has ended; with all devices of ``user``, who has no other talk with us.
        Raises Refusal, Away, when their devices cannot be asked for: what is the room's has gone."""
        self.ciphers.forget((), [room])
        self.encrypted.discard(room)
        if user:
            curves = [one.curve for one in await self.devices.of(user)]
            self.ciphers.forget(curves, [room])
            self.devices.outdated([user])

    async def tidy(self, now: float, today: date) -> None:
        """Forget devices that are in no room with us; where anything was forgotten, once for all of
        it, let nothing that was ever sealed to us be opened again. ``now``: seconds. Raises Stale,
        Refusal, Away."""
        self.devices.gone(self.ciphers.tidy(now))
        await self.ciphers.upload(today, renewed=True)


@asynccontextmanager
async def open_session(
    name: str, known: MatrixAccount, keys: Path, state: Path, clock: Clock, chance: Chance
) -> AsyncIterator[Session]:
    """``keys``, ``state``: the folders of key files and of nio's store.

    Raises CannotStart with the remedy, Revoked; Away where the homeserver cannot be reached."""
    with _alone(name, state):
        async with _opened(name, known, keys, state, clock, chance) as session:
            yield session


@contextmanager
def _alone(name: str, state: Path) -> Iterator[None]:
    """Two processes on one device would break each other's encryption. Raises CannotStart."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (state / f"{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(
                f"[matrix] another process runs the account {name} on {state}: stop that one first."
            ) from None
        yield


@asynccontextmanager
async def _opened(
    name: str, known: MatrixAccount, keys: Path, state: Path, clock: Clock, chance: Chance
) -> AsyncIterator[Session]:
    file = KeyFile(keys, name)
    secrets = file.read(known.user_id, chance)
    async with wire_to(known.homeserver) as wire:
        try:
            secrets, store = await _device(name, known, file, secrets, wire, state / f"{name}.db")
        except Refusal as no:
            raise _told(name, no) from no
        try:
            yield await _introduced(name, known, secrets, wire, store, clock, chance)
        finally:
            store.close()


async def _device(
    name: str, known: MatrixAccount, file: KeyFile, secrets: Secrets, wire: Wire, store: Path
) -> tuple[Secrets, Store]:
    """Ours of before, with its store; else a new one."""
    token, password = _said(known.access_token), _said(known.password)
    wire.token = token or secrets.token
    if wire.token and secrets.device:
        with suppress(Lost):
            found = opened(store, known.user_id, secrets.device, secrets.pickle)
            try:
                said = await wire.call("GET", "/account/whoami")
            except Refusal as no:
                found.close()
                if not no.is_revoked or not password:
                    raise
            except Away:
                found.close()
                raise
            else:
                if said.get("device_id", secrets.device) == secrets.device:
                    return secrets, found
                found.close()  # a new token, of another device
    new = await (_given(name, known, wire, token) if token else _logged_in(known, wire, password))
    before, secrets = secrets.device, replace(secrets, device=new[0], token=new[1])
    file.write(secrets)
    if before and before != secrets.device and password:
        with suppress(Refusal):  # it is gone already
            await delete_device(wire, known.user_id, before, password)
    return secrets, made(store, known.user_id, secrets.device, secrets.pickle)


async def _logged_in(known: MatrixAccount, wire: Wire, password: str) -> tuple[str, str]:
    """A new device, and its token."""
    wire.token = ""
    said = await wire.call(
        "POST",
        "/login",
        {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": known.user_id},
            "password": password,
            "initial_device_display_name": known.device_name,
        },
    )
    wire.token = str(said["access_token"])
    return str(said["device_id"]), wire.token


async def _given(name: str, known: MatrixAccount, wire: Wire, token: str) -> tuple[str, str]:
    """The device of a token from the settings; one that has no keys yet."""
    said = await wire.call("GET", "/account/whoami")
    device = str(said.get("device_id", ""))
    if said.get("user_id") != known.user_id:
        raise CannotStart(
            f"[matrix] the access_token of {name} belongs to another account than user_id says: "
            "set the two that belong together."
        )
    asked = await wire.call("POST", "/keys/query", {"device_keys": {known.user_id: []}})
    if not device or device in asked.get("device_keys", {}).get(known.user_id, {}):
        raise CannotStart(
            f"[matrix] the access_token of {name} is of a device whose keys are not here, as of "
            "another program, or of a store that was lost: set a new one, or password."
        )
    return device, token


async def _introduced(
    name: str,
    known: MatrixAccount,
    secrets: Secrets,
    wire: Wire,
    store: Store,
    clock: Clock,
    chance: Chance,
) -> Session:
    """Keys, signatures and all."""
    ciphers = Ciphers(wire, store, chance)
    identity = Identity(known.user_id, secrets.seeds)
    try:
        await ciphers.upload(clock.now().date(), renewed=True)
        device, password = ciphers.device_keys, _said(known.password)
        await introduce(wire, known.user_id, device, identity, password)
    except Refusal as no:
        raise _told(name, no) from no
    return Session(
        name, known.user_id, secrets.device, identity.master, wire, Devices(wire), ciphers
    )


def _told(name: str, no: Refusal) -> CannotStart | Away:
    """Why there is no session, for the operator; Away where it is for the host to mend."""
    if no.is_revoked:
        return Revoked(_sentence(name))
    if no.status == 429 or no.status >= 500:
        return Away(doubtful=False)
    if no.code in ("M_FORBIDDEN", "M_USER_DEACTIVATED"):
        return CannotStart(
            f"[matrix] the homeserver refuses the account {name}: see its user_id and password."
        )
    return CannotStart(
        f"[matrix] the homeserver of {name} does not answer as one should: see that homeserver is "
        "the address of its client API."
    )


def _sentence(name: str) -> str:
    return (
        f"[matrix] the homeserver has revoked the access token of {name}: with a password in the "
        "settings it logs in anew when it is started; else set a new access_token."
    )


def _said(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
