"""Bundles: spec 2.12 to 2.18, 5.24 and 5.25."""

import hashlib
import re
import struct
import zlib
from pathlib import Path

from claims import read_claims
from deflate import has_more_blocks
from keys import named_keys
from manifests import find_issues
from names import identity_of
from p256 import read_der, verify
from question import CannotAnswer, member
from text import lower_ascii

MIB = 1024 * 1024
MOST_PACKED, MOST_UNPACKED, MOST_ENTRIES, MOST_RATIO = 30 * MIB, 120 * MIB, 2_000, 100
FEWEST_BLOCKS, BYTES_A_BLOCK = 16, 512
MOST_SEGMENTS, MOST_SEGMENT_BYTES, MOST_NAME_BYTES = 16, 255, 1_024
END, CENTRAL, LOCAL = struct.Struct("<IHHHHIIH"), struct.Struct("<IHHHHHHIIIHHHHHII"), struct.Struct("<IHHHHHIIIHH")
DESCRIPTOR, UTF8 = 1 << 3, 1 << 11
# Bits 1 and 2 only say how hard the deflater tried.
KNOWN_FLAGS = DESCRIPTOR | UTF8 | 0b110
EXTRA_FIELDS = (0x5455, 0x7875, 0x000A, 0xCAFE)
DEVICES = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[0-9¹²³])")
REFUSED = "\\:\ufeff"
NO_KIND, FILE_KIND, FOLDER_KIND, DOS_FOLDER = 0, 0o10, 0o04, 0x10
MARKUP = (".html", ".htm", ".xhtml")


class Malformed(Exception):
    """Not an archive that has one reading."""


def require(condition):
    if not condition:
        raise Malformed()


def decide_bundle(question):
    program = member(question, "program", "object")
    program = read_claims(program, "program-document", ("appId", "versions", "publisherKeys"))
    version_code = member(question, "versionCode", "integer", None)
    data, signature_path = read_file(member(question, "path", "text")), question.get("signaturePath")
    signature = None if signature_path is None else read_file(member(question, "signaturePath", "text"))
    code = judge(data, signature, program, version_code)
    return {"result": "accepted" if code == "ACCEPTED" else "refused", "code": code}


def read_file(path):
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise CannotAnswer("a path cannot be read") from error


def judge(data, signature, program, version_code):
    if signature is None:
        return "SIGNATURE_MISSING"
    versions = program["versions"]
    if version_code is not None:
        versions = [entry for entry in versions if entry["code"] == version_code]
        if not versions:
            return "VERSION_NOT_ALLOWED"
    digest = hashlib.sha256(data).hexdigest()
    listed = [entry for entry in versions if entry["sha256"] == digest]
    if not listed:
        return "VERSION_NOT_ALLOWED" if version_code is None else "DIGEST_MISMATCH"
    version = listed[0]
    entries = [entry for entry in program["publisherKeys"] if entry["kid"] == version["kid"]]
    if not entries:
        return "KEY_UNKNOWN"
    if any(entry["status"] == "revoked" for entry in entries):
        return "KEY_REVOKED"
    numbers = read_der(signature)
    if numbers is None or not any(verify(point, data, *numbers) for _, point in named_keys(entries)):
        return "SIGNATURE_INVALID"
    try:
        manifest = open_bundle(data)
    except Malformed:
        return "BUNDLE_MALFORMED"
    asked = {entry["name"] for entry in manifest.get("req_permissions", [])}
    stated = (manifest["app_id"], manifest["version"]["code"], manifest["version"]["name"], asked)
    approved = (program["appId"], version["code"], version["name"], set(version["declares"]))
    return "ACCEPTED" if stated == approved else "MANIFEST_MISMATCH"


def open_bundle(data):
    """The manifest of a bundle that is wholly as it should be."""
    files = read_archive(data)
    require("manifest.json" in files)
    manifest, issues = find_issues(files["manifest.json"])
    require(not issues)
    pages = [find_page(page, files) for page in manifest["pages"]]
    require(all(pages))
    has_markup = [lower_ascii(page).endswith(MARKUP) for page in pages]
    engine = manifest.get("bulkhead_engine", "web" if any(has_markup) else "script")
    if engine == "script":
        require("app.js" in files)
    else:
        require(all(has_markup) and manifest["pages"] and manifest["icons"])
    return manifest


def find_page(page, files):
    """The first of the names that a page may have (spec 2.17), or None."""
    return next((page + end for end in ("", *MARKUP, ".js") if page + end in files), None)


def read_archive(data):
    """Content by name of every file (spec 2.12 to 2.16)."""
    require(END.size <= len(data) <= MOST_PACKED)
    end_at = len(data) - END.size
    magic, disk, first_disk, here, count, size, start, comment = END.unpack_from(data, end_at)
    require(magic == 0x06054B50 and disk == first_disk == comment == 0 and here == count <= MOST_ENTRIES)
    require(start + size == end_at)
    entries, at = [], start
    for _ in range(count):
        entry, at = read_central(data, at, end_at)
        entries.append(entry)
    require(at == end_at)
    check_names(entries)
    unpacked = sum(entry["unpacked"] for entry in entries)
    require(unpacked <= MOST_UNPACKED and unpacked <= MOST_RATIO * len(data))
    entries.sort(key=lambda entry: entry["offset"])
    ends = [entry["offset"] for entry in entries[1:]] + [start]
    require((entries[0]["offset"] if entries else start) == 0)
    files = {}
    for entry, following in zip(entries, ends):
        content = read_content(data, entry, following)
        if not entry["name"].endswith("/"):
            files[entry["name"]] = content
    return files


