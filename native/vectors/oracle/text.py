"""Forms of text that several topics share: ids, hosts, base64url, JSON Pointers."""

import base64
import re

from strict_json import has_surrogate

LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
APP_LABEL = re.compile(r"[a-z](?:[a-z0-9-]*[a-z0-9])?")
HEX_64 = re.compile(r"[0-9a-f]{64}")
BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


def lower_ascii(text):
    """A to Z lowered and nothing else, whatever a language's own table folds."""
    return re.sub("[A-Z]", lambda match: match.group().lower(), text)


def is_app_id(text):
    """spec 2.4"""
    return len(text) <= 128 and is_reverse_dns(text)


def is_reverse_dns(text):
    """An app id but for its length."""
    labels = text.split(".")
    return len(labels) >= 2 and all(APP_LABEL.fullmatch(label) for label in labels)


def is_host(text):
    """spec 5.5, in lower case"""
    labels = text.split(".")
    if len(text) > 253 or len(labels) < 2:
        return False
    if any(len(label) > 63 or LABEL.fullmatch(label) is None for label in labels):
        return False
    return re.fullmatch(r"[0-9]+", labels[-1]) is None and not labels[-1].startswith("0x")


def is_pattern(text):
    """spec 5.6"""
    return is_host(text[2:] if text.startswith("*.") else text)


def utf8_length(text):
    """None where the text has a lone surrogate and so no UTF-8."""
    return None if has_surrogate(text) else len(text.encode("utf-8"))


def decode_base64url(text):
    """Bytes of the unpadded canonical form, or None."""
    if BASE64URL.fullmatch(text) is None or len(text) % 4 == 1:
        return None
    found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return found if base64.urlsafe_b64encode(found).rstrip(b"=").decode("ascii") == text else None


def encode_base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def pointer(*segments):
    return "".join("/" + str(segment).replace("~", "~0").replace("/", "~1") for segment in segments)
