"""Keys: spec 4.36 to 4.38."""

import hashlib
import re

from p256 import is_on_curve
from text import decode_base64url, encode_base64url

THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


def read_point(jwk):
    """x and y of a key that may count (spec 4.13), or None."""
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256" or "d" in jwk:
        return None
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", "ES256") != "ES256":
        return None
    if jwk.get("key_ops", ["verify"]) != ["verify"]:
        return None
    numbers = []
    for name in ("x", "y"):
        data = decode_base64url(jwk[name]) if isinstance(jwk.get(name), str) else None
        if data is None or len(data) != 32:
            return None
        numbers.append(int.from_bytes(data, "big"))
    return tuple(numbers) if is_on_curve(*numbers) else None


def named_keys(entries):
    """`(kid, point)` of keys of claims; what is no key signs nothing."""
    points = [(entry["kid"], read_point(entry["jwk"])) for entry in entries]
    return [(kid, point) for kid, point in points if point is not None]


def are_keys(entries, is_each_kid_once):
    """Whether entries of claims are keys, and where it is asked no name is there twice (spec 4.13, 4.36)."""
    kids = [entry["kid"] for entry in entries]
    is_unique = len(set(kids)) == len(kids) or not is_each_kid_once
    return is_unique and all(read_point(entry["jwk"]) is not None for entry in entries)


def thumbprint(point):
    """RFC 7638"""
    x, y = (encode_base64url(number.to_bytes(32, "big")) for number in point)
    text = f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'
    return encode_base64url(hashlib.sha256(text.encode("ascii")).digest())
