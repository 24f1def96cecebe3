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


class KeyChanged(Refused):
    """The account of a member of staff, in a hand that is not proven to be theirs."""

    key = "refused.key_changed"


class Unverified(Refused):
    """A role, where the platform could prove who takes it, from a device that proves nothing."""

    key = "refused.unverified"


class Added(Refused):
    """A ballot from a device that proves nothing, of an account that has one that does."""

    key = "refused.added"


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


class OfferGone(Refused):
    """An offer of a shift that was taken, taken back, or is over."""

    key = "refused.offer_gone"


class SwapWithSelf(Refused):
    key = "refused.swap_with_self"


class OnDutyThen(Refused):
    key = "refused.on_duty_then"


class AwayThen(Refused):
    key = "refused.away_then"


class NothingToGive(Refused):
    key = "refused.nothing_to_give"


class TheyCannot(Refused):
    """Whoever offered a shift is on duty or away when the one given for it would be theirs."""

    key = "refused.they_cannot"


class NotOnDuty(Refused):
    key = "refused.not_on_duty"


class RoleOfferGone(Refused):
    """An offer of a role ran out, was declined, or somebody else accepted it."""

    key = "refused.role_offer_gone"


class RoleHeld(Refused):
    key = "refused.role_held"


class RoleOver(Refused):
    """The role that was offered has ended."""

    key = "refused.role_over"


class RolesFull(Refused):
    """No more people can be reached by a step than fit one dialog."""

    key = "refused.roles_full"


class CodeUnknown(Refused):
    """Wrong, used and expired share one sentence."""

    key = "refused.code_unknown"


class TooManyCodes(Refused):
    key = "refused.too_many_codes"


class TooManyTests(Refused):
    key = "refused.too_many_tests"


class SomeoneElses(Refused):
    """An account that belongs to another member of staff already."""

    key = "refused.someone_elses"


class TakenAlready(Refused):
    """Somebody else has the case. With their name: readers know each other."""

    key = "refused.taken_already"


class NobodyElse(Refused):
    """No other reader could be brought in or take the case."""

    key = "refused.nobody_else"


class NoHigherStep(Refused):
    """The case stands at its last step: its view names whom to turn to outside."""

    key = "refused.no_higher_step"


class NothingToAgree(Refused):
    key = "refused.nothing_to_agree"


class TooFewEligible(Refused):
    """So few could answer that no result would hide anyone (privacy rule 6)."""

    key = "refused.too_few_eligible"


class PollDraftGone(Refused):
    """The half hour of a poll's preview is over, or it never was."""

    key = "refused.poll_draft_gone"


class NoSuchPoll(Refused):
    """No such poll, or not of this community: the two must look the same."""

    key = "refused.no_such_poll"


class PollOver(Refused):
    """An answer that came after the close."""

    key = "refused.poll_over"


class PollClosed(Refused):
    """What can be done with an open poll alone."""

    key = "refused.poll_closed"


class TooManyPolls(Refused):
    """So many are open or planned that no more would fit a list."""

    key = "refused.too_many_polls"


class TenureUnknown(Refused):
    """The platform did not tell since when the account is here, though it can (privacy rule 7)."""

    key = "refused.tenure_unknown"


class NewMember(Refused):
    """An account that the platform says is too new here to answer (privacy rule 7)."""

    key = "refused.new_member"


class NotOpenYet(Refused):
    """What works only once the community was opened."""

    key = "refused.not_open_yet"


class NotReady(Refused):
    """A community that lacks what it needs before it may be opened."""

    key = "refused.not_ready"


class AlreadyPending(Refused):
    """The same setting is being changed already."""

    key = "refused.already_pending"


class PulseBegun(Refused):
    """The first pulse is nobody's setting any more."""

    key = "refused.pulse_begun"


class ChangedMeanwhile(Refused):
    """Another moderator changed it while this one had the form open."""

    key = "refused.changed_meanwhile"


class ChangeGone(Refused):
    """A change that holds, was withdrawn, or never was."""

    key = "refused.change_gone"


class NeedsAnother(Refused):
    """Whoever asked for a change, or was no moderator for long, cannot be its second moderator."""

    key = "refused.needs_another"


class LastModerator(Refused):
    """Without this one nobody could change anything any more."""

    key = "refused.last_moderator"


class NoSuchPlace(Refused):
    """A space that is not, or not any more, the community's."""

    key = "refused.no_such_place"


class SpaceTaken(Refused):
    """A place that belongs to a community already."""

    key = "refused.space_taken"


class NotAPlace(Refused):
    """What must be said where a community is to live, said to the bot alone."""

    key = "refused.not_a_place"


class PlatformSaysNo(Refused):
    """The platform itself does not let them decide about the place."""

    key = "refused.platform_says_no"


class SecondThere(Refused):
    """The operator makes a moderator only where there is no second one."""

    key = "refused.second_there"


class MembershipUnseen(Refused):
    """A poll, asked where nobody can tell whether the caller is a member."""

    key = "refused.membership_unseen"


class CannotSave(Refused):
    """The disk is full or the database is away: nothing was stored, nothing is lost."""

    key = "refused.cannot_save"


class DigestChanged(Refused):
    """Another organiser changed it while this one had the form open."""

    key = "refused.digest_changed"


class DigestGoesElsewhere(Refused):
    """Where it comes is being changed already, to another place."""

    key = "refused.digest_goes_elsewhere"


class NoDestination(Refused):
    """A digest that would reach nobody."""

    key = "refused.no_destination"
