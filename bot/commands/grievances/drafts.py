"""send, edit and cancel: of a grievance at its preview, or of a message that was held back.

Whoever is a stranger by now sends what they write in their case, and files nothing new.
"""

from bot.chat import About, Card, Command, Here, Reply, line
from bot.commands.grievances import filing as filing_words
from bot.commands.grievances import visits as visits_words
from bot.domain.errors import CodeUnknown
from bot.services.grievances.filing import Filing
from bot.services.grievances.messages import Messages
from bot.services.privacy.drafts import Drafts


def commands(drafts: Drafts, filing: Filing, messages: Messages) -> tuple[Command, ...]:
    async def send(here: Here, subject: str) -> Reply:
        here = await drafts.begun(here, subject)
        if await messages.holds(here, subject):
            return visits_words.said(here, await messages.send(here, subject))
        if here.stranger:
            raise CodeUnknown
        return filing_words.receipt(await filing.send(here, subject, urgent=False))

    async def edit(here: Here, subject: str) -> Reply:
        here = await drafts.begun(here, subject)
        if await messages.holds(here, subject):
            return visits_words.message_form(here, subject, await messages.written(here, subject))
        if here.stranger:
            raise CodeUnknown
        return Reply(form=filing_words.form(here, subject, await filing.filled_in(here, subject)))

    async def cancel(here: Here, subject: str) -> Reply:
        here = await drafts.begun(here, subject)
        await (messages if await messages.holds(here, subject) else filing).cancel(here, subject)
        return Reply(
            (Card(line("cancelled.title"), (line("cancelled.nothing"),)),), takes_away=True
        )

    draft = About.DRAFT
    return (
        Command("send", draft, opens=send, strangers=True),
        Command("edit", draft, opens=edit, strangers=True),
        Command("cancel", draft, opens=cancel, strangers=True),
    )
