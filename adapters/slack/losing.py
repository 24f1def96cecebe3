"""What is done where Slack takes a token no more: found when it is used, told by nobody before.

What Slack says for good is believed, and the place is lost as if it had told us. Whatever else it may
say of a token is the operator's to see to, and nothing is forgotten over it.
"""

from adapters.slack.incoming import PLATFORM
from adapters.slack.installations import Installation, Installations
from adapters.slack.wire import ENDED
from bot.dispatch import Door


class Losing:
    def __init__(self, door: Door, installations: Installations) -> None:
        self._door, self._installations = door, installations
        self._refused: set[str] = set()  #: places whose token was not taken when last it was used

    @property
    def all_well(self) -> bool:
        """Whether the token of the settings is taken, where we speak with theirs."""
        owned = self._installations.owned
        return owned is not None and owned not in self._refused

    async def refused(self, one: Installation, code: str) -> None:
        """``code``: one of ``wire.DEAD``."""
        if code == "team_access_not_granted":  # it is one workspace's, and not the token's
            return
        if one.place not in self._refused:
            self._door.warned(PLATFORM, "token refused", code)
        self._refused.add(one.place)
        if code in ENDED:
            await self.ended(one)

    def taken(self, one: Installation) -> None:
        self._refused.discard(one.place)

    async def ended(self, one: Installation) -> None:
        """It is no good any more, unless the place has let us in anew since."""
        for place in await self._installations.forget(one.place, one.token):
            await self._door.places.lost(PLATFORM, place)
