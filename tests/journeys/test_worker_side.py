"""What a worker can do beside the straight road: urgent, edit, show again, and messages held back;
and how many of each a day. Told as acts, read as what people read.
"""

from datetime import timedelta

from tests.fakes.acts import STORY, Acts, names, receipt_in, shown
from tests.journeys.reading import (
    ALREADY_SENT,
    ANOTHER,
    MAIL,
    MONDAY,
    ON_DUTY,
    REP,
    TOO_LATE,
    WEDNESDAY,
    WORKER,
    day,
    errors,
    fields,
    listed,
    text,
    typed,
)


# Urgent -------------------------------------------------------------------------------------------
async def test_an_urgent_case_and_all_about_it_cross_at_once(acts: Acts) -> None:
    sent = await acts.press(WORKER, await acts.preview(WORKER), "send_urgent")
    assert "Readers can see your grievance now. Look again soon." in text(sent)
    await acts.world.bot.tick()
    assert [to for to, _ in acts.world.post.people] == [ON_DUTY]

    desk = await acts.desk(ON_DUTY)
    assert text(desk)[0].endswith(", urgent")
    assert text(desk)[1] == "Please acknowledge by Tuesday 2 June, 07:00 (UTC)."
    await acts.fill(ON_DUTY, await acts.press(ON_DUTY, desk, "ask"), text="Are you safe now?")
    view = await acts.visit(WORKER, receipt_in(sent))
    assert "Are you safe now?" in fields(view).values()
    await acts.write(WORKER, view, "Yes, for tonight.")
    assert "Yes, for tonight." in fields(await acts.desk(ON_DUTY)).values()


async def test_one_urgent_case_a_day_and_the_second_can_still_be_sent(acts: Acts) -> None:
    await acts.file(WORKER, "send_urgent")
    second = await acts.preview(WORKER)
    assert text(await acts.press(WORKER, second, "send_urgent")) == [
        "Not done",
        "One urgent case a day can be taken from one account. You can send this one for the next "
        "slot: your text is still there.",
    ]
    sent = await acts.press(WORKER, second, "send")
    assert f"Readers see your grievance on {MONDAY}. Look again after that." in text(sent)
    await acts.file(ANOTHER, "send_urgent")  # everybody has one
    await day(acts)
    await acts.file(WORKER, "send_urgent")
    assert await listed(acts, REP) == 4


async def test_what_is_no_longer_urgent_waits_for_its_slot(acts: Acts) -> None:
    receipt = await acts.file(WORKER, "send_urgent")
    view = await acts.visit(WORKER, receipt)
    calm = await acts.press(WORKER, view, "not_urgent")
    assert text(calm)[1] == (
        f"Done. From {MONDAY} on everything crosses at the slots, together with others."
    )
    assert "not_urgent" not in names(calm)
    await acts.write(WORKER, calm, "I can wait for this one.")
    assert "I can wait for this one." not in fields(await acts.desk(REP)).values()
    await acts.world.slot()
    desk = await acts.desk(REP)
    assert "I can wait for this one." in fields(desk).values()
    assert not text(desk)[0].endswith("urgent")


async def test_only_an_urgent_case_offers_to_be_urgent_no_more(acts: Acts) -> None:
    view = await acts.visit(WORKER, await acts.file(WORKER))
    assert names(view) == ["message", "exclude", "withdraw", "export", "delete"]


