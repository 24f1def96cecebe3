"""Who and where there is in a town: people, roles, members, channels and conversations.

Plain state and small questions to it; what a guild is, guilds.py says.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.fakes.discord import permissions

if TYPE_CHECKING:
    from tests.fakes.discord.guilds import Guild
    from tests.fakes.discord.messages import Message
    from tests.fakes.discord.town import Town

Json = dict[str, Any]
TEXT, DM, GROUP = 0, 1, 3


@dataclass(eq=False)
class User:
    """``installed``: they added the app to their own account; ``closed``: nobody may write to them;
    ``shown``: what they are called everywhere; ``avatar``: what their picture is called."""

    id: str
    name: str
    bot: bool = False
    locale: str = "en-US"
    installed: bool = False
    closed: bool = False
    shown: str = ""
    avatar: str | None = None

    def told(self) -> Json:
        told: Json = {
            "id": self.id,
            "username": self.name,
            "global_name": None if self.bot else self.shown or self.name.title(),
            "discriminator": "0",
            "avatar": self.avatar,
            "public_flags": 0,
        }
        return told | ({"bot": True} if self.bot else {})


@dataclass(eq=False)
class Role:
    id: str
    name: str
    permissions: int = 0
    managed: bool = False

    def told(self, position: int = 0) -> Json:
        plain: Json = {"color": 0, "hoist": False, "mentionable": False, "flags": 0}
        colors = {"primary_color": 0, "secondary_color": None, "tertiary_color": None}
        return plain | {
            "id": self.id,
            "name": self.name,
            "permissions": str(self.permissions),
            "position": position,
            "managed": self.managed,
            "colors": colors,
            "icon": None,
            "unicode_emoji": None,
        }


@dataclass(eq=False)
class Member:
    """``since``: when they came in; ``nick``: what they are called here."""

    user: User
    roles: list[str] = field(default_factory=list)
    since: datetime = datetime(2026, 1, 5, 9, tzinfo=UTC)
    nick: str | None = None

    def told(self, *, user: bool = True, permissions: int | None = None) -> Json:
        told: Json = {
            "roles": list(self.roles),
            "nick": self.nick,
            "avatar": None,
            "joined_at": self.since.isoformat(timespec="microseconds"),
            "premium_since": None,
            "pending": False,
            "communication_disabled_until": None,
            "flags": 0,
        }
        if user:
            told |= {"user": self.user.told(), "deaf": False, "mute": False}
        if permissions is not None:
            told["permissions"] = str(permissions)
        return told


@dataclass(eq=False)
class Channel:
    """``people``: who is in a conversation outside of guilds; ``overwrites``: what is allowed and
    denied here, by the id of a role or a person."""

    id: str
    town: "Town"
    kind: int = TEXT
    name: str = ""
    guild: "Guild | None" = None
    people: list[User] = field(default_factory=list)
    overwrites: dict[str, tuple[int, int]] = field(default_factory=dict)
    messages: "list[Message]" = field(default_factory=list)
    whispers: "list[Message]" = field(default_factory=list)

    def allow(self, who: User | Role, what: int) -> None:
        allow, deny = self.overwrites.get(who.id, (0, 0))
        self._set(who.id, allow | what, deny & ~what)

    def deny(self, who: User | Role, what: int) -> None:
        allow, deny = self.overwrites.get(who.id, (0, 0))
        self._set(who.id, allow & ~what, deny | what)

    def _set(self, id: str, allow: int, deny: int) -> None:
        self.overwrites[id] = (allow, deny)
        if self.guild is not None:
            self.town.gateway.tell(self.guild, "CHANNEL_UPDATE", self.told())

    def may(self, user: User) -> int:
        """What somebody may do here."""
        if self.guild is not None:
            return permissions.in_channel(self, user)
        return permissions.USUAL if user in self.people else 0

    @property
    def with_bot(self) -> bool:
        """It is the bot's own conversation with somebody."""
        return self.kind == DM and self.town.bot in self.people

    def find(self, id: str) -> "Message | None":
        return next((one for one in [*self.messages, *self.whispers] if one.id == id), None)

    def told(self) -> Json:
        told: Json = {"id": self.id, "type": self.kind, "flags": 0, "last_message_id": None}
        if self.messages:
            told["last_message_id"] = self.messages[-1].id
        if self.guild is None:
            others = [one.told() for one in self.people if one is not self.town.bot]
            return told | {"recipients": others} | ({"name": self.name} if self.name else {})
        kinds = [(id, 0 if id in self.guild.roles else 1) for id in self.overwrites]
        return told | {
            "guild_id": self.guild.id,
            "name": self.name,
            "position": list(self.guild.channels).index(self.id),
            "parent_id": None,
            "topic": None,
            "nsfw": False,
            "rate_limit_per_user": 0,
            "permission_overwrites": [
                {
                    "id": id,
                    "type": kind,
                    "allow": str(self.overwrites[id][0]),
                    "deny": str(self.overwrites[id][1]),
                }
                for id, kind in kinds
            ],
        }
