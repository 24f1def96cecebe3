"""The escalation policy: through whose hands a case goes while nobody answers.

Ordered steps, each with whom it tells and how long they have. The last one may be the outside
body: it is named to reporter and readers and reached by people, never by forwarding.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.domain.communities.staff import Role, StaffId
from bot.domain.errors import Invalid

SHORTEST_DEADLINE = timedelta(hours=1)
LONGEST_DEADLINE = timedelta(days=30)
MOST_STEPS = 8


class Target(StrEnum):
    """Whom a step tells. A step of named people names them; the others follow from roles."""

    ON_DUTY = "on_duty"
    NAMED_REPS = "named_reps"
    ALL_REPS = "all_reps"
    ORGANISERS = "organisers"
    OUTSIDE = "outside"

    @property
    def role(self) -> Role | None:
        """Which role its people hold; None for the outside body."""
        if self is Target.OUTSIDE:
            return None
        return Role.ORGANISER if self is Target.ORGANISERS else Role.REP


@dataclass(frozen=True, slots=True)
class Step:
    """``within``: the hours its people have. ``repeat``: they are told again after each of these.

    ``people``: for named reps and organisers; no organiser named means all of them. The outside
    body has no deadline: its readers are told again and again.
    """

    target: Target
    within: timedelta = timedelta(hours=24)
    repeat: timedelta | None = None
    people: tuple[StaffId, ...] = ()

    def __post_init__(self) -> None:
        if self.target is Target.NAMED_REPS and not self.people:
            raise Invalid("steps", "invalid.step_without_people")
        for length in (self.within, self.repeat or self.within):
            if length % timedelta(hours=1):  # they are kept, and told, in hours
                raise Invalid("steps", "invalid.whole_hours")
            if not SHORTEST_DEADLINE <= length <= LONGEST_DEADLINE:
                raise Invalid(
                    "steps",
                    "invalid.deadline",
                    least=SHORTEST_DEADLINE // timedelta(hours=1),
                    most=LONGEST_DEADLINE // timedelta(days=1),
                )


DEFAULT_STEPS = (
    Step(Target.ON_DUTY, timedelta(hours=24)),
    Step(Target.ALL_REPS, timedelta(hours=24)),
    Step(Target.ORGANISERS, timedelta(hours=48)),
    Step(Target.OUTSIDE, repeat=timedelta(days=7)),
)


@dataclass(frozen=True, slots=True)
class Policy:
    """The steps in order, and who stands outside. Raises Invalid, naming the form's field."""

    steps: tuple[Step, ...] = DEFAULT_STEPS
    outside_body: str = ""

    def __post_init__(self) -> None:
        if not any(step.target.role is Role.REP for step in self.steps):
            raise Invalid("steps", "invalid.no_step")
        if len(self.steps) > MOST_STEPS:
            raise Invalid("steps", "invalid.too_many_steps", most=MOST_STEPS)
        if any(step.target is Target.OUTSIDE for step in self.steps[:-1]):
            raise Invalid("steps", "invalid.outside_comes_last")

    @property
    def first_answer(self) -> timedelta:
        """How long the first step has."""
        return self.steps[0].within
