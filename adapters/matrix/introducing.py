"""Makes our device known: its keys, our three cross-signing keys, and our signature on the device.

Asks before it says: what others know already is not uploaded again, so that nobody is warned of a
change that was none. Deletes the device that a lost store made useless.
"""

from collections.abc import Mapping
from typing import Any

from adapters.matrix.signing import Identity, signed_by
from adapters.matrix.wire import Json, Refusal, Wire
from bot.settings import CannotStart

ANOTHERS_IDENTITY = (
    "cross-signing keys that are not ours were set up for this Matrix account, and only its "
    "password can replace them: set password, or use an account that is the bot's alone."
)


async def introduce(
    wire: Wire, user: str, device: Mapping[str, Any], identity: Identity, password: str
) -> None:
    """Until every client can see that the master key of ``identity`` has signed ``device``.

    Raises CannotStart, Refusal, Away."""
    said = await wire.call("POST", "/keys/query", {"device_keys": {user: []}})
    master = said.get("master_keys", {}).get(user, {})
    if list(master.get("keys", {}).values()) != [identity.master]:
        try:
            await confirmed(wire, "/keys/device_signing/upload", identity.keys(), user, password)
        except Refusal as no:
            if no.status in (401, 403):
                raise CannotStart(ANOTHERS_IDENTITY) from no
            raise
        said = {"self_signing_keys": {user: identity.keys()["self_signing_key"]}}
    known = said.get("device_keys", {}).get(user, {}).get(device["device_id"], {})
    signing = said.get("self_signing_keys", {}).get(user, {})
    if signed_by(user, known, identity.keys()["master_key"], signing) != identity.master:
        vouched = {user: {device["device_id"]: identity.vouched(device)}}
        await wire.call("POST", "/keys/signatures/upload", vouched)


async def delete_device(wire: Wire, user: str, device: str, password: str) -> None:
    """One of ours. Raises Refusal, Away."""
    await confirmed(wire, "/delete_devices", {"devices": [device]}, user, password)


async def confirmed(wire: Wire, path: str, body: Json, user: str, password: str) -> None:
    """Say it, and say it again with the password where the homeserver asks for that:
    https://spec.matrix.org/v1.16/client-server-api/#user-interactive-authentication-api."""
    try:
        await wire.call("POST", path, body)
    except Refusal as no:
        session = no.said.get("session")
        if no.status != 401 or not isinstance(session, str) or not password:
            raise
        auth = {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": user}}
        auth |= {"password": password, "session": session}
        await wire.call("POST", path, body | {"auth": auth})
