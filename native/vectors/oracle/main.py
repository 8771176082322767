"""
The conformance program of spec §8, from the specification's text alone: JSON lines in, one JSON line each, in order.
`python3 native/vectors/oracle/main.py`. Slow and plain on purpose, since it only has to be right.
"""

import json
import sys

import addresses
import api_calls
import archives
import causes
import documents
import hosts
import limits
import manifests
import signatures
import storage
from question import CannotAnswer
from strict_json import NotJson, read_json

OPS = {
    "host": hosts.decide_host,
    "redirect": hosts.decide_redirect,
    "address": addresses.decide_address,
    "api": api_calls.decide_api,
    "document": documents.decide_document,
    "keyset": documents.decide_keyset,
    "head": documents.decide_head,
    "manifest": manifests.decide_manifest,
    "bundle": archives.decide_bundle,
    "signature": signatures.decide_signature,
    "storage": storage.place,
    "limit": limits.run_limits,
    "cause": causes.reckon,
}


def answer(line):
    try:
        question = read_json(line, depth=64, numbers="value")
    except NotJson:
        return {"id": None, "error": "no JSON"}
    name = question.get("id") if isinstance(question, dict) else None
    try:
        if not isinstance(question, dict) or question.get("op") not in OPS:
            raise CannotAnswer("no such op")
        return {"id": name, **OPS[question["op"]](question)}
    except CannotAnswer as error:
        return {"id": name, "error": str(error)}


def main():
    for line in sys.stdin.buffer:
        sys.stdout.write(json.dumps(answer(line.removesuffix(b"\n"))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
