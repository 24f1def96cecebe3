"""The first journey as three people in three tabs of a real browser; and once by keyboard alone.

Nothing is asked of the server but what the page asks: people type, click, read and move the clock.
"""

from playwright.async_api import Page, expect

from tests.fakes.demo import STORY, demo_in
from tests.journeys.tabs import Tab, browser, window

WORKER, ON_DUTY, OTHER_REP = "noor-haddad", "ines-moreau", "karim-benali"


async def test_three_people_take_a_grievance_to_its_end(tmp_path) -> None:
    with demo_in(tmp_path) as demo:
        async with browser() as chromium:
            context = await window(chromium)
            worker = await Tab.open(context, demo.address, WORKER)
            rep = await Tab.open(context, demo.address, ON_DUTY)
            other = await Tab.open(context, demo.address, OTHER_REP)

            receipt = await _file(worker)
            await other.says("/cases")
            await other.sees("Nothing waits for you.")

            await worker.moves_clock("slot")
            await rep.goes_to(f"direct-{ON_DUTY}")
            await rep.sees("A case needs you by")
            await rep.presses("cases", "1 case.")
            await rep.presses("open", STORY)
            await rep.presses("acknowledge", "You took this case.")
            await rep.presses("ask")
            await rep.fills("text", "Is a second person on call with you?")
            await rep.submits()
            await rep.sees("Your question is kept.")

            await other.says("/cases")
            await other.presses("open", STORY)
            await other.sees("Ines Moreau (rep) asked")
            await other.presses("note")
            await other.fills("text", "I know this team from last year.")
            await other.submits()

            await worker.types_receipt(receipt)
            await worker.sees("With the reps")
            await expect(worker.last).not_to_contain_text("Is a second person")

            await worker.moves_clock("slot")
            await worker.types_receipt(receipt)
            await worker.sees("Waiting on you")
            await worker.sees("Opened by: rep.")
            await worker.sees("Is a second person on call with you?")
            await worker.presses("message")
            await worker.fills("text", "It went on last night, too.")
            await worker.submits()
            await worker.sees("Taken.")

            await other.says("/cases")
            await other.presses("open", STORY)
            await expect(other.last).not_to_contain_text("It went on last night, too.")
            await rep.moves_clock("slot")
            await rep.goes_to("general")
            await rep.says("/cases")
            await rep.presses("open", "It went on last night, too.")
            await rep.sees("I know this team from last year.")
            await rep.presses("resolve")
            await rep.fills("outcome", "You said nobody rests. We agreed a morning off.")
            await rep.submits()
            await rep.sees("Resolved.")

            await worker.moves_clock("slot")
            await worker.types_receipt(receipt)
            await worker.sees("You said nobody rests. We agreed a morning off.")
            await worker.sees("Resolved")
            await expect(worker.last).not_to_contain_text("I know this team from last year.")

            await _shredded(worker, receipt)
            await other.says("/cases")
            await other.sees("Nothing waits for you.")
            for tab in (worker, rep, other):
                assert tab.complaints == []


async def _file(worker: Tab) -> str:
    await worker.says("/grievance")
    await worker.sees("Your name is not kept, and reps never see it.")
    await expect(worker.last).to_contain_text("Only you see this", ignore_case=True)
    await worker.presses("continue")
    await worker.page.locator("#form-submit").click()
    await expect(worker.dialog.locator('[data-field="story"] .wrong')).to_have_text(
        "Please write something here."
    )
    await expect(worker.dialog.locator(".wrong:visible")).to_have_count(4)
    await worker.chooses("category", "on_call")
    await worker.chooses("spread", "team")
    await worker.chooses("impact", "4")
    await worker.fills("story", STORY)
    await worker.submits()
    await worker.sees("This is exactly what readers will see.")
    await worker.sees(STORY)
    await worker.presses("send", "Keep this receipt")
    receipt = await worker.receipt()
    await worker.presses("saved", "To look at your case: /receipt.")
    await expect(worker.page.locator("body")).not_to_contain_text(receipt)
    return receipt


async def _shredded(worker: Tab, receipt: str) -> None:
    """Sixty days after the end and the slot after that, the receipt opens nothing."""
    for _ in range(9):
        await worker.moves_clock("P7D")
    await worker.says("/receipt")
    await worker.fills("receipt", receipt)
    await worker.page.locator("#form-submit").click()
    await expect(worker.dialog.locator('[data-field="receipt"] .wrong')).to_contain_text(
        "This receipt opens nothing."
    )
    await worker.page.locator("#form-cancel").click()
    await worker.page.locator("#form-throw").click()
    await expect(worker.dialog).to_be_hidden()


async def test_a_grievance_is_filed_by_keyboard_alone(tmp_path) -> None:
    with demo_in(tmp_path) as demo:
        async with browser() as chromium:
            worker = await Tab.open(await window(chromium), demo.address, WORKER)
            page, keys = worker.page, worker.page.keyboard
            await _tab_to(page, "#skip")
            await keys.press("Enter")
            await _tab_to(page, "#say")
            await keys.type("/g")
            await expect(page.locator('#completion [data-command="grievance"]')).to_be_visible()
            await keys.press("Enter")
            await expect(page.locator("#say")).to_have_value("/grievance ")
            await keys.press("Enter")
            await worker.sees("Before you write")
            await _tab_to(page, '[data-button="continue"]', back=True)
            await keys.press("Enter")

            await expect(worker.dialog).to_be_visible()
            await _tab_to(page, 'select[name="category"]')
            await keys.type("On-call")
            await keys.press("Tab")
            await keys.press("Space")
            await keys.press("ArrowDown")
            await keys.press("Tab")
            await keys.press("Space")
            for _ in range(3):
                await keys.press("ArrowDown")
            await keys.press("Tab")
            await keys.type(STORY)
            await keys.press("Escape")
            await expect(page.locator("#form-keep")).to_be_focused()
            await keys.press("Enter")
            await expect(page.locator('textarea[name="story"]')).to_have_value(STORY)
            await _tab_to(page, "#form-submit")
            await keys.press("Enter")

            await worker.sees("Please check before you send")
            for words in ("On-call", "My team", "4: it does harm", STORY):
                await worker.sees(words)
            await _tab_to(page, '[data-button^="send:"]')
            await keys.press("Enter")
            await worker.sees("Keep this receipt")
            assert await worker.receipt()
            await _tab_to(page, '[data-button^="saved:"]')
            await keys.press("Enter")
            await worker.sees("To look at your case: /receipt.")
            assert demo.rows()["groundswell.waiting"] == 1
            assert worker.complaints == []


async def _tab_to(page: Page, selector: str, *, back: bool = False, most: int = 40) -> None:
    """Go on with Tab, as anyone without a mouse must, until that is what has the focus."""
    for _ in range(most):
        if await page.locator(selector).last.evaluate("node => node === document.activeElement"):
            return
        await page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"{selector} is not reached in {most} steps")
