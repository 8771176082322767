import { expect, test } from "vitest";
import { buildLadder } from "./ladder";
import { readPointer } from "./read-pointer";

const BEFORE = [
  "UNKNOWN_API api",
  "PROGRAM_SUSPENDED platform",
  "PROGRAM_SUSPENDED document",
  "UPGRADE_REQUIRED platform",
  "UPGRADE_REQUIRED document",
  "POLICY_EXPIRED platform",
  "POLICY_EXPIRED document",
  "PERMISSION_DENIED manifest",
  "PERMISSION_DENIED grant",
  "CONSENT_REQUIRED consent",
  "CONSENT_DENIED consent",
  "INVALID_ARGUMENTS api",
  "CONSTRAINT_NOT_MET grant",
];
const HOST = [
  "URL_MALFORMED host",
  "SCHEME_NOT_ALLOWED host",
  "HOST_MALFORMED host",
  "HOST_BLOCKED_BY_PLATFORM platform",
  "HOST_NOT_ALLOWED host",
  "PORT_NOT_ALLOWED host",
  "PURPOSE_NOT_ALLOWED host",
];
const RATES = ["RATE_LIMITED grant", "RATE_LIMITED limit"];
const CONNECTED = ["ADDRESS_NOT_PUBLIC host", "TLS_INVALID host", "PIN_MISMATCH host", "REDIRECT_NOT_ALLOWED host"];

test("the checks stand in the order in which a runtime decides, the network's only where one is asked", () => {
  const shown = (isNetwork: boolean) =>
    buildLadder("UNKNOWN_API", "api", isNetwork).map(({ code, layer }) => `${code} ${layer}`);
  expect(shown(true)).toEqual([...BEFORE, ...HOST, ...RATES, ...CONNECTED]);
  expect(shown(false)).toEqual([...BEFORE, ...RATES]);
});

test("one check failed, those before it passed, and none after it was reached", () => {
  const states = (code: string, layer: string) => buildLadder(code, layer, false).map(({ state }) => state);
  const at = (index: number) =>
    [...BEFORE, ...RATES].map((_, place) => (place < index ? "passed" : place === index ? "failed" : "not_reached"));
  expect(states("UNKNOWN_API", "api")).toEqual(at(0));
  expect(states("PERMISSION_DENIED", "manifest")).toEqual(at(7));
  expect(states("PERMISSION_DENIED", "grant")).toEqual(at(8));
  expect(states("RATE_LIMITED", "limit")).toEqual(at(14));
  // A layer of a later release: the code still says which check it was.
  expect(states("RATE_LIMITED", "moon")).toEqual(at(13));
  expect(new Set(states("MADE_UP", "grant"))).toEqual(new Set(["passed"]));
});

test("a pointer names own members alone", () => {
  const value = { hosts: [{ "a/b": { "~": 1 } }], empty: null };
  expect(readPointer(value, "")).toBe(value);
  expect(readPointer(value, "/hosts/0/a~1b/~0")).toBe(1);
  expect(readPointer(value, "/empty")).toBeNull();
  for (const nowhere of ["hosts", "/hosts/1", "/empty/x", "/hosts/0/a~1b/~0/x", "/toString", "/hosts/0/__proto__"]) {
    expect(readPointer(value, nowhere), nowhere).toBeUndefined();
  }
});
