import { beforeEach, describe, expect, it } from "vitest";
import type { HostEvent } from "../ports";
import { openDeviceStore } from "../state/device-store";
import { createPolicyTime } from "../state/policy-time";
import { createMemoryFiles, type MemoryFiles } from "../state/testing/memory-files";
import { newTrustRecord } from "../state/trust-record";
import { openPolicyKeeper, type PolicyKeeper } from "./policy-keeper";
import { APP, createSigningPlatform, DAY, HOUR, NOW, newKey, PLATFORM, verifier } from "./testing/signing-platform";

const log = () => undefined;
const platform = createSigningPlatform();

type Device = { keeper: PolicyKeeper; files: MemoryFiles; events: HostEvent[]; clock: { seconds: number }; time: Time };
type Time = ReturnType<typeof createPolicyTime>;

/** A device on these files: the same files again are the same device after a start. */
async function device(files = createMemoryFiles(), seconds = NOW + 60): Promise<Device> {
  const store = await openDeviceStore({ files, directory: "/state", log });
  const enrolment = {
    url: "https://platform.test",
    platform: PLATFORM,
    rootThumbprints: [...platform.rootThumbprints],
    threshold: 1,
    deviceId: "dev_1",
  };
  if (!store.record) await store.commit(newTrustRecord(enrolment));
  const record = store.record;
  if (!record) throw new Error("no record");
  const clock = { seconds };
  const time = createPolicyTime({ nowMs: () => clock.seconds * 1000, monotonicMs: () => 0 }, record.time);
  const events: HostEvent[] = [];
  const telemetry = { addToMinute: () => undefined, recordEvent: (event: HostEvent) => events.push(event) };
  const keeper = await openPolicyKeeper({ store, record, verifier, time, telemetry, onNarrowed: () => undefined, log });
  return { keeper, files, events, clock, time };
}

/** A device that has keyset 1, platform document 5 and the program's document 3 in force. */
async function syncedDevice(): Promise<Device> {
  const made = await device();
  expect(await made.keeper.receiveKeyset(await platform.keyset())).toBe("accepted");
  expect(await made.keeper.receivePlatform(await platform.platform({ revision: 5 }), '"p5"')).toBe("accepted");
  expect(await made.keeper.receiveProgram(APP, await platform.program({ revision: 3 }), '"a3"')).toBe("accepted");
  made.keeper.apply();
  return made;
}

function inForce({ keeper }: Device) {
  const { keyset, platform: document, programs, heldSuspensions } = keeper.inForce;
  return {
    keyset: keyset?.revision,
    platform: document?.revision,
    program: programs.get(APP)?.revision,
    held: [...heldSuspensions],
  };
}

const GOOD = { keyset: 1, platform: 5, program: 3, held: [] };
let held: Device;
beforeEach(async () => {
  held = await syncedDevice();
});

/** After whatever was received: the last good documents are in force, also after a start. */
async function expectLastGood(made: Device, expected: object = GOOD): Promise<void> {
  made.keeper.apply();
  expect(inForce(made)).toEqual(expected);
  made.files.crash("lose");
  expect(inForce(await device(made.files))).toEqual(expected);
}

