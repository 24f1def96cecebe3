"""Privacy: what may be shown of many answers, what is kept and how it is hidden.

disclosure.py  the one function that everything shown to more than one reader passes
results.py     what goes into it, and what comes out
flows.py       the same over time: what is shown week after week
keeping.py     padding, drafts, and how much one account may do in a day
"""

from bot.domain.privacy.disclosure import (
    FEW,
    LEAST_ELIGIBLE,
    PRIVACY_FLOOR,
    comments_shown,
    disclosed,
)
from bot.domain.privacy.flows import FIVE, Flow, flowed
from bot.domain.privacy.keeping import (
    ALLOWED_A_DAY,
    DRAFT_LASTS,
    Act,
    Bucket,
    draft_ends,
    padded,
    unpadded,
)
from bot.domain.privacy.results import Counted, Result, Share, Shares, Shown

__all__ = [
    "ALLOWED_A_DAY",
    "DRAFT_LASTS",
    "FEW",
    "FIVE",
    "LEAST_ELIGIBLE",
    "PRIVACY_FLOOR",
    "Act",
    "Bucket",
    "Counted",
    "Flow",
    "Result",
    "Share",
    "Shares",
    "Shown",
    "comments_shown",
    "disclosed",
    "draft_ends",
    "flowed",
    "padded",
    "unpadded",
]
