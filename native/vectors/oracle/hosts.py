"""Hosts and redirects: spec 5.2 to 5.10 and 5.13."""

import re

from claims import read_claims
from question import CannotAnswer, member
from shapes import fits, read_schema
from strict_json import has_surrogate
from text import is_host, is_pattern, lower_ascii, pointer

HOST_RULE = read_schema("host-rule")
MOST_HOPS = 5
PURPOSES = ("request", "upload", "download", "socket")
# What stands before the first colon need not have a scheme's form (spec 5.4).
SCHEME_AND_AUTHORITY = re.compile(r"(?:([^:/?#]*):)?//([^/?#]*)")
# RFC 3986, appendix B.
REFERENCE = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?", re.DOTALL)


def decide_host(question):
    program, platform, version, now, purpose, url = read_question(question)
    return decide(url, purpose, version, now, program["hosts"], platform["blockedHosts"])


def decide_redirect(question):
    program, platform, version, now, purpose, url = read_question(question)
    start, hop = member(question, "from", "text"), member(question, "hop", "integer")
    if hop > MOST_HOPS:
        return {"decision": "deny", "code": "REDIRECT_NOT_ALLOWED"}
    target = join(start, encode_after_authority(url))
    answer = decide(target, purpose, version, now, program["hosts"], platform["blockedHosts"])
    return {"decision": answer["decision"], "code": answer["code"]}


def read_question(question):
    program = read_claims(member(question, "program", "object"), "program-document", reads=("hosts",))
    platform = read_claims(member(question, "platform", "object"), "platform-document", reads=("blockedHosts",))
    version, now = member(question, "versionCode", "integer"), member(question, "now", "integer")
    purpose, url = member(question, "purpose", "text"), member(question, "url", "text")
    if purpose not in PURPOSES:
        raise CannotAnswer("purpose is none of the list")
    return program, platform, version, now, purpose, url


def decide(url, purpose, version, now, rules, blocked):
    parts = split_url(url)
    if parts is None:
        return denial("URL_MALFORMED", "host", None)
    scheme, host, port = parts
    if lower_ascii(scheme) != ("wss" if purpose == "socket" else "https"):
        return denial("SCHEME_NOT_ALLOWED", "host", None)
    host = lower_ascii(host)
    if not is_host(host):
        return denial("HOST_MALFORMED", "host", None)
    for index, entry in enumerate(blocked):
        if f".{host}".endswith(f".{lower_ascii(entry)}"):
            return denial("HOST_BLOCKED_BY_PLATFORM", "platform", pointer("blockedHosts", index))
    present = [(index, rule) for index, rule in enumerate(rules) if rule.get("fromVersion", version) <= version]
    for pattern in (host, "*." + host.partition(".")[2]):
        remaining = [(index, rule) for index, rule in present if lower_ascii(rule["host"]) == pattern]
        if remaining:
            return filter_rules(remaining, purpose, port, now)
    return denial("HOST_NOT_ALLOWED", "host", None)


def filter_rules(remaining, purpose, port, now):
    """spec 5.7, of rules with their places"""
    filters = (
        ("HOST_NOT_ALLOWED", lambda rule: not is_inert_rule(rule) and now < rule.get("until", now + 1)),
        ("PORT_NOT_ALLOWED", lambda rule: port in rule["ports"]),
        ("PURPOSE_NOT_ALLOWED", lambda rule: purpose in rule["purposes"]),
    )
    for code, passes in filters:
        kept = [(index, rule) for index, rule in remaining if passes(rule)]
        if not kept:
            return denial(code, "host", pointer("hosts", remaining[0][0]))
        remaining = kept
    return {"decision": "allow", "code": "ALLOWED", "layer": "host", "rule": pointer("hosts", remaining[0][0])}


def denial(code, layer, rule):
    return {"decision": "deny", "code": code, "layer": layer, "rule": rule}


def split_url(url):
    """Scheme ("" where there is none), host and port; None where the URL is malformed (spec 5.3)."""
    if any(not "!" <= char <= "~" for char in url) or "\\" in url:
        return None
    start = SCHEME_AND_AUTHORITY.match(url)
    if start is None or "@" in start.group(2):
        return None
    scheme, authority = start.groups()
    colon, in_brackets = None, False
    for at, char in enumerate(authority):
        if char == "[":
            in_brackets = True
        elif char == "]":
            in_brackets = False
        elif char == ":" and not in_brackets:
            colon = at
    if colon is None:
        return scheme or "", authority, 443
    digits = authority[colon + 1 :]
    if re.fullmatch(r"[1-9][0-9]{0,4}", digits) is None or int(digits) > 65535:
        return None
    return scheme or "", authority[:colon], int(digits)


def encode_after_authority(location):
    """A location's bytes above 0x7F after its authority, percent-encoded as received."""
    _, _, path, query, fragment = REFERENCE.fullmatch(location).groups()
    tail = path + (query or "") + (fragment or "")
    return location[: len(location) - len(tail)] + "".join(map(encode, tail))


def encode(char):
    if ord(char) < 0x80 or has_surrogate(char):
        return char
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8"))


def join(start, location):
    """RFC 3986, 5.2.2 and 5.3, strict."""
    scheme, authority, path, query, fragment = REFERENCE.fullmatch(location).groups()
    if scheme is not None:
        return location if authority is None else compose(scheme, authority, remove_dots(path), query, fragment)
    base_scheme, base_authority, base_path, base_query, _ = REFERENCE.fullmatch(start).groups()
    if authority is not None:
        return compose(base_scheme, authority, remove_dots(path), query, fragment)
    if path == "":
        return compose(base_scheme, base_authority, base_path, base_query if query is None else query, fragment)
    if not path.startswith("/"):
        is_empty = base_authority is not None and base_path == ""
        path = "/" + path if is_empty else base_path[: base_path.rfind("/") + 1] + path
    return compose(base_scheme, base_authority, remove_dots(path), query, fragment)


def remove_dots(path):
    """RFC 3986, 5.2.4, step by step."""
    output = ""
    while path != "":
        if path.startswith("../") or path.startswith("./"):
            path = path.partition("/")[2]
        elif path.startswith("/./") or path == "/.":
            path = "/" + path[3:]
        elif path.startswith("/../") or path == "/..":
            path = "/" + path[4:]
            output = output[: max(output.rfind("/"), 0)]
        elif path in (".", ".."):
            path = ""
        else:
            end = path.find("/", 1)
            end = len(path) if end == -1 else end
            output, path = output + path[:end], path[end:]
    return output


def compose(scheme, authority, path, query, fragment):
    if authority is None and path.startswith("//"):
        path = "/." + path
    start = ("" if scheme is None else scheme + ":") + ("" if authority is None else "//" + authority)
    return start + path + (query or "") + (fragment or "")


def is_inert_rule(rule):
    """Whether a rule of the right types has a member, kind or value that is not known (spec 4.25)."""
    return not fits(rule, HOST_RULE) or not is_pattern(rule["host"])
