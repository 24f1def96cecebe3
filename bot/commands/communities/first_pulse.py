"""The first pulse, as moderators choose it while a community is set up, and as it is worded.

From when it has begun it is the organisers', with ``/poll``: nothing here touches it any more.
"""

from dataclasses import dataclass

from bot.chat import Answers, Command, Here, Line, choice, choices, every, line, number
from bot.commands.communities.settings import setting
from bot.commands.polls.words import asked_again, bank, yes_or_no
from bot.domain.communities import Community, FirstPulse
from bot.domain.communities.edits import Edit, Pulsed
from bot.domain.communities.findings import pulse_lacks
from bot.domain.polls import Every
from bot.domain.polls.bank import BANK
from bot.domain.polls.opening import LONGEST_OPEN, read_days
from bot.domain.polls.pulses import longest_open
from bot.domain.privacy import LEAST_ELIGIBLE
from bot.services.communities.changing import Changing


@dataclass(frozen=True, kw_only=True)
class FirstPulseForm:
    bank: tuple[str, ...] = choices(bank)
    every: Every = choice(every(Every))
    days: int = number(1, LONGEST_OPEN)
    comment: str = choice(yes_or_no)


#: What the form shows where none was chosen.
_NONE = FirstPulse((), Every.MONTHLY, 7, comment=False)


def commands(changing: Changing) -> tuple[Command, ...]:
    return (setting(changing, "setup_pulse", FirstPulseForm, _pulse, _pulse_values),)


def may_be_chosen(community: Community) -> bool:
    """Whether moderators still decide about it."""
    return community.opened is None or community.first_pulse is not None


def stands(community: Community) -> tuple[Line, ...]:
    """What it is, and when it begins."""
    first = community.first_pulse
    if first is None:
        return (line("first_pulse.theirs" if community.opened else "first_pulse.none"),)
    asked = asked_again(first.every, first.bank)
    return (asked, line("planned.open", n=first.days), begins(community))


def begins(community: Community) -> Line:
    """When the one that was chosen begins."""
    if pulse_lacks(community, LEAST_ELIGIBLE):
        return line("first_pulse.waits")
    return line("first_pulse.now" if community.opened else "first_pulse.begins")


def _pulse(here: Here, form: FirstPulseForm) -> tuple[Edit, ...]:
    days = read_days(str(form.days), most=longest_open(form.every))
    asked = tuple(name for name in BANK if name in form.bank)
    return (Pulsed(asked, form.every.value, days, form.comment == "yes"),)


def _pulse_values(here: Here) -> Answers:
    now = here.community.first_pulse or _NONE
    return {
        "bank": list(now.bank),
        "every": now.every,
        "days": str(now.days),
        "comment": "yes" if now.comment else "no",
    }
