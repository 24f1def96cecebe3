"""What people do in a world, through the door alone, with all that they were shown kept.

Nothing here looks behind the door. Only a role is offered behind it, as a moderator will.
"""

import json
import re
from dataclasses import dataclass, field

from adapters.sandbox import render
from bot.chat import Button, Reply, Voice
from bot.commands.communities.staff import role_card
from bot.dispatch import COMMUNITY
from bot.domain.communities import Account, Role
from bot.domain.grievances.receipts import RECEIPT
from bot.texts import Speaker
from tests.fakes.world import World, caller

REPS = ("ines-moreau", "karim-benali", "greta-holm")
STAFF = (*REPS, "oskar-brandt", "leila-farouk", "ruth-adeyemi")

STORY = "The pager goes off most nights and nobody gets the next morning off."
_TOKEN = re.compile(r"[a-z2-7]{26}")
_ENGLISH = Speaker(Voice(), "/")


def shown(reply: Reply) -> str:
    """All that a reply says and offers, as the sandbox's page gets it."""
    cards = [render.card(_ENGLISH, one, whisper=not reply.public) for one in reply.cards]
    form = render.form(_ENGLISH, reply.form) if reply.form else None
    errors = render.errors(_ENGLISH, reply.form) if reply.form else {}
    return json.dumps([cards, form, errors], ensure_ascii=False, sort_keys=True)


def receipt_in(reply: Reply) -> str:
    (found,) = set(RECEIPT.findall(shown(reply)))
    return str(found)


def button(reply: Reply, name: str) -> Button:
    return next(b for card in reply.cards for b in card.buttons if b.name == name)


def names(reply: Reply) -> list[str]:
    """The buttons' names."""
    return [b.name for card in reply.cards for b in card.buttons]


def forgotten(reply: Reply) -> bool:
    """Whether a receipt opened nothing: it is wrong, expired or deleted."""
    errors = reply.form.errors.values() if reply.form else ()
    return [line.key for line in errors] == ["refused.receipt_unknown"]


@dataclass
class Acts:
    """People in a world. ``replies``: all that anyone was shown, in order. ``code``: what they answer
    where the bot asks which community is meant."""

    world: World
    replies: list[Reply] = field(default_factory=list)
    code: str = ""

    async def say(self, who: str, command: str, words: str = "") -> Reply:
        reply = self._kept(await self.world.type(who, command, words))
        asked = self.code and reply.form and reply.form.name == COMMUNITY
        return await self.fill(who, reply, code=self.code) if asked else reply

    async def press(self, who: str, reply: Reply, name: str) -> Reply:
        return self._kept(await self.world.press(who, reply, name))

    async def fill(self, who: str, reply: Reply, **answers: str | list[str]) -> Reply:
        return self._kept(await self.world.submit(who, reply, **answers))

    async def confirm(self, who: str, reply: Reply, name: str) -> Reply:
        return await self.press(who, await self.press(who, reply, name), "confirm")

    async def preview(self, who: str, **changes: str | list[str]) -> Reply:
        """A grievance as far as its preview."""
        answers = {"category": "on_call", "spread": "team", "impact": "4", "story": STORY}
        form = await self.press(who, await self.say(who, "grievance"), "continue")
        return await self.fill(who, form, **(answers | changes))

    async def file(self, who: str, how: str = "send", **changes: str | list[str]) -> str:
        """A grievance, sent; gives its receipt."""
        return receipt_in(await self.press(who, await self.preview(who, **changes), how))

    async def visit(self, who: str, receipt: str) -> Reply:
        return await self.fill(who, await self.say(who, "receipt"), receipt=receipt)

    async def write(self, who: str, view: Reply, text: str) -> Reply:
        """A message from the reporter's view; sent as it stands if it was held back."""
        reply = await self.fill(who, await self.press(who, view, "message"), text=text)
        return await self.press(who, reply, "send") if "send" in names(reply) else reply

    async def desk(self, rep: str) -> Reply:
        """The first case on a rep's list, opened."""
        return await self.press(rep, await self.say(rep, "cases"), "open")

    async def desk_of(self, rep: str, words: str) -> Reply:
        """The case that holds these words, opened, wherever it stands on a member's list."""
        listed = [one.subject for one in (await self.say(rep, "cases")).cards[0].buttons]
        desk = Reply(())
        for number in listed:
            desk = self._kept(await self.world.bot.door.begin("open", caller(rep), number))
            if words in shown(desk):
                return desk
        while "next" in names(desk):  # a list shows so many; behind them one walks on, and round
            desk = await self.press(rep, desk, "next")
            if words in shown(desk):
                return desk
            if listed[0] in {one.subject for card in desk.cards for one in card.buttons}:
                break
        raise LookupError(words)

    async def offered(self, who: str, name: str, role: Role) -> Reply:
        """The card that offers somebody a role, as a moderator hands it to them."""
        bot = self.world.bot
        moderator = await bot.communities.meet(caller("oskar-brandt"))
        account = Account("sandbox", who)
        offer = await bot.roles.offer(moderator.community, name, role, for_=account)
        return self._kept(Reply((role_card(offer),)))

    async def staff(self, name: str) -> str:
        """The value by which the form leaves this person out."""
        form = await self.press(
            "someone-asking", await self.say("someone-asking", "grievance"), "continue"
        )
        assert form.form is not None
        (asked,) = [q for q in form.form.questions if q.id == "exclude"]
        return next(option.value for option in asked.options if option.label == name)

    @property
    def receipts(self) -> set[str]:
        """Every receipt that anyone was shown."""
        return {one for reply in self.replies for one in RECEIPT.findall(shown(reply))}

    @property
    def tokens(self) -> set[str]:
        """Every token of a draft or visit that a button or form carried."""
        return {one for reply in self.replies for one in _TOKEN.findall(shown(reply))}

    def _kept(self, reply: Reply) -> Reply:
        self.replies.append(reply)
        return reply
