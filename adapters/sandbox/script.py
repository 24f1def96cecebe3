"""What the people of the told story say, and how they vote: the same every time it is told.

Words and figures alone; ``story.py`` lets them act. All of it is made up.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grievance:
    """As somebody fills in the form."""

    category: str
    story: str
    spread: str = "team"
    impact: str = "3"

    @property
    def answers(self) -> dict[str, str]:
        return {
            "category": self.category,
            "spread": self.spread,
            "impact": self.impact,
            "story": self.story,
        }


PAGER = Grievance(
    "on_call",
    "The pager goes off most nights of the on-call week, and nobody gets the next morning off. "
    "After such a week I make mistakes. I would like a rest after a night call, written down.",
    impact="4",
)
PAY = Grievance("pay", "People who came later are paid more for the same work. Please ask why.")
ON_CALL = (
    Grievance("on_call", "I was called three times in one night and had a review at nine.", "me"),
    Grievance("on_call", "Alerts that mean nothing wake us. Nobody has time to mend them.", "many"),
    Grievance("on_call", "On-call weeks are handed to those who cannot say no.", "team", "4"),
    Grievance("on_call", "A night call is paid less than the hour it takes.", "many", "2"),
)
LATE_PAY = Grievance(
    "late_payment",
    "My pay has been late three months in a row, and nobody says why or until when.",
    "me",
    "4",
)
EVENINGS = Grievance(
    "hours",
    "Planning meetings run into the evening, so whoever has children is left out of them.",
)
SCREENS = Grievance(
    "surveillance",
    "We were told that screens are recorded now. Nobody asked us or says for what.",
    "many",
    "4",
)
CONTRACT = Grievance("contract", "My contract ends in spring, and nobody will say what then.", "me")
RELEASE = Grievance(
    "ethics", "The release was pushed through although the team said that it harms its users."
)
TONIGHT = Grievance(
    "on_call",
    "I am on call alone tonight, after four nights with calls. I cannot do that safely. "
    "Somebody else should take the pager before the evening.",
    "me",
    "5",
)

QUESTION = "Is a second person on call with you, or are you alone with it?"
ANSWER = "There was a second person until spring. Since then nobody takes over at night."
HEARD = "Thank you. I have read it and take it to the talks about on-call. You hear more here."
LOOKING = "Thank you. I am looking into it and come back to you at the next slot or the one after."
REST = (
    "You said that nobody rests after a night call. We agreed a morning off after each one, in "
    "writing, from next month. We could not get a second person on call: that goes on."
)
PAY_BANDS = (
    "You asked why later colleagues are paid more. We got the pay bands published. We could not "
    "get the difference paid back."
)
PAID = (
    "You said that late pay is not explained. We did ask: the pay run moved to the last working "
    "day, and a date is now posted each month. We could not get the two late months compensated."
)
TAKEN = (
    "Nobody had taken your case in time. That should not have happened. I have it now, and I will "
    "speak with whoever plans these meetings this week."
)
MEETINGS = (
    "You said that meetings run into the evening. They end at four from now on. We could not "
    "change the yearly planning days."
)

#: Questions of the bank: what goes well should rise, what weighs should fall.
PULSE = {
    "bank": ["work_goes_well", "on_call_load"],
    "every": "weekly",
    "days": "4",
    "start": "",
    "comment": "yes",
}
WAVES_ASK = "How heavy was on-call for you"
#: Of each wave, for each of the two questions: how many chose 1 to 5.
WAVES = (
    ((3, 4, 3, 1, 1), (0, 1, 2, 5, 4)),
    ((4, 6, 6, 3, 2), (1, 2, 4, 8, 6)),
    ((4, 6, 5, 4, 3), (1, 3, 4, 8, 6)),
    ((3, 5, 6, 5, 3), (2, 4, 5, 7, 4)),
    ((2, 4, 6, 7, 4), (3, 6, 6, 5, 3)),
    ((1, 3, 6, 9, 5), (4, 8, 7, 3, 2)),
    ((1, 3, 5, 10, 5), (5, 8, 7, 3, 1)),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A poll, and how many chose each option."""

    question: str
    options: tuple[str, ...]
    chosen: tuple[int, ...]
    kind: str = "single"
    days: str = "3"

    @property
    def answers(self) -> dict[str, str]:
        return {
            "question": self.question,
            "kind": self.kind,
            "options": "\n".join(self.options),
            "days": self.days,
            "comment": "no",
        }


MEETING = Asked(
    "Which day suits you best for the next open meeting?",
    ("Tuesday evening", "Wednesday at lunch", "Thursday evening", "I cannot come"),
    (3, 6, 3, 2),
)
WHAT_HELPS = Asked(
    "What would help most with on-call?",
    (
        "A morning off after a night call",
        "A second person on call",
        "Fewer alerts that mean nothing",
        "More pay for each call",
    ),
    (9, 5, 5, 3),
)
#: Too few answer: nothing of it is ever shown.
WHO_WRITES = Asked(
    "Would you help to write the agreement on recording screens?", (), (2, 1), "yes_no"
)
MET = "The next open meeting is on Wednesday at lunch, and each month one in the evening."
HELPED = (
    "You said: rest first. We took it to the company, and it agreed to a morning off after a night "
    "call. More pay for calls it refused; we ask again in autumn."
)


LIGHTER = "You said on-call weighs less. The morning off stays; alerts that mean nothing come next."


Ballot = tuple[int, ...]  #: of each question the place of the option


def votes(asked: Asked) -> list[Ballot]:
    """One for each who answers."""
    return [(at,) for at in _each(asked.chosen)]


def ballots(wave: tuple[tuple[int, ...], ...]) -> list[Ballot]:
    """One for each who answers both questions. For whom work goes well on-call weighs less."""
    well, load = map(_each, wave)
    return list(zip(well, reversed(load), strict=True))


def _each(chosen: tuple[int, ...]) -> list[int]:
    return [at for at, many in enumerate(chosen) for _ in range(many)]
