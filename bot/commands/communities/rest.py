"""The card of defaults: everything that moderators may set and need not, as it is.

It shows; the forms behind its buttons are in ``defaults``.
"""

from datetime import timedelta

from bot.chat import Button, Card, Field, Rows, line
from bot.commands.communities.first_pulse import may_be_chosen, stands
from bot.commands.digests.cards import DAYS
from bot.commands.words import category
from bot.domain.cases import KEPT_AFTER_LAST_MOVE
from bot.domain.communities import Community, Target


def rest_card(community: Community) -> Card:
    """Everything that has a default, as it is."""
    slots, policy = community.slots, community.policy
    days = tuple(line(f"day.{DAYS[one]}") for one in slots.weekdays)
    steps = tuple(
        line("value.step", who=line(f"step.{one.target.value}"), n=_hours(one.within))
        for one in policy.steps
        if one.target is not Target.OUTSIDE
    )
    words = tuple(community.words.named().values())
    fields = (
        Field(
            line("rest.categories"),
            line("list", items=tuple(category(one) for one in community.categories)),
        ),
        Field(line("rest.steps"), Rows(steps)),
        Field(line("rest.outside"), policy.outside_body or line("value.nobody")),
        Field(
            line("rest.slots"),
            line("value.slots", days=days, hour=f"{slots.at:%H:%M}", zone=slots.zone),
        ),
        Field(line("rest.floor"), line("rest.floor_is", n=community.floor)),
        Field(line("rest.members"), line("rest.members_are", n=community.members)),
        Field(
            line("rest.kept"),
            line("rest.kept_is", end=community.retention.days, move=KEPT_AFTER_LAST_MOVE.days),
        ),
        Field(line("rest.digest"), line("rest.digest_is")),
        Field(line("rest.pulse"), Rows(stands(community))),
        Field(line("rest.words"), line("list", items=words) if words else line("value.our_words")),
    )
    pulse = ("pulse",) if may_be_chosen(community) else ()
    names = ("categories", "steps", "outside", "slots", "figures", "kept", *pulse, "words")
    buttons = tuple(Button(f"setup_{one}") for one in names)
    return Card(line("rest.title"), (line("rest.said"),), fields, (*buttons, Button("setup")))


def _hours(within: timedelta) -> int:
    return within // timedelta(hours=1)
