"""The shelf for what a platform must remember between two runs: how far it has read, a hash of the
commands it told, an installation's name.

Never holds anything of a person, nor of a community: what is remembered is the platform's own.
"""

from typing import Protocol


class Platforms(Protocol):
    """By platform (or one account of it) and the name of what is remembered; values are text."""

    async def remembered(self, platform: str, name: str) -> str | None:
        """What was remembered last; None where nothing is."""

    async def remember(self, platform: str, name: str, value: str) -> None:
        """In the place of what was remembered before."""