# The preview --------------------------------------------------------------------------------------
async def test_the_preview_is_edited_and_only_the_last_words_are_sent(acts: Acts) -> None:
    karim = await acts.staff("Karim Benali")
    first = await acts.preview(WORKER, exclude=[karim])
    form = await acts.press(WORKER, first, "edit")
    assert {
        name: typed(form, name) for name in ("category", "spread", "impact", "story", "exclude")
    } == {
        "category": "on_call",
        "spread": "team",
        "impact": "4",
        "story": STORY,
        "exclude": (karim,),
    }
    answers = {"category": "stress", "spread": "me", "impact": "5"}
    second = await acts.fill(WORKER, form, **answers, story="After such a week I make mistakes.")
    assert "Readers: Greta Holm (rep), Ines Moreau (rep), and Ruth Adeyemi (organiser)." in text(
        first
    )
    readers = (
        "Readers: Greta Holm (rep), Ines Moreau (rep), Karim Benali (rep), and Ruth Adeyemi "
        "(organiser)."
    )
    assert readers in text(second)
    receipt = receipt_in(await acts.press(WORKER, second, "send"))
    seen = fields(await acts.visit(WORKER, receipt))
    assert "After such a week I make mistakes." in seen.values()
    assert STORY not in seen.values()
    await acts.world.slot()
    assert await listed(acts, REP) == 1


async def test_a_cancelled_preview_sends_nothing(acts: Acts) -> None:
    preview = await acts.preview(WORKER)
    cancelled = await acts.press(WORKER, preview, "cancel")
    assert text(cancelled) == ["Cancelled", "Nothing was sent."]
    assert cancelled.takes_away
    for name in ("send", "send_urgent", "edit", "cancel"):
        assert text(await acts.press(WORKER, preview, name)) == ["Not done", TOO_LATE]
    await acts.world.slot()
    assert await listed(acts, ON_DUTY) == 0


async def test_cancel_does_not_say_that_nothing_was_sent_when_it_was(acts: Acts) -> None:
    preview = await acts.preview(WORKER)
    sent = await acts.press(WORKER, preview, "send")
    assert text(await acts.press(WORKER, preview, "cancel")) == ["Not done", ALREADY_SENT]
    again = await acts.press(WORKER, sent, "show_again")
    assert receipt_in(again) == receipt_in(sent)


async def test_send_pressed_twice_is_one_case_with_one_receipt(acts: Acts) -> None:
    preview = await acts.preview(WORKER)
    one, two = [await acts.press(WORKER, preview, "send") for _ in range(2)]
    assert receipt_in(one) == receipt_in(two)
    await acts.world.slot()
    assert await listed(acts, ON_DUTY) == 1


async def test_the_receipt_is_shown_again_until_saved_is_pressed(acts: Acts) -> None:
    sent = await acts.press(WORKER, await acts.preview(WORKER), "send")
    for _ in range(3):
        assert receipt_in(await acts.press(WORKER, sent, "show_again")) == receipt_in(sent)
    saved = await acts.press(WORKER, sent, "saved")
    assert saved.takes_away
    assert text(await acts.press(WORKER, sent, "show_again")) == ["Not done", TOO_LATE]
    assert STORY in fields(await acts.visit(WORKER, receipt_in(sent))).values()


async def test_the_receipt_is_shown_again_for_half_an_hour_at_least_and_an_hour_at_most(
    acts: Acts,
) -> None:
    sent = await acts.press(WORKER, await acts.preview(WORKER), "send")
    acts.world.clock.move(timedelta(minutes=29))
    assert receipt_in(await acts.press(WORKER, sent, "show_again")) == receipt_in(sent)
    acts.world.clock.move(timedelta(minutes=31))
    assert text(await acts.press(WORKER, sent, "show_again")) == ["Not done", TOO_LATE]


async def test_three_grievances_a_day_and_the_next_day_three_more(acts: Acts) -> None:
    previews = [await acts.preview(WORKER) for _ in range(4)]
    for preview in previews[:3]:
        assert receipt_in(await acts.press(WORKER, preview, "send"))
    too_many = (
        "Three grievances a day can be taken from one account. Please come back tomorrow, or add "
        "to a case you have: /receipt"
    )
    assert text(await acts.press(WORKER, previews[3], "send")) == ["Not done", too_many]
    assert text(await acts.say(WORKER, "grievance")) == ["Not done", too_many]
    assert receipt_in(await acts.press(WORKER, previews[0], "send"))  # a repeat is not a fourth
    await acts.file(ANOTHER)
    await day(acts)
    await acts.file(WORKER)