describe("a forged or changed document", () => {
  it.each([
    [
      "signed by a key that is not in the keyset",
      async () => platform.platform({ revision: 6 }, newKey()),
      "UNKNOWN_KEY",
    ],
    [
      "with a signature over other bytes",
      async () => {
        const [header, , signature] = Buffer.from(await platform.platform({ revision: 6 }))
          .toString()
          .split(".");
        const [, payload] = Buffer.from(await platform.platform({ revision: 7, suspended: [] }))
          .toString()
          .split(".");
        return Buffer.from(`${header}.${payload}.${signature}`);
      },
      "BAD_SIGNATURE",
    ],
    ["of another platform", async () => platform.platform({ revision: 6, platform: "other.test" }), "WRONG_PLATFORM"],
    ["of another type", async () => platform.program({ revision: 6 }), "WRONG_TYPE"],
    ["a captive portal's page", async () => Buffer.from("<html>sign in</html>"), "MALFORMED"],
    [
      "with a byte order mark",
      async () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), await platform.platform({ revision: 6 })]),
      "MALFORMED",
    ],
    [
      "with a byte behind it",
      async () => Buffer.concat([await platform.platform({ revision: 6 }), Buffer.from("\n")]),
      "MALFORMED",
    ],
    ["with a newer schema", async () => platform.platform({ revision: 6, schema: 2 as 1 }), "UNSUPPORTED_SCHEMA"],
    ["that lives too long", async () => platform.platform({ revision: 6, exp: NOW + 30 * DAY }), "MALFORMED"],
    ["from the future", async () => platform.platform({ revision: 6, iat: NOW + HOUR }), "NOT_YET_VALID"],
    ["of an epoch that no keyset raised", async () => platform.platform({ epoch: 2 }), "NOT_YET_VALID"],
    ["that is too large", async () => Buffer.alloc(3 * 1024 * 1024, 65), "TOO_LARGE"],
  ])("%s keeps the last good one and is told once", async (_title, make, code) => {
    const bytes = await make();
    expect(await held.keeper.receivePlatform(bytes, '"x"')).toBe("refused");
    expect(await held.keeper.receivePlatform(bytes, '"x"')).toBe("refused");
    expect(held.events.map((event) => [event.type, event.code])).toEqual([["document_refused", code]]);
    await expectLastGood(held);
  });

  it("cut off after any byte is refused, and nothing of it stays", async () => {
    const bytes = await platform.platform({ revision: 6 });
    for (let length = 0; length < bytes.length; length += 37) {
      expect(await held.keeper.receivePlatform(bytes.slice(0, length), undefined)).toBe("refused");
    }
    await expectLastGood(held);
  });

  it("for one program is not taken for another", async () => {
    const other = await platform.program({ revision: 9, appId: "com.example.other" });
    expect(await held.keeper.receiveProgram(APP, other, undefined)).toBe("refused");
    expect(held.events[0]).toMatchObject({ code: "WRONG_PROGRAM", appId: APP });
    await expectLastGood(held);
  });

  it.each(["?", "#", "/../../x", "..", "", "a".repeat(300), "e\u0301.app"])(
    "a program called %j never becomes a path",
    async (appId) => {
      expect(
        await held.keeper.receiveProgram(appId, await platform.program({ appId, revision: 1 }), undefined),
      ).toMatch(/accepted|refused/);
      for (const name of held.files.names())
        expect(name).toMatch(/^\/state\/(trust\.[ab]|documents\/[0-9a-f]{64}\.[ab])$/);
    },
  );
});

describe("rollback", () => {
  it("to a lower revision is refused, over a start too", async () => {
    const old = await platform.platform({ revision: 4 });
    expect(await held.keeper.receivePlatform(old, undefined)).toBe("refused");
    const restarted = await device(held.files);
    expect(await restarted.keeper.receivePlatform(old, undefined)).toBe("refused");
    expect(restarted.events.map((event) => event.code)).toEqual(["ROLLED_BACK"]);
    await expectLastGood(restarted);
  });

  it("to other bytes under the same revision keeps the first", async () => {
    const twin = await platform.platform({ revision: 5, blockedHosts: ["evil.test"] });
    expect(await held.keeper.receivePlatform(twin, undefined)).toBe("refused");
    expect(held.events[0]?.code).toBe("CONFLICT");
    await expectLastGood(held);
  });

  it("of a program's document inside a newer platform document is refused", async () => {
    expect(await held.keeper.receivePlatform(await platform.platform({ revision: 6 }), undefined)).toBe("accepted");
    expect(await held.keeper.receiveProgram(APP, await platform.program({ revision: 2 }), undefined)).toBe("refused");
    await expectLastGood(held, { ...GOOD, platform: 6 });
  });

  it("by losing the file is no way back: the floor stays where the document is gone", async () => {
    for (const name of held.files.names())
      if (name.includes("/documents/")) held.files.damage(name, () => new Uint8Array(0));
    const restarted = await device(held.files);
    expect(restarted.keeper.inForce.platform).toBeUndefined();
    expect(restarted.keeper.etagOf({ platform: true })).toBeUndefined();
    await restarted.keeper.receiveKeyset(await platform.keyset());
    expect(await restarted.keeper.receivePlatform(await platform.platform({ revision: 4 }), undefined)).toBe("refused");
    expect(await restarted.keeper.receivePlatform(await platform.platform({ revision: 5 }), undefined)).toBe(
      "accepted",
    );
  });
});

