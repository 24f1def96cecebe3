"""``apps.*``, ``oauth.*``, ``auth.revoke``: sockets opened, tokens got, refreshed and given back."""

from typing import Any

from tests.fakes.slack.errors import ApiError
from tests.fakes.slack.web_api import Asked, Method

Json = dict[str, Any]


async def _socket(asked: Asked) -> Json:
    return {"url": asked.town.sockets.address()}


def _client(asked: Asked) -> None:
    app = asked.town.app
    if asked.params.get("client_id") != app.client_id:
        raise ApiError("invalid_client_id")
    if asked.params.get("client_secret") != app.client_secret:
        raise ApiError("bad_client_secret")


async def _access(asked: Asked) -> Json:
    _client(asked)
    return asked.town.installing.exchange(asked.params)


async def _uninstalled(asked: Asked) -> Json:
    _client(asked)
    asked.town.soon(asked.town.installing.uninstall(asked.space))
    return {}


async def _revoked(asked: Asked) -> Json:
    if asked.truth("test"):
        return {"revoked": False}
    asked.token.revoked = True
    asked.town.soon(asked.town.installing.revoke(asked.space))
    return {"revoked": True}


_CLIENT = frozenset({"client_id", "client_secret"})
METHODS = {
    "apps.connections.open": Method(_socket, scopes=("connections:write",), token="app"),
    "oauth.v2.access": Method(
        _access,
        _CLIENT | {"code", "redirect_uri", "grant_type", "refresh_token"},
        needed=_CLIENT,
        token="",
    ),
    "apps.uninstall": Method(_uninstalled, _CLIENT, needed=_CLIENT),
    "auth.revoke": Method(_revoked, frozenset({"test"})),
}
