"""Staff's rows as programs left them before communities had keys: sealed under the key file, their
accounts marked under it, too."""

from contextlib import suppress

from sqlalchemy import delete, select, update

from adapters.chance import SystemChance
from adapters.vault import FileVault, read_key_files
from bot.ports import MAIL, BadSeal
from bot.settings import Where
from storage.engine import open_engine, transaction
from storage.tables import (
    accounts,
    audit,
    audit_acts,
    community_keys,
    digest_weeks,
    digests,
    outbox,
    pending_changes,
    staff,
)
from tests.proofs.opening import PLACES, place, thief

OF_STAFF = (staff, digests, digest_weeks, audit, audit_acts, outbox)


async def seal_as_before(where: Where) -> None:
    """Turn all rows back. The keys of communities go: nothing needs them any more."""
    vault = FileVault(read_key_files(where.keys), SystemChance())
    keys = (await thief(where, where)).keys
    engine, key_store = open_engine(where.database), open_engine(where.key_store)

    def opened(bound: str, sealed: bytes) -> str:
        for key in keys:
            with suppress(BadSeal):
                return vault.open_staff(key, bound, sealed)
        raise LookupError(bound)

    def sealed_again(bound: str, words: str) -> bytes:
        return vault.seal(vault._staff, bound, words.encode())

    try:
        async with transaction(engine) as run:
            await run.execute(delete(pending_changes))  # there were none before there were keys
            for row in map(dict, (await run.execute(select(digests))).mappings().all()):
                bound, kept = place(digests, "sealed_addresses", row), row["sealed_addresses"]
                for address in opened(bound, kept).split() if kept else ():
                    mark = vault.mark("account", MAIL, row["community"], address)
                    today = [vault.staff_mark(key, "address", address) for key in keys]
                    to = {"account": mark, "destination": mark.hex()}
                    await run.execute(update(outbox).where(outbox.c.account.in_(today)).values(to))
            for table, column in PLACES:
                if table in OF_STAFF:
                    found = (await run.execute(select(table))).mappings().all()
                    for row in map(dict, found):
                        if row[column] is not None:
                            mine = [one == row[one.name] for one in table.primary_key.columns]
                            bound = place(table, column, row)
                            new = sealed_again(bound, opened(bound, row[column]))
                            await run.execute(update(table).where(*mine).values({column: new}))
            for row in map(dict, (await run.execute(select(accounts))).mappings().all()):
                words = opened(place(accounts, "sealed", row), row["sealed"])
                platform, address, *_ = words.split(" ")
                mark = vault.mark("account", platform, address)
                new = {"mark": mark, "sealed": sealed_again(f"accounts.sealed/{mark.hex()}", words)}
                mine = (accounts.c.mark == row["mark"], accounts.c.staff == row["staff"])
                await run.execute(update(accounts).where(*mine).values(new))
                to = {"account": mark, "destination": mark.hex()}
                await run.execute(update(outbox).where(outbox.c.account == row["mark"]).values(to))
        async with transaction(key_store) as run:
            await run.execute(delete(community_keys))
    finally:
        await engine.dispose()
        await key_store.dispose()
