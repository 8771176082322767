"""Members of a question, typed: what is missing or of another type cannot be answered (spec 8.3)."""

from strict_json import is_integer


class CannotAnswer(Exception):
    """Told as `error`."""


KINDS = {
    "text": lambda value: isinstance(value, str),
    "integer": is_integer,
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "list": lambda value: isinstance(value, list),
}
REQUIRED = object()


def member(owner, name, kind, default=REQUIRED):
    if name not in owner:
        if default is REQUIRED:
            raise CannotAnswer(f"{name} is missing")
        return default
    return typed(owner[name], kind, name)


def typed(value, kind, name):
    if not KINDS[kind](value):
        raise CannotAnswer(f"{name} is no {kind}")
    return value


def texts(owner, name, default=REQUIRED):
    return [typed(item, "text", name) for item in member(owner, name, "list", default)]
