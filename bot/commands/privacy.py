"""The audit chain, for reps to copy and keep: whoever kept it can show that it was not rewritten."""

from bot.chat import Card, Command, Field, Here, Reply, line
from bot.domain.communities import Role
from bot.ports import AuditPage
from bot.services.privacy.audit import Audit

SHOWN = 12  #: weeks on one card, the last ones; the head follows from all of them


def commands(audit: Audit) -> tuple[Command, ...]:
    async def chain(here: Here, subject: str) -> Reply:
        return Reply((_chain(await audit.pages(here.community.id)),))

    return (Command("audit", roles=frozenset({Role.REP}), opens=chain),)


def _chain(pages: list[AuditPage]) -> Card:
    if not pages:
        return Card(line("audit.title"), (line("audit.empty"),))
    said = (line("audit.words"), line("audit.head", n=len(pages), head=pages[-1].head.hex()))
    fields = tuple(
        Field(line("audit.week", number=page.place), page.commitment.hex())
        for page in pages[-SHOWN:]
    )
    return Card(line("audit.title"), said, fields)
