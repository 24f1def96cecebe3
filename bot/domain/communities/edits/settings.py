"""Edits of the settings themselves: name, language, calendar, categories, policy, figures, words,
the first pulse."""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from bot.domain.communities.community import MOST_CATEGORIES, Community
from bot.domain.communities.edits.edit import LONGEST_NAME, Edit, short
from bot.domain.communities.first_pulse import FirstPulse
from bot.domain.communities.policy import Policy, Step, Target
from bot.domain.communities.retention import LEAST_KEPT, MOST_KEPT, Retention
from bot.domain.communities.slots import Slots
from bot.domain.communities.staff import Role, StaffId
from bot.domain.communities.words import read_words
from bot.domain.errors import Invalid, PulseBegun, RolesFull
from bot.domain.privacy import PRIVACY_FLOOR

LONGEST_BODY = 200  #: of the outside body, with how it is reached
LONGEST_CATEGORY = 60
MOST_MEMBERS = 1_000_000
HIGHEST_FLOOR = 50


@dataclass(frozen=True, slots=True)
class Named(Edit):
    """What the community is called."""

    kind = "name"
    name: str

    def applied(self, before: Community, now: datetime) -> Community:
        return replace(before, name=short("name", self.name, LONGEST_NAME))


@dataclass(frozen=True, slots=True)
class Spoken(Edit):
    """The language of its cards and notices."""

    kind = "language"
    language: str

    def harmless(self, before: Community) -> bool:
        return True

    def applied(self, before: Community, now: datetime) -> Community:
        return replace(before, language=self.language)


@dataclass(frozen=True, slots=True)
class Calendar(Edit):
    """Its zone, and the days (0 is Monday) and the hour of its slots."""

    kind = "slots"
    zone: str
    weekdays: tuple[int, ...]
    hour: int

    def applied(self, before: Community, now: datetime) -> Community:
        if not self.weekdays:
            raise Invalid("days", "invalid.choose_one")
        try:
            slots = Slots(self.zone, tuple(sorted(self.weekdays)), time(self.hour))
        except (KeyError, ValueError):  # a zone may go, too
            raise Invalid("days") from None
        if before.opened is not None:
            slots = slots.since(before.slots, now)
        return replace(before, slots=slots, rota=replace(before.rota, zone=self.zone))


@dataclass(frozen=True, slots=True)
class Sorted(Edit):
    """What grievances may be about: names of ours, and words of its own."""

    kind = "categories"
    categories: tuple[str, ...]

    def applied(self, before: Community, now: datetime) -> Community:
        names = tuple(dict.fromkeys(one.strip() for one in self.categories if one.strip()))
        if not names:
            raise Invalid("own", "invalid.no_category")
        if len(names) > MOST_CATEGORIES:
            raise Invalid("own", "invalid.too_many_categories", most=MOST_CATEGORIES)
        for name in names:
            short("own", name, LONGEST_CATEGORY)
        return replace(before, categories=names)


@dataclass(frozen=True, slots=True)
class Climbed(Edit):
    """The steps of the policy: (target, hours, hours between reminders or 0, people). Who stands
    outside is another setting's, and stays."""

    kind = "steps"
    steps: tuple[tuple[str, int, int, tuple[str, ...]], ...]

    def applied(self, before: Community, now: datetime) -> Community:
        steps = tuple(
            Step(
                Target(target),
                timedelta(hours=within),
                timedelta(hours=again) if again else None,
                tuple(StaffId(one) for one in people),
            )
            for target, within, again, people in self.steps
            if target != Target.OUTSIDE
        )
        last = tuple(one for one in before.policy.steps if one.target is Target.OUTSIDE)
        policy = Policy((*steps, *last), before.policy.outside_body)
        try:
            after = replace(before, policy=policy)
        except ValueError:  # it reaches more people than fit
            raise RolesFull from None
        after.check_policy()
        return after


@dataclass(frozen=True, slots=True)
class Outside(Edit):
    """Whom people can turn to outside, and how; empty for nobody."""

    kind = "outside_body"
    body: str

    def applied(self, before: Community, now: datetime) -> Community:
        body = short("body", self.body, LONGEST_BODY) if self.body.strip() else ""
        steps = tuple(one for one in before.policy.steps if one.target is not Target.OUTSIDE)
        if body:
            steps = (*steps, Step(Target.OUTSIDE, repeat=timedelta(days=7)))
        return replace(before, policy=Policy(steps, body))


@dataclass(frozen=True, slots=True)
class Floored(Edit):
    """The fewest answers that are ever shown. It only goes up."""

    kind = "floor"
    floor: int

    def harmless(self, before: Community) -> bool:
        """A stricter one is, unless it is so high that hardly any poll could ever show again."""
        return before.floor <= self.floor <= max(before.floor, before.members // 3)

    def applied(self, before: Community, now: datetime) -> Community:
        least = before.floor if before.opened else PRIVACY_FLOOR
        if not least <= self.floor <= HIGHEST_FLOOR:
            raise Invalid("floor", "invalid.number", least=least, most=HIGHEST_FLOOR)
        return replace(before, floor=self.floor)


@dataclass(frozen=True, slots=True)
class Counted(Edit):
    """How many members a moderator says there are."""

    kind = "members"
    members: int

    def applied(self, before: Community, now: datetime) -> Community:
        if not 0 <= self.members <= MOST_MEMBERS:
            raise Invalid("members", "invalid.number", least=0, most=MOST_MEMBERS)
        return replace(before, members=self.members)


@dataclass(frozen=True, slots=True)
class Kept(Edit):
    """For how many days a case is kept once it has ended. Of an open community neither way is
    harmless: fewer days take the outcome from its reporter sooner, more keep their words longer."""

    kind = "kept"
    days: int

    def applied(self, before: Community, now: datetime) -> Community:
        if not LEAST_KEPT <= self.days <= MOST_KEPT:
            raise Invalid("days", "invalid.number", least=LEAST_KEPT, most=MOST_KEPT)
        if before.opened is None:
            return replace(before, retention=Retention(self.days, self.days))
        return replace(before, retention=before.retention.then(self.days, before.slots, now))


@dataclass(frozen=True, slots=True)
class Pulsed(Edit):
    """What the first pulse asks, how often and for how long; no question for none. Once it has
    begun, or there is none to begin in an open community, pulses are the organisers'."""

    kind = "first_pulse"
    bank: tuple[str, ...]
    every: str
    days: int
    comment: bool

    def applied(self, before: Community, now: datetime) -> Community:
        if before.opened is not None and before.first_pulse is None:
            raise PulseBegun
        asked = FirstPulse(self.bank, self.every, self.days, self.comment)
        return replace(before, first_pulse=asked if self.bank else None)


@dataclass(frozen=True, slots=True)
class OwnWords(Edit):
    """What it calls those who hold a role; empty where the language's own word will do."""

    kind = "words"
    rep: str
    organiser: str
    moderator: str

    def applied(self, before: Community, now: datetime) -> Community:
        typed = {
            Role.REP: self.rep,
            Role.ORGANISER: self.organiser,
            Role.MODERATOR: self.moderator,
        }
        return replace(before, words=replace(read_words(typed), worker=before.words.worker))
