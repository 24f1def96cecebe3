"""How Slack writes texts into what it delivers: &, < and > as entities, in texts of blocks, too.

What people type into fields, values of options and buttons, and ``private_metadata`` come as they
are. (Measured by others: slackapi/bolt-python 513.)
"""

from typing import Any


def escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescaped(words: str) -> str:
    """As a client shows them."""
    return words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def delivered(value: Any) -> Any:
    """A copy of a view, message or action with its plain texts escaped; mrkdwn is kept as it came."""
    if isinstance(value, list):
        return [delivered(one) for one in value]
    if not isinstance(value, dict):
        return value
    copy = {key: delivered(one) for key, one in value.items()}
    if copy.get("type") == "plain_text" and isinstance(copy.get("text"), str):
        copy["text"] = escaped(unescaped(copy["text"]))
    return copy
