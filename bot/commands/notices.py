"""What is said unasked: worded when it is delivered, from a name and facts on the outbox.

Never a word of a case, never a number; what depends on a case goes to one person alone.
"""

from collections.abc import Mapping
from datetime import datetime

from bot.chat import Button, Card, Weight, line
from bot.commands.words import people
from bot.domain.communities import Community, Trust

Facts = Mapping[str, str]


def case_waits(community: Community, trust: Trust, facts: Facts) -> Card:
    said = line("notice.case_waits", date=datetime.fromisoformat(facts["by"]))
    return Card(line("notice.title"), (said,), buttons=_LIST)


def case_moved(community: Community, trust: Trust, facts: Facts) -> Card:
    return Card(line("notice.title"), (line("notice.case_moved"),), buttons=_LIST)


def staff(community: Community, trust: Trust, facts: Facts) -> Card:
    slot = datetime.fromisoformat(facts["slot"])
    return Card(line("slot.title", date=slot), (line("slot.words"),))


def bulletin(community: Community, trust: Trust, facts: Facts) -> Card:
    on_duty = people(trust, community.hears(datetime.fromisoformat(facts["slot"])))
    said = (line("bulletin.look_again"), line("bulletin.on_duty", who=on_duty))
    buttons = (Button("receipt"), Button("grievance"))
    return Card(line("bulletin.title"), said, buttons=buttons)


_LIST = (Button("cases", weight=Weight.PRIMARY),)

NOTICES = {one.__name__: one for one in (case_waits, case_moved, staff, bulletin)}
