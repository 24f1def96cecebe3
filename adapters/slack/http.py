"""Slack over HTTP: what it sends, and the two addresses by which a workspace lets us in.

A listener of our own, on the host and port of the settings, without an access log. A body's
signature and age are looked at before anything else is done with it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from html import escape
from http import HTTPStatus

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from yarl import URL

from adapters.slack.bolt import MALFORMED, dispatched
from adapters.slack.incoming import PLATFORM
from adapters.slack.installing import STATE_LASTS, Installing
from adapters.slack.manifest import OPTION
from adapters.slack.wire import Refusal
from bot.chat import Line, line
from bot.dispatch import Door
from bot.domain.errors import CannotSave
from bot.platforms import Away, Limited
from bot.settings import CannotStart, Http
from bot.texts import Speaker

EVENTS, INSTALL, BACK = "/slack/events", "/slack/install", "/slack/oauth_redirect"
ENDS_WITHIN = 4.0  #: seconds that requests under way have when the program stops
_COOKIE = "groundswell_slack_state"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Pages:
    """``installing``: None where there is one workspace, whose token the settings have; ``secret``:
    what Slack signs with; ``arrives``: told of each payload as it comes in."""

    def __init__(
        self,
        app: AsyncApp,
        door: Door,
        installing: Installing | None,
        scopes: tuple[str, ...],
        speaker: Speaker,
        secret: str,
        arrives: Callable[[], None],
    ) -> None:
        self._verifier = SignatureVerifier(secret)
        self._app, self._door, self._installing = app, door, installing
        self._scopes, self._speaker, self._arrives = scopes, speaker, arrives

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post(EVENTS, self._events)
        if self._installing:
            app.router.add_get(INSTALL, self._install)
            app.router.add_get(BACK, self._back)
        return app

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """What Slack did not sign in the last five minutes is taken in, and nothing of it is looked at."""
        self._arrives()
        body = await request.read()
        if not self._is_slacks(request, body):
            return web.Response(status=HTTPStatus.UNAUTHORIZED)
        try:
            asked = AsyncBoltRequest(
                body=_told(await request.text()), headers=dict(request.headers)
            )
        except MALFORMED:
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        if not isinstance(asked.body, dict):
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        answer = await dispatched(self._app, self._door, asked)
        if answer is None:
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        return await to_aiohttp_response(answer)

    def _is_slacks(self, request: web.Request, body: bytes) -> bool:
        """The age is looked at by the machine's own clock, as nothing else is here."""
        stamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        try:
            return self._verifier.is_valid(body, stamp, signature)
        except (TypeError, ValueError):  # no figure, no text, no signature
            return False

    async def _install(self, request: web.Request) -> web.StreamResponse:
        installing = self._installing
        if installing is None:
            raise web.HTTPNotFound
        state = installing.state()
        scopes = (*self._scopes, *((OPTION,) if "pictures" in request.query else ()))
        to = {"Location": installing.link(state, scopes), "Cache-Control": "no-store"}
        answer = web.Response(status=HTTPStatus.FOUND, headers=to)
        # Only a browser on this machine takes it without TLS.
        answer.set_cookie(
            _COOKIE,
            state,
            max_age=int(STATE_LASTS.total_seconds()),
            path="/slack/",
            httponly=True,
            samesite="Lax",
            secure=request.url.host not in ("127.0.0.1", "localhost", "::1"),
        )
        return answer

    async def _back(self, request: web.Request) -> web.StreamResponse:
        installing = self._installing
        if installing is None:
            raise web.HTTPNotFound
        state, code = request.query.get("state", ""), request.query.get("code", "")
        if not code or not installing.holds(state, request.cookies.get(_COOKIE, "")):
            return self._page(400, line("slack.not_installed"))
        try:
            one = await installing.ended(code)
            for place in await installing.opens(one):
                await self._door.places.returned(PLATFORM, place)
        except (Away, Limited, Refusal):
            return self._page(502, line("slack.not_installed"))
        except CannotSave as away:
            return self._page(503, line(away.key))
        answer = self._page(200, line("slack.installed", setup=line("help.typed", name="setup")))
        answer.del_cookie(_COOKIE, path="/slack/")
        return answer

    def _page(self, status: int, said: Line) -> web.Response:
        words = escape(self._speaker.say(said))
        page = f'<!doctype html><meta charset="utf-8"><title>Groundswell</title><p>{words}</p>'
        headers = {
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(status=status, text=page, content_type="text/html", headers=headers)


def _told(body: str) -> str:
    """What people do is JSON within a form, which aiohttp's own yarl reads sixty times as fast as what
    Bolt does it with; Bolt takes the JSON alone as well. All else is left as it is."""
    if not body.startswith("payload="):
        return body
    return URL.build(query_string=body, encoded=True).query.get("payload", "") or body


@asynccontextmanager
async def listening(app: web.Application, at: Http) -> AsyncIterator[str]:
    """Gives its address. Raises CannotStart."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=ENDS_WITHIN)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, at.host, at.port).start()
        except OSError:
            raise CannotStart(
                f"[http] cannot listen on {at.host} port {at.port}: choose another host or port."
            ) from None
        host = f"[{at.host}]" if ":" in at.host else at.host
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
