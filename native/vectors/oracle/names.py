"""What makes two names one: spec 2.19, by the table of the catalogue and never by Python's own."""

import functools
import json

from addresses import CATALOGUE

SYLLABLES, LEADS, VOWELS, TRAILS = 0xAC00, 0x1100, 0x1161, 0x11A7
LEAD_COUNT, VOWEL_COUNT, TRAIL_COUNT = 19, 21, 28


def points(text):
    return [int(point, 16) for point in text.split("+")]


def spans(text):
    first, _, last = text.partition("-")
    return range(int(first, 16), int(last or first, 16) + 1)


def read_pairs(text):
    return [pair.split("=") for pair in text.split(" ")]


TABLE = json.loads((CATALOGUE / "name-folding.json").read_text())
ASSIGNED = [spans(text) for text in TABLE["assigned"].split(" ")]
CLASSES = {point: int(number) for text, number in read_pairs(TABLE["combiningClasses"]) for point in spans(text)}
DECOMPOSITIONS = {int(point, 16): points(to) for point, to in read_pairs(TABLE["decompositions"])}
COMPOSITIONS = {tuple(points(pair)): int(point, 16) for pair, point in read_pairs(TABLE["compositions"])}
FOLDINGS = {int(point, 16): points(to) for point, to in read_pairs(TABLE["foldings"])}


def identity_of(name):
    """Equal for names that are one; None where a code point is not assigned."""
    if not all(map(is_assigned, name)):
        return None
    folded = [point for char in compose([ord(char) for char in name]) for point in FOLDINGS.get(char, [char])]
    return "".join(map(chr, compose(folded)))


@functools.cache
def is_assigned(char):
    return any(ord(char) in span for span in ASSIGNED)


def compose(name):
    """NFC (Unicode Standard Annex 15): decomposed, ordered, composed again."""
    decomposed = [point for char in name for point in decompose(char)]
    for end in range(1, len(decomposed)):
        at = end
        while at > 0 and CLASSES.get(decomposed[at - 1], 0) > CLASSES.get(decomposed[at], 0) > 0:
            decomposed[at - 1], decomposed[at] = decomposed[at], decomposed[at - 1]
            at -= 1
    composed, starter = [], None
    for point in decomposed:
        own = CLASSES.get(point, 0)
        if starter is not None:
            between = composed[starter + 1 :]
            is_blocked = any(CLASSES.get(other, 0) == 0 or CLASSES.get(other, 0) >= own for other in between)
            joined = None if is_blocked else pair_of(composed[starter], point)
            if joined is not None:
                composed[starter] = joined
                continue
        if own == 0:
            starter = len(composed)
        composed.append(point)
    return composed


def decompose(point):
    index = point - SYLLABLES
    if 0 <= index < LEAD_COUNT * VOWEL_COUNT * TRAIL_COUNT:
        vowel_and_trail = index % (VOWEL_COUNT * TRAIL_COUNT)
        parts = [LEADS + index // (VOWEL_COUNT * TRAIL_COUNT), VOWELS + vowel_and_trail // TRAIL_COUNT]
        return parts + ([TRAILS + index % TRAIL_COUNT] if index % TRAIL_COUNT else [])
    return DECOMPOSITIONS.get(point, [point])


def pair_of(first, second):
    lead, vowel = first - LEADS, second - VOWELS
    if 0 <= lead < LEAD_COUNT and 0 <= vowel < VOWEL_COUNT:
        return SYLLABLES + (lead * VOWEL_COUNT + vowel) * TRAIL_COUNT
    is_open = 0 <= first - SYLLABLES < LEAD_COUNT * VOWEL_COUNT * TRAIL_COUNT and (first - SYLLABLES) % TRAIL_COUNT == 0
    if is_open and 0 < second - TRAILS < TRAIL_COUNT:
        return first + second - TRAILS
    return COMPOSITIONS.get((first, second))
