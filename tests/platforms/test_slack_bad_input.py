"""What should not come over Slack, and does: each answered with a sentence, nothing kept, nothing lost.

Over HTTP, where anybody can knock. The town's clock stands on a Monday.
"""

import asyncio
import json
import time
from typing import Any

import pytest

from adapters.slack import carried
from tests.contract.test_render_slack import NASTY
from tests.fakes.slack.delivery import packed, signature
from tests.fakes.slack_week import FORM, STORY, Town, words
from tests.journeys.over_slack import filed, town_of_the_module

pytestmark = [pytest.mark.xdist_group("slack"), pytest.mark.asyncio(loop_scope="module")]

COMMAND = {
    "team_id": "T0HARBOUR",
    "user_id": "U0NOBODY",
    "channel_id": "C0GENERAL",
    "command": "/help",
    "text": "",
    "trigger_id": "1.2.3",
    "response_url": "http://127.0.0.1:1/",
}


one_town, town = town_of_the_module("http")


# Who knocks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "how",
    [
        {"secret": "another"},
        {"signed": False},
        {"age": 301},
        {"age": -301},
        {"signature_": "v0=" + "0" * 64},
        {"signature_": "nonsense"},
        {"signature_": "v0=é"},
        {"age": 10**8},
    ],
    ids=str,
)
async def test_what_slack_did_not_sign_just_now_is_turned_away(
    town: Town, how: dict[str, Any]
) -> None:
    before = len(town.server.calls)
    status, body = await town.server.post_raw(COMMAND, "command", **how)
    assert (status, "Your name" in body) == (401, False)
    assert len(town.server.calls) == before


async def test_what_was_changed_after_slack_signed_it_is_turned_away(town: Town) -> None:
    rep = town.person("rep").hand._user.id
    signed, content = packed("command", COMMAND)
    stamp = f"{time.time():.0f}"
    mark = signature(town.server.app.signing_secret, stamp, signed)
    for old, new in (("U0NOBODY", rep), ("T0HARBOUR", "T0ELSEWHERE"), ("%2Fhelp", "%2Fcases")):
        raw = signed.replace(old.encode(), new.encode())
        assert raw != signed
        given = {"stamp": stamp, "signed": mark, "content": content}
        status, _, _ = await town.server.delivery.post_raw(raw, **given)
        assert status == 401, old
    assert (await town.server.delivery.post_raw(signed, **given))[0] == 200, "as it was signed"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"payload=",
        b"payload={",
        b"payload=[]",
        b"payload=3",
        b"{}",
        b"[]",
        b"x" * 9,
        b"[" * 100_000,
        b"payload=" + b"%5B" * 100_000,
    ],
    ids=lambda one: str(one[:20]),
)
async def test_what_is_no_payload_is_answered_and_does_nothing(town: Town, payload: bytes) -> None:
    before = len(town.server.calls)
    status, _ = await town.server.post_raw(payload)
    assert 200 <= status < 500
    assert len(town.server.calls) == before


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "view_submission"},
        {"type": "view_submission", "view": {"callback_id": "grievance"}, "user": {"id": "U1"}},
        {"type": "view_submission", "view": {"callback_id": "x", "blocks": None}, "user": None},
        {"type": "block_actions", "actions": []},
        {"type": "block_actions", "actions": [{"type": "button", "action_id": "send:x"}]},
        {"type": "shortcut", "callback_id": "grievance"},
        {"type": "shortcut", "callback_id": "other"},
        {"type": "something_new"},
    ],
    ids=str,
)
async def test_a_payload_without_what_it_must_have_is_answered(
    town: Town, payload: dict[str, Any]
) -> None:
    status, _ = await town.server.post_raw(payload)
    assert 200 <= status < 500


# Twice ---------------------------------------------------------------------------------------------