describe("freeze and expiry", () => {
  it("a newer but expired document raises the floor and its suspensions act; it grants nothing", async () => {
    held.clock.seconds = NOW + 2 * DAY;
    const late = await platform.platform({ revision: 9, suspended: [APP], blockedHosts: [] });
    expect(await held.keeper.receivePlatform(late, undefined)).toBe("expired");
    await expectLastGood(held, { ...GOOD, held: [APP] });
    const restarted = await device(held.files, NOW + 2 * DAY);
    const between = await platform.platform({ revision: 7, iat: NOW + 2 * DAY });
    expect(await restarted.keeper.receivePlatform(between, undefined)).toBe("refused");
    const fresh = await platform.platform({ revision: 10, iat: NOW + 2 * DAY });
    expect(await restarted.keeper.receivePlatform(fresh, undefined)).toBe("accepted");
    await expectLastGood(restarted, { ...GOOD, platform: 10 });
  });

  it("a program's newer, expired document that suspends it acts until a newer one lifts it", async () => {
    const expired = await platform.program({ revision: 8, iat: NOW - 60 * DAY, status: "suspended" });
    expect(await held.keeper.receiveProgram(APP, expired, undefined)).toBe("expired");
    await expectLastGood(held, { ...GOOD, held: [APP] });
    const restarted = await device(held.files);
    expect(await restarted.keeper.receiveProgram(APP, await platform.program({ revision: 9 }), undefined)).toBe(
      "accepted",
    );
    await expectLastGood(restarted, { ...GOOD, program: 9 });
  });

  it("an expired document of ours is replaced by the server's fresh one", async () => {
    const restarted = await device(held.files, NOW + 40 * DAY);
    const fresh = await platform.platform({ revision: 6, iat: NOW + 40 * DAY });
    expect(await restarted.keeper.receivePlatform(fresh, undefined)).toBe("accepted");
  });

  it("one jump of the clock refuses nothing for good: the accepted document sets the mark", async () => {
    held.clock.seconds = NOW + 3650 * DAY;
    await held.keeper.storeMark();
    held.clock.seconds = NOW + 2 * HOUR;
    expect(held.time.forStored()).toBe(NOW + 3650 * DAY);
    const fresh = await platform.platform({ revision: 6, iat: NOW + 2 * HOUR });
    expect(await held.keeper.receivePlatform(fresh, undefined)).toBe("accepted");
    expect(held.time.forStored()).toBe(NOW + 2 * HOUR);
    const restarted = await device(held.files, NOW);
    expect(restarted.time.forStored()).toBe(NOW + 2 * HOUR);
  });

  it("a server that was ahead and is right again is heard at once: its next document suspends", async () => {
    held.clock.seconds = NOW + 30 * HOUR;
    const ahead = await platform.platform({ revision: 6, iat: NOW + 30 * HOUR });
    expect(await held.keeper.receivePlatform(ahead, undefined)).toBe("accepted");
    held.clock.seconds = NOW + HOUR;
    const right = await platform.platform({ revision: 7, iat: NOW + HOUR, suspended: [APP] });
    expect(await held.keeper.receivePlatform(right, undefined)).toBe("accepted");
    expect(held.keeper.latest.platform?.suspended).toEqual([APP]);
    expect(held.time.stored).toEqual({ lastVerifiedIat: NOW + HOUR, mark: NOW + HOUR });
    const restarted = await device(held.files, NOW + HOUR);
    const lifted = await platform.platform({ revision: 8, iat: NOW + HOUR + 60 });
    expect(await restarted.keeper.receivePlatform(lifted, undefined)).toBe("accepted");
  });

  it("a stolen key that walks the time ahead by 300 documents of 299 s is undone by one honest document", async () => {
    for (let step = 1; step <= 300; step += 1) {
      const walked = await platform.platform({ revision: 5 + step, iat: NOW + step * 299 });
      expect(await held.keeper.receivePlatform(walked, undefined)).toBe("accepted");
    }
    const honest = await platform.platform({ revision: 306, iat: NOW + 60 });
    expect(await held.keeper.receivePlatform(honest, undefined)).toBe("accepted");
    expect(held.time.stored.lastVerifiedIat).toBe(NOW + 60);
  });

  it("a keyset never lowers the time, and a time beyond its life is undone by the first document of a higher epoch", async () => {
    const far = NOW + 300 * DAY;
    held.clock.seconds = far;
    const keyset = await platform.keyset({ revision: 2, iat: far, exp: far + DAY });
    expect(await held.keeper.receiveKeyset(keyset)).toBe("accepted");
    held.clock.seconds = NOW + 60;
    expect(await held.keeper.receiveKeyset(await platform.keyset({ revision: 3, epoch: 2 }))).toBe("expired");
    expect(held.time.stored.lastVerifiedIat).toBe(far);
    const honest = await platform.platform({ epoch: 2, revision: 1, iat: NOW + 60 });
    expect(await held.keeper.receivePlatform(honest, undefined)).toBe("accepted");
    expect(held.time.stored).toEqual({ lastVerifiedIat: NOW + 60, mark: NOW + 60 });
  });

  it("an older document is no way back: below the floor the clock is not asked", async () => {
    held.clock.seconds = NOW + 30 * HOUR;
    const ahead = await platform.platform({ revision: 6, iat: NOW + 30 * HOUR });
    await held.keeper.receivePlatform(ahead, undefined);
    held.clock.seconds = NOW + HOUR;
    const old = await platform.platform({ revision: 5, iat: NOW + HOUR });
    expect(await held.keeper.receivePlatform(old, undefined)).toBe("refused");
    expect(held.time.stored.lastVerifiedIat).toBe(NOW + 30 * HOUR);
  });

  it("a program's document never lowers the time", async () => {
    held.clock.seconds = NOW + 30 * HOUR;
    await held.keeper.receivePlatform(await platform.platform({ revision: 6, iat: NOW + 30 * HOUR }), undefined);
    held.clock.seconds = NOW + HOUR;
    await held.keeper.receiveProgram(APP, await platform.program({ revision: 9, iat: NOW + HOUR }), undefined);
    expect(held.time.stored.lastVerifiedIat).toBe(NOW + 30 * HOUR);
  });
});

