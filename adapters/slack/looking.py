"""Who we are in a workspace, and whether Slack would have us: asked once at the start, and by ``check``."""

from adapters.slack.installations import Installation
from adapters.slack.manifest import SCOPES
from adapters.slack.wire import DEAD, Refusal, Wire, wire_to
from bot.platforms import Away, Limited
from bot.settings import Slack


async def identified(wire: Wire, token: str) -> Installation:
    """The workspace of a token, and what it may do there. Raises Away, Limited, Refusal."""
    told, headers = await wire.told(token, "auth.test")
    team, org = str(told.get("team_id") or ""), str(told.get("enterprise_id") or "")
    scopes = (one.strip() for one in headers.get("x-oauth-scopes", "").split(","))
    return Installation(
        org if told.get("is_enterprise_install") else team,
        token,
        str(told.get("team") or ""),
        frozenset(scopes) - {""},
        enterprise=org if told.get("is_enterprise_install") else "",
    )


def worthless(code: str) -> str:
    return (
        f"Slack does not take [slack] bot_token ({code}): install the app in the workspace anew, and "
        "set the token it shows."
    )


async def trouble(known: Slack) -> str | None:
    """What keeps us from working there, with the remedy; None where nothing can be seen to."""
    async with wire_to(known.api_url) as wire:
        try:
            if known.token:
                one = await identified(wire, known.token)
                missing = [scope for scope in SCOPES if one.scopes and scope not in one.scopes]
                if missing:
                    return (
                        f"the app lacks the scope {missing[0]} in {one.name}: add it as "
                        "`groundswell slack manifest` has it, and install the app there anew."
                    )
            else:
                await wire.call("", "api.test", waits=False)
            if known.mode == "socket" and known.app_token:
                token = known.app_token.get_secret_value()
                return await _socket(wire, token)
        except (Away, Limited):
            return f"{known.api_url} does not answer as Slack does: see that it can be reached."
        except Refusal as no:
            return worthless(no.code) if no.code in DEAD else f"Slack refuses it ({no.code})."
    return None


async def _socket(wire: Wire, token: str) -> str | None:
    """An address for a socket is asked for, and none is opened. Raises Away, Limited."""
    try:
        await wire.call(token, "apps.connections.open", waits=False)
    except Refusal as no:
        return (
            f"Slack opens no socket for [slack] app_token ({no.code}): make one with the scope "
            "connections:write, and enable Socket Mode."
        )
    return None