async def cases(town: Town) -> list[str]:
    """The buttons that open what the rep has on their list."""
    rep = town.person("rep")
    await rep.types("/cases")
    shown = [one for block in rep.view["blocks"] for one in block.get("elements", ())]
    ids = [str(one.get("action_id", "")) for one in shown]
    return [id for id in ids if id.startswith("open:")]


async def test_the_same_request_again_files_once_and_shows_the_same_receipt(town: Town) -> None:
    before = len(await cases(town))
    worker = town.person("worker")
    await worker.types("/grievance")
    await worker.submits()
    await worker.submits(**FORM)
    await worker.submits()
    receipt = worker.receipt
    ack = await town.server.delivery.again()  # the very same bytes, within five minutes
    assert receipt in json.dumps(ack.body)
    await town.world.slot()
    assert len(await cases(town)) == before + 1


async def test_what_comes_twice_at_once_acts_once(town: Town) -> None:
    await filed(town)
    await town.world.slot()
    rep, (one, *_) = town.person("rep"), await cases(town)
    await rep.presses(one)
    await rep.presses("reply")
    town.server.faults.twice = 1
    shown = await rep.submits(text="We heard you, once.")
    assert shown.count("We heard you, once.") == 1
    await rep.types("/cases")
    assert (await rep.presses(one)).count("We heard you, once.") == 1


async def test_a_late_answer_to_an_earlier_press_changes_nothing_that_came_after(
    town: Town,
) -> None:
    """Else a second form would stand there, and what was sent could be sent once more."""
    receipt, worker = await filed(town), town.person("worker")
    await worker.types("/receipt")
    await worker.submits(receipt=receipt)
    town.server.faults.late("views.update", 1.5)
    await worker.hand.press("message")
    async with asyncio.timeout(5):
        while town.server.faults.waiting:  # until it is on its way
            await asyncio.sleep(0.01)
    await worker.presses("message")
    said = await worker.submits(text="Once is enough for me.")
    assert "Readers see your message" in said
    await town.platform.tasks.drain()
    assert worker.sees == said


async def test_a_corrected_form_is_no_repeat(town: Town) -> None:
    """A view keeps its hash after errors."""
    worker = town.person("worker")
    await worker.types("/receipt")
    assert "One of the characters" in await worker.submits(receipt="0000000-0000000-0000001")
    assert "opens nothing" in await worker.submits(receipt="0000000-0000000-0000000")


# What is asked for ---------------------------------------------------------------------------------


async def test_a_command_that_is_none_is_refused_in_a_sentence(town: Town) -> None:
    worker = town.person("worker")
    town.server.app.commands.add("/dance")
    try:
        assert "/help" in await worker.types("/dance", "a lot")
    finally:
        town.server.app.commands.discard("/dance")


async def test_a_button_that_is_none_is_refused_in_a_sentence(town: Town) -> None:
    worker = town.person("worker")
    await worker.types("/about")
    view = town.server.screens[worker.hand._user.id].stack[-1].view
    shown = {"type": "button", "action_id": "unmask:everybody", "text": plain("Unmask")}
    view["blocks"].append({"type": "actions", "block_id": "b", "elements": [shown]})
    assert "/help" in await worker.presses("unmask")


async def test_a_form_of_an_older_version_is_refused_and_keeps_what_was_typed(town: Town) -> None:
    worker = town.person("worker")
    await worker.types("/grievance")
    await worker.submits()
    older(town, worker.view["id"])
    assert "older than my last change" in await worker.submits(**FORM)
    assert worker.view["state"]["values"]["story"]["story"]["value"] == STORY


async def test_a_card_of_an_older_version_is_refused_and_still_there(town: Town) -> None:
    worker = town.person("worker")
    label = await worker.types("/grievance")
    older(town, worker.view["id"])
    refused = await worker.submits()
    assert "older than my last change" in refused
    assert label in refused
    older(town, worker.view["id"])
    assert "older than my last change" in await worker.presses("elsewhere")


