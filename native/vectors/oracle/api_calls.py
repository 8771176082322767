"""API calls: spec 5.17 to 5.22, by the catalogue of spec §3."""

import json
import re

import hosts
from addresses import CATALOGUE
from claims import read_claims
from question import CannotAnswer, member
from shapes import fits, read_schema
from strict_json import NotJson, canonical_json, is_integer, read_json
from text import lower_ascii, pointer, utf8_length

CAPABILITIES = json.loads((CATALOGUE / "capabilities.json").read_text())["capabilities"]
APIS = {api["name"]: (capability, api) for capability in CAPABILITIES for api in capability["apis"]}
GRANT = read_schema("grant")
PROGRAM_CLAIMS = ("appId", "status", "epoch", "revision", "exp", "versions", "grants", "hosts")
PLATFORM_CLAIMS = (
    "epoch", "revision", "exp", "suspended", "blockedHosts", "minRevisions", "minRuntime", "graceSeconds",
)
SIZED = ("body", "content", "text", "value", "data")
HOST_HEADERS = ("host", "content-length", "connection", "transfer-encoding", "upgrade")
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def decide_api(question):
    program = read_claims(
        member(question, "program", "object"), "program-document", ("appId", "status"), PROGRAM_CLAIMS
    )
    platform = read_claims(member(question, "platform", "object"), "platform-document", reads=PLATFORM_CLAIMS)
    version, now = member(question, "versionCode", "integer"), member(question, "now", "integer")
    name, runtime = member(question, "api", "text"), member(question, "runtime", "object")
    kind, runtime_version = member(runtime, "kind", "text"), member(runtime, "version", "text")
    consent = member(question, "consent", "text", None)
    if consent not in (None, "given", "refused"):
        raise CannotAnswer("consent is none of the list")
    context = read_context(question)

    if name not in APIS:
        return hosts.denial("UNKNOWN_API", "api", None)
    capability, api = APIS[name]
    app_id = program["appId"]
    if app_id in platform["suspended"]:
        return hosts.denial("PROGRAM_SUSPENDED", "platform", pointer("suspended", platform["suspended"].index(app_id)))
    if program["status"] != "active":
        return hosts.denial("PROGRAM_SUSPENDED", "document", "/status")
    minimum = platform["minRuntime"].get(kind)
    if minimum is not None and not is_at_least(runtime_version, minimum):
        return hosts.denial("UPGRADE_REQUIRED", "platform", pointer("minRuntime", kind))
    codes = [entry["code"] for entry in program["versions"]]
    if version not in codes:
        return hosts.denial("UPGRADE_REQUIRED", "document", "/versions")
    expired = find_expired(program, platform, capability, now)
    if expired is not None:
        return hosts.denial("POLICY_EXPIRED", *expired)
    return decide_permission(question, program, platform, capability, api, codes.index(version), consent, context)


def find_expired(program, platform, capability, now):
    """Layer and rule of what makes the documents too old (spec 4.30, 5.20)."""
    if program["epoch"] != platform["epoch"]:
        return "platform", "/epoch"
    app_id = program["appId"]
    if program["revision"] < platform["minRevisions"].get(app_id, 0):
        return "platform", pointer("minRevisions", app_id)
    grace = platform["graceSeconds"] if capability["sensitivity"] == "public" else 0
    end = min(program["exp"], platform["exp"])
    return ("document", "/exp") if now >= end + grace else None


def decide_permission(question, program, platform, capability, api, index, consent, context):
    name, now = capability["name"], question["now"]
    if name not in program["versions"][index]["declares"]:
        return hosts.denial("PERMISSION_DENIED", "manifest", pointer("versions", index, "declares"))
    if name not in program["grants"]:
        return hosts.denial("PERMISSION_DENIED", "grant", None)
    grant, place = program["grants"][name], pointer("grants", name)
    if is_inert_grant(grant, capability):
        return hosts.denial("PERMISSION_DENIED", "grant", place)
    if now >= grant.get("until", now + 1):
        return hosts.denial("PERMISSION_DENIED", "grant", place + "/until")
    if grant["consent"] == "ask" and consent != "given":
        code = "CONSENT_REQUIRED" if consent is None else "CONSENT_DENIED"
        return hosts.denial(code, "consent", place + "/consent")
    params = read_params(question)
    if not are_params(params, api):
        return hosts.denial("INVALID_ARGUMENTS", "api", None)
    constraints = grant.get("constraints", {})
    for kind, value in constraints.items():
        if not is_met(kind, value, params, context):
            return hosts.denial("CONSTRAINT_NOT_MET", "grant", place + pointer("constraints", kind))
    allowed = {"decision": "allow", "code": "ALLOWED", "layer": "grant", "rule": place}
    if name.startswith("network."):
        purpose = api["name"].rpartition(".")[2]
        rules, blocked = program["hosts"], platform["blockedHosts"]
        allowed = hosts.decide(params["url"], purpose, question["versionCode"], now, rules, blocked)
        if allowed["decision"] == "deny":
            return allowed
    for kind, value in constraints.items():
        if kind in ("perMinute", "perDay") and context["used"][kind] >= value:
            return hosts.denial("RATE_LIMITED", "grant", place + pointer("constraints", kind))
    return allowed


