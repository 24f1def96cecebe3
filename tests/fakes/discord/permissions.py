"""What members and the bot may do in a channel: roles, and what a channel allows and denies."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fakes.discord.places import Channel, Guild, User

ADMINISTRATOR = 1 << 3
MANAGE_GUILD = 1 << 5
VIEW = 1 << 10
SEND = 1 << 11
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_HISTORY = 1 << 16
MENTION_EVERYONE = 1 << 17
EXTERNAL_EMOJIS = 1 << 18
USE_COMMANDS = 1 << 31
EXTERNAL_APPS = 1 << 50
ALL = (1 << 53) - 1
#: What everybody in a new guild may do.
USUAL = VIEW | SEND | EMBED_LINKS | ATTACH_FILES | READ_HISTORY | USE_COMMANDS | EXTERNAL_APPS
#: What the app may do in a conversation that is in no guild.
ELSEWHERE = ATTACH_FILES | EMBED_LINKS | MENTION_EVERYONE


def in_guild(guild: "Guild", user: "User") -> int:
    member = guild.members.get(user.id)
    if member is None:
        return 0
    if user.id == guild.owner:
        return ALL
    may = guild.everyone.permissions
    for role in member.roles:
        may |= guild.roles[role].permissions
    return ALL if may & ADMINISTRATOR else may


def in_channel(channel: "Channel", user: "User") -> int:
    """Of everybody, then of their roles together, then of themselves."""
    assert channel.guild is not None
    may = in_guild(channel.guild, user)
    if may == ALL or user.id not in channel.guild.members:
        return may
    roles = channel.guild.members[user.id].roles
    allow, deny = channel.overwrites.get(channel.guild.id, (0, 0))
    may = may & ~deny | allow
    allow = deny = 0
    for role in roles:
        more, less = channel.overwrites.get(role, (0, 0))
        allow, deny = allow | more, deny | less
    may = may & ~deny | allow
    allow, deny = channel.overwrites.get(user.id, (0, 0))
    may = may & ~deny | allow
    return may if may & VIEW else 0
