"""What is to be said, message by message, for whoever sends it: each with what becomes of it later."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache

from adapters.matrix import render
from adapters.matrix.commands import Typed
from adapters.matrix.render import Words
from adapters.matrix.talk import Offer
from adapters.matrix.taming import Teller
from bot.chat import Card, Line, Picture, Voice
from bot.dialogue import Dialogue


@dataclass(frozen=True, slots=True)
class ToSay:
    """A message to send, or a picture with its words beside it. ``redact``: earlier messages that go
    first, ours and, where we may, theirs. ``passing``: what it is about; where there is any,
    ``was_said`` wants to know its id."""

    words: Words | None = None
    picture: Picture | None = field(default=None, repr=False)
    redact: tuple[str, ...] = ()
    passing: frozenset[str] = field(default=frozenset(), repr=False)


VOICES = 100  #: that are remembered


class Saying:
    """``prefix``: of commands; ``ours``: what the operator wrote, whose links stay alive."""

    def __init__(self, typed: Typed, prefix: str, ours: Collection[str]) -> None:
        self._typed = typed
        self.teller = lru_cache(VOICES)(lambda voice: Teller(voice, prefix, ours))

    def card(
        self,
        voice: Voice,
        card: Card,
        offers: Collection[Offer] = (),
        passing: frozenset[str] = frozenset(),
    ) -> list[ToSay]:
        """A card that was asked for; what its buttons are about passes with it."""
        about = passing.union(*(self._typed.passing(one.name, one.subject) for one in card.buttons))
        return self._pages(voice, card, offers, passing=about)

    def unasked(
        self, voice: Voice, card: Card, offers: Collection[Offer] = (), me: str = ""
    ) -> list[ToSay]:
        """A card that nobody asked for, with the commands that lead where its buttons do. ``me``: the
        bot's own account, where a room is shared."""
        return self._pages(voice, card, offers, self._typed.commands(card), me)

    def question(self, voice: Voice, dialogue: Dialogue) -> list[ToSay]:
        form = dialogue.form
        passing = self._typed.passing(form.name, form.subject or form.name)
        pages = render.question(self.teller(voice), dialogue.asked)
        return [ToSay(one, passing=passing) for one in pages]

    def sentence(self, voice: Voice, said: Line, offers: Collection[Offer] = ()) -> list[ToSay]:
        """A sentence of our own, with what can still be chosen."""
        choices = [one.choice for one in offers]
        return [ToSay(one) for one in render.sentence(self.teller(voice), said, choices)]

    def _pages(
        self,
        voice: Voice,
        card: Card,
        offers: Collection[Offer],
        commands: Collection[str] = (),
        me: str = "",
        passing: frozenset[str] = frozenset(),
    ) -> list[ToSay]:
        choices = [one.choice for one in offers]
        pages = render.card(self.teller(voice), card, choices, tuple(commands), me)
        said = [ToSay(one, passing=passing) for one in pages]
        if card.picture:
            said.append(ToSay(picture=render.picture(card.picture), passing=passing))
        return said
