"""A card's chart becomes a picture in the community's words, or the card stays as it is."""

from dataclasses import replace
from datetime import UTC, datetime

from bot.chat import Card, Chart, ChartBar, ChartPanel, ChartPoint, Picture, Voice, line
from bot.ports import Bar, Noted, Panel, Point
from bot.services.pictures import Pictures
from tests.fakes.world import PIXEL, KeptCharts, KeptLog

VOICE = Voice(zone="Asia/Tokyo")
WAVE = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)
CHART = Chart(
    (
        ChartPanel(
            "Pay {more} in $?",
            (
                ChartBar("A & B", line("saved.title"), 25, 50),
                ChartBar(line("about.operator"), "40 %", None, None),
            ),
        ),
        ChartPanel(
            line("refused.title"),
            points=(ChartPoint(line("list", items=("x", "y")), -5, -5),),
        ),
    ),
    (line("list", items="Pay {more}"), line("slot.title", date=WAVE)),
)
CARD = Card(line("saved.title"), (line("slot.words"),), chart=CHART)


async def test_a_chart_is_drawn_in_words() -> None:
    charts = KeptCharts()
    card = await Pictures(charts, KeptLog()).developed(CARD, VOICE)
    saved, operator = charts.asked[0][0].bars[0].words, charts.asked[0][0].bars[1].label
    assert (saved == "saved.title", operator) == (False, "Run by")
    assert charts.asked == [
        (
            Panel(
                "Pay {more} in $?",
                (Bar("A & B", saved, 25, 50), Bar("Run by", "40 %", None, None)),
            ),
            Panel("Not done", points=(Point("x and y", -5, -5),)),
        )
    ]
    assert card.picture is not None
    assert card.picture.png == PIXEL
    assert replace(card, picture=None) == CARD


async def test_the_words_beside_it_say_the_same_in_the_zone_of_whom_it_is_for() -> None:
    card = await Pictures(KeptCharts(), KeptLog()).developed(CARD, VOICE)
    assert card.picture is not None
    first, second = card.picture.alt.splitlines()
    assert first == "Pay {more}"
    assert "2 June, 07:30 (Asia/Tokyo)" in second


async def test_what_cannot_be_drawn_leaves_the_card_as_it_is_and_is_noted_without_words() -> None:
    charts, log = KeptCharts(broken=True), KeptLog()
    assert await Pictures(charts, log).developed(CARD, VOICE) == CARD
    assert log.lines == [(Noted.WARNED, {"kind": "chart", "place": "not drawn"})]


async def test_a_card_without_a_chart_asks_nobody() -> None:
    charts, card = KeptCharts(), Card(line("saved.title"))
    assert await Pictures(charts, KeptLog()).developed(card, VOICE) is card
    assert charts.asked == []


def test_a_picture_is_never_spelled_out_in_a_trace() -> None:
    assert "PNG" not in repr(Picture(PIXEL, "words"))
