"""Public suffixes: spec 5.10, by the snapshot of the catalogue."""

import json

from addresses import CATALOGUE


def read_rules():
    table = json.loads((CATALOGUE / "public-suffixes.json").read_text())
    return set(f"{table['icann']} {table['private']}".split())


RULES = read_rules()
# Every name that some rule lies below.
ANCESTORS = {
    rule.lstrip("!").split(".", depth)[depth] for rule in RULES for depth in range(1, rule.count(".") + 1)
}


def is_suffix_or_above(name):
    return name in ANCESTORS or is_suffix(name)


def is_suffix(name):
    if "." not in name or name in RULES:
        return True
    return f"!{name}" not in RULES and "*." + name.partition(".")[2] in RULES
