"""What Slack's documentation demands of an app manifest (major version 1), written anew as plain checks.

``wrong_in`` yields every fault as (place, words): unknown and missing fields, lengths, counts,
patterns, and what does not fit together (a socket or request URLs, commands and their scope).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.fakes.slack.texts import Wrong

Json = dict[str, Any]
WEB = r"https?://.+"


@dataclass(frozen=True)
class Text:
    least: int = 0
    most: int = 10_000
    pattern: str = ""
    among: tuple[str, ...] = ()


@dataclass(frozen=True)
class Truth:
    pass


@dataclass(frozen=True)
class Whole:
    pass


@dataclass(frozen=True)
class Many:
    """A list of ``of``, so many; ``once``: none twice."""

    of: Any
    most: int
    least: int = 0
    once: bool = False


@dataclass(frozen=True)
class Thing:
    """An object: these fields and no others, those named in ``needed`` at least."""

    fields: dict[str, Any]
    needed: tuple[str, ...] = ()


URL = Text(1, 3500, WEB)
NAMES = Many(Text(1, 50), 255)
SHORTCUT = Thing(
    {
        "name": Text(1, 24),
        "type": Text(among=("message", "global")),
        "callback_id": Text(1, 255),
        "description": Text(1, 150),
    },
    ("name", "type", "callback_id", "description"),
)
COMMAND = Thing(
    {
        "command": Text(2, 32, r"/[^\s/A-Z]+"),
        "url": Text(1, 3000, WEB),
        "description": Text(1, 2000),
        "usage_hint": Text(1, 1000),
        "should_escape": Truth(),
    },
    ("command", "description"),
)
MANIFEST = Thing(
    {
        "$schema": Text(1, 1000),
        "_metadata": Thing({"major_version": Whole(), "minor_version": Whole()}),
        "display_information": Thing(
            {
                "name": Text(1, 35),
                "description": Text(1, 140),
                "long_description": Text(175, 4000),
                "background_color": Text(4, 7, r"#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?"),
            },
            ("name",),
        ),
        "features": Thing(
            {
                "app_home": Thing(
                    {
                        "home_tab_enabled": Truth(),
                        "messages_tab_enabled": Truth(),
                        "messages_tab_read_only_enabled": Truth(),
                    }
                ),
                "bot_user": Thing(
                    {
                        "display_name": Text(1, 80, r"[A-Za-z0-9 ._-]+"),
                        "always_online": Truth(),
                    },
                    ("display_name",),
                ),
                "shortcuts": Many(SHORTCUT, 10, 1),
                "slash_commands": Many(COMMAND, 50, 1),
                "unfurl_domains": Many(Text(1, 255), 5, 1, once=True),
            }
        ),
        "oauth_config": Thing(
            {
                "redirect_urls": Many(Text(1, 2500), 1000, once=True),
                "scopes": Thing(
                    {
                        "bot": NAMES,
                        "user": NAMES,
                        "bot_optional": NAMES,
                        "user_optional": NAMES,
                    }
                ),
                "token_management_enabled": Truth(),
                "pkce_enabled": Truth(),
            }
        ),
        "settings": Thing(
            {
                "allowed_ip_address_ranges": Many(Text(7, 18), 50, 1, once=True),
                "event_subscriptions": Thing(
                    {
                        "request_url": URL,
                        "bot_events": Many(Text(1, 50), 100, once=True),
                        "user_events": Many(Text(1, 50), 100, once=True),
                    }
                ),
                "incoming_webhooks": Thing({"incoming_webhooks_enabled": Truth()}),
                "interactivity": Thing(
                    {
                        "is_enabled": Truth(),
                        "request_url": URL,
                        "message_menu_options_url": URL,
                    },
                    ("is_enabled",),
                ),
                "org_deploy_enabled": Truth(),
                "socket_mode_enabled": Truth(),
                "is_hosted": Truth(),
                "token_rotation_enabled": Truth(),
                "is_mcp_enabled": Truth(),
            }
        ),
    },
    ("display_information",),
)


def wrong_in(manifest: Any) -> Wrong:
    faults = list(_against(manifest, MANIFEST, ""))
    yield from faults
    if not faults:
        yield from _together(manifest)


def _against(value: Any, wanted: Any, at: str) -> Wrong:
    if isinstance(wanted, Thing):
        yield from _thing(value, wanted, at)
    elif isinstance(wanted, Many):
        yield from _many(value, wanted, at)
    elif isinstance(wanted, Text):
        yield from _text(value, wanted, at)
    elif isinstance(wanted, Truth) != isinstance(value, bool) or not isinstance(value, int):
        yield at, f"not a {type(wanted).__name__.lower()}"


def _thing(value: Any, wanted: Thing, at: str) -> Wrong:
    if not isinstance(value, dict):
        yield at, "not an object"
        return
    for key in sorted(set(value) - set(wanted.fields)):
        yield f"{at}/{key}", "unknown"
    for key in wanted.needed:
        if key not in value:
            yield f"{at}/{key}", "missing"
    for key, inner in wanted.fields.items():
        if key in value:
            yield from _against(value[key], inner, f"{at}/{key}")


def _many(value: Any, wanted: Many, at: str) -> Wrong:
    if not isinstance(value, list):
        yield at, "not a list"
        return
    if not wanted.least <= len(value) <= wanted.most:
        yield at, f"not {wanted.least} to {wanted.most} items"
    if wanted.once and len({str(one) for one in value}) < len(value):
        yield at, "something twice"
    for n, one in enumerate(value):
        yield from _against(one, wanted.of, f"{at}/{n}")


def _text(value: Any, wanted: Text, at: str) -> Wrong:
    if not isinstance(value, str):
        yield at, "not a text"
    elif not wanted.least <= len(value) <= wanted.most:
        yield at, f"not {wanted.least} to {wanted.most} characters"
    elif wanted.pattern and not re.fullmatch(wanted.pattern, value):
        yield at, f"does not match {wanted.pattern}"
    elif wanted.among and value not in wanted.among:
        yield at, f"not one of {wanted.among}"


def _twice(names: Iterable[str]) -> list[str]:
    seen = sorted(names)
    return [one for n, one in enumerate(seen) if one in seen[:n]]


#: Scopes without which an event is not sent.
BEHIND = {"app_mention": "app_mentions:read", "message.im": "im:history"}


def _together(manifest: Json) -> Wrong:
    """What fits the fields and does not fit together."""
    features, settings = manifest.get("features", {}), manifest.get("settings", {})
    scopes = manifest.get("oauth_config", {}).get("scopes", {}).get("bot", [])
    commands, shortcuts = features.get("slash_commands", []), features.get("shortcuts", [])
    for name in _twice(one["command"] for one in commands):
        yield "/features/slash_commands", f"{name} twice"
    for name in _twice(one["callback_id"] for one in shortcuts):
        yield "/features/shortcuts", f"{name} twice"
    for name in _twice(scopes):
        yield "/oauth_config/scopes/bot", f"{name} twice"
    if (commands or shortcuts) and "commands" not in scopes:
        yield "/oauth_config/scopes/bot", "commands and shortcuts need the scope commands"
    if scopes and "bot_user" not in features:
        yield "/features/bot_user", "bot scopes need a bot user"
    events = settings.get("event_subscriptions", {})
    for event in events.get("bot_events", []):
        if event in BEHIND and BEHIND[event] not in scopes:
            yield "/settings/event_subscriptions", f"{event} needs the scope {BEHIND[event]}"
    if shortcuts and not settings.get("interactivity", {}).get("is_enabled"):
        yield "/settings/interactivity", "shortcuts need interactivity"
    if not settings.get("socket_mode_enabled"):
        yield from _addresses(commands, events, settings.get("interactivity", {}))


def _addresses(commands: list[Json], events: Json, interactivity: Json) -> Wrong:
    """Without a socket Slack has to be told where to deliver."""
    for n, one in enumerate(commands):
        if "url" not in one:
            yield f"/features/slash_commands/{n}/url", "missing, as there is no socket"
    if events.get("bot_events") and "request_url" not in events:
        yield "/settings/event_subscriptions/request_url", "missing, as there is no socket"
    if interactivity.get("is_enabled") and "request_url" not in interactivity:
        yield "/settings/interactivity/request_url", "missing, as there is no socket"
