"""Settings: groundswell.toml, the environment, or files that hold a secret.

sections.py  what each section may hold
secrets.py   what a secret may not be
matrix.py    what [matrix] may hold: one account, and further ones
slack.py     what [slack] and [http] may hold
discord.py   what [discord] may hold
reading.py   the only reader of files and environment; what is wrong is one sentence
places.py    folders and addresses, and which platforms this process runs
"""

from bot.settings.discord import Discord, Shards
from bot.settings.matrix import FIRST_ACCOUNT, Matrix, MatrixAccount
from bot.settings.places import PLATFORMS, Where, at, platforms, where
from bot.settings.reading import Settings, load
from bot.settings.sections import (
    IMPLICIT_PORT,
    MAIL_ADDRESS,
    Database,
    Instance,
    KeyStore,
    Log,
    Mail,
    Ops,
    Sandbox,
    is_loopback,
)
from bot.settings.slack import Http, Slack
from bot.starting import DEFAULT_FILE, CannotStart

__all__ = [
    "DEFAULT_FILE",
    "FIRST_ACCOUNT",
    "IMPLICIT_PORT",
    "MAIL_ADDRESS",
    "PLATFORMS",
    "CannotStart",
    "Database",
    "Discord",
    "Http",
    "Instance",
    "KeyStore",
    "Log",
    "Mail",
    "Matrix",
    "MatrixAccount",
    "Ops",
    "Sandbox",
    "Settings",
    "Shards",
    "Slack",
    "Where",
    "at",
    "is_loopback",
    "load",
    "platforms",
    "where",
]
