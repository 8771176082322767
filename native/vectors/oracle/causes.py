"""The cause key of a denial: spec 5.23."""

import hashlib

from hosts import PURPOSES, split_url
from question import CannotAnswer, member
from shapes import read_schema
from text import is_host, lower_ascii

MINUTE = read_schema("telemetry-batch")["properties"]["programs"]["items"]["properties"]["minutes"]["items"]
CODES = MINUTE["properties"]["denials"]["items"]["anyOf"][0]["properties"]["code"]["enum"]


def reckon(question):
    app_id, code, api = (member(question, name, "text") for name in ("appId", "code", "api"))
    version = member(question, "versionCode", "integer")
    url, purpose = member(question, "url", "text", None), member(question, "purpose", "text", None)
    if code not in CODES or purpose not in (None, *PURPOSES):
        raise CannotAnswer("code or purpose is none of its list")
    subject = target(url, purpose) or told(api)
    text = "\n".join([app_id, str(int(version)), code, subject])
    return {"cause": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]}


def target(url, purpose):
    parts = None if url is None or purpose is None else split_url(url)
    if parts is None:
        return None
    scheme, host, port = parts
    if lower_ascii(scheme) != ("wss" if purpose == "socket" else "https") or not is_host(lower_ascii(host)):
        return None
    return f"{lower_ascii(host)}:{port}"


def told(api):
    """At most 128 UTF-16 units, whole characters, halves of a pair replaced."""
    units, kept = 0, []
    for char in api:
        units += 2 if ord(char) > 0xFFFF else 1
        if units > 128:
            break
        kept.append("\ufffd" if 0xD800 <= ord(char) <= 0xDFFF else char)
    return "".join(kept) or "?"
