"""send, edit and cancel: of a grievance at its preview, or of a message that was held back."""

from bot.chat import About, Card, Command, Here, Reply, line
from bot.commands.grievances import filing as filing_words
from bot.commands.grievances import visits as visits_words
from bot.services.grievances.filing import Filing
from bot.services.grievances.visits import Visits


def commands(filing: Filing, visits: Visits) -> tuple[Command, ...]:
    async def send(here: Here, subject: str) -> Reply:
        if await visits.holds(subject):
            return visits_words.said(here, await visits.send(subject))
        return filing_words.receipt(await filing.send(here, subject, urgent=False))

    async def edit(here: Here, subject: str) -> Reply:
        if await visits.holds(subject):
            return visits_words.message_form(here, subject, await visits.written(subject))
        return Reply(form=filing_words.form(here, subject, await filing.filled_in(subject)))

    async def cancel(here: Here, subject: str) -> Reply:
        await (visits if await visits.holds(subject) else filing).cancel(subject)
        return Reply(
            (Card(line("cancelled.title"), (line("cancelled.nothing"),)),), takes_away=True
        )

    draft = About.DRAFT
    return (
        Command("send", draft, opens=send),
        Command("edit", draft, opens=edit),
        Command("cancel", draft, opens=cancel),
    )
