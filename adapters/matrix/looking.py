"""Whether a homeserver would have us, without logging in: nothing is made or sent there.

A password is not tried: that would make a device.
"""

from http import HTTPStatus
from typing import Any

import aiohttp

from bot.settings import MatrixAccount

PATIENCE = 10.0  #: seconds that an answer may take
_CLIENT = "/_matrix/client/v3"


async def trouble(known: MatrixAccount) -> str | None:
    """What keeps an account from working, with the remedy; None where nothing can be seen to."""
    token = known.access_token.get_secret_value() if known.access_token else ""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    asked = "/account/whoami" if token else "/login"
    try:
        async with aiohttp.ClientSession(
            known.homeserver, headers=headers, timeout=aiohttp.ClientTimeout(PATIENCE)
        ) as http:
            status, said = await _told(http, _CLIENT + asked)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return _nobody_there(known)
    if token:
        return _of_token(known, status, said)
    if status == HTTPStatus.NOT_FOUND:
        return _nobody_there(known)  # another kind of server
    flows = {str(one.get("type")) for one in said.get("flows", ()) if isinstance(one, dict)}
    if status != HTTPStatus.OK or "m.login.password" not in flows:
        return (
            f"{known.homeserver} takes no password: set access_token instead, of a device that is "
            "new and the bot's own."
        )
    return None


def _nobody_there(known: MatrixAccount) -> str:
    return (
        f"{known.homeserver} does not answer as a homeserver: see that it runs, and that "
        "homeserver is the address of its client API."
    )


async def _told(http: aiohttp.ClientSession, path: str) -> tuple[int, dict[str, Any]]:
    """Raises ValueError for what is no JSON, which a proxy's page is not."""
    async with http.get(path, allow_redirects=False) as answer:
        said = await answer.json(content_type=None)
        if not isinstance(said, dict):
            raise ValueError
        return answer.status, said


def _of_token(known: MatrixAccount, status: int, said: dict[str, Any]) -> str | None:
    if status == HTTPStatus.UNAUTHORIZED:
        return f"{known.homeserver} knows no such access_token: set a new one, or a password."
    if status != HTTPStatus.OK:
        return f"{known.homeserver} refuses to answer ({status}): see that it is well."
    if said.get("user_id") != known.user_id:
        return "the access_token belongs to another account than user_id says: set what fits."
    return None