def read_params(question):
    """The parameters, by value or by the text that a bridge brought (spec 5.41); None where that has no reading."""
    if "params" in question or "paramsText" not in question:
        return question.get("params", {})
    text = member(question, "paramsText", "text")
    try:
        return {} if text == "" else read_json(text, numbers="spelled")
    except NotJson:
        return None


def read_context(question):
    context = member(question, "context", "object", {})
    used = member(context, "used", "object", {})
    return {
        "foreground": member(context, "foreground", "boolean", False),
        "gesture": member(context, "gesture", "boolean", False),
        "used": {kind: read_count(used, kind) for kind in ("perMinute", "perDay")},
    }


def read_count(used, kind):
    count = member(used, kind, "integer", 0)
    if count < 0:
        raise CannotAnswer(f"{kind} is negative")
    return count


def is_at_least(version, minimum):
    """A version that cannot be read is older than any minimum (spec 5.21)."""
    return read_version(version) is not None and read_version(version) >= (read_version(minimum) or ())


def read_version(text):
    match = re.fullmatch(r"([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})", text)
    return None if match is None else tuple(int(part) for part in match.groups())


def is_inert_grant(grant, capability):
    """Whether a grant of the right types has a member, kind or value that is not known (spec 4.25, 3.6)."""
    constraints = grant.get("constraints", {})
    if not fits(grant, GRANT) or any(kind not in capability["constraints"] for kind in constraints):
        return True
    return ("maxAmountMinor" in constraints) != ("currency" in constraints)


def are_params(params, api):
    """The catalogue's small schema; members that it does not name are ignored."""
    if not isinstance(params, dict) or any(name not in params for name in api["required"]):
        return False
    return all(is_param(params[name], schema) for name, schema in api["params"].items() if name in params)


def is_param(value, schema):
    kind = schema["type"]
    if kind == "string" and "oneOf" in schema:
        return isinstance(value, str) and value in schema["oneOf"]
    if kind == "string":
        length = utf8_length(value) if isinstance(value, str) else None
        return length is not None and schema.get("minBytes", 0) <= length <= schema.get("maxBytes", length)
    if kind == "integer":
        return is_integer(value) and schema["min"] <= value <= schema["max"]
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "list":
        if not isinstance(value, list) or len(value) > schema["maxItems"]:
            return False
        return all(is_param(item, schema["items"]) for item in value)
    if kind == "headers":
        if not isinstance(value, dict) or len(value) > schema["maxItems"]:
            return False
        return all(is_header(name, text) for name, text in value.items())
    if kind == "body":
        return isinstance(value, str) and bytes_of(value) <= schema["maxBytes"]
    return True


def is_header(name, text):
    """spec 5.43"""
    if TOKEN.fullmatch(name) is None or len(name) > 256 or not isinstance(text, str) or len(text) > 8192:
        return False
    if lower_ascii(name) in HOST_HEADERS or lower_ascii(name).startswith("proxy-"):
        return False
    return re.fullmatch(r"[\t\x20-\x7e\x80-\xff]*", text) is not None and text == text.strip(" \t")


def is_met(kind, value, params, context):
    """spec 5.44"""
    if kind == "foregroundOnly":
        return context["foreground"]
    if kind == "gestureRequired":
        return context["gesture"]
    if kind == "maxBytes":
        return call_bytes(params) <= value
    if kind == "mediaTypes":
        return all(any(covers(lower_ascii(entry), asked) for entry in value) for asked in media_types(params))
    if kind == "precisionMetres":
        return params.get("precisionMetres", value) >= value
    if kind == "maxAmountMinor":
        return params["amountMinor"] <= value
    if kind == "currency":
        return params["currency"] == value
    return True


def call_bytes(params):
    announced = params.get("bytes", 0)
    is_number = isinstance(announced, (int, float)) and not isinstance(announced, bool)
    return max(announced if is_number else 0, sum(bytes_of(params[name]) for name in SIZED if name in params))


def bytes_of(value):
    text = value if isinstance(value, str) else canonical_json(value)
    return len(text.encode("utf-8", "surrogatepass"))


def media_types(params):
    headers = params.get("headers", {})
    listed = params.get("mediaTypes", [])
    named = [params.get("mediaType"), *(listed if isinstance(listed, list) else [])]
    if isinstance(headers, dict):
        named += [text for name, text in headers.items() if lower_ascii(name) == "content-type"]
    return [lower_ascii(text.partition(";")[0].strip(" \t")) for text in named if isinstance(text, str)]


def covers(entry, asked):
    return entry in (asked, "*/*") or (entry.endswith("/*") and asked.startswith(entry[:-1]))
