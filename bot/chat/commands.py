"""Commands and replies: everything a person can do, and what they then see."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum

from bot.chat.cards import Button, Card, Weight
from bot.chat.forms import Asking, Form
from bot.chat.voice import ENGLISH, Voice
from bot.domain.communities import Role


@dataclass(frozen=True, slots=True)
class Reply:
    """What the caller sees. Only they see it, unless ``public``.

    ``takes_away``: every card about what was pressed goes, with the words on it: a receipt that was
    saved, a preview that was cancelled. ``taken`` is False
    when a form's answers were not: what was typed must stay in front of its person, in ``form``
    with a sentence beside what is wrong, or, where even that could not be made, as it is.
    ``voice``: how it is said, set by the door: a whisper in its person's own language where that is
    known. ``own_voice``: another that what is shown has of its own, as a digest does.
    """

    cards: tuple[Card, ...] = ()
    form: Form | None = None
    public: bool = False
    takes_away: bool = False
    taken: bool = True
    own_voice: Voice | None = None
    voice: Voice = ENGLISH


class About(Enum):
    """What a command's subject is."""

    NOTHING = "nothing"
    DRAFT = "draft"
    VISIT = "visit"
    CASE = "case"
    CHANGE = "change"  #: of the rota: a shift that is offered, days away
    POLL = "poll"
    REVISION = "revision"  #: of what the form was filled in with
    COMMAND = "command"  #: another button's id, to be confirmed
    PENDING = "pending"  #: a change of the community that waits
    ROOM = "room"  #: what a shared room is for


Run = Callable[..., Awaitable[Reply]]
Asks = Callable[..., Awaitable[Asking]]


@dataclass(frozen=True, slots=True)
class Command:
    """One thing people can do.

    ``opens(here, subject)`` answers when it is typed or pressed, ``run(here, subject, form)``
    when its form comes back. Without ``opens`` an empty form is shown; without ``form`` there is
    only ``opens``. ``asks(here, subject)``: makes the form, where each subject has its own.
    ``sure``: asks once more (``confirm``) before it opens. ``words``: what may stand behind it when
    it is typed, and the command each means. ``anywhere``: for staff, and yet not refused in
    employer-owned spaces. ``sets_up``: works before the community is open, too. ``shown_to``: in
    whose lists it stands, where that is not everybody who may use it. ``outside``: what it is in a
    place that belongs to no community, where it gets an ``Outside``; without it a community's code
    is asked for first. ``strangers``: also for whom the platform knows to be no member, any more.
    ``previewed``: what its form brings is shown once more, with a button, before anything is done.
    """

    name: str
    about: About = About.NOTHING
    roles: frozenset[Role] = frozenset({Role.WORKER})
    typed: bool = False
    form: type | None = None
    asks: Asks | None = None
    opens: Run | None = None
    run: Run | None = None
    sure: bool = False
    words: Mapping[str, str] = field(default_factory=dict)
    anywhere: bool = False
    sets_up: bool = False
    shown_to: frozenset[Role] | None = None
    outside: "Command | None" = None
    strangers: bool = False
    previewed: bool = False

    @property
    def for_staff(self) -> bool:
        return Role.WORKER not in self.roles

    @property
    def for_strangers(self) -> bool:
        """A case is its reporter's, also after they were dismissed."""
        return self.strangers or self.about is About.VISIT

    @property
    def for_members(self) -> bool:
        """Where somebody is a member decides what they are shown."""
        return self.about is About.POLL and not self.for_staff

    def listed_for(self, roles: Collection[Role]) -> bool:
        """Whether it stands in the lists of whoever holds these roles."""
        return bool(set(roles) & (self.shown_to or self.roles))

    def word(self, word: str, subject: str = "", weight: Weight = Weight.PLAIN) -> Button:
        """The button of a typed word. Its id is the word, about the command that it stands behind,
        and behind a dot what that is about: the same word may mean another thing behind another
        command."""
        whose = f"{self.name}.{subject}" if subject else self.name
        return Button(word, whose, weight, Button(self.words[word]).label)


def themselves(*words: str) -> dict[str, str]:
    """Words that mean the command of the same name, as on a button."""
    return {word: word for word in words}


def shown_again(commands: Mapping[str, Command], reply: Reply, name: str, subject: str) -> str:
    """The id of what shows a reply once more without doing anything, for a platform on which buttons
    grow old: of a visit or a case its view, of what was typed that; "" where nothing does. ``name``,
    ``subject``: what it was the answer to."""
    for one in (button for card in reply.cards for button in card.buttons):
        command = commands.get(one.name)
        if command and command.about is About.VISIT and one.subject:
            return f"look:{one.subject}"
        if command and command.about is About.CASE and one.subject and name != "cases":
            return f"open:{one.subject}"
    command = commands.get(name)
    return name if command and command.typed and not subject else ""