describe("keysets", () => {
  it("not signed by the roots of the enrolment file are never trusted", async () => {
    const fresh = await device();
    const stranger = createSigningPlatform();
    for (const bytes of [await stranger.keyset(), await platform.keyset({}, [newKey()]), Buffer.from("{}")]) {
      expect(await fresh.keeper.receiveKeyset(bytes)).toBe("refused");
    }
    expect(await fresh.keeper.receivePlatform(await platform.platform(), undefined)).toBe("refused");
    expect(inForce(fresh)).toEqual({ keyset: undefined, platform: undefined, program: undefined, held: [] });
  });

  const [a, b, c] = [newKey(), newKey(), newKey()];
  const roots = (...keys: (typeof a)[]) => keys.map((key) => ({ kid: key.thumbprint, jwk: key.publicJwk }));

  it.each([
    ["a new root, signed by both", { rootKeys: roots(a) }, [platform.root, a], "accepted"],
    ["a new root, signed by the old one alone", { rootKeys: roots(a) }, [platform.root], "refused"],
    ["a new root, signed by itself alone", { rootKeys: roots(a) }, [a], "refused"],
    ["a threshold of two, met", { rootKeys: roots(a, b, c), threshold: 2 }, [platform.root, a, c], "accepted"],
    ["a threshold of two, met by one", { rootKeys: roots(a, b, c), threshold: 2 }, [platform.root, b], "refused"],
    [
      "a threshold of two, met by one key under two names",
      { rootKeys: [...roots(a), { kid: "again", jwk: a.publicJwk }], threshold: 2 },
      [platform.root, a],
      "refused",
    ],
    ["the same signature twice", { rootKeys: roots(a, b), threshold: 2 }, [platform.root, a, a], "refused"],
    ["signatures that nobody asked for", {}, [platform.root, a, b], "accepted"],
    ["a gap", { revision: 3 }, [platform.root], "refused"],
    ["another environment", { environment: "production" as const }, [platform.root], "refused"],
  ])("walk by %s: %#", async (_title, claims, signers, expected) => {
    const bytes = await platform.keyset({ revision: 2, ...claims }, signers);
    expect(await held.keeper.receiveKeyset(bytes)).toBe(expected);
    await expectLastGood(held, { ...GOOD, keyset: expected === "accepted" ? 2 : 1 });
  });

  it("that have expired are walked from and verify nothing but their successor", async () => {
    const expired = await platform.keyset({ revision: 2, iat: NOW - 100 * DAY, exp: NOW - DAY });
    expect(await held.keeper.receiveKeyset(expired)).toBe("expired");
    expect(await held.keeper.receivePlatform(await platform.platform({ revision: 6 }), undefined)).toBe("refused");
    expect(held.events.map((event) => event.code)).toContain("UNKNOWN_KEY");
    expect(await held.keeper.receiveKeyset(await platform.keyset({ revision: 3 }))).toBe("accepted");
    expect(await held.keeper.receivePlatform(await platform.platform({ revision: 6 }), undefined)).toBe("accepted");
  });

  it("of a higher epoch end what is stored at once, keep suspensions, and lead back from a fast-forward", async () => {
    const far = Number.MAX_SAFE_INTEGER;
    await held.keeper.receivePlatform(await platform.platform({ revision: far, suspended: [APP] }), undefined);
    await held.keeper.receiveProgram(APP, await platform.program({ revision: far }), undefined);
    held.keeper.apply();
    expect(await held.keeper.receiveKeyset(await platform.keyset({ revision: 2, epoch: 2 }))).toBe("accepted");
    expect(inForce(held)).toEqual({ keyset: 2, platform: undefined, program: undefined, held: [APP] });
    const restarted = await device(held.files);
    expect(inForce(restarted)).toEqual({ keyset: 2, platform: undefined, program: undefined, held: [APP] });
    expect(restarted.keeper.etagOf({ platform: true })).toBeUndefined();
    expect(await restarted.keeper.receivePlatform(await platform.platform({ revision: 9 }), undefined)).toBe("refused");
    expect(await restarted.keeper.receivePlatform(await platform.platform({ epoch: 2, revision: 1 }), undefined)).toBe(
      "accepted",
    );
    expect(
      await restarted.keeper.receiveProgram(APP, await platform.program({ epoch: 2, revision: 1 }), undefined),
    ).toBe("accepted");
    await expectLastGood(restarted, { keyset: 2, platform: 1, program: 1, held: [] });
  });

  it("that rotate the policy key leave what was accepted under the old one in force, over a start too", async () => {
    const rotated = await platform.keyset({ revision: 2, keys: roots(a) });
    expect(await held.keeper.receiveKeyset(rotated)).toBe("accepted");
    expect(await held.keeper.receivePlatform(await platform.platform({ revision: 6 }), undefined)).toBe("refused");
    expect(await held.keeper.receivePlatform(await platform.platform({ revision: 6 }, a), undefined)).toBe("accepted");
    await expectLastGood(held, { ...GOOD, keyset: 2, platform: 6 });
  });
});

