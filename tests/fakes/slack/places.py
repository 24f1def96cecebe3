"""Who and what there is in a town: workspaces, people, channels, and the app's tokens in them.

Plain state and small questions to it; nothing here talks to anybody.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.slack.manifest import wrong_in

if TYPE_CHECKING:
    from tests.fakes.slack.town import Town

Json = dict[str, Any]


def new_id(letter: str) -> str:
    return letter + "0" + secrets.token_hex(5).upper()


@dataclass(eq=False)
class User:
    id: str
    name: str
    space: "Workspace"
    admin: bool = False
    guest: bool = False
    deleted: bool = False
    home: str = ""  #: what payloads call their team; "" is their workspace


@dataclass(eq=False)
class Channel:
    """``im``: the person with whom it is a direct conversation of the bot."""

    id: str
    name: str
    space: "Workspace"
    members: set[str] = field(default_factory=set)
    private: bool = False
    im: str = ""
    archived: bool = False
    messages: list[Json] = field(default_factory=list)
    ephemerals: list[Json] = field(default_factory=list)

    def find(self, ts: str) -> Json | None:
        return next((one for one in self.messages if one["ts"] == ts), None)

    @property
    def kind(self) -> str:
        """The word in scopes: channels, groups, im."""
        return "im" if self.im else "groups" if self.private else "channels"


@dataclass(eq=False)
class Token:
    """``kind``: "bot" or "app"; ``ends``: when it expires, in the town's time, or never."""

    value: str
    kind: str
    scopes: tuple[str, ...]
    space: "Workspace | None" = None
    ends: float | None = None
    revoked: bool = False


@dataclass(eq=False)
class Workspace:
    """``grid``: the id of its Enterprise Grid organisation; ``org_wide``: the app was installed by the
    organisation, and payloads tell no team where Slack tells none."""

    town: "Town"
    team: str
    name: str
    grid: str | None = None
    org_wide: bool = False
    scopes: tuple[str, ...] = ()
    bot_id: str = field(default_factory=lambda: new_id("B"))
    bot_user_id: str = field(default_factory=lambda: new_id("U"))
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    installed: bool = True
    bot_token: str = ""

    @property
    def domain(self) -> str:
        return self.name.lower().replace(" ", "-")

    @property
    def app_token(self) -> str:
        return self.town.app.token

    @property
    def signing_secret(self) -> str:
        return self.town.app.signing_secret

    def user(self, name: str, *, admin: bool = False, guest: bool = False) -> User:
        """The person of this name, made where there was none."""
        for one in self.users.values():
            if one.name == name:
                return one
        made = User(new_id("U"), name, self, admin, guest)
        self.users[made.id] = made
        return made

    def channel(
        self,
        name: str,
        *,
        members: Iterable[User] = (),
        private: bool = False,
        with_bot: bool = True,
    ) -> Channel:
        """The channel of this name, made where there was none; ``members`` join it."""
        found = next((one for one in self.channels.values() if one.name == name), None)
        if found is None:
            found = Channel(new_id("C"), name, self, private=private)
            self.channels[found.id] = found
            if with_bot:
                found.members.add(self.bot_user_id)
        found.members |= {one.id for one in members}
        return found

    def direct(self, user: User) -> Channel:
        """The bot's direct conversation with somebody (the Messages tab of its home)."""
        for one in self.channels.values():
            if one.im == user.id:
                return one
        made = Channel(new_id("D"), "directmessage", self, {user.id, self.bot_user_id}, im=user.id)
        self.channels[made.id] = made
        return made

    def grant(self, *scopes: str) -> None:
        """The bot token of now may do this, too."""
        self.scopes = (*self.scopes, *scopes)
        token = self.town.tokens[self.bot_token]
        token.scopes = (*token.scopes, *scopes)


@dataclass(eq=False)
class App:
    """The one app of the town, as its owner configured it. ``commands`` and ``shortcuts``: None where
    any is taken; ``rotation``: its tokens expire."""

    id: str = field(default_factory=lambda: new_id("A"))
    signing_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    verification: str = field(default_factory=lambda: secrets.token_hex(12))
    client_id: str = field(default_factory=lambda: f"{secrets.randbelow(10**12)}.{10**11}")
    client_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    token: str = field(default_factory=lambda: "xapp-1-" + secrets.token_hex(16))
    commands: set[str] | None = None
    shortcuts: set[str] | None = None
    events: frozenset[str] = frozenset({"app_home_opened", "app_uninstalled", "tokens_revoked"})
    messages_tab: bool = True
    home_tab: bool = True
    rotation: bool = False
    scopes: tuple[str, ...] = ("commands", "chat:write")

    def configure(self, manifest: Json) -> None:
        """As a manifest says: what is not in it, people do not find and the bot is not told."""
        faults = list(wrong_in(manifest))
        if faults:
            raise AssertionError(f"Slack would not take this manifest: {faults}")
        features, settings = manifest.get("features", {}), manifest.get("settings", {})
        commands = features.get("slash_commands", [])
        assert not any(one.get("should_escape") for one in commands), "not built here"
        self.commands = {one["command"] for one in commands}
        shortcuts = features.get("shortcuts", [])
        self.shortcuts = {one["callback_id"] for one in shortcuts if one["type"] == "global"}
        events = settings.get("event_subscriptions", {})
        self.events = frozenset(events.get("bot_events", []))
        home = features.get("app_home", {})
        self.messages_tab = home.get("messages_tab_enabled", False)
        self.home_tab = home.get("home_tab_enabled", False)
        self.rotation = settings.get("token_rotation_enabled", False)
        self.scopes = tuple(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", []))
