"""Roles and accounts: the card that offers a role, the code that binds one more account or space.

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
    Outside,
    Reply,
    Tone,
    Weight,
    blank,
    code_text,
    line,
)
from bot.domain.communities import Role, Staff
from bot.services.communities.accounts import Accounts
from bot.services.communities.changing import Changed
from bot.services.communities.founding import Founding
from bot.services.communities.roles import RoleOffer, Roles
from bot.texts import spoken

NOT_AT_WORK = ".unnamed"  #: behind the token: named everywhere but in employer-owned spaces


@dataclass(frozen=True)
class LinkForm:
    code: str = code_text()


def commands(roles: Roles, accounts: Accounts, founding: Founding) -> tuple[Command, ...]:
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
        joins = (line("code.joins"),) if Role.MODERATOR in here.roles else ()
        said = (line("code.how"), *joins, line("code.until", date=new.until), line("code.nobody"))
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

    async def join(there: Outside, subject: str, form: LinkForm) -> Reply:
        """The place where a moderator's code is typed becomes one of their community's."""
        return Reply((await entered(founding, there, form.code),))

    staff = frozenset({Role.REP, Role.ORGANISER, Role.MODERATOR})
    outside = Command("link", form=LinkForm, run=join)
    return (
        Command("accept", About.DRAFT, opens=accept, sets_up=True, strangers=True),
        Command("decline", About.DRAFT, opens=decline, sets_up=True, strangers=True),
        Command("bind", roles=staff, opens=bind, anywhere=True, sets_up=True),
        Command("unbind", roles=staff, opens=unbind, anywhere=True, sets_up=True),
        # Drawn by an account that nobody knows, and by a moderator to join one more space.
        Command("link", form=LinkForm, opens=draw, run=link, sets_up=True, outside=outside),
    )


async def entered(founding: Founding, there: Outside, code: str) -> Card:
    """What becomes of the place in which a code was typed, whosever code it is."""
    done = await founding.enter(there, code, spoken(there.caller.language) or "en")
    if done is None:
        said = (line("claimed.words"), line("claimed.alone"), line("claimed.next"))
        go_on = (Button("setup", weight=Weight.PRIMARY),)
        return Card(line("claimed.title"), said, buttons=go_on, tone=Tone.GOOD)
    return _joined(done)


def _joined(done: Changed) -> Card:
    if done.waits is None:
        now = (line("joined.now", name=done.community.name), line("joined.trust"))
        return Card(line("joined.title"), now, buttons=(Button("setup"),), tone=Tone.GOOD)
    said = (line("joined.waits", name=done.community.name, date=done.waits.earliest),)
    return Card(line("joined.title"), said, tone=Tone.WARNING)


def role_card(offer: RoleOffer, name: str = "") -> Card:
    """What the role is, until when, and where the name will be shown; for its person alone.

    ``name``: of the community, which somebody asked alone does not see around the card.
    """
    role = line(f"role.{offer.role.value}")
    lines = (
        *((line("offered.of", name=name),) if name else ()),
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
