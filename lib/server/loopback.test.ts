import { describe, expect, it } from "vitest";
import { isLoopback, SOCKET_HEADER } from "./loopback";

const asked = (headers: Record<string, string>) =>
  isLoopback({ headers: new Headers({ [SOCKET_HEADER]: "127.0.0.1", host: "localhost:4180", ...headers }) });

describe("a request of this machine", () => {
  it("came by a socket of it, under a name of it", () => {
    for (const host of ["localhost", "LOCALHOST:4180", "127.0.0.1:4180", "[::1]:4180"])
      expect(asked({ host })).toBe(true);
    for (const address of ["::1", "::ffff:127.0.0.1", "127.8.9.1"])
      expect(asked({ [SOCKET_HEADER]: address })).toBe(true);
  });

  it("is none of another socket", () => {
    for (const address of ["", "192.0.2.1", "::ffff:192.0.2.1", "127.0.0.1.example"]) {
      expect(asked({ [SOCKET_HEADER]: address })).toBe(false);
    }
  });

  it("is none that was passed on, whichever way the proxy says so", () => {
    for (const name of ["forwarded", "via", "x-real-ip", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"]) {
      expect(asked({ [name]: "127.0.0.1" })).toBe(false);
    }
  });

  it("is none under a foreign name that was pointed here", () => {
    for (const host of [
      "",
      "console.example",
      "evil.example:4180",
      "localhost.evil.example",
      "127.0.0.1.evil.example",
    ]) {
      expect(asked({ host })).toBe(false);
    }
  });
});
