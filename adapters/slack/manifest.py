"""The app's manifest for Slack, made of the commands' own definitions: as few rights as it can be. Pure.

Limits (docs.slack.dev/reference/app-manifest): a name 35 characters, a command's description 2,000, a
shortcut's name 24 and its description 150. Slack has one language for a command's description.
"""

from collections.abc import Iterable
from typing import Any

from bot.chat import Command, line
from bot.domain.communities import Role
from bot.texts import Speaker

#: Never what people write (``*:history``), who they are (``users:read``) or their files.
SCOPES = ("commands", "chat:write")
OPTION = "files:write"  #: charts as pictures, where moderators want them
EVENTS = ("app_home_opened", "app_uninstalled", "tokens_revoked")
NAME, SHORTCUT, ABOUT = 35, 24, 140

Json = dict[str, Any]


def manifest(
    commands: Iterable[Command],
    speaker: Speaker,
    name: str,
    url: str = "",
    *,
    pictures: bool = False,
) -> Json:
    """``speaker``: with the prefix of the settings; ``url``: where Slack reaches us over HTTP, empty
    for a socket; ``pictures``: ask for the right to put up charts, too."""
    scopes = [*SCOPES, *([OPTION] if pictures else [])]
    at = f"{url.rstrip('/')}/slack/events" if url else ""
    return {
        "display_information": {
            "name": name[:NAME],
            "description": speaker.say(line("slack.about"))[:ABOUT],
            "background_color": "#0f5257",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": name[:NAME], "always_online": True},
            "shortcuts": [
                {
                    "name": speaker.say(line("slack.shortcut"))[:SHORTCUT],
                    "type": "global",
                    "callback_id": "grievance",
                    "description": speaker.say(line("command.grievance"))[:ABOUT],
                }
            ],
            "slash_commands": [_command(one, speaker, at) for one in commands if one.typed],
        },
        "oauth_config": {
            **({"redirect_urls": [f"{url.rstrip('/')}/slack/oauth_redirect"]} if url else {}),
            "scopes": {"bot": scopes},
        },
        "settings": _settings(at),
    }


def _settings(at: str) -> Json:
    """``at``: where Slack sends to, over HTTP."""
    to = {"request_url": at} if at else {}
    return {
        "event_subscriptions": to | {"bot_events": list(EVENTS)},
        "interactivity": to | {"is_enabled": True},
        "org_deploy_enabled": bool(at),
        "socket_mode_enabled": not at,
        "token_rotation_enabled": bool(at),
    }


def _command(one: Command, speaker: Speaker, at: str) -> Json:
    """``usage_hint``: the words that may stand behind it, for staff alone."""
    said: Json = {
        "command": speaker.typed(one.name),
        "description": speaker.say(line(f"command.{one.name}")),
        "should_escape": False,
    }
    if one.words and not one.listed_for({Role.WORKER}):
        said["usage_hint"] = " | ".join(one.words)
    return said | ({"url": at} if at else {})
