"""Logging in, coming back, a lost store, a revoked token: on a real homeserver."""

import json
import stat
from pathlib import Path
from typing import Any

import nio
import pytest
from pydantic import SecretStr

from adapters.matrix.ciphers import Stale
from adapters.matrix.session import Revoked, Session
from adapters.matrix.wire import Away
from bot.settings import CannotStart
from tests.fakes.installed import free_port
from tests.fakes.matrix_bot import Known, Notes, joined, listening, session
from tests.fakes.matrix_people import Crowd
from tests.fakes.synapse import PASSWORD, Synapse

pytestmark = pytest.mark.xdist_group("synapse")


def kept(folder: Path) -> dict[str, str]:
    secrets: dict[str, str] = json.loads((folder / "keys" / "matrix-main.json").read_text())
    return secrets


async def devices(bot: Session) -> list[str]:
    return [one["device_id"] for one in (await bot.wire.call("GET", "/devices"))["devices"]]


async def asked_for(bot: Session) -> dict[str, Any]:
    """All that the homeserver tells others of our keys."""
    return await bot.wire.call("POST", "/keys/query", {"device_keys": {bot.user: []}})


async def test_a_first_word_goes_encrypted_in_both_directions(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    async with session(known, tmp_path) as bot:
        worker = await crowd.comes()
        room = await worker.room_with(bot.user)
        await joined(bot, room)
        await worker.until(lambda: worker.sees(room, bot.user))
        await worker.says(room, "nobody else may read this")
        said = await bot.wire.call("GET", "/sync")
        for one in said["to_device"]["events"]:
            assert bot.ciphers.received(one) is None
        timeline = said["rooms"]["join"][room]["timeline"]["events"]
        (event,) = [one for one in timeline if one["type"] == "m.room.encrypted"]
        opened = bot.ciphers.opened(room, event)
        assert opened.content["body"] == "nobody else may read this"
        assert "nobody else" not in json.dumps(said) + repr(opened)
        assert await bot.devices.whose(worker.user, opened.curve, opened.ed)
        answer = {"msgtype": "m.notice", "body": "nor this"}
        whom = await bot.devices.of(worker.user)
        sealed = await bot.ciphers.sealed(room, whom, "m.room.message", answer)
        assert "nor this" not in json.dumps(sealed)
        await bot.wire.call("PUT", f"/rooms/{room}/send/m.room.encrypted/1", sealed)
        heard = await worker.hears("nor this")
        assert isinstance(heard, nio.RoomMessageNotice)
        assert heard.decrypted


async def test_our_device_is_signed_by_our_master_key_for_all_to_see(
    known: Known, tmp_path: Path
) -> None:
    async with session(known, tmp_path) as bot:
        (ours,) = await bot.devices.of(bot.user)
        assert (ours.id, ours.proof) == (bot.device, bot.master)
        said = await asked_for(bot)
    assert set(said["master_keys"][bot.user]["keys"].values()) == {bot.master}
    assert said["device_keys"][bot.user][bot.device]["algorithms"][1] == "m.megolm.v1.aes-sha2"


async def test_it_comes_back_as_the_device_it_was_and_says_nothing_anew(
    known: Known, tmp_path: Path
) -> None:
    async with session(known, tmp_path) as bot:
        before, told, first = kept(tmp_path), await asked_for(bot), bot.device
    async with session(known, tmp_path) as bot:
        assert (bot.device, kept(tmp_path), await asked_for(bot)) == (first, before, told)
        assert await devices(bot) == [first]


async def test_one_time_keys_and_a_fallback_key_wait_for_whoever_writes_first(
    known: Known, crowd: Crowd, tmp_path: Path
) -> None:
    async with session(known, tmp_path) as bot:
        said = await bot.wire.call("GET", "/sync")
        assert said["device_one_time_keys_count"]["signed_curve25519"] == 50
        assert said["device_unused_fallback_key_types"] == ["signed_curve25519"]
        worker = await crowd.comes()
        for _ in range(50):
            await worker.client.keys_claim({bot.user: [bot.device]})
        last = await worker.client.keys_claim({bot.user: [bot.device]})
        (key,) = last.one_time_keys[bot.user][bot.device].values()
        assert key["fallback"]


async def test_two_processes_do_not_run_one_account(known: Known, tmp_path: Path) -> None:
    async with session(known, tmp_path):
        with pytest.raises(CannotStart, match="another process runs the account main"):
            async with session(known, tmp_path):
                pass
    async with session(known, tmp_path):
        pass


async def test_a_lost_store_means_a_new_signed_device_and_the_old_one_goes(
    known: Known, tmp_path: Path
) -> None:
    async with session(known, tmp_path) as bot:
        old, master = bot.device, bot.master
    (tmp_path / "state" / "main.db").unlink()
    async with session(known, tmp_path) as bot:
        assert bot.device != old
        assert await devices(bot) == [bot.device]
        assert [one.proof for one in await bot.devices.of(bot.user)] == [master]


@pytest.mark.parametrize("damage", [b"", b"this is no database, it is a letter" * 100])
async def test_a_damaged_store_counts_as_lost(known: Known, tmp_path: Path, damage: bytes) -> None:
    async with session(known, tmp_path) as bot:
        old = bot.device
    (tmp_path / "state" / "main.db").write_bytes(damage)
    async with session(known, tmp_path) as bot:
        assert (await devices(bot), bot.device != old) == ([bot.device], True)


async def test_a_store_under_another_key_counts_as_lost(known: Known, tmp_path: Path) -> None:
    async with session(known, tmp_path) as bot:
        old = bot.device
    file = tmp_path / "keys" / "matrix-main.json"
    file.write_text(json.dumps(kept(tmp_path) | {"pickle": "00" * 32}))
    async with session(known, tmp_path) as bot:
        assert bot.device != old


async def test_a_store_from_an_old_backup_is_found_out_and_counts_as_lost(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    store, worker = tmp_path / "state" / "main.db", await crowd.comes()

    async def uses_up(device: str) -> None:
        for _ in range(30):
            await worker.client.keys_claim({known.user_id: [device]})

    async with session(known, tmp_path) as bot:
        old, copy = bot.device, store.read_bytes()
        await uses_up(old)
    async with listening(known, tmp_path, Notes()) as ear:
        await ear.until(lambda: store.read_bytes() != copy)
    store.write_bytes(copy)
    await uses_up(old)
    with pytest.raises(Stale):
        async with listening(known, tmp_path, Notes()) as ear:
            await ear.until(lambda: False)
    async with session(known, tmp_path) as bot:
        assert await devices(bot) == [bot.device] != [old]


async def test_with_its_password_it_logs_in_anew_after_its_token_was_revoked(
    synapse: Synapse, known: Known, tmp_path: Path
) -> None:
    async with session(known, tmp_path) as bot:
        old, master = bot.device, bot.master
    synapse.revoke(bot.user, old)
    async with session(known, tmp_path) as bot:
        assert (bot.device != old, bot.master) == (True, master)


async def test_a_token_from_the_settings_will_do(
    synapse: Synapse, known: Known, tmp_path: Path
) -> None:
    identifier = {"type": "m.id.user", "user": known.user_id}
    body = {"type": "m.login.password", "identifier": identifier, "password": PASSWORD}
    login = synapse.ask("POST", "/_matrix/client/v3/login", body)
    given = Known(synapse.url, known.user_id, None, SecretStr(login["access_token"]))
    async with session(given, tmp_path) as bot:
        assert bot.device == login["device_id"]
        assert [one.proof for one in await bot.devices.of(bot.user)] == [bot.master]
    async with session(given, tmp_path) as bot:
        assert bot.device == login["device_id"]
    another = synapse.ask("POST", "/_matrix/client/v3/login", body)
    given = Known(synapse.url, known.user_id, None, SecretStr(another["access_token"]))
    async with session(given, tmp_path) as bot:  # as whoever reads that theirs was revoked does
        assert bot.device == another["device_id"] != login["device_id"]
        signed = {one.id: one.proof for one in await bot.devices.of(bot.user)}
        assert signed[bot.device] == bot.master
    (tmp_path / "state" / "main.db").unlink()
    with pytest.raises(CannotStart, match="a store that was lost: set a new one, or password"):
        async with session(given, tmp_path):
            pass
    wrong = Known(synapse.url, synapse.account("bot"), None, given.access_token)
    (tmp_path / "keys" / "matrix-main.json").unlink()
    with pytest.raises(CannotStart, match="belongs to another account than user_id says"):
        async with session(wrong, tmp_path):
            pass
    synapse.revoke(bot.user, bot.device)
    with pytest.raises(Revoked, match="set a new access_token"):
        async with session(given, tmp_path):
            pass


async def test_keys_of_another_program_are_replaced_by_whoever_has_the_password(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    theirs = await (await crowd.comes(user=known.user_id)).signs()
    async with session(known, tmp_path) as bot:
        proofs = {one.id: one.proof for one in await bot.devices.of(bot.user)}
        assert (proofs[bot.device], bot.master != theirs) == (bot.master, True)
    other = tmp_path / "other"
    other.mkdir()
    given = Known(known.homeserver, known.user_id, None, SecretStr(kept(tmp_path)["token"]))
    with pytest.raises(CannotStart, match="a device whose keys are not here"):
        async with session(given, other):
            pass


async def test_what_cannot_start_says_so_in_a_sentence_without_a_secret(
    synapse: Synapse, known: Known, tmp_path: Path
) -> None:
    wrong = Known(synapse.url, known.user_id, SecretStr("a guess"))
    with pytest.raises(CannotStart, match="see its user_id and password") as refused:
        async with session(wrong, tmp_path):
            pass
    assert "a guess" not in str(refused.value)
    nowhere = Known(f"http://127.0.0.1:{free_port()}", known.user_id)
    with pytest.raises(Away):
        async with session(nowhere, tmp_path):
            pass
    elsewhere = Known(f"{synapse.url}/elsewhere", known.user_id)
    with pytest.raises(CannotStart, match="is the address of its client API"):
        async with session(elsewhere, tmp_path):
            pass


async def test_store_and_key_file_are_for_their_owner_alone(known: Known, tmp_path: Path) -> None:
    async with session(known, tmp_path):
        for path, mode in {
            tmp_path / "state": 0o700,
            tmp_path / "state" / "main.db": 0o600,
            tmp_path / "keys" / "matrix-main.json": 0o600,
        }.items():
            assert stat.S_IMODE(path.stat().st_mode) == mode, path
    store = (tmp_path / "state" / "main.db").read_bytes()
    for secret in ("pickle", "token", "master", "self_signing", "user_signing"):
        assert kept(tmp_path)[secret].encode() not in store
        assert bytes.fromhex(kept(tmp_path)["pickle"]) not in store
