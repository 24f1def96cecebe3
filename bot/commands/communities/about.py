"""/reps, /about and /help: who hears cases, who runs this, what can be done."""

from collections.abc import Iterable

from bot import VERSION
from bot.chat import Button, Card, Command, Field, Here, Line, Reply, Rows, line
from bot.commands.communities.changes import told_changes
from bot.commands.words import on_duty, people, promised, seen
from bot.domain.cases import ANSWER_WITHIN, KEPT_AFTER_LAST_MOVE
from bot.domain.communities import Role
from bot.ports import Installation
from bot.services.polls.comments import COMMENTS_KEPT


def commands(us: Installation) -> tuple[Command, ...]:
    async def reps(here: Here, subject: str) -> Reply:
        return Reply((_reps(here),))

    async def about(here: Here, subject: str) -> Reply:
        return Reply((_about(here, us),))

    return (
        Command("reps", typed=True, opens=reps, sets_up=True),
        Command("about", typed=True, opens=about, sets_up=True),
    )


def help_command(others: Iterable[Command]) -> Command:
    """/help, generated from the definitions of all other commands."""
    typed = [one for one in others if one.typed]

    async def help_(here: Here, subject: str) -> Reply:
        able = [one for one in typed if one.listed_for(here.roles)]
        fields = tuple(
            Field(line("help.command", name=line("help.typed", name=one.name)), summary(one))
            for one in sorted(able, key=lambda one: one.for_staff)
        )
        return Reply((Card(line("help.title"), (line("help.first"),), fields),))

    itself = Command("help", typed=True, opens=help_, sets_up=True)
    typed.append(itself)
    return itself


def summary(command: Command) -> Line:
    """What a command does, in one sentence."""
    return line(f"command.{command.name}")


def _reps(here: Here) -> Card:
    community = here.community
    fields = (
        Field(
            line("reps.who"),
            line("list", items=people(here.shown_trust, community.with_role(Role.REP))),
        ),
        Field(
            line("reps.on_duty"),
            on_duty(here.shown_trust, community, here.now),
        ),
        Field(line("reps.outside"), community.policy.outside_body or line("reps.no_outside")),
    )
    return Card(line("reps.title"), (promised(community), line("reps.slots")), fields)


def _about(here: Here, us: Installation) -> Card:
    fields = [
        Field(line("about.operator"), us.operator),
        Field(line("about.contact"), us.contact or line("about.no_contact")),
        Field(line("about.sees"), seen(here)),
        Field(
            line("about.kept"),
            line(
                "about.kept_for",
                end=here.community.retention.at(here.now),
                move=KEPT_AFTER_LAST_MOVE.days,
                waiting=ANSWER_WITHIN.days,
            ),
        ),
        Field(line("about.answers"), line("about.answers_kept", comments=COMMENTS_KEPT.days)),
        Field(line("about.floor"), line("about.floor_is", n=here.community.floor)),
        Field(line("about.code"), here.community.code),
        Field(line("about.real"), us.identity_page or line("about.no_page")),
        Field(line("about.version"), VERSION),
    ]
    said = (line("about.what"), line("about.not_kept"), line("about.twice"))
    changes = told_changes(here)
    fields += [Field(line("about.changes"), Rows(changes))] if changes else []
    may_check = Role.REP in here.roles and not here.employer_owned
    buttons = (Button("audit"),) if may_check else ()
    return Card(line("about.title"), said, tuple(fields), buttons)
