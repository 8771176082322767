"""Detached signatures: spec 2.18, and op `signature` of §8."""

import re

from p256 import is_on_curve, read_der, read_p1363, verify
from question import CannotAnswer, member
from text import decode_base64url

# SubjectPublicKeyInfo of an uncompressed point of P-256: everything before x.
SPKI_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
PEM = re.compile(r"-----BEGIN PUBLIC KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PUBLIC KEY-----[ \t\r\n]*")


def decide_signature(question):
    names = ("publicKeyPem", "messageHex", "signatureHex")
    key, message, signature = (member(question, name, "text") for name in names)
    encoding = member(question, "encoding", "text")
    if encoding not in ("der", "p1363"):
        raise CannotAnswer("encoding is none of the list")
    point, message, signature = read_pem(key), read_hex(message), read_hex(signature)
    if point is None or message is None or signature is None:
        return {"valid": False}
    numbers = read_der(signature) if encoding == "der" else read_p1363(signature)
    return {"valid": numbers is not None and verify(point, message, *numbers)}


def read_hex(text):
    return bytes.fromhex(text) if re.fullmatch(r"(?:[0-9A-Fa-f]{2})*", text) else None


def read_pem(text):
    """spec 4.37"""
    match = PEM.fullmatch(text)
    if match is None:
        return None
    body = re.sub(r"[\r\n]", "", match.group(1)).rstrip("=")
    data = decode_base64url(body.replace("+", "-").replace("/", "_"))
    if data is None or len(data) != len(SPKI_HEAD) + 64 or not data.startswith(SPKI_HEAD):
        return None
    x, y = (int.from_bytes(data[at : at + 32], "big") for at in (len(SPKI_HEAD), len(SPKI_HEAD) + 32))
    return (x, y) if is_on_curve(x, y) else None
