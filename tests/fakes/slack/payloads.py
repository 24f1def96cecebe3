"""The payloads that Slack delivers, as its documentation shows them. Pure: it sends nothing."""

import secrets
from typing import Any

from tests.fakes.slack.escaping import delivered, escaped
from tests.fakes.slack.places import Channel, User, Workspace, new_id
from tests.fakes.slack.screen import Shown

Json = dict[str, Any]


def enterprise(space: Workspace) -> Json | None:
    return {"id": space.grid, "name": f"{space.grid} Org"} if space.grid else None


def team(space: Workspace, *, always: bool = False) -> Json | None:
    """None where the organisation installed the app (``always``: also there)."""
    if space.org_wide and not always:
        return None
    given = {"id": space.team, "domain": space.domain}
    if space.grid:
        given |= {"enterprise_id": space.grid, "enterprise_name": f"{space.grid} Org"}
    return given


def _acted(user: User, kind: str) -> Json:
    """What every interactive payload begins with."""
    space = user.space
    app = space.town.app
    return {
        "type": kind,
        "team": team(space),
        "user": {
            "id": user.id,
            "username": user.name,
            "name": user.name,
            "team_id": user.home or space.team,  # of a grid: its id, or any of its workspaces'
        },
        "api_app_id": app.id,
        "token": app.verification,
        "enterprise": enterprise(space),
        "is_enterprise_install": space.org_wide,
    }


def command(
    user: User, channel: Channel, name: str, words: str, trigger: str, response_url: str
) -> Json:
    """A slash command; every value a string, as in a form."""
    space = user.space
    given = {
        "token": space.town.app.verification,
        "team_id": space.team,
        "team_domain": space.domain,
        "channel_id": channel.id,
        "channel_name": channel.name if not channel.private else "privategroup",
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": escaped(words),
        "api_app_id": space.town.app.id,
        "is_enterprise_install": "true" if space.org_wide else "false",
        "response_url": response_url,
        "trigger_id": trigger,
    }
    if space.grid:
        given |= {"enterprise_id": space.grid, "enterprise_name": f"{space.grid} Org"}
    return given


def shortcut(user: User, callback_id: str, trigger: str) -> Json:
    return _acted(user, "shortcut") | {
        "action_ts": f"{user.space.town.now():.6f}",
        "callback_id": callback_id,
        "trigger_id": trigger,
    }


def submission(user: User, shown: Shown, trigger: str) -> Json:
    return _acted(user, "view_submission") | {
        "trigger_id": trigger,
        "view": delivered(shown.told()),
        "response_urls": [],
    }


def closed(user: User, shown: Shown, *, cleared: bool) -> Json:
    return _acted(user, "view_closed") | {
        "view": delivered(shown.told()),
        "is_cleared": cleared,
    }


def action_in_view(user: User, shown: Shown, action: Json, trigger: str) -> Json:
    return _acted(user, "block_actions") | {
        "trigger_id": trigger,
        "container": {"type": "view", "view_id": shown.view["id"]},
        "view": delivered(shown.told()),
        "actions": [delivered(action)],
    }


def action_in_message(
    user: User, channel: Channel, message: Json, action: Json, trigger: str, response_url: str
) -> Json:
    hidden, space = bool(message.get("is_ephemeral")), user.space
    given = _acted(user, "block_actions") | {
        "trigger_id": trigger,
        "container": {
            "type": "message",
            "message_ts": message["ts"],
            "channel_id": channel.id,
            "is_ephemeral": hidden,
        },
        "channel": {"id": channel.id, "name": channel.name},
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [delivered(action)],
        "team": team(space, always=True),
    }
    if not hidden:
        given["message"] = delivered(message)
    return given


def action(block: Json, element: Json, value: Json, now: float) -> Json:
    """One entry of ``actions``. ``value``: what a select or an overflow was set to."""
    given = {
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "type": element["type"],
        "action_ts": f"{now:.6f}",
    }
    for key in ("text", "value", "style", "placeholder"):
        if key in element:
            given[key] = element[key]
    return given | value


def event(space: Workspace, inner: Json) -> Json:
    """The envelope of the Events API."""
    now = space.town.now()
    authorization = {
        "enterprise_id": space.grid,
        "team_id": None if space.org_wide else space.team,
        "user_id": space.bot_user_id,
        "is_bot": True,
        "is_enterprise_install": space.org_wide,
    }
    given = {
        "token": space.town.app.verification,
        "team_id": space.team,
        "api_app_id": space.town.app.id,
        "event": {**inner, "event_ts": f"{now:.6f}"},
        "type": "event_callback",
        "event_id": new_id("Ev"),
        "event_time": int(now),
        "authorizations": [authorization],
        "is_ext_shared_channel": False,
        "event_context": f"4-{secrets.token_urlsafe(24)}",
    }
    return given | ({"enterprise_id": space.grid} if space.grid else {})