# Messages -----------------------------------------------------------------------------------------
async def test_a_message_that_could_point_at_someone_is_held_back_for_a_look(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    await acts.world.slot()
    view = await acts.visit(WORKER, receipt)
    held = await acts.fill(WORKER, await acts.press(WORKER, view, "message"), text=MAIL)
    assert text(held) == [
        "Please check your message",
        "Some of this could point at you or at others. You decide; nothing is changed for you.",
        "There is an e-mail address in it.",
    ]
    assert names(held) == ["send", "edit", "cancel"]
    assert MAIL not in fields(await acts.visit(WORKER, receipt)).values()
    taken = await acts.press(WORKER, held, "send")
    assert text(taken)[1] == f"Taken. Readers see your message on {WEDNESDAY}."
    assert MAIL in fields(await acts.visit(WORKER, receipt)).values()
    await acts.world.slot()
    assert MAIL in fields(await acts.desk(REP)).values()


async def test_a_message_held_back_is_edited_or_cancelled(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    view = await acts.visit(WORKER, receipt)
    held = await acts.fill(WORKER, await acts.press(WORKER, view, "message"), text=MAIL)
    form = await acts.press(WORKER, held, "edit")
    assert typed(form, "text") == MAIL
    await acts.fill(WORKER, form, text="Please answer me here.")
    other = await acts.fill(WORKER, await acts.press(WORKER, view, "message"), text=MAIL + " Two.")
    assert text(await acts.press(WORKER, other, "cancel")) == ["Cancelled", "Nothing was sent."]
    seen = fields(await acts.visit(WORKER, receipt)).values()
    assert "Please answer me here." in seen
    assert not any(MAIL in one for one in seen)


async def test_a_message_that_was_sent_is_neither_cancelled_nor_lost_in_an_edit(acts: Acts) -> None:
    view = await acts.visit(WORKER, await acts.file(WORKER))
    form = await acts.press(WORKER, view, "message")
    held = await acts.fill(WORKER, form, text=MAIL)
    await acts.press(WORKER, held, "send")
    for name in ("edit", "cancel"):
        assert text(await acts.press(WORKER, held, name)) == ["Not done", ALREADY_SENT]
    for other in ("Other words than those.", MAIL + " And more."):
        refused = await acts.fill(WORKER, form, text=other)
        if "send" in names(refused):
            refused = await acts.press(WORKER, refused, "send")
            assert text(refused)[1] == ALREADY_SENT
            continue
        assert errors(refused) == {"text": ALREADY_SENT}
        assert typed(refused, "text") == other


async def test_a_message_sent_in_twice_is_there_once(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    form = await acts.press(WORKER, await acts.visit(WORKER, receipt), "message")
    for _ in range(3):
        taken = await acts.fill(WORKER, form, text="It happened again.")
        assert text(taken)[1] == f"Taken. Readers see your message on {MONDAY}."
    await acts.world.slot()
    assert shown(await acts.desk(REP)).count("It happened again.") == 1


async def test_five_messages_a_day_for_one_case_and_no_word_is_lost(acts: Acts) -> None:
    receipt, other = await acts.file(WORKER), await acts.file(WORKER)
    for n in range(5):
        await acts.write(WORKER, await acts.visit(WORKER, receipt), f"This is word {n}.")
    view = await acts.visit(WORKER, receipt)
    form = await acts.press(WORKER, view, "message")
    refused = await acts.fill(WORKER, form, text="This is one too many.")
    assert errors(refused) == {
        "text": "Five messages a day can be taken for one case. Please come back tomorrow; one "
        "longer message counts as one."
    }
    assert typed(refused, "text") == "This is one too many."
    taken = await acts.write(WORKER, await acts.visit(WORKER, other), "Another case, another five.")
    assert text(taken)[1].startswith("Taken.")
    await day(acts)
    taken = await acts.write(WORKER, await acts.visit(WORKER, receipt), "A new day.")
    assert text(taken)[1].startswith("Taken.")
