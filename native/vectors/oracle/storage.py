"""Where a stored value lies: spec 5.40."""

import base64

from question import member
from text import is_app_id, utf8_length

AREAS = ("storage", "files", "cache")


def place(question):
    app_id, user, area, key = (member(question, name, "text") for name in ("appId", "user", "area", "key"))
    if not is_app_id(app_id) or area not in AREAS or not is_key(user) or not is_key(key):
        return {"result": "refused"}
    return {"result": "ok", "path": f"u{base32(user)}/{area}/k{base32(key)}"}


def is_key(text):
    length = utf8_length(text)
    return length is not None and 1 <= length <= 128


def base32(text):
    return base64.b32encode(text.encode("utf-8")).decode("ascii").rstrip("=").lower()
