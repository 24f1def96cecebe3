"""Commands and replies: everything a person can do, and what they then see."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from bot.chat.cards import Card
from bot.chat.forms import Form
from bot.domain.communities import Role


@dataclass(frozen=True, slots=True)
class Reply:
    """What the caller sees. Only they see it, unless ``public``.

    ``takes_away``: every card about what was pressed goes, with the words on it: a receipt that was
    saved, a preview that was cancelled. ``taken`` is False
    when a form's answers were not: what was typed must stay in front of its person, in ``form``
    with a sentence beside what is wrong, or, where even that could not be made, as it is.
    """

    cards: tuple[Card, ...] = ()
    form: Form | None = None
    public: bool = False
    takes_away: bool = False
    taken: bool = True


class About(Enum):
    """What a command's subject is."""

    NOTHING = "nothing"
    DRAFT = "draft"
    VISIT = "visit"
    CASE = "case"
    CHANGE = "change"  #: of the rota: a shift that is offered, days away
    COMMAND = "command"  #: another button's id, to be confirmed


Run = Callable[..., Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Command:
    """One thing people can do.

    ``opens(here, subject)`` answers when it is typed or pressed, ``run(here, subject, form)``
    when its form comes back. Without ``opens`` an empty form is shown; without ``form`` there is
    only ``opens``. ``sure``: asks once more (``confirm``) before it opens. ``words``: what may stand
    behind it when it is typed; each is the button of that name. ``anywhere``: for staff, and yet
    not refused in employer-owned spaces.
    """

    name: str
    about: About = About.NOTHING
    roles: frozenset[Role] = frozenset({Role.WORKER})
    typed: bool = False
    form: type | None = None
    opens: Run | None = None
    run: Run | None = None
    sure: bool = False
    words: tuple[str, ...] = ()
    anywhere: bool = False

    @property
    def for_staff(self) -> bool:
        return Role.WORKER not in self.roles
