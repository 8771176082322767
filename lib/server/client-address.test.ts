import { describe, expect, it } from "vitest";
import { CLIENT_ADDRESS_HEADER } from "@/lib/auth/client-origin";
import { clientAddress, createClientAddresses, OWN_MARK_HEADER } from "./client-address";

/** The addresses of a process, and how often it logged. */
function openAddresses(trustedProxies: number) {
  const logged: string[] = [];
  const addresses = createClientAddresses(trustedProxies, (_, event) => void logged.push(event));
  return { addresses, logged };
}

const request = (forwarded: string | undefined, remoteAddress = "10.0.0.1") => ({
  headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
  socket: { remoteAddress },
});

describe("a client's address", () => {
  it("is the socket's where no proxy is trusted, whatever the request says of itself", () => {
    expect(clientAddress(request("192.0.2.7"), 0)).toBe("10.0.0.1");
  });

  it("is what the outermost trusted proxy saw, never what stood there before", () => {
    expect(clientAddress(request("198.51.100.9, 192.0.2.7"), 1)).toBe("192.0.2.7");
    expect(clientAddress(request("203.0.113.5, 192.0.2.7, 10.0.0.9"), 2)).toBe("192.0.2.7");
    expect(clientAddress(request("2001:db8::1"), 1)).toBe("2001:db8::1");
  });

  it("falls back to the socket's where the proxies named none", () => {
    for (const forwarded of [undefined, "", "unknown", "192.0.2.7:443", "<script>"]) {
      expect(clientAddress(request(forwarded), 1), String(forwarded)).toBe("10.0.0.1");
    }
    expect(clientAddress(request("192.0.2.7"), 2)).toBe("10.0.0.1");
  });
});

describe("a request by a proxy that nobody trusts", () => {
  it("is told once in the log, and in readiness with what to set", async () => {
    const { addresses, logged } = openAddresses(0);
    addresses.of(request(undefined));
    expect(await addresses.check.run()).toMatchObject({ state: "ok" });
    for (let n = 0; n < 3; n += 1) expect(addresses.of(request("192.0.2.7"))).toBe("10.0.0.1");
    expect(logged).toEqual(["forwarded_for_untrusted"]);
    const found = await addresses.check.run();
    expect(found).toMatchObject({ state: "warn", remedy: expect.stringContaining("BULKHEAD_TRUSTED_PROXIES") });
  });

  it("is not seen in what this process asks of itself for a browser, whose address is not believed either", async () => {
    const { addresses, logged } = openAddresses(0);
    const own = request("192.0.2.7", "127.0.0.1");
    const from = (headers: Record<string, string>) => addresses.of({ ...own, headers: { ...own.headers, ...headers } });
    expect(from({ [CLIENT_ADDRESS_HEADER]: "192.0.2.7", [OWN_MARK_HEADER]: addresses.ownMark })).toBe("127.0.0.1");
    expect(logged).toEqual([]);
    expect(await addresses.check.run()).toMatchObject({ state: "ok" });
    // What anybody may set silences nothing.
    from({ [CLIENT_ADDRESS_HEADER]: "192.0.2.7", [OWN_MARK_HEADER]: "made up" });
    expect(await addresses.check.run()).toMatchObject({ state: "warn" });
  });

  it("is nothing to tell where proxies are trusted", async () => {
    const { addresses, logged } = openAddresses(1);
    expect(addresses.of(request("192.0.2.7"))).toBe("192.0.2.7");
    expect(logged).toEqual([]);
    expect(await addresses.check.run()).toMatchObject({ state: "ok" });
  });
});
