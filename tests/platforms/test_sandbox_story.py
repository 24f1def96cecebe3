"""The told story, as a program tells it that ends in its midst."""

from datetime import datetime, timedelta
from pathlib import Path

from tests.fakes.demo import demo_in

NOOR = "noor-haddad"


def test_a_story_cut_short_ends_today_and_is_not_told_twice(tmp_path: Path) -> None:
    with demo_in(tmp_path, empty=False) as cut:
        assert cut.stop() == 0
    with demo_in(tmp_path, empty=False) as again:
        now = datetime.fromisoformat(again.person(NOOR).state["now"])
        assert abs(now - datetime.now(now.tzinfo)) < timedelta(days=8)
        assert again.get("/api/story").json == {"told": 0, "weeks": 0, "over": True}
        tour = again.get("/api/tour").json
        assert tour["stops"] == []
        assert len(tour["starts"]) == 3
        assert "started again" in tour["words"]["gone"]
