"""How something is said: in which language, on whose clock, with whose words for the roles."""

from dataclasses import dataclass

from bot.domain.communities import Community, Words


@dataclass(frozen=True, slots=True)
class Voice:
    """``language``: one that ``bot/texts`` has; ``zone``: an IANA name, as everywhere."""

    language: str = "en"
    zone: str = "UTC"
    words: Words = Words()

    @classmethod
    def of(cls, community: Community, language: str = "") -> "Voice":
        """The community's own; perhaps in the language of one person there."""
        return cls(language or community.language, community.slots.zone, community.words)


ENGLISH = Voice()  #: on the clock of no place, where nobody says otherwise
