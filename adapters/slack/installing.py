"""How a workspace lets us in over HTTP: OAuth, from the first link to the token that is kept.

The state goes along in a cookie of the same browser, signed by us and good for ten minutes, so that
any process can end what another began. Errors are told in a sentence, and nothing is logged.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from adapters.slack.installations import Installation, Installations
from adapters.slack.wire import Refusal, Wire
from bot.ports import Chance, Clock

STATE_LASTS = timedelta(minutes=10)


class Installing:
    def __init__(
        self,
        wire: Wire,
        installations: Installations,
        clock: Clock,
        chance: Chance,
        client: tuple[str, str],
        secret: str,
    ) -> None:
        """``client``: the app's id and its secret; ``secret``: what states are signed with."""
        self._wire, self._installations = wire, installations
        self._clock, self._chance, self._client = clock, chance, client
        self._key = hmac.digest(secret.encode(), b"groundswell oauth state/1", "sha256")

    def state(self) -> str:
        """Random, with the second it is good until, and our signature."""
        until = int((self._clock.now() + STATE_LASTS).timestamp())
        said = f"{self._chance.bytes(16).hex()}.{until}"
        return f"{said}.{self._signed(said)}"

    def holds(self, state: str, cookie: str) -> bool:
        """Whether it is one of ours, of this browser, and not too old."""
        said, _, signature = state.rpartition(".")
        until = said.rpartition(".")[2]
        return (
            hmac.compare_digest(state.encode(), cookie.encode())
            and hmac.compare_digest(signature.encode(), self._signed(said).encode())
            and until.isdecimal()
            and int(until) >= self._clock.now().timestamp()
        )

    def link(self, state: str, scopes: tuple[str, ...]) -> str:
        """Where somebody is asked whether to let us in: at the same server as the API."""
        parts = urlsplit(self._wire.api_url)
        asked = {"client_id": self._client[0], "scope": ",".join(scopes), "state": state}
        return f"{parts.scheme}://{parts.netloc}/oauth/v2/authorize?{urlencode(asked)}"

    async def ended(self, code: str) -> Installation:
        """Change the code for a token, and keep it. Raises Away, Limited, Refusal."""
        id, secret = self._client
        values = {"client_id": id, "client_secret": secret, "code": code}
        told = await self._wire.call("", "oauth.v2.access", values)
        one = granted(told, self._clock.now())
        await self._installations.keep(one)
        return one

    async def opens(self, one: Installation) -> tuple[str, ...]:
        """The places that it is the token of."""
        return (one.place, *await self._installations.within(one.place))

    def _signed(self, said: str) -> str:
        return hmac.digest(self._key, said.encode(), "sha256").hex()


def granted(told: Mapping[str, Any], now: datetime) -> Installation:
    """What Slack gave us (docs.slack.dev/reference/methods/oauth.v2.access). An organisation that
    lets us into all of its workspaces has no team. Raises Refusal."""
    team, org = told.get("team") or {}, told.get("enterprise") or {}
    place = org.get("id") if told.get("is_enterprise_install") else team.get("id")
    token, seconds = told.get("access_token"), told.get("expires_in")
    if not (isinstance(place, str) and place and isinstance(token, str) and token):
        raise Refusal("no_token")
    return Installation(
        place,
        token,
        str((team or org).get("name") or ""),
        frozenset(str(told.get("scope") or "").split(",")) - {""},
        str(told.get("refresh_token") or ""),
        now + timedelta(seconds=seconds) if isinstance(seconds, int) else None,
        str(org.get("id") or ""),
        now,
    )
