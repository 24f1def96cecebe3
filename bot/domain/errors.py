"""The two ways a request can go wrong.

* Refused: expected. The person asking is told why and what to do, in their language.
  - Invalid: an answer breaks a rule; ``field`` says which question it belongs to.
  - everything else below: each names its sentence in ``bot/texts``.
* any other exception: our bug. The person gets one apology; the log gets the type and place
  of the error, never what the person wrote.
"""

from datetime import datetime
from typing import ClassVar

Plain = str | int | datetime


class Refused(Exception):
    """A rule said no. ``key`` names the sentence that explains it, ``facts`` fill it."""

    key: ClassVar[str] = "refused.sorry"

    def __init__(self, **facts: Plain) -> None:
        super().__init__(type(self).key)
        self.facts = facts


class Invalid(Refused):
    """An answer breaks a rule: the form comes back with the sentence beside its field."""

    key = "invalid.answer"

    def __init__(self, field: str, reason: str = "invalid.answer", **facts: Plain) -> None:
        super().__init__(**facts)
        self.field = field
        self.reason = reason


class UnknownCommand(Refused):
    key = "refused.unknown_command"


class NotAllowed(Refused):
    key = "refused.not_allowed"


class NotHere(Refused):
    """A staff command in an employer-owned space (privacy rule 8)."""

    key = "refused.not_here"


class NoCommunity(Refused):
    key = "refused.no_community"


class DraftGone(Refused):
    """The half hour of a draft or visit is over, or it never was this person's."""

    key = "refused.draft_gone"


class AlreadySent(Refused):
    key = "refused.already_sent"


class NotSentYet(Refused):
    key = "refused.not_sent_yet"


class ReceiptUnknown(Refused):
    """Wrong, expired and deleted share one sentence: telling them apart would tell too much."""

    key = "refused.receipt_unknown"


class NoSuchCase(Refused):
    """No such case, or not for this person: the two must look the same."""

    key = "refused.no_such_case"


class CaseOver(Refused):
    key = "refused.case_over"


class TooManyGrievances(Refused):
    key = "refused.too_many_grievances"


class TooManyMessages(Refused):
    key = "refused.too_many_messages"


class OneUrgentADay(Refused):
    key = "refused.one_urgent_a_day"


class NobodyLeft(Refused):
    """Everyone who could read it was left out (privacy rule 9).

    With the name of the outside body to turn to.
    """

    key = "refused.nobody_left"


class NobodyLeftAtAll(NobodyLeft):
    """And the community has named no outside body to turn to."""

    key = "refused.nobody_left_at_all"


class CannotSave(Refused):
    """The disk is full or the database is away: nothing was stored, nothing is lost."""

    key = "refused.cannot_save"
