"""What whoever draws charts promises: a picture of whatever is asked, or NotDrawn, and no trace.

Over the one that draws in a process of its own, and over the one the tests use.
"""

import asyncio
import json
import struct
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from adapters.charts.process import SubprocessCharts
from bot.ports import Bar, Charts, NotDrawn, Panel, Point
from tests.fakes.world import KeptCharts

TWO = Panel("Shall we?", (Bar("Yes", "68 %", 68, 68), Bar("No", "25-50 %", 25, 50)))
HIDDEN = Panel("Shall we?", (Bar("Yes", "not shown", None, None),))
TREND = Panel(
    "Over the weeks",
    points=(
        Point("5 Jan", 40, 40),
        Point("12 Jan", None, None),
        Point("19 Jan", 25, 50),
        Point("26 Jan", -100, -100),
        Point("2 Feb", 100, 100),
    ),
)

#: What people write and drawing libraries love to change or to choke on.
WORDS = [
    "Pay $10 more, not $5_{less}$ \\frac{1}{2} $$ \\",
    "שעות עבודה גמישות 35",
    "المزيد من الإجازات",
    "\u202eright-to-left\u202c \u200b zero width \x00\x07",
    "休暇を増やす 🚀 👩🏽‍💻 \U0010ffff",
    "Удалённая работа, Ευέλικτο ωράριο, e\u0301",
    "two\nlines\tand a tab",
    "{who} %s <b>&amp;</b> *_`",
    "x" * 200,
    "long words " * 20,
    "\ud83d",
    " ",
    "",
]


#: One loop for all of them, so that one child can draw for most: a start costs a second.
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("charts")]
PATIENCE = 120.0  #: seconds for one picture: a busy machine is no defect


def fresh(**by: float) -> SubprocessCharts:
    return SubprocessCharts(**({"within": PATIENCE} | by))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def real() -> AsyncIterator[SubprocessCharts]:
    charts = fresh()
    yield charts
    await charts.close()


@pytest.fixture(params=["real", "fake"])
def charts(request: pytest.FixtureRequest, real: SubprocessCharts) -> Charts:
    return real if request.param == "real" else KeptCharts()


