"""Our own stand-in for Slack over loopback sockets: Web API, HTTP delivery, Socket Mode, OAuth.

As strict as the documented platform: what Slack refuses is refused here, with Slack's error. It knows
nothing of our program; what it does not know itself it refuses loudly when the town closes.
"""

from tests.fakes.slack.eyes import Seen, words_of
from tests.fakes.slack.hand import Hand
from tests.fakes.slack.places import Channel, User, Workspace
from tests.fakes.slack.record import Body, Call
from tests.fakes.slack.screen import Impossible
from tests.fakes.slack.town import Town, slack_town

__all__ = [
    "Body",
    "Call",
    "Channel",
    "Hand",
    "Impossible",
    "Seen",
    "Town",
    "User",
    "Workspace",
    "slack_town",
    "words_of",
]