def older(town: Town, id: str) -> None:
    """A view that another version of us made."""
    for screen in town.server.screens.values():
        for one in screen.stack:
            if one.view["id"] == id:
                told = one.view["private_metadata"]
                one.view["private_metadata"] = told.replace(f'"v": {carried.VERSION}', '"v": 0')


async def test_a_message_after_the_case_was_deleted_is_refused_in_a_sentence(town: Town) -> None:
    receipt = await filed(town)
    await town.world.slot()
    first, second = town.person("worker"), town.person("colleague")
    for who in (first, second):
        if who.hand.view:
            await who.hand.close()
        await who.types("/receipt")
        await who.submits(receipt=receipt)
    await second.presses("message")
    await first.presses("delete")
    await first.presses("confirm")
    await town.world.slot()
    assert "Nothing more was stored" in await second.submits(text="Are you there?")


@pytest.mark.parametrize("written", NASTY, ids=range(len(NASTY)))
async def test_the_worst_that_people_write_is_shown_as_it_is(town: Town, written: str) -> None:
    said = (written if len(written.strip()) >= 20 else f"{written} is what I saw at work")[:3000]
    worker = town.person("worker")
    await worker.types("/grievance")
    await worker.submits()
    await worker.submits(**FORM | {"story": said})
    assert said.strip() in words(worker.view)
    await worker.presses("edit")
    (story,) = [one for one in worker.view["blocks"] if one["block_id"] == "story"]
    assert story["element"]["initial_value"] == said.strip()
    assert town.server.called == [], "nobody was called"


async def test_an_answer_of_3001_characters_gets_a_sentence_and_stays(town: Town) -> None:
    worker = town.person("worker")
    await worker.types("/grievance")
    await worker.submits()
    before = worker.hand.view
    await worker.hand.submit(FORM | {"story": "x" * 3001}, forced=True)
    assert "3,000" in worker.hand.errors["story"] or "3000" in worker.hand.errors["story"]
    assert worker.view["id"] == before["id"]


async def test_what_is_left_out_or_not_offered_gets_a_sentence_beside_it(town: Town) -> None:
    worker = town.person("worker")
    await worker.types("/grievance")
    await worker.submits()
    await worker.hand.submit({}, forced=True)
    assert worker.hand.errors.keys() == {"category", "spread", "impact", "story"}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


# Who let us in --------------------------------------------------------------------------------------


async def test_a_trigger_that_came_too_late_is_told_where_it_was_asked(town: Town) -> None:
    worker = town.person("worker")
    town.server.faults.error("views.open", "expired_trigger_id")
    await worker.hand.command("/grievance", channel=town.general)
    (said,) = await worker.hand.until(lambda: worker.hand.ephemerals)
    assert "Slack waited too long for me" in said["text"]


async def test_whoever_comes_from_another_workspace_is_in_no_place_of_the_community(
    town: Town,
) -> None:
    """Over a channel that two workspaces share."""
    organiser, stranger = town.person("organiser"), town.person("stranger")
    await organiser.types("/poll", "new", town.organisers)
    poll = {"question": "Shall we ask for tea?", "kind": "yes_no", "days": "2", "comment": "no"}
    await organiser.submits(**poll)
    await organiser.presses("confirm")
    await town.world.bot.tick()
    deliver = town.server.delivery.deliver

    async def from_elsewhere(kind: str, payload: dict[str, Any], space: Any) -> Any:
        payload["user"]["team_id"] = "T0ELSEWHERE"
        return await deliver(kind, payload, space)

    town.server.delivery.deliver = from_elsewhere  # type: ignore[method-assign]  # undone below
    try:
        assert "community" in (await stranger.presses("answer", where="message")).lower()
        assert [one["block_id"] for one in stranger.view["blocks"] if one["type"] == "input"] == [
            "code"
        ]
    finally:
        town.server.delivery.deliver = deliver  # type: ignore[method-assign]  # as it was
