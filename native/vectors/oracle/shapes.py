"""The part of JSON Schema that the specification's schemas use (native/spec/schemas)."""

import json
import re
from pathlib import Path

from strict_json import is_integer

FOLDER = Path(__file__).resolve().parents[2] / "spec" / "schemas"
TYPES = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": is_integer,
    "number": is_integer,
}


def read_schema(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


def fits(value, schema):
    if isinstance(schema, bool):
        return schema
    if "not" in schema and fits(value, schema["not"]):
        return False
    if "type" in schema and not TYPES[schema["type"]](value):
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, str):
        pattern = schema.get("pattern")
        if pattern is not None and re.search(pattern.replace("$", r"\Z"), value, re.ASCII) is None:
            return False
        return schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
    if is_integer(value):
        return schema.get("minimum", value) <= value <= schema.get("maximum", value)
    if isinstance(value, list):
        first = schema.get("prefixItems", [])
        is_long_enough = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        return is_long_enough and all(
            fits(item, first[at] if at < len(first) else schema.get("items", True)) for at, item in enumerate(value)
        )
    if isinstance(value, dict):
        return all(name in value for name in schema.get("required", ())) and all(
            fits_member(name, item, schema) for name, item in value.items()
        )
    return True


def fits_member(name, value, schema):
    known = schema.get("properties", {})
    if name in known:
        return fits(value, known[name])
    return fits(value, schema.get("additionalProperties", True))
