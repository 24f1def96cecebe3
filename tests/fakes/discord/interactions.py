"""Interactions: what a person did, as the bot is told, and how far it has been answered.

An id and a token for each; three seconds for the first answer, fifteen minutes for all that follows.
"""

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.discord import permissions
from tests.fakes.discord.errors import ApiError, unknown
from tests.fakes.discord.messages import Message
from tests.fakes.discord.places import Channel, User

if TYPE_CHECKING:
    from tests.fakes.discord.screen import Screen
    from tests.fakes.discord.town import Town

Json = dict[str, Any]
COMMAND, COMPONENT, SUBMIT = 2, 3, 5
IN_GUILD, BOT_DM, PRIVATE = 0, 1, 2
LIVES = 15 * 60.0


@dataclass(eq=False)
class Interaction:
    """``answer``: the type of the first answer, 0 while there is none; ``original``: the message that it
    made or stands on; ``before``: the interaction that opened the modal; ``alone``: the bot is not in
    this guild and its answers to this person are whispers."""

    town: "Town"
    kind: int
    user: User
    channel: Channel
    screen: "Screen"
    data: Json
    owners: Json
    message: Message | None = None
    before: "Interaction | None" = None
    id: str = ""
    token: str = field(default_factory=lambda: "aW50ZXJhY3Rpb24" + secrets.token_urlsafe(96))
    at: float = 0.0
    answer: int = 0
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def context(self) -> int:
        if self.channel.guild is not None:
            return IN_GUILD
        return BOT_DM if self.channel.with_bot else PRIVATE

    @property
    def alone(self) -> bool:
        guild = self.channel.guild
        may = self.channel.may(self.user) & permissions.EXTERNAL_APPS
        return guild is not None and not guild.with_bot and not may

    @property
    def only_of_user(self) -> bool:
        return "0" not in self.owners and self.channel.guild is not None

    def app_permissions(self) -> int:
        if self.channel.guild is not None and self.channel.guild.with_bot:
            return self.channel.may(self.town.bot)
        if self.channel.guild is None and self.channel.with_bot:
            return permissions.ELSEWHERE | permissions.EXTERNAL_EMOJIS
        return permissions.ELSEWHERE

    def told(self) -> Json:
        """As INTERACTION_CREATE tells it."""
        channel = self.channel.told()
        told: Json = {
            "id": self.id,
            "application_id": self.town.app_id,
            "type": self.kind,
            "data": self.data,
            "token": self.token,
            "version": 1,
            "channel": channel,
            "channel_id": self.channel.id,
            "locale": self.user.locale,
            "app_permissions": str(self.app_permissions()),
            "authorizing_integration_owners": self.owners,
            "context": self.context,
            "entitlements": [],
            "attachment_size_limit": 10 * 2**20,
        }
        if self.message is not None:
            told["message"] = self.message.told()
        guild = self.channel.guild
        if guild is None:
            return told | {"user": self.user.told()}
        may = self.channel.may(self.user)
        channel["permissions"] = str(may)
        return told | {
            "guild_id": guild.id,
            "guild": {"id": guild.id, "locale": guild.locale, "features": []},
            "guild_locale": guild.locale,
            "member": guild.members[self.user.id].told(permissions=may),
        }

    def metadata(self) -> Json:
        """As the messages that come of it carry it, for all who see them."""
        told: Json = {
            "id": self.id,
            "type": self.kind,
            "user": self.user.told(),
            "authorizing_integration_owners": self.owners,
        }
        if self.kind == COMMAND:
            told |= {"name": self.data["name"], "command_type": self.data["type"]}
        if self.kind == COMPONENT and self.message is not None:
            told["interacted_message_id"] = self.message.id
        if self.before is not None:
            told["triggering_interaction_metadata"] = self.before.metadata()
        return told


class Interactions:
    """All that ever were in a town. ``within``: seconds until an unanswered one is lost."""

    def __init__(self, town: "Town", within: float) -> None:
        self._town, self.within = town, within
        self.by_id: dict[str, Interaction] = {}
        self._by_token: dict[str, Interaction] = {}

    def new(self, one: Interaction) -> Interaction:
        one.id, one.at = self._town.snowflake(), self._town.now()
        self.by_id[one.id] = self._by_token[one.token] = one
        return one

    def to_answer(self, id: str, token: str) -> Interaction:
        """The one that waits for its first answer."""
        one = self.by_id.get(id)
        if one is None or one.token != token:
            raise unknown("interaction")
        if one.answer:
            raise ApiError(400, 40060, "Interaction has already been acknowledged.")
        if self._town.now() > one.at + self.within:
            raise unknown("interaction")
        return one

    def to_follow(self, app: str, token: str) -> Interaction:
        """The one that has had its first answer, and whose token lives."""
        one = self._by_token.get(token)
        if one is None or app != self._town.app_id:
            raise unknown("webhook")
        if self._town.now() > one.at + LIVES:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        if not one.answer:
            raise unknown("webhook")
        return one


def owners(town: "Town", user: User, channel: Channel, types: list[int]) -> Json:
    """For whom the app was installed, as far as it counts for this command here."""
    found: Json = {}
    guild = channel.guild
    if 0 in types:
        if guild is not None and guild.with_bot:
            found["0"] = guild.id
        elif channel.with_bot and town.shares_guild(user):
            found["0"] = "0"
    if 1 in types and user.installed:
        found["1"] = user.id
    return found


def owners_of(message: Message) -> Json:
    """For something on a message: as the message came to be."""
    if message.owners:
        return message.owners
    guild = message.channel.guild
    return {"0": guild.id if guild is not None else "0"}
