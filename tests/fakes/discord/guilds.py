"""Guilds: their roles, channels and members, how they change, and how they are told.

What changes, the gateway is told at once; nothing here decides what anybody may.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.discord import permissions
from tests.fakes.discord.places import TEXT, Channel, Member, Role, User

if TYPE_CHECKING:
    from tests.fakes.discord.town import Town

Json = dict[str, Any]


@dataclass(eq=False)
class Guild:
    """``with_bot``: the app is installed here."""

    id: str
    name: str
    town: "Town"
    owner: str
    with_bot: bool = True
    locale: str = "en-US"
    roles: dict[str, Role] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)

    @property
    def everyone(self) -> Role:
        return self.roles[self.id]

    def role(self, name: str, may: int = 0) -> Role:
        """The role of this name, made where there was none."""
        for one in self.roles.values():
            if one.name == name:
                return one
        made = Role(self.town.snowflake(), name, may)
        self.roles[made.id] = made
        data = {"guild_id": self.id, "role": made.told(len(self.roles) - 1)}
        self.town.gateway.tell(self, "GUILD_ROLE_CREATE", data)
        return made

    def joins(self, user: User, *roles: Role) -> User:
        """Somebody comes in, or gets more roles."""
        member = self.members.setdefault(user.id, Member(user))
        member.roles += [one.id for one in roles if one.id not in member.roles]
        return user

    def leaves(self, user: User) -> None:
        del self.members[user.id]

    def loses(self, user: User, role: Role) -> None:
        self.members[user.id].roles.remove(role.id)

    def channel(self, name: str, *, members: tuple[User | Role, ...] | None = None) -> Channel:
        """The channel of this name, made where there was none; with ``members``, only they and the
        bot see it."""
        for one in self.channels.values():
            if one.name == name:
                return one
        made = Channel(self.town.snowflake(), self.town, TEXT, name, self)
        self.channels[made.id] = self.town.channels[made.id] = made
        if members is not None:
            made.overwrites[self.id] = (0, permissions.VIEW)
            for who in (*members, self.town.bot):
                made.overwrites[who.id] = (permissions.VIEW, 0)
        self.town.gateway.tell(self, "CHANNEL_CREATE", made.told())
        return made

    def closes(self, channel: Channel) -> None:
        """The channel is deleted."""
        told = channel.told()
        del self.channels[channel.id], self.town.channels[channel.id]
        self.town.gateway.tell(self, "CHANNEL_DELETE", told)

    def told(self) -> Json:
        """As REST gives it."""
        return {
            "id": self.id,
            "name": self.name,
            "owner_id": self.owner,
            "icon": None,
            "splash": None,
            "discovery_splash": None,
            "description": None,
            "banner": None,
            "afk_channel_id": None,
            "afk_timeout": 300,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "roles": self.roles_told(),
            "emojis": [],
            "stickers": [],
            "features": [],
            "mfa_level": 0,
            "nsfw_level": 0,
            "premium_tier": 0,
            "preferred_locale": self.locale,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "public_updates_channel_id": None,
            "vanity_url_code": None,
            "premium_progress_bar_enabled": False,
        }

    def roles_told(self) -> list[Json]:
        return [one.told(number) for number, one in enumerate(self.roles.values())]

    def created(self) -> Json:
        """As GUILD_CREATE tells it: of its members, without the privileged intent, the bot alone."""
        return self.told() | {
            "joined_at": "2026-01-05T09:00:00.000000+00:00",
            "large": False,
            "unavailable": False,
            "member_count": len(self.members),
            "members": [self.members[self.town.bot.id].told()],
            "channels": [one.told() for one in self.channels.values()],
            "threads": [],
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }
