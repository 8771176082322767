"""Signed documents: spec §4 — platform and program documents, keysets, heads of the audit log."""

import hashlib
import json

from claims import read_claims as read_unsigned
from hosts import is_inert_rule
from keys import THUMBPRINT, are_keys, named_keys, read_point, thumbprint
from p256 import read_p1363, verify
from question import CannotAnswer, member, texts
from shapes import fits, read_schema
from strict_json import NotJson, is_integer, read_json
from suffixes import is_suffix_or_above
from text import decode_base64url, lower_ascii

DAY = 24 * 3600
KIB = 1024
PLATFORM, PROGRAM, KEYSET, HEAD = (
    f"bulkhead-{name}" for name in ("platform", "program", "keyset", "audit-head")
)
SIZES = {PLATFORM: 1024 * KIB, PROGRAM: 256 * KIB, KEYSET: 64 * KIB, HEAD: 4 * KIB}
LIVES = {PLATFORM: DAY, PROGRAM: 90 * DAY, KEYSET: 200 * DAY}
SCHEMAS = {
    PLATFORM: read_schema("platform-document"),
    PROGRAM: read_schema("program-document"),
    KEYSET: read_schema("keyset"),
    HEAD: read_schema("audit-head"),
}
REFUSED_HEADERS = {"jwk", "jku", "x5u", "x5c", "crit", "b64"}
# spec 4.3
SCHEMAS[PLATFORM]["required"].remove("graceSeconds")


class Refused(Exception):
    """With the code of spec 4.7."""


def require(condition, code):
    if not condition:
        raise Refused(code)


def answered(check):
    def answer(question):
        try:
            check(question)
        except Refused as refusal:
            return {"result": "refused", "code": refusal.args[0]}
        return {"result": "accepted", "code": "ACCEPTED"}

    return answer


@answered
def decide_document(question):
    jws, kind = member(question, "jws", "text"), member(question, "type", "text")
    if kind not in (PLATFORM, PROGRAM):
        raise CannotAnswer("type is none of the list")
    platform, now = member(question, "platform", "text"), member(question, "now", "integer")
    app_id = member(question, "appId", "text", None)
    keyset = read_unsigned(member(question, "keyset", "object"), "keyset", ("epoch", "exp", "keys"))
    stored = member(question, "stored", "object", None)
    if stored is not None:
        floor = (member(stored, "epoch", "integer"), member(stored, "revision", "integer"))
        digest = member(stored, "sha256", "text")
    keys = [] if now >= keyset["exp"] else named_keys(keyset["keys"])
    payload = verify_compact(jws, kind, keys)[0]
    claims = read_claims(payload, kind)
    require(claims["platform"] == platform, "WRONG_PLATFORM")
    require(kind != PROGRAM or app_id is None or claims["appId"] == app_id, "WRONG_PROGRAM")
    position = (claims["epoch"], claims["revision"])
    require(stored is None or position >= floor, "ROLLED_BACK")
    require(claims["epoch"] >= keyset["epoch"], "ROLLED_BACK")
    if stored is not None and position == floor:
        require(hashlib.sha256(payload).hexdigest() == digest, "CONFLICT")
    require(claims["epoch"] <= keyset["epoch"] and claims["iat"] <= now + 300, "NOT_YET_VALID")
    require(now < claims["exp"], "EXPIRED")


@answered
def decide_head(question):
    jws, platform = member(question, "jws", "text"), member(question, "platform", "text")
    keysets = list(member(question, "keysets", "list", []))
    if "keyset" in question:
        keysets.append(member(question, "keyset", "object"))
    elif "keysets" not in question:
        raise CannotAnswer("keyset is missing")
    keys = []
    for raw in keysets:
        keyset = read_unsigned(raw, "keyset", ("epoch", "keys"))
        keys += [(*key, keyset["epoch"]) for key in named_keys(keyset["keys"])]
    payload, signers = verify_compact(jws, HEAD, keys)
    claims = read_claims(payload, HEAD)
    require(claims["platform"] == platform, "WRONG_PLATFORM")
    epochs = [key[2] for key in signers]
    require(claims["epoch"] in epochs or claims["epoch"] >= max(epochs), "ROLLED_BACK")
    require(claims["epoch"] in epochs, "NOT_YET_VALID")


@answered
def decide_keyset(question):
    platform, now = member(question, "platform", "text"), member(question, "now", "integer")
    trusted = member(question, "trusted", "object")
    jws = question.get("jws")
    if not isinstance(jws, (str, dict)):
        raise CannotAnswer("jws is neither text nor object")
    by_thumbprint = "rootThumbprints" in trusted
    if by_thumbprint:
        thumbprints, threshold = texts(trusted, "rootThumbprints"), member(trusted, "threshold", "integer")
        if threshold < 1 or not all(map(THUMBPRINT.fullmatch, thumbprints)):
            raise CannotAnswer("thumbprints or threshold that cannot be read")
    else:
        trusted = read_unsigned(trusted, "keyset", ("revision", "environment", "rootKeys", "threshold"))
        roots, threshold = named_keys(trusted["rootKeys"]), trusted["threshold"]
    payload, entries = read_general(jws)
    if by_thumbprint:
        roots = [key for key in own_roots(payload) if thumbprint(key[1]) in thumbprints]
    require(any(kid == entry[0] for entry in entries for kid, _ in roots), "UNKNOWN_KEY")
    require(count_signers(entries, roots) >= threshold, "BAD_SIGNATURE")
    claims = read_claims(payload, KEYSET)
    if not by_thumbprint:
        require(claims["environment"] == trusted["environment"], "MALFORMED")
    require(count_signers(entries, own_roots(payload)) >= claims["threshold"], "BAD_SIGNATURE")
    require(claims["platform"] == platform, "WRONG_PLATFORM")
    if not by_thumbprint:
        revision, epoch = trusted["revision"], trusted["epoch"]
        require(claims["revision"] > revision and claims["epoch"] >= epoch, "ROLLED_BACK")
        require(claims["revision"] == revision + 1, "NOT_YET_VALID")
    require(claims["iat"] <= now + 300, "NOT_YET_VALID")
    require(now < claims["exp"], "EXPIRED")


def verify_compact(jws, kind, keys):
    """The payload of a compact JWS, and those of the keys that verify it; a key begins with kid and point."""
    check_received(len(jws.encode("utf-8", "surrogatepass")), kind)
    parts = jws.split(".")
    check_payload("".join(parts[1:2]), kind)
    require(len(parts) == 3, "MALFORMED")
    kid, typ = read_header(parts[0])
    payload, signature = decode_base64url(parts[1]), decode_base64url(parts[2])
    require(payload is not None and signature is not None, "MALFORMED")
    require(typ == kind, "WRONG_TYPE")
    named = [key for key in keys if key[0] == kid]
    require(named, "UNKNOWN_KEY")
    signed = f"{parts[0]}.{parts[1]}".encode("ascii")
    signers = [key for key in named if is_signed(key[1], signed, signature)]
    require(signers, "BAD_SIGNATURE")
    return payload, signers


def check_received(length, kind):
    require(length <= 2 * SIZES[kind], "TOO_LARGE")


def check_payload(text, kind):
    """By the length of its text (spec 4.8)."""
    require(len(text) * 3 // 4 <= SIZES[kind], "TOO_LARGE")


def read_header(text):
    """kid and typ of a protected header (spec 4.1)."""
    data = decode_base64url(text)
    require(data is not None, "MALFORMED")
    try:
        header = read_json(data)
    except NotJson as error:
        raise Refused("MALFORMED") from error
    require(isinstance(header, dict) and header.get("alg") == "ES256", "MALFORMED")
    require(not REFUSED_HEADERS & set(header), "MALFORMED")
    require(isinstance(header.get("kid"), str) and isinstance(header.get("typ"), str), "MALFORMED")
    return header["kid"], header["typ"]


def read_general(jws):
    """Payload and signatures, `(kid, signed, signature)`, of the general serialization (spec 4.2)."""
    text = jws if isinstance(jws, str) else json.dumps(jws, separators=(",", ":"), ensure_ascii=False)
    check_received(len(text.encode("utf-8", "surrogatepass")), KEYSET)
    try:
        jws = read_json(text)
    except NotJson as error:
        raise Refused("MALFORMED") from error
    require(isinstance(jws, dict) and isinstance(jws.get("payload"), str), "MALFORMED")
    check_payload(jws["payload"], KEYSET)
    listed = jws.get("signatures")
    require(isinstance(listed, list) and len(listed) <= 32, "MALFORMED")
    require(not {"protected", "header", "signature"} & set(jws), "MALFORMED")
    payload, entries, types = decode_base64url(jws["payload"]), [], []
    require(payload is not None, "MALFORMED")
    for entry in listed:
        require(isinstance(entry, dict) and "header" not in entry, "MALFORMED")
        protected, signature = entry.get("protected"), entry.get("signature")
        require(isinstance(protected, str) and isinstance(signature, str), "MALFORMED")
        kid, typ = read_header(protected)
        data = decode_base64url(signature)
        require(data is not None, "MALFORMED")
        entries.append((kid, f"{protected}.{jws['payload']}".encode("ascii"), data))
        types.append(typ)
    require(all(typ == KEYSET for typ in types), "WRONG_TYPE")
    return payload, entries


def count_signers(entries, keys):
    """How many distinct keys signed."""
    signers = set()
    for kid, signed, signature in entries:
        signers |= {point for name, point in keys if name == kid and is_signed(point, signed, signature)}
    return len(signers)


def is_signed(point, message, signature):
    numbers = read_p1363(signature)
    return numbers is not None and verify(point, message, *numbers)


def read_claims(payload, kind):
    """Verified claims, as spec 4.7 goes on: their schema, then their form."""
    try:
        claims = read_json(payload)
    except NotJson as error:
        raise Refused("MALFORMED") from error
    require(isinstance(claims, dict) and is_integer(claims.get("schema")), "MALFORMED")
    require(claims["schema"] == 1, "UNSUPPORTED_SCHEMA")
    require(fits(claims, SCHEMAS[kind]), "MALFORMED")
    if kind in LIVES:
        require(1 <= claims["exp"] - claims["iat"] <= LIVES[kind], "MALFORMED")
    if kind == KEYSET:
        require(are_keys(claims["keys"], True) and are_keys(claims["rootKeys"], True), "MALFORMED")
    if kind == PROGRAM:
        require(are_keys(claims["publisherKeys"], False), "MALFORMED")
        check_rules(claims["hosts"])
    return claims


def check_rules(rules):
    """spec 5.9 and 5.10"""
    understood = [rule for rule in rules if not is_inert_rule(rule)]
    seen = set()
    for rule in understood:
        places = {(rule["host"], port, purpose) for port in rule["ports"] for purpose in rule["purposes"]}
        require(not places & seen, "MALFORMED")
        seen |= places
    for rule in rules:
        host = lower_ascii(rule["host"])
        require(not (host.startswith("*.") and is_suffix_or_above(host[2:])), "MALFORMED")


def own_roots(payload):
    """Root keys that a keyset's claims name, as far as they can be read before they are verified."""
    try:
        claims = read_json(payload)
    except NotJson:
        return []
    listed = claims.get("rootKeys") if isinstance(claims, dict) else None
    keys = []
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("kid"), str) and isinstance(entry.get("jwk"), dict):
            point = read_point(entry["jwk"])
            if point is not None:
                keys.append((entry["kid"], point))
    return keys
