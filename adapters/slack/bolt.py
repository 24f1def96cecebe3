"""Bolt, as far as it is ours: one app for both ways in, which sorts what comes.

Every handler is wrapped, so that none raises: what Slack sends is answered at once, and whatever takes
time goes on afterwards. Bolt asks nothing of Slack and says nothing to any log.
"""

import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters.slack.acts import Acts
from adapters.slack.events import Events
from adapters.slack.incoming import acted, typed
from adapters.slack.wire import SILENT, Wire
from bot.dispatch import Door

_ANY = re.compile("")
#: How Bolt meets a payload without what it must have.
MALFORMED = (AttributeError, LookupError, TypeError, ValueError, RecursionError)
SHORTCUT = "grievance"  #: the callback of the shortcut, which is the command it stands for

Body = dict[str, Any]


class Trusting(AsyncAuthorize):
    """The signature has told that it is Slack who speaks; whose token answers is looked up where
    something is to be answered."""

    def __init__(self) -> None:
        """Nothing is needed."""

    async def __call__(self, **asked: Any) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=asked.get("enterprise_id"),
            team_id=asked.get("team_id"),
            user_id=asked.get("user_id"),
        )


async def dispatched(app: AsyncApp, door: Door, request: AsyncBoltRequest) -> BoltResponse | None:
    """What Bolt makes of a payload; None where it stumbles, which it does over what is not Slack's."""
    answers: list[BoltResponse] = []

    async def ask() -> None:
        answers.append(await app.async_dispatch(request))

    try:
        await door.guarded(ask, *MALFORMED)
    except MALFORMED:
        return None
    stumbled = not answers or answers[0].status == HTTPStatus.INTERNAL_SERVER_ERROR
    return None if stumbled else answers[0]


def bolt(door: Door, acts: Acts, events: Events, wire: Wire, prefix: str) -> AsyncApp:
    """``prefix``: of the commands. Whoever hands it a payload has seen to it that it is Slack's."""
    app = AsyncApp(
        name="groundswell",
        logger=SILENT,
        client=wire.client(),
        signing_secret="",
        authorize=Trusting(),
        process_before_response=True,
        request_verification_enabled=False,
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )

    async def command(body: Body, ack: Any) -> None:
        async def take() -> None:
            name = str(body.get("command", "")).removeprefix("/").removeprefix(prefix)
            said = acts.typed(name, typed(body), str(body.get("text") or ""))
            await (ack(response_type="ephemeral", text=said) if said else ack())

        await _safely(door, take, ack)

    async def shortcut(body: Body, ack: Any) -> None:
        async def take() -> None:
            acts.shortcut(SHORTCUT, acted(body))
            await ack()

        await _safely(door, take, ack)

    async def action(body: Body, ack: Any) -> None:
        async def take() -> None:
            pressed = (body.get("actions") or [{}])[0]
            if pressed.get("type") == "button":
                acts.pressed(str(pressed.get("action_id", "")), acted(body))
            await ack()

        await _safely(door, take, ack)

    async def view(body: Body, ack: Any) -> None:
        async def take() -> None:
            await ack(**await acts.submitted(acted(body)))

        async def keep() -> None:
            await ack(**acts.kept(acted(body)))

        if not await door.guarded(take):  # whatever it was, what was typed stays
            await _safely(door, keep, ack)

    async def event(body: Body, ack: Any) -> None:
        """What could not be done is not acknowledged, so that Slack tells it again."""

        async def take() -> None:
            if await events.take(body):
                await ack()

        await door.guarded(take)
        if ack.response is None:
            ack.response = BoltResponse(status=HTTPStatus.SERVICE_UNAVAILABLE)

    # Bolt asks each in turn: what is done most, first.
    app.view(_ANY)(view)
    app.action(_ANY)(action)
    app.command(_ANY)(command)
    app.shortcut(SHORTCUT)(shortcut)
    for kind in ("app_home_opened", "app_uninstalled", "tokens_revoked"):
        app.event(kind)(event)
    return app


async def _safely(door: Door, take: Callable[[], Awaitable[None]], ack: Any) -> None:
    """A bug of ours is noted, and Slack is answered all the same."""
    if not await door.guarded(take) and ack.response is None:
        await ack()
