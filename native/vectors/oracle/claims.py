"""Claims that nobody signed: spec 8.5. What is absent permits nothing, what is there has the form of spec §4."""

from keys import are_keys
from question import CannotAnswer
from shapes import fits, read_schema

COMMON = {"schema": 1, "platform": "", "epoch": 1, "revision": 1, "iat": 0, "exp": 0}
NO_DIGEST = "0" * 64
ABSENT = {
    "program-document": {
        **COMMON,
        "appId": "",
        "status": "active",
        "versions": [],
        "publisherKeys": [],
        "grants": {},
        "hosts": [],
        "limits": {},
        "receives": [],
        "externalRoutes": [],
    },
    "platform-document": {
        **COMMON,
        "limits": {},
        "blockedHosts": [],
        "suspended": [],
        "minRevisions": {},
        "minRuntime": {},
        "graceSeconds": 72 * 3600,
        "telemetry": {"intervalSeconds": 60, "sampling": 1},
        "auditHead": {"sequence": 0, "sha256": NO_DIGEST},
    },
    "keyset": {**COMMON, "environment": "production", "keys": [], "rootKeys": [], "threshold": 1},
}
VERSION = {"name": "", "sha256": NO_DIGEST, "size": 0, "kid": "", "declares": []}
RULE = {"ports": [], "purposes": []}
GRANT = {"consent": "ask"}
SCHEMAS = {name: read_schema(name) for name in ABSENT}


def read_claims(raw, kind, needs=(), reads=None):
    """Claims with what is absent filled in; `reads` are the members that are looked at, all where it is None."""
    if not isinstance(raw, dict) or any(name not in raw for name in needs):
        raise CannotAnswer(f"{kind}: claims that cannot be read")
    known = raw if reads is None else {name: raw[name] for name in raw if name in reads}
    claims = {**ABSENT[kind], **known}
    if kind == "program-document":
        claims["versions"] = fill_list(claims["versions"], VERSION)
        claims["hosts"] = fill_list(claims["hosts"], RULE)
        if isinstance(claims["grants"], dict):
            claims["grants"] = {name: fill(grant, GRANT) for name, grant in claims["grants"].items()}
    is_readable = fits(claims, SCHEMAS[kind]) and all(
        are_keys(claims.get(name, []), name != "publisherKeys") for name in ("keys", "rootKeys", "publisherKeys")
    )
    if not is_readable:
        raise CannotAnswer(f"{kind}: claims that cannot be read")
    return claims


def fill(entry, absent):
    return {**absent, **entry} if isinstance(entry, dict) else entry


def fill_list(entries, absent):
    return [fill(entry, absent) for entry in entries] if isinstance(entries, list) else entries