describe("a document that is accepted", () => {
  it("is kept as the bytes that were served", async () => {
    const bytes = await platform.platform({ revision: 6 });
    await held.keeper.receivePlatform(bytes, undefined);
    const stored = await Promise.all(held.files.names().map((name) => held.files.read(name)));
    expect(stored.some((found) => found && Buffer.from(found).equals(bytes))).toBe(true);
  });

  it("closes at once and opens only when it is applied together with the others", async () => {
    const next = await platform.platform({ revision: 6, suspended: ["com.example.bad"], blockedHosts: ["evil.test"] });
    await held.keeper.receivePlatform(next, undefined);
    expect(inForce(held)).toEqual({ ...GOOD, held: ["com.example.bad"] });
    expect(held.keeper.inForce.platform?.blockedHosts).toEqual(["evil.test"]);
    await held.keeper.receiveProgram(APP, await platform.program({ revision: 4 }), undefined);
    expect(held.keeper.inForce.programs.get(APP)?.revision).toBe(3);
    held.keeper.applyPlatformAlone();
    expect(inForce(held)).toEqual({ ...GOOD, platform: 6 });
    held.keeper.apply();
    expect(inForce(held)).toEqual({ ...GOOD, platform: 6, program: 4 });
  });

  it("acts after a start even if it was never applied before", async () => {
    await held.keeper.receivePlatform(await platform.platform({ revision: 6, suspended: [APP] }), undefined);
    held.files.crash("lose");
    const restarted = await device(held.files);
    expect(restarted.keeper.inForce.platform?.suspended).toEqual([APP]);
  });

  it("has its floor on the disk before it is in force: whichever write fails, old or new and never a third; what it suspends is stopped in any case", async () => {
    const next = await platform.platform({ revision: 6, suspended: [APP] });
    const idle = () => new Promise((resolve) => setImmediate(resolve));
    const rehearsal = await syncedDevice();
    await idle();
    const start = rehearsal.files.operations;
    await rehearsal.keeper.receivePlatform(next, undefined);
    await idle();
    const steps = rehearsal.files.operations - start;
    expect(steps).toBeGreaterThan(8);
    for (let step = 0; step < steps; step++) {
      for (const how of ["keep", "lose"] as const) {
        const made = await syncedDevice();
        await idle();
        const before = made.files.operations;
        made.files.failAt(before + step, "forever");
        const receipt = await made.keeper.receivePlatform(next, undefined);
        expect(made.keeper.inForce.heldSuspensions.has(APP)).toBe(true);
        await idle();
        made.files.crash(how);
        const restarted = await device(made.files);
        const revision = restarted.keeper.inForce.platform?.revision;
        expect([5, 6]).toContain(revision);
        if (receipt === "accepted") expect(revision).toBe(6);
        expect(await restarted.keeper.receivePlatform(await platform.platform({ revision: 4 }), undefined)).toBe(
          "refused",
        );
      }
    }
  });

  it("is not taken while the disk is full, and the last good one goes on", async () => {
    held.files.failAt(held.files.operations, "forever");
    expect(await held.keeper.receivePlatform(await platform.platform({ revision: 6 }), undefined)).toBe("not_stored");
    held.keeper.apply();
    expect(inForce(held)).toEqual(GOOD);
    held.files.heal();
    expect(await held.keeper.receivePlatform(await platform.platform({ revision: 6 }), undefined)).toBe("accepted");
  });

  it("narrows as soon as it is verified though the disk is full, and whatever is applied meanwhile", async () => {
    held.files.failAt(held.files.operations, "forever");
    const narrower = { revision: 6, suspended: [APP], blockedHosts: ["example.com"] };
    expect(await held.keeper.receivePlatform(await platform.platform(narrower), undefined)).toBe("not_stored");
    const expectNarrowed = () => {
      expect(inForce(held)).toEqual({ ...GOOD, held: [APP] });
      expect(held.keeper.inForce.platform?.blockedHosts).toContain("example.com");
    };
    expectNarrowed();
    held.keeper.apply();
    expectNarrowed();
    held.files.heal();
    expect(await held.keeper.receivePlatform(await platform.platform({ revision: 7 }), undefined)).toBe("accepted");
    held.keeper.apply();
    expect(inForce(held)).toEqual({ ...GOOD, platform: 7 });
  });

  it("of a program stops that program though the disk is full", async () => {
    held.files.failAt(held.files.operations, "forever");
    const stopped = await platform.program({ revision: 4, status: "suspended" });
    expect(await held.keeper.receiveProgram(APP, stopped, undefined)).toBe("not_stored");
    held.keeper.apply();
    expect(inForce(held)).toEqual({ ...GOOD, held: [APP] });
    held.files.heal();
    expect(await held.keeper.receiveProgram(APP, await platform.program({ revision: 5 }), undefined)).toBe("accepted");
    held.keeper.apply();
    expect(inForce(held)).toEqual({ ...GOOD, program: 5 });
  });
});
