"""Between the rows of polls and pulses and their dataclasses: two small functions each."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from bot.domain.communities import CommunityId
from bot.domain.polls import (
    Every,
    Poll,
    PollId,
    Pulse,
    PulseId,
    Question,
    ToldBy,
)
from bot.domain.privacy import Result, Share, Shares, Shown


def poll_to_row(poll: Poll) -> dict[str, Any]:
    return {
        "id": poll.id,
        "community": poll.community,
        "questions": [_question_to_json(one) for one in poll.questions],
        "settings": {
            "comment": poll.comment,
            "floor": poll.floor,
            "eligible": poll.eligible,
            "told_by": poll.told_by.value,
            "spaces": list(poll.spaces),
        },
        "opens": poll.opens,
        "closes": poll.closes,
        "closed": poll.closed,
        "public_key": poll.public_key,
        "pulse": poll.pulse,
        "wave": poll.wave,
        "result": None if poll.result is None else result_to_json(poll.result),
        "outcome": poll.outcome,
    }


def poll_from_row(row: RowMapping) -> Poll:
    frozen = row["settings"]
    return Poll(
        PollId(row["id"]),
        CommunityId(row["community"]),
        tuple(Question.of(one) for one in row["questions"]),
        frozen["comment"],
        row["opens"],
        row["closes"],
        frozen["floor"],
        frozen["eligible"],
        ToldBy(frozen["told_by"]),
        tuple(frozen["spaces"]),
        row["public_key"],
        None if row["pulse"] is None else PulseId(row["pulse"]),
        row["wave"],
        row["closed"],
        None if row["result"] is None else result_from_json(row["result"]),
        row["outcome"],
    )


def pulse_to_row(pulse: Pulse) -> dict[str, Any]:
    settings = {
        "bank": list(pulse.bank),
        "every": pulse.every.value,
        "days": pulse.days,
        "comment": pulse.comment,
        "first": pulse.first.isoformat(),
        "zone": pulse.zone,
    }
    return {"id": pulse.id, "community": pulse.community, "settings": settings}


def pulse_from_row(row: RowMapping) -> Pulse:
    settings = row["settings"]
    return Pulse(
        PulseId(row["id"]),
        CommunityId(row["community"]),
        tuple(settings["bank"]),
        Every(settings["every"]),
        settings["days"],
        settings["comment"],
        datetime.fromisoformat(settings["first"]),
        settings["zone"],
    )


def result_to_json(result: Result) -> dict[str, Any]:
    return {
        "turnout": _share_to_json(result.turnout),
        "questions": [_shares_to_json(one) for one in result.questions],
    }


def result_from_json(kept: Mapping[str, Any]) -> Result:
    return Result(
        _share_from_json(kept["turnout"]),
        tuple(_shares_from_json(one) for one in kept["questions"]),
    )


def _question_to_json(question: Question) -> dict[str, Any]:
    return {
        "kind": question.kind.value,
        "text": question.text,
        "options": list(question.options),
        "most": question.most,
        "bank": question.bank,
    }


def _shares_to_json(shares: Shares) -> dict[str, Any]:
    return {
        "shown": shares.shown.value,
        "cells": [_share_to_json(one) for one in shares.cells],
        "groups": shares.groups,
        "majority": list(shares.majority),
        "order": [list(level) for level in shares.order],
        "score": shares.score,
    }


def _shares_from_json(kept: Mapping[str, Any]) -> Shares:
    return Shares(
        Shown(kept["shown"]),
        tuple(_share_from_json(one) for one in kept["cells"]),
        kept["groups"],
        tuple(kept["majority"]),
        tuple(tuple(level) for level in kept["order"]),
        kept["score"],
    )


def _share_to_json(share: Share | None) -> list[int] | None:
    return None if share is None else [share.low, share.high]


def _share_from_json(kept: list[int] | None) -> Share | None:
    return None if kept is None else Share(*kept)
