"""Addresses: spec 5.12, by IANA's registries as the catalogue has them."""

import json
import re
from pathlib import Path

from question import member

CATALOGUE = Path(__file__).resolve().parents[2] / "catalog"


def decide_address(question):
    allowed = is_public(member(question, "address", "text"))
    return {"decision": "allow" if allowed else "deny", "code": "ALLOWED" if allowed else "ADDRESS_NOT_PUBLIC"}


def is_public(text):
    four = read_ip4(text)
    if four is not None:
        return is_public_ip4(four)
    six = read_ip6(text)
    if six is None or six >> 120 == 0xFF:
        return False
    if six >> 32 == 0x0064_FF9B << 64:
        return is_public_ip4(six & 0xFFFF_FFFF)
    entry = most_specific(six, 128)
    return six >> 125 == 0b001 if entry is None else entry == "true"


def is_public_ip4(four):
    if four >> 28 == 0b1110:
        return False
    return most_specific(four, 32) in (None, "true")


def read_ip4(text):
    parts = text.split(".")
    if len(parts) != 4 or any(re.fullmatch(r"0|[1-9][0-9]{0,2}", part) is None for part in parts):
        return None
    numbers = [int(part) for part in parts]
    return None if max(numbers) > 255 else int.from_bytes(bytes(numbers), "big")


def read_ip6(text):
    """RFC 4291, 2.2, without zone."""
    head, gap, tail = text.partition("::")
    if "::" in tail or tail.startswith(":"):
        return None
    left = read_groups(head, allow_dotted=gap == "")
    right = read_groups(tail, allow_dotted=True)
    if left is None or right is None:
        return None
    missing = 8 - len(left) - len(right)
    if (missing < 1) if gap else (missing != 0):
        return None
    value = 0
    for group in left + [0] * missing + right:
        value = value << 16 | group
    return value


def read_groups(text, allow_dotted):
    if text == "":
        return []
    groups, parts = [], text.split(":")
    for at, part in enumerate(parts):
        if re.fullmatch(r"[0-9A-Fa-f]{1,4}", part):
            groups.append(int(part, 16))
            continue
        four = read_ip4(part) if allow_dotted and at == len(parts) - 1 else None
        if four is None:
            return None
        groups += [four >> 16, four & 0xFFFF]
    return groups


def read_registry():
    table = []
    for entry in json.loads((CATALOGUE / "special-purpose-addresses.json").read_text())["entries"]:
        address, length = entry["prefix"].split("/")
        width = 128 if ":" in address else 32
        value = read_ip6(address) if width == 128 else read_ip4(address)
        table.append((width, value >> (width - int(length)), int(length), entry["globallyReachable"]))
    return table


REGISTRY = read_registry()


def most_specific(value, width):
    """`globallyReachable` of the longest prefix that holds the address, or None."""
    found = [
        (length, reachable)
        for entry_width, prefix, length, reachable in REGISTRY
        if entry_width == width and value >> (width - length) == prefix
    ]
    return max(found)[1] if found else None
