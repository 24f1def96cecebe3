"""What the REST API says when it refuses: a status, a number, a sentence, and where in the body it is wrong."""

from typing import Any

Json = dict[str, Any]


class ApiError(Exception):
    def __init__(self, status: int, code: int, message: str, **more: Any) -> None:
        super().__init__(f"{status} {code} {message} {more.get('errors', '')}")
        self.status, self.code, self.message, self.more = status, code, message, more

    def told(self) -> Json:
        return {"message": self.message, "code": self.code, **self.more}


#: What is not there, by what it is called in a path.
UNKNOWN = {
    "application": (10002, "Unknown Application"),
    "channel": (10003, "Unknown Channel"),
    "guild": (10004, "Unknown Guild"),
    "member": (10007, "Unknown Member"),
    "message": (10008, "Unknown Message"),
    "role": (10011, "Unknown Role"),
    "user": (10013, "Unknown User"),
    "webhook": (10015, "Unknown Webhook"),
    "interaction": (10062, "Unknown interaction"),
    "command": (10063, "Unknown application command"),
}


def unknown(what: str) -> ApiError:
    code, message = UNKNOWN[what]
    return ApiError(404, code, message)


def no_access() -> ApiError:
    return ApiError(403, 50001, "Missing Access")


def no_permission() -> ApiError:
    return ApiError(403, 50013, "Missing Permissions")


class Wrong:
    """What is wrong in a body, gathered by where it is, and refused all at once."""

    def __init__(self) -> None:
        self.tree: Json = {}

    def add(self, at: tuple[Any, ...], code: str, message: str) -> None:
        here = self.tree
        for step in at:
            here = here.setdefault(str(step), {})
        here.setdefault("_errors", []).append({"code": code, "message": message})

    def refuse(self) -> None:
        if self.tree:
            raise ApiError(400, 50035, "Invalid Form Body", errors=self.tree)


def misfit(at: tuple[Any, ...], code: str, message: str) -> ApiError:
    """One thing that is wrong in a body."""
    wrong = Wrong()
    wrong.add(at, code, message)
    return ApiError(400, 50035, "Invalid Form Body", errors=wrong.tree)
