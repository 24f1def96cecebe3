"""Drafts and visits: what a person is in the middle of, sealed for half an hour.

The key is made from a random token that only the person's own buttons and dialogs carry, so even
the key store cannot open them. A draft survives a restart and can be opened by any process. An
offer of a role lasts longer; the code that binds an account is a token that people can type.

Every draft was begun in a community, and is opened for that one alone: for any other it is the same
as one that never was. This is the one place that checks.
"""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.chat import Draft, Here, Token
from bot.domain.communities import CommunityId
from bot.domain.errors import DraftGone
from bot.domain.privacy import DRAFT_LASTS, draft_ends
from bot.ports import Chance, Clock, Keys, Vault

TOKEN_BYTES = 16
#: Of codes: whoever types one looks at whose it is. No button leads into a community by one.
NOBODYS = CommunityId("")

Facts = dict[str, Any]


class Drafts:
    def __init__(self, keys: Keys, vault: Vault, clock: Clock, chance: Chance) -> None:
        self._keys, self._vault, self._clock, self._chance = keys, vault, clock, chance

    async def keep(
        self,
        kind: str,
        community: CommunityId,
        facts: Facts,
        token: Token | None = None,
        lasts: timedelta = DRAFT_LASTS,
    ) -> Token:
        """Seal ``facts`` (JSON values) under a new token, or again under the one it has."""
        token = token or self._new_token()
        id, key = self._vault.draft(token)
        words = json.dumps({**facts, "kind": kind, "community": community}).encode()
        sealed = self._vault.seal(key, _place(id), words)
        await self._keys.keep_draft(id, sealed, draft_ends(self._clock.now(), lasts))
        return token

    async def open(
        self, kind: str, community: CommunityId, token: str, begun: Draft | None = None
    ) -> Facts:
        """What was kept under ``token``; DraftGone when its time is over, it never was, or it was
        begun in another community. ``begun``: what this request has opened, perhaps this one."""
        found = begun if begun and begun.token == token else await self.look(token)
        if found is None or (found.kind, found.community) != (kind, community):
            raise DraftGone
        return dict(found.facts)

    async def look(self, token: str) -> Draft | None:
        """What was kept, whatever it is of and wherever it was begun; None where it is gone."""
        id, key = self._vault.draft(token)
        sealed = await self._keys.draft(id, self._clock.now())
        if sealed is None:
            return None
        facts: Facts = json.loads(self._vault.open(key, _place(id), sealed))
        return Draft(token, facts.pop("kind"), facts.pop("community"), facts)

    async def begun(self, here: Here, token: str) -> Here:
        """The same with what the token is of, opened once for all that is asked of it."""
        if here.draft and here.draft.token == token:
            return here
        return replace(here, draft=await self.look(token))

    async def drop(self, token: str) -> None:
        """Of what was opened before."""
        await self._keys.drop_draft(self._vault.draft(token)[0])

    def _new_token(self) -> Token:
        drawn = base64.b32encode(self._chance.bytes(TOKEN_BYTES)).decode().rstrip("=")
        return Token(drawn.lower())


def _place(id: bytes) -> str:
    return f"drafts.sealed/{id.hex()}"
