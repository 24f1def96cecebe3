"""Drafts and visits: what a person is in the middle of, sealed for half an hour.

The key is made from a random token that only the person's own buttons and dialogs carry, so even
the key store cannot open them. A draft survives a restart and can be opened by any process. An
offer of a role lasts longer; the code that binds an account is a token that people can type.
"""

import base64
import json
from datetime import timedelta
from typing import Any

from bot.chat import Token
from bot.domain.errors import DraftGone
from bot.domain.privacy import DRAFT_LASTS, draft_ends
from bot.ports import Chance, Clock, Keys, Vault

TOKEN_BYTES = 16

Facts = dict[str, Any]


class Drafts:
    def __init__(self, keys: Keys, vault: Vault, clock: Clock, chance: Chance) -> None:
        self._keys, self._vault, self._clock, self._chance = keys, vault, clock, chance

    async def keep(
        self,
        kind: str,
        facts: Facts,
        token: Token | None = None,
        lasts: timedelta = DRAFT_LASTS,
    ) -> Token:
        """Seal ``facts`` (JSON values) under a new token, or again under the one it has."""
        token = token or self._new_token()
        id, key = self._vault.draft(token)
        words = json.dumps({"kind": kind, **facts}).encode()
        sealed = self._vault.seal(key, _place(id), words)
        await self._keys.keep_draft(id, sealed, draft_ends(self._clock.now(), lasts))
        return token

    async def open(self, kind: str, token: str) -> Facts:
        """What was kept under ``token``; DraftGone when its time is over or it never was."""
        id, key = self._vault.draft(token)
        sealed = await self._keys.draft(id, self._clock.now())
        facts: Facts = json.loads(self._vault.open(key, _place(id), sealed)) if sealed else {}
        if facts.pop("kind", None) != kind:
            raise DraftGone
        return facts

    async def drop(self, token: str) -> None:
        await self._keys.drop_draft(self._vault.draft(token)[0])

    def _new_token(self) -> Token:
        drawn = base64.b32encode(self._chance.bytes(TOKEN_BYTES)).decode().rstrip("=")
        return Token(drawn.lower())


def _place(id: bytes) -> str:
    return f"drafts.sealed/{id.hex()}"
