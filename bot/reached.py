"""Whether what the settings name would have us: each platform, and the mail server. Nothing is made there, and
nothing is said. Loads a platform's library only to ask."""

from importlib.util import find_spec

from bot.settings import Discord, Mail, MatrixAccount, Slack


async def matrix(known: MatrixAccount) -> str | None:
    """What keeps an account from working; nothing is made or sent."""
    from adapters.matrix.looking import trouble

    if find_spec("nio") is None:
        return "nio is not installed: install groundswell[matrix]."
    return await trouble(known)


async def slack(known: Slack) -> str | None:
    """What keeps its app from working; nothing is made or sent."""
    if find_spec("slack_bolt") is None:
        return "slack_bolt is not installed: install groundswell[slack]."
    from adapters.slack.looking import trouble

    return await trouble(known)


async def discord(known: Discord) -> str | None:
    """What keeps its app from working; nothing is made or sent."""
    if find_spec("discord") is None:
        return "discord.py is not installed: install groundswell[discord]."
    from adapters.discord.looking import trouble

    return await trouble(known)


async def mail(known: Mail) -> str | None:
    """What keeps its server from taking us; nothing is sent. Raises CannotStart."""
    try:
        from adapters.mail.server import MailServer
    except ModuleNotFoundError as wanted:
        return f"{wanted.name} is not installed: install groundswell[mail]."
    return await MailServer(known).trouble()
