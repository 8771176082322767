"""JSON as spec 2.1 and 8.4 have it: one reading of a text, or none."""

import json
import math
import re

NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
LARGEST = 2**53 - 1
ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class NotJson(Exception):
    """The text has no reading."""


def has_surrogate(text):
    return any(0xD800 <= ord(char) <= 0xDFFF for char in text)


def is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def read_json(text, depth=32, numbers="integers"):
    """
    `text` is a str, or bytes that must be UTF-8; raises NotJson. Numbers: "integers" alone (2.1), any finite one by its
    "value" (8.4), or that with an integer only where it is "spelled" as one (5.42).
    """
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise NotJson() from error
    if has_surrogate(text):
        raise NotJson()
    reader = Reader(text, depth, numbers)
    value = reader.value(0)
    reader.space()
    if reader.at != len(text):
        raise NotJson()
    return value


class Reader:
    def __init__(self, text, depth, numbers):
        self.text, self.depth, self.numbers, self.at = text, depth, numbers, 0

    def space(self):
        while self.at < len(self.text) and self.text[self.at] in " \t\n\r":
            self.at += 1

    def peek(self):
        if self.at >= len(self.text):
            raise NotJson()
        return self.text[self.at]

    def take(self, expected):
        if not self.text.startswith(expected, self.at):
            raise NotJson()
        self.at += len(expected)

    def value(self, open_containers):
        self.space()
        char = self.peek()
        if char in "{[":
            if open_containers + 1 > self.depth:
                raise NotJson()
            return self.members(open_containers + 1) if char == "{" else self.items(open_containers + 1)
        if char == '"':
            return self.string()
        for word, value in (("true", True), ("false", False), ("null", None)):
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return value
        return self.number()

    def members(self, open_containers):
        self.take("{")
        found = {}
        self.space()
        if self.peek() == "}":
            self.at += 1
            return found
        while True:
            self.space()
            name = self.string()
            if name in found:
                raise NotJson()
            self.space()
            self.take(":")
            found[name] = self.value(open_containers)
            self.space()
            if self.peek() == "}":
                self.at += 1
                return found
            self.take(",")

    def items(self, open_containers):
        self.take("[")
        found = []
        self.space()
        if self.peek() == "]":
            self.at += 1
            return found
        while True:
            found.append(self.value(open_containers))
            self.space()
            if self.peek() == "]":
                self.at += 1
                return found
            self.take(",")

    def string(self):
        self.take('"')
        parts = []
        while True:
            char = self.peek()
            self.at += 1
            if char == '"':
                break
            if ord(char) < 0x20:
                raise NotJson()
            if char != "\\":
                parts.append(char)
                continue
            escape = self.peek()
            self.at += 1
            if escape == "u":
                digits = self.text[self.at : self.at + 4]
                if re.fullmatch(r"[0-9A-Fa-f]{4}", digits, re.ASCII) is None:
                    raise NotJson()
                self.at += 4
                parts.append(chr(int(digits, 16)))
            elif escape in ESCAPES:
                parts.append(ESCAPES[escape])
            else:
                raise NotJson()
        # Two escapes may be the halves of one code point.
        return "".join(parts).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")

    def number(self):
        match = NUMBER.match(self.text, self.at)
        if match is None:
            raise NotJson()
        self.at = match.end()
        text = match.group()
        if match.group(1) is None and match.group(2) is None and len(text) <= 17 and text != "-0":
            value = int(text)
            if abs(value) <= LARGEST:
                return value
        if self.numbers == "integers":
            raise NotJson()
        value = float(text)
        if not math.isfinite(value):
            raise NotJson()
        is_by_value = self.numbers == "value" and value.is_integer() and abs(value) <= LARGEST
        return int(value) if is_by_value else value


def canonical_json(value):
    """RFC 8785, but for the order of members; a lone surrogate as its escape."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{quote(name)}:{canonical_json(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical_json, value)) + "]"
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return number_text(value)


def quote(text):
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(f"\\u{ord(char):04x}" if has_surrogate(char) else char for char in quoted)


def number_text(value):
    """As ECMAScript writes a number, which RFC 8785 asks for."""
    digits, _, exponent = f"{float(value):.17e}".partition("e")
    for precision in range(17):
        digits, _, exponent = f"{float(value):.{precision}e}".partition("e")
        if float(f"{digits}e{exponent}") == value:
            break
    sign, digits, point = "-" if value < 0 else "", digits.lstrip("-").replace(".", ""), int(exponent) + 1
    digits = digits.rstrip("0") or "0"
    if value == 0:
        return "0"
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{sign}{mantissa}e{'+' if point > 0 else '-'}{abs(point - 1)}"
