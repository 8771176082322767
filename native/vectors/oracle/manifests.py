"""The manifest: spec 2.3 to 2.11."""

import json
import re

from api_calls import CAPABILITIES
from hosts import PURPOSES
from question import member
from shapes import TYPES, read_schema
from strict_json import NotJson, is_integer, read_json
from text import HEX_64, is_pattern, is_reverse_dns, pointer

# In the order of spec 2.8: of several issues at one path the first is told.
CODES = (
    "NOT_JSON",
    "REQUIRED",
    "TYPE",
    "FORMAT",
    "TOO_LONG",
    "TOO_MANY",
    "DUPLICATE",
    "UNKNOWN_MEMBER",
    "UNKNOWN_CAPABILITY",
)
SCHEMA = read_schema("manifest")
CAPABILITY_NAMES = {capability["name"] for capability in CAPABILITIES}
MOST_ISSUES = 50
# The prose that stands in the schema for a form.
LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")


def decide_manifest(question):
    issues = find_issues(member(question, "text", "text"))[1]
    return {"valid": not issues, "issues": issues}


def find_issues(text):
    """The manifest, where it is JSON, and what is wrong with it."""
    try:
        manifest = read_json(text)
    except NotJson:
        return None, [{"path": "", "code": "NOT_JSON"}]
    return manifest, Check().all_issues(manifest)


class Check:
    def __init__(self):
        self.found = {}

    def tell(self, path, code):
        known = self.found.get(path)
        if known is None or CODES.index(code) < CODES.index(known):
            self.found[path] = code

    def all_issues(self, manifest):
        self.value(manifest, SCHEMA, "", "bulkhead_")
        if isinstance(manifest, dict):
            self.relations(manifest)
        ordered = sorted(self.found.items(), key=lambda item: item[0].encode("utf-8", "surrogatepass"))
        return [{"path": path, "code": code} for path, code in ordered[:MOST_ISSUES]]

    def value(self, value, schema, path, unknown_prefix):
        """`unknown_prefix`: what an unknown member's name must begin with to be an issue; any name by ""."""
        kind = schema.get("type", "string")
        if not TYPES[kind](value):
            return self.tell(path, "TYPE")
        if kind == "object":
            self.members(value, schema, path, unknown_prefix)
        elif kind == "array":
            self.items(value, schema, path, unknown_prefix)
        elif kind == "string":
            self.string(value, schema, path)
        elif kind == "integer" and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
            self.tell(path, "FORMAT")

    def members(self, value, schema, path, unknown_prefix):
        known = schema["properties"]
        for name in schema["required"]:
            if name not in value:
                self.tell(path + pointer(name), "REQUIRED")
        for name, item in value.items():
            place = path + pointer(name)
            if name in known:
                is_vendor = path == "" and name.startswith("bulkhead_")
                self.value(item, known[name], place, "" if is_vendor else unknown_prefix)
            elif name.startswith(unknown_prefix):
                self.tell(place, "UNKNOWN_MEMBER")

    def items(self, value, schema, path, unknown_prefix):
        if len(value) < schema.get("minItems", 0):
            self.tell(path, "FORMAT")
        if len(value) > schema["maxItems"]:
            self.tell(path, "TOO_MANY")
        for at, item in enumerate(value):
            self.value(item, schema["items"], path + pointer(at), unknown_prefix)
        if path not in KEYED:
            self.duplicates(path, value, lambda item: [json.dumps(item, sort_keys=True)])

    def string(self, value, schema, path):
        if "enum" in schema:
            if value not in schema["enum"]:
                self.tell(path, "FORMAT")
            return
        form = {
            "lower-case reverse DNS, two labels or more": is_reverse_dns,
            "a language tag of BCP 47": LANGUAGE.fullmatch,
            "a host, or `*.` and a host for exactly one label": is_pattern,
            "64 lower-case hex digits": HEX_64.fullmatch,
            None: lambda _: True,
        }[schema.get("description")]
        if len(value) < schema.get("minLength", 0) or not form(value):
            self.tell(path, "FORMAT")
        if len(value) > schema["maxLength"]:
            self.tell(path, "TOO_LONG")

    def duplicates(self, path, items, keys_of):
        seen = set()
        for at, item in enumerate(items):
            keys = set(keys_of(item))
            if keys & seen:
                self.tell(path + pointer(at), "DUPLICATE")
            seen |= keys

    def relations(self, manifest):
        """What is not told by one member alone (spec 2.9 to 2.11)."""
        if manifest.get("bulkhead_engine") == "web":
            for name in ("pages", "icons"):
                if manifest.get(name) == []:
                    self.tell(pointer(name), "FORMAT")
        for path, keys_of in KEYED.items():
            self.duplicates(path, listed(manifest, path[1:]), keys_of)
        for at, item in enumerate(listed(manifest, "req_permissions")):
            for name in own_text(item, "name"):
                if name not in CAPABILITY_NAMES:
                    self.tell(pointer("req_permissions", at, "name"), "UNKNOWN_CAPABILITY")
        optional = manifest.get("bulkhead_optional")
        if isinstance(optional, dict):
            for at, name in enumerate(listed(optional, "capabilities")):
                if isinstance(name, str) and name not in CAPABILITY_NAMES:
                    self.tell(pointer("bulkhead_optional", "capabilities", at), "UNKNOWN_CAPABILITY")
        for at, route in enumerate(listed(manifest, "bulkhead_external_routes")):
            if isinstance(manifest.get("pages"), list) and isinstance(route, str) and route not in manifest["pages"]:
                self.tell(pointer("bulkhead_external_routes", at), "FORMAT")


def listed(owner, name):
    value = owner.get(name)
    return value if isinstance(value, list) else []


def own_text(item, name):
    value = item.get(name) if isinstance(item, dict) else None
    return [value] if isinstance(value, str) else []


def places_of(wish):
    """Host, port and purpose of each place that a network wish names (spec 2.10)."""
    if not isinstance(wish, dict):
        return []
    ports = wish.get("ports", [443])
    return [
        (host, port, purpose)
        for host in own_text(wish, "host")
        for port in (ports if isinstance(ports, list) else [])
        if is_integer(port) and 1 <= port <= 65535
        for purpose in listed(wish, "purposes")
        if purpose in PURPOSES
    ]


# Lists whose items are duplicates by what they name, and not where they are equal (spec 2.10).
KEYED = {
    "/req_permissions": lambda item: own_text(item, "name"),
    "/bulkhead_receives": lambda item: own_text(item, "from"),
    "/bulkhead_network": places_of,
}
