"""Settings: groundswell.toml, the environment, or files that hold a secret.

sections.py  what each section may hold
addresses.py what an address may be: nobody stands between it and us
secrets.py   what a secret may not be
matrix.py    what [matrix] may hold: one account, and further ones
slack.py     what [slack] and [http] may hold
discord.py   what [discord] may hold
reading.py   the only reader of files and environment; what is wrong is one sentence
places.py    folders and addresses, and which platforms this process runs
"""

from bot.settings.discord import Discord
from bot.settings.matrix import Matrix, MatrixAccount
from bot.settings.places import PLATFORMS, Backups, Where, at, platforms, typed, where
from bot.settings.reading import Settings, load
from bot.settings.sections import MAIL_ADDRESS, Backup, Mail, Ops
from bot.settings.slack import Http, Slack
from bot.starting import CannotStart

__all__ = [
    "MAIL_ADDRESS",
    "PLATFORMS",
    "Backup",
    "Backups",
    "CannotStart",
    "Discord",
    "Http",
    "Mail",
    "Matrix",
    "MatrixAccount",
    "Ops",
    "Settings",
    "Slack",
    "Where",
    "at",
    "load",
    "platforms",
    "typed",
    "where",
]