def size(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert png[-8:-4] == b"IEND"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


async def test_a_chart_becomes_a_png(charts: Charts) -> None:
    assert size(await charts.draw([TWO])) >= (1, 1)


async def test_whatever_people_write_is_drawn(charts: Charts) -> None:
    for words in WORDS:
        panel = Panel(words, (Bar(words, words, 0, 100), Bar(words, words, None, None)))
        trend = Panel(words, points=(Point(words, 1, 1), Point(words, None, None)))
        size(await charts.draw([panel, trend]))


@pytest.mark.parametrize(
    "panels",
    [
        [HIDDEN],
        [TREND],
        [Panel("One wave", points=(Point("5 Jan", 62, 62),))],
        [Panel("All hidden", points=(Point("5 Jan", None, None), Point("12 Jan", None, None)))],
        [Panel("Twenty", tuple(Bar(f"Option {n}", f"{n} %", n, n) for n in range(20)))],
        [Panel("A year", points=tuple(Point(f"Week {n}", n, n + 40) for n in range(52)))],
        [Panel("None")],
        [],
        [TWO, HIDDEN, TREND, TWO, HIDDEN],
    ],
    ids=lambda panels: panels[0].title if panels else "nothing",
)
async def test_every_kind_of_chart_is_drawn(charts: Charts, panels: list[Panel]) -> None:
    size(await charts.draw(panels))


# The process of its own --------------------------------------------------------------------------


async def test_it_is_as_wide_as_a_telephone_at_twice_its_points_and_as_high_as_it_takes(
    real: SubprocessCharts,
) -> None:
    short, long = [size(await real.draw(panels)) for panels in ([TWO], [TWO, TREND])]
    assert (short[0], long[0]) == (720, 720)
    assert 200 < short[1] < long[1] < 2000


async def test_the_same_chart_is_the_same_picture_and_says_not_with_what_it_was_drawn(
    real: SubprocessCharts,
) -> None:
    other = fresh()
    pictures = [await one.draw([TWO, TREND]) for one in (real, other)]
    await other.close()
    assert pictures[0] == pictures[1]
    assert b"atplotlib" not in pictures[0]


async def test_a_dollar_sign_is_a_dollar_sign(real: SubprocessCharts) -> None:
    """A formula is the same with more room in it; words are not."""
    pictures = [
        await real.draw([Panel("a", (Bar(words, "1 %", 1, 1),))]) for words in ("$x$", "$ x $")
    ]
    assert pictures[0] != pictures[1]


async def test_nothing_of_people_s_words_is_lost_but_what_cannot_be_seen(
    real: SubprocessCharts,
) -> None:
    """Another word, another picture; another invisible sign, the same."""
    names = ("a", "b", "a\u202e", " a\n")
    pictures = [await real.draw([Panel(name, (Bar("a", "1 %", 1, 1),))]) for name in names]
    assert [one == pictures[0] for one in pictures] == [True, False, True, True]


async def test_the_same_results_in_three_spaces_are_drawn_once(
    real: SubprocessCharts, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await real.draw([TWO])
    assert real._child is not None
    monkeypatch.setattr(real, "_ask", None)  # whoever asks now, fails
    assert await asyncio.gather(real.draw([TWO]), real.draw([TWO])) == [first, first]


async def test_asked_for_at_the_same_time_all_are_drawn_one_after_the_other(
    real: SubprocessCharts,
) -> None:
    many = [[replace(panel, title="At once")] for panel in (TWO, HIDDEN, TREND, TWO)]
    pictures = await asyncio.gather(*map(real.draw, many))
    assert len({size(png) for png in pictures}) == 3
    assert pictures[0] == pictures[3]


async def test_only_the_last_sixteen_pictures_are_kept(real: SubprocessCharts) -> None:
    for n in range(18):
        await real.draw([Panel(f"{n}", (Bar("a", "1 %", 1, 1),))])
    await real.draw([Panel("2", (Bar("a", "1 %", 1, 1),))])  # asked for again: the newest now
    kept = [json.loads(key)[0]["title"] for key in real._drawn]
    assert kept == [*(f"{n}" for n in range(3, 18)), "2"]


# Trouble -----------------------------------------------------------------------------------------


def saying(code: str) -> list[str]:
    """A child that is somebody else."""
    return [sys.executable, "-c", f"import sys, time\n{code}"]


NONSENSE = {
    "ends at once": "",
    "ends after the question": "sys.stdin.buffer.read(4)",
    "says half": "sys.stdout.buffer.write(b'\\0\\0\\0\\x20half')",
    "says something else": "sys.stdout.buffer.write(b'\\0\\0\\0\\x04text')",
    "says nothing": "sys.stdout.buffer.write(bytes(4))",
    "never stops": "sys.stdout.buffer.write(b'\\xff' * 2**26)",
}


@pytest.mark.parametrize("trouble", NONSENSE)
async def test_a_child_that_dies_or_says_nonsense_draws_nothing(trouble: str) -> None:
    charts = SubprocessCharts(saying(NONSENSE[trouble]))
    for _ in range(2):
        with pytest.raises(NotDrawn):
            await charts.draw([TWO])
        assert charts._child is None
    await charts.close()


async def test_a_child_that_is_not_there_draws_nothing() -> None:
    charts = SubprocessCharts(["/no/such/python"])
    with pytest.raises(NotDrawn):
        await charts.draw([TWO])
    await charts.close()


async def test_what_takes_too_long_is_not_drawn_and_its_child_is_gone() -> None:
    charts = SubprocessCharts(saying("time.sleep(600)"), within=0.3)
    drawing = asyncio.create_task(charts.draw([TWO]))
    child = await started(charts)
    with pytest.raises(NotDrawn):
        await drawing
    assert child.returncode == -9
    await charts.close()


async def started(charts: SubprocessCharts) -> asyncio.subprocess.Process:
    async with asyncio.timeout(20):
        while charts._child is None:
            await asyncio.sleep(0.001)
    return charts._child


async def test_a_child_killed_in_the_middle_is_one_picture_less_and_no_more() -> None:
    charts = fresh()
    drawing = asyncio.create_task(charts.draw([TWO]))
    (await started(charts)).kill()
    with pytest.raises(NotDrawn):
        await drawing
    assert size(await charts.draw([TWO]))
    await charts.close()


async def test_a_child_killed_between_two_pictures_is_one_picture_less_and_no_more() -> None:
    charts = fresh()
    await charts.draw([TWO])
    (await started(charts)).kill()
    with pytest.raises(NotDrawn):
        await charts.draw([HIDDEN])
    assert size(await charts.draw([HIDDEN]))
    await charts.close()


async def test_whoever_gives_up_waiting_leaves_no_answer_for_the_next() -> None:
    charts = fresh()
    first = await charts.draw([TWO])
    drawing = asyncio.create_task(charts.draw([TREND]))
    await asyncio.sleep(0.005)
    drawing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drawing
    assert size(await charts.draw([HIDDEN])) < size(first)
    await charts.close()


# No trace ----------------------------------------------------------------------------------------


async def test_a_child_that_nobody_asks_goes_and_another_comes() -> None:
    charts = fresh(rests=0.05)
    await charts.draw([TWO])
    async with asyncio.timeout(20):
        while charts._child is not None or charts._resting is not None:
            await asyncio.sleep(0.01)
    assert size(await charts.draw([HIDDEN]))
    await charts.close()


async def test_the_child_knows_nothing_of_the_bot_s_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GROUNDSWELL_SECRET", "hush")
    charts = fresh()
    await charts.draw([TWO])
    child = await started(charts)
    told = Path(f"/proc/{child.pid}/environ").read_bytes().split(b"\0")
    await charts.close()
    assert {one.partition(b"=")[0] for one in told if one} == {
        b"MPLBACKEND",
        b"MPLCONFIGDIR",
        b"OPENBLAS_NUM_THREADS",
    }


async def test_when_it_is_closed_the_child_and_its_folder_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    charts = fresh()
    await charts.draw([TWO])
    child = await started(charts)
    assert list(tmp_path.iterdir()) != []
    await charts.close()
    assert child.returncode is not None
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NotDrawn):
        await charts.draw([HIDDEN])


async def test_closing_does_not_wait_for_a_picture() -> None:
    charts = SubprocessCharts(saying("time.sleep(600)"))
    drawing = asyncio.create_task(charts.draw([TWO]))
    await started(charts)
    async with asyncio.timeout(10):
        await charts.close()
    with pytest.raises(NotDrawn):
        await drawing


async def test_what_never_drew_has_nothing_to_close() -> None:
    await fresh().close()
