"""Breaks that nobody notices are counted, and too many of them are said to be too many."""

from tests.mutation import counted, told

RESULTS = """
    adapters.vault.x_make_key_files__mutmut_1: killed
    adapters.vault.xǁFileVaultǁseal__mutmut_2: timeout
    adapters.vault.xǁFileVaultǁ__init____mutmut_3: survived
    bot.domain.privacy.disclosure.x_disclosed__mutmut_1: no tests
    bot.domain.privacy.disclosure.x__cells__mutmut_2: killed
"""


def test_each_place_tells_what_was_noticed_and_which_falls_short() -> None:
    assert told(counted(RESULTS)) == [
        "adapters.vault: 2 of 3 breaks noticed, 66.7%: short of 90%",
        "bot.domain.privacy.disclosure: 1 of 2 breaks noticed, 50.0%: short of 90%",
    ]


def test_enough_is_enough() -> None:
    most = "\n".join(f"    a.b.x_c__mutmut_{n}: killed" for n in range(9))
    assert told(counted(f"{most}\n    a.b.x_c__mutmut_9: survived")) == [
        "a.b: 9 of 10 breaks noticed, 90.0%"
    ]
    assert counted("mutmut: no results") == {}
