"""Roles and accounts: the card that offers a role, the code that binds one more account, /setup.

All of it works in employer-owned spaces, too: it holds no word of any case (privacy rule 8).
"""

from dataclasses import dataclass

from bot.chat import (
    About,
    Button,
    Card,
    Command,
    Day,
    Field,
    Here,
    Reply,
    Tone,
    Weight,
    blank,
    line,
    short_text,
    themselves,
)
from bot.domain.communities import Role, Staff
from bot.services.communities.accounts import Accounts
from bot.services.communities.roles import RoleOffer, Roles

LONGEST_CODE = 40  #: room for spaces and dashes people add
NOT_AT_WORK = ".unnamed"  #: behind the token: named everywhere but in employer-owned spaces


@dataclass(frozen=True)
class LinkForm:
    code: str = short_text(LONGEST_CODE)


def commands(roles: Roles, accounts: Accounts) -> tuple[Command, ...]:
    async def accept(here: Here, subject: str) -> Reply:
        token, named = subject.removesuffix(NOT_AT_WORK), not subject.endswith(NOT_AT_WORK)
        begun = await roles.accept(here, token, named=named)
        said = (
            line("accepted.until", role=line(f"role.{begun.role.value}"), date=Day(begun.ends)),
            line("accepted.named") if begun.named else line("accepted.not_at_work"),
            line("accepted.bind"),
        )
        return Reply((Card(line("accepted.title"), said, buttons=_BIND, tone=Tone.GOOD),))

    async def decline(here: Here, subject: str) -> Reply:
        await roles.decline(here, subject)
        return Reply((Card(line("declined.title"), (line("declined.nothing"),)),), takes_away=True)

    async def draw(here: Here, subject: str) -> Reply:
        new = await accounts.code(here)
        said = (line("code.how"), line("code.until", date=new.until), line("code.nobody"))
        return Reply((Card(line("code.title"), said, (Field(line("code.code"), new.code),)),))

    async def bind(here: Here, subject: str) -> Reply:
        return Reply(form=blank(LinkForm, here, "link"))

    async def link(here: Here, subject: str, form: LinkForm) -> Reply:
        await accounts.bind(here, form.code)
        said = (line("linked.words"), line("linked.others"))
        return Reply((Card(line("linked.title"), said, tone=Tone.GOOD),))

    async def unbind(here: Here, subject: str) -> Reply:
        n = await accounts.unbind(here)
        said = line("unbound.words", n=n) if n else line("unbound.none")
        return Reply((Card(line("unbound.title"), (said,)),))

    async def setup(here: Here, subject: str) -> Reply:
        said, bound = (line("setup.words"),), (accounts_of(here.person),)
        return Reply((Card(line("setup.title"), said, bound, account_buttons(here.person)),))

    staff = frozenset({Role.REP, Role.ORGANISER, Role.MODERATOR})
    others = staff - {Role.REP}  # reps have the same on /duty
    return (
        Command(
            "setup", roles=others, typed=True, opens=setup, words=themselves("link"), anywhere=True
        ),
        Command("accept", About.DRAFT, opens=accept),
        Command("decline", About.DRAFT, opens=decline),
        Command("bind", roles=staff, opens=bind, anywhere=True),
        Command("unbind", roles=staff, opens=unbind, anywhere=True),
        Command("link", form=LinkForm, opens=draw, run=link),  # drawn by an account nobody knows
    )


def role_card(offer: RoleOffer) -> Card:
    """What the role is, until when, and where the name will be shown; for its person alone."""
    role = line(f"role.{offer.role.value}")
    lines = (
        line("offered.role", role=role),
        line(f"offered.does.{offer.role.value}"),
        line("offered.until", date=Day(offer.ends)),
        line("offered.shown"),
        line("offered.at_work"),
        line("offered.nothing_kept"),
    )
    token = offer.token
    buttons = (
        Button("accept", token, Weight.PRIMARY),
        Button("accept", f"{token}{NOT_AT_WORK}", said=line("offered.not_at_work")),
        Button("decline", token),
    )
    fields = (Field(line("offered.name"), offer.name),)
    return Card(line("offered.title"), lines, fields, buttons)


def accounts_of(me: Staff) -> Field:
    """How many accounts act as somebody."""
    return Field(line("accounts.bound"), str(len(me.accounts)))


def account_buttons(me: Staff) -> tuple[Button, ...]:
    """What somebody can do about their accounts; to remove any there must be others."""
    return (*_BIND, Button("unbind")) if len(me.accounts) > 1 else _BIND


_BIND = (Button("bind"),)
