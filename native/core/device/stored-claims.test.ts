import { expect, it } from "vitest";
import { toBase64Url, utf8Bytes } from "../crypto/encoding";
import { createStoredClaims } from "./stored-claims";

const part = (value: object) => toBase64Url(utf8Bytes(JSON.stringify(value)));
const claims = {
  ...{ schema: 1, platform: "p", epoch: 1, revision: 1, iat: 1, exp: 2, appId: "com.example.a", status: "active" },
  ...{ versions: [], publisherKeys: [], grants: {}, hosts: [], limits: {}, receives: [], externalRoutes: [] },
};
const header = { alg: "ES256", kid: "k".repeat(43), typ: "bulkhead-program" };
const text = `${part(header)}.${part(claims)}.${toBase64Url(new Uint8Array(64))}`;

it("a document in use is read once, however many came and went", () => {
  const { program } = createStoredClaims();
  const first = program(text);
  expect(first).toMatchObject({ appId: "com.example.a" });
  const another = "x".repeat(4 * 1024 * 1024);
  for (let number = 0; number < 40; number += 1) {
    expect(program(another + number)).toBeUndefined();
    expect(program(text)).toBe(first);
  }
});
