"""Our own stand-in for Discord over loopback sockets: REST, gateway, people at clients.

As strict as the documented platform: what Discord refuses is refused here, with Discord's numbers. It
knows nothing of our program; what it does not know itself it refuses loudly when the town closes.
"""

from tests.fakes.discord.eyes import Seen
from tests.fakes.discord.guilds import Guild
from tests.fakes.discord.hand import Hand
from tests.fakes.discord.mentions import words_of
from tests.fakes.discord.places import Channel, Role, User
from tests.fakes.discord.record import Body, Call, Moment
from tests.fakes.discord.screen import Impossible
from tests.fakes.discord.town import Town, discord_town

__all__ = [
    "Body",
    "Call",
    "Channel",
    "Guild",
    "Hand",
    "Impossible",
    "Moment",
    "Role",
    "Seen",
    "Town",
    "User",
    "discord_town",
    "words_of",
]