def read_central(data, at, end):
    require(at + CENTRAL.size <= end)
    (magic, _, needed, flags, method, time, date, crc, packed, unpacked, name_length, extra_length, comment, disk,
     _, attributes, offset) = CENTRAL.unpack_from(data, at)
    require(magic == 0x02014B50 and comment == disk == 0 and needed <= 20)
    require(flags & ~KNOWN_FLAGS == 0 and method in (0, 8))
    require(method == 8 or (not flags & DESCRIPTOR and packed == unpacked))
    require(max(packed, unpacked, offset) < 0xFFFFFFFF)
    name_at = at + CENTRAL.size
    following = name_at + name_length + extra_length
    require(following <= end)
    raw = data[name_at : name_at + name_length]
    check_extra(data[name_at + name_length : following])
    name = read_name(raw, flags)
    check_kind(name, attributes)
    require(not name.endswith("/") or unpacked == 0)
    same = (needed, flags, method, time, date)
    return {
        "name": name, "raw": raw, "same": same, "flags": flags, "method": method, "crc": crc, "packed": packed,
        "unpacked": unpacked, "offset": offset,
    }, following


def check_extra(data):
    at = 0
    while at < len(data):
        require(at + 4 <= len(data))
        kind, length = struct.unpack_from("<HH", data, at)
        require(kind in EXTRA_FIELDS)
        at += 4 + length
    require(at == len(data))


def read_name(raw, flags):
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed() from error
    require(flags & UTF8 or name.isascii())
    segments = name.removesuffix("/").split("/")
    require(len(segments) <= MOST_SEGMENTS and len(raw) <= MOST_NAME_BYTES)
    for segment in segments:
        require(len(segment.encode("utf-8")) <= MOST_SEGMENT_BYTES)
        require(segment.rstrip(". ") != "")
        require(not any(char in REFUSED or is_control(ord(char)) for char in segment))
        require(DEVICES.fullmatch(lower_ascii(segment).partition(".")[0].rstrip(" ")) is None)
    return name


def is_control(point):
    return point < 0x20 or 0x7F <= point <= 0x9F


def check_kind(name, attributes):
    """Entries are files or folders, and their attributes agree with the name (spec 2.16)."""
    is_folder = name.endswith("/")
    kind = attributes >> 28
    require(kind in (NO_KIND, FOLDER_KIND if is_folder else FILE_KIND))
    require(is_folder or not attributes & DOS_FOLDER)


def check_names(entries):
    seen, folders, files = set(), set(), set()
    for entry in entries:
        folded = identity_of(entry["name"].removesuffix("/"))
        require(folded is not None and folded not in seen)
        seen.add(folded)
        above = folded.split("/")
        folders |= {"/".join(above[:depth]) for depth in range(1, len(above))}
        (folders if entry["name"].endswith("/") else files).add(folded)
    require(not folders & files)


def read_content(data, entry, following):
    """What an entry holds; `following` is where the next record begins."""
    at = entry["offset"]
    require(at + LOCAL.size <= following)
    magic, *same, crc, packed, unpacked, name_length, extra_length = LOCAL.unpack_from(data, at)
    require(magic == 0x04034B50 and tuple(same) == entry["same"])
    name_at = at + LOCAL.size
    start = name_at + name_length + extra_length
    require(start <= following and data[name_at : name_at + name_length] == entry["raw"])
    check_extra(data[name_at + name_length : start])
    stated = (entry["crc"], entry["packed"], entry["unpacked"])
    end = start + entry["packed"]
    if entry["flags"] & DESCRIPTOR:
        require((crc, packed, unpacked) in (stated, (0, 0, 0)))
        rest = data[end:following]
        if len(rest) == 16:
            require(rest[:4] == b"PK\x07\x08")
            rest = rest[4:]
        require(end <= following and len(rest) == 12 and struct.unpack("<III", rest) == stated)
    else:
        require((crc, packed, unpacked) == stated and end == following)
    content = data[start:end] if entry["method"] == 0 else inflate(data[start:end], entry["unpacked"])
    require(len(content) == entry["unpacked"] and zlib.crc32(content) == entry["crc"])
    return content


def inflate(packed, unpacked):
    reader = zlib.decompressobj(wbits=-15)
    try:
        content = reader.decompress(packed, unpacked + 1)
        content += b"" if len(content) > unpacked else reader.decompress(reader.unconsumed_tail, 1)
    except zlib.error as error:
        raise Malformed() from error
    require(reader.eof and reader.unused_data == b"" and reader.unconsumed_tail == b"")
    require(not has_more_blocks(packed, FEWEST_BLOCKS + unpacked // BYTES_A_BLOCK))
    return content
