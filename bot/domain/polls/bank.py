"""The question bank: what a pulse may ask, so that waves can be compared over months.

The words are in ``bot/texts``: ``bank.<name>`` the question, ``.short`` its label in a form,
``.low`` and ``.high`` the ends of a scale, ``.for`` what it is good for. In our own words, on what
tech workers name as trouble (the default categories) and on whether being heard helps.
"""

from collections.abc import Mapping
from types import MappingProxyType

from bot.domain.polls.questions import Question, QuestionKind

_SCALE, _YES_NO, _NPS = QuestionKind.SCALE, QuestionKind.YES_NO, QuestionKind.NPS

_KINDS = {
    # How it is altogether
    "work_goes_well": _SCALE,
    "recommend": _NPS,
    "stay": _YES_NO,
    # Pay
    "pay_fair": _SCALE,
    "pay_open": _YES_NO,
    "paid_on_time": _SCALE,
    # Hours and on-call
    "hours_fit": _SCALE,
    "switch_off": _SCALE,
    "unpaid_hours": _YES_NO,
    "on_call_load": _SCALE,
    # Stress and health
    "workload": _SCALE,
    "stress": _SCALE,
    "rest_when_ill": _SCALE,
    # Surveillance
    "watched": _SCALE,
    "watching_known": _YES_NO,
    # Discrimination and harassment
    "respect": _SCALE,
    "fair_chances": _SCALE,
    "safe_to_report": _SCALE,
    # Ethics of the product
    "say_in_product": _SCALE,
    "doubts": _YES_NO,
    "ai_change": _SCALE,
    # Contract, and what comes after
    "job_secure": _SCALE,
    "time_to_learn": _SCALE,
    # Being heard
    "listened_to": _SCALE,
    "community_helps": _SCALE,
}

#: Name -> the question, in the order in which they are offered and asked.
BANK: Mapping[str, Question] = MappingProxyType(
    {name: Question(kind, bank=name) for name, kind in _KINDS.items()}
)
