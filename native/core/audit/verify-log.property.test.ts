import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../node/crypto";
import { headOf, PLATFORM, rootTrust, SignedLog, sealEntry } from "./testing/signed-log";
import { type LogVerdict, verifyAuditLog } from "./verify-log";

const trust = await rootTrust();
const verify = (log: SignedLog): Promise<LogVerdict> =>
  verifyAuditLog(log.records(), { trust, platform: PLATFORM, crypto: nodeCrypto, digest: nodeCrypto.sha256 });

type Move = "append" | "head" | "publish" | "keyset";
const moves = fc.array(
  fc.oneof(
    { arbitrary: fc.constant<Move>("append"), weight: 6 },
    { arbitrary: fc.constant<Move>("head"), weight: 3 },
    { arbitrary: fc.constant<Move>("publish"), weight: 3 },
    { arbitrary: fc.constant<Move>("keyset"), weight: 1 },
  ),
  { minLength: 3, maxLength: 10 },
);

/** A log that ends with a head, so that something vouches for each of its entries. */
async function writeLog(steps: readonly Move[]): Promise<SignedLog> {
  const log = new SignedLog();
  await log.append("platform.initialise");
  await log.publishKeyset();
  for (const step of steps) {
    if (step === "append") await log.append("session.signIn", { at: log.end });
    else if (step === "head") await log.signHead();
    else if (step === "publish") await log.publish(["com.example.notes", "com.example.maps"]);
    else await log.publishKeyset();
  }
  await log.publish([]);
  return log;
}

/** What whoever writes to the store does afterwards, so that the log looks whole again. */
const covers = fc.record({ rechained: fc.boolean(), headsGone: fc.boolean(), documentsGone: fc.boolean() });
type Cover = typeof covers extends fc.Arbitrary<infer Value> ? Value : never;

/** Every digest from this index on made anew. */
async function rechain(log: SignedLog, from: number): Promise<void> {
  for (let index = from; index < log.entries.length; index += 1) {
    const entry = log.entries[index];
    if (entry !== undefined) log.entries[index] = await sealEntry(entry, log.entries[index - 1]);
  }
}

/** Heads and documents taken out of the store that would tell; the file of the day lies elsewhere. */
async function cover(log: SignedLog, sequence: number, { rechained, headsGone, documentsGone }: Cover): Promise<void> {
  if (rechained) await rechain(log, sequence - 1);
  const isBefore = (jws: string) => (headOf(jws).sequence ?? 0) < sequence;
  if (headsGone) {
    log.table = log.table.filter(isBefore);
    log.journal = log.journal.filter(isBefore);
  }
  if (documentsGone) {
    log.documents = log.documents.filter((jws) => {
      const { auditHead } = headOf(jws) as { auditHead?: { sequence: number } };
      return auditHead === undefined || auditHead.sequence < sequence;
    });
  }
}

type Tampering = { name: string; tamper(log: SignedLog, sequence: number): Promise<void> };
const ENTRIES: readonly Tampering[] = [
  {
    name: "an entry deleted",
    async tamper(log, sequence) {
      log.entries.splice(sequence - 1, 1);
    },
  },
  {
    name: "an entry and its next exchanged",
    async tamper(log, sequence) {
      const [first, second] = log.entries.splice(sequence - 1, 2);
      log.entries.splice(sequence - 1, 0, ...[second, first].filter((entry) => entry !== undefined));
    },
  },
  {
    name: "an entry rewritten",
    async tamper(log, sequence) {
      const entry = log.entries[sequence - 1];
      if (entry !== undefined) log.entries[sequence - 1] = { ...entry, after: "something else" };
    },
  },
  {
    name: "an entry rewritten, with its own digest",
    async tamper(log, sequence) {
      const entry = log.entries[sequence - 1];
      if (entry === undefined) return;
      log.entries[sequence - 1] = await sealEntry({ ...entry, after: "something else" }, log.entries[sequence - 2]);
    },
  },
  {
    name: "an entry put in",
    async tamper(log, sequence) {
      const entry = await sealEntry({ action: "changeSet.approve", after: null }, log.entries[sequence - 2]);
      log.entries.splice(sequence - 1, 0, entry);
    },
  },
  {
    name: "the end cut off",
    async tamper(log, sequence) {
      log.entries.splice(sequence - 1);
    },
  },
];

/** A log, an entry of it that is not its last, and what is done about it afterwards. */
const cases = fc.tuple(moves, fc.nat(), covers, fc.boolean());
const RUNS = { numRuns: 12 };

describe("an audit log", () => {
  it("that nobody touched is whole, however it came about", async () => {
    await fc.assert(
      fc.asyncProperty(moves, async (steps) => {
        const log = await writeLog(steps);
        const found = await verify(log);
        expect(found).toMatchObject({ isWhole: true, findings: [], entries: log.end, vouchedSequence: log.end });
        expect(found).toMatchObject({ heads: log.table.length, documents: log.documents.length });
        await log.goOn();
        expect(await verify(log)).toMatchObject({ isWhole: true, entries: log.end });
      }),
      RUNS,
    );
  }, 120_000);

  it.each(ENTRIES)(
    "with $name is never whole again, whatever follows, and names no later entry",
    async ({ tamper }) => {
      await fc.assert(
        fc.asyncProperty(cases, async ([steps, pick, how, goesOn]) => {
          const log = await writeLog(steps);
          const sequence = 1 + (pick % (log.end - 1));
          await tamper(log, sequence);
          await cover(log, sequence, how);
          if (goesOn) await log.goOn();
          const found = await verify(log);
          expect(found.isWhole).toBe(false);
          expect(found.firstBadSequence).not.toBeNull();
          expect(found.firstBadSequence).toBeLessThanOrEqual(sequence);
        }),
        RUNS,
      );
    },
    120_000,
  );

  const flip = (jws: string) => {
    const at = jws.lastIndexOf(".") + 5;
    return `${jws.slice(0, at)}${jws[at] === "A" ? "B" : "A"}${jws.slice(at + 1)}`;
  };
  const without = <Item>(list: readonly Item[], index: number) => list.filter((_, at) => at !== index);
  const SIGNED: readonly {
    name: string;
    /** The entry that it is about; undefined where the draw has none. */
    tamper(log: SignedLog, pick: number): number | undefined;
  }[] = [
    ...(["table", "file", "journal"] as const).map((place) => ({
      name: `a head taken out of the ${place}`,
      tamper(log: SignedLog, pick: number) {
        // Of a place that is no table the first one is where it begins.
        const index = place === "table" ? pick % log[place].length : 1 + (pick % (log[place].length - 1));
        const { sequence } = headOf(log[place][index] ?? "");
        log[place] = without(log[place], index);
        return sequence;
      },
    })),
    {
      name: "the head of a publish taken out everywhere",
      tamper(log, pick) {
        const publishes = log.entries.filter(({ action }) => action === "document.publish");
        const sequence = publishes[pick % publishes.length]?.sequence;
        const others = (jws: string) => headOf(jws).sequence !== sequence;
        log.table = log.table.filter(others);
        log.file = log.file.filter(others);
        log.journal = log.journal.filter(others);
        return sequence;
      },
    },
    {
      name: "a head changed everywhere",
      tamper(log, pick) {
        const head = log.table[pick % log.table.length] ?? "";
        for (const place of ["table", "file", "journal"] as const) {
          log[place] = log[place].map((jws) => (jws === head ? flip(jws) : jws));
        }
        return headOf(head).sequence;
      },
    },
    {
      name: "a document deleted",
      tamper(log, pick) {
        const index = pick % log.documents.length;
        const sequence = namedAt(log, log.documents[index] ?? "");
        log.documents = without(log.documents, index);
        return sequence;
      },
    },
    {
      name: "a document changed",
      tamper(log, pick) {
        const index = pick % log.documents.length;
        const sequence = namedAt(log, log.documents[index] ?? "");
        log.documents = log.documents.map((jws, at) => (at === index ? flip(jws) : jws));
        return sequence;
      },
    },
    {
      name: "a keyset deleted",
      tamper(log, pick) {
        const index = pick % log.keysets.length;
        log.keysets = without(log.keysets, index);
        return keysetEntries(log)[index];
      },
    },
    {
      name: "a keyset changed",
      tamper(log, pick) {
        const index = pick % log.keysets.length;
        log.keysets = log.keysets.map((jws, at) =>
          at === index ? jws.replace(/"payload":"(.)/, '"payload":"f') : jws,
        );
        return keysetEntries(log)[index];
      },
    },
    {
      name: "keysets in another order",
      tamper(log, pick) {
        if (log.keysets.length < 2) return undefined;
        const index = pick % (log.keysets.length - 1);
        const [first = "", second = ""] = log.keysets.slice(index);
        log.keysets.splice(index, 2, second, first);
        return keysetEntries(log)[index];
      },
    },
  ];
  const keysetEntries = (log: SignedLog) =>
    log.entries.filter(({ action }) => action === "keyset.publish").map(({ sequence }) => sequence);

  /** The entry that names the document. */
  function namedAt(log: SignedLog, jws: string): number | undefined {
    const { appId, epoch, revision } = headOf(jws) as { appId?: string; epoch: number; revision: number };
    const isIt = (at: { appId?: string; epoch: number; revision: number }) =>
      at.epoch === epoch && at.revision === revision && at.appId === appId;
    return log.entries.find(({ action, after }) => {
      if (action !== "document.publish") return false;
      const { platform, programs } = after as { platform: Parameters<typeof isIt>[0]; programs: (typeof platform)[] };
      return appId === undefined ? isIt(platform) : programs.some(isIt);
    })?.sequence;
  }

  it.each(SIGNED)(
    "with $name is never whole again, whatever follows, and names no later entry",
    async ({ tamper }) => {
      await fc.assert(
        fc.asyncProperty(moves, fc.nat(), fc.boolean(), async (steps, pick, goesOn) => {
          const log = await writeLog(steps);
          const sequence = tamper(log, pick);
          if (goesOn) await log.goOn();
          const found = await verify(log);
          if (sequence === undefined) return;
          expect(found.isWhole).toBe(false);
          expect(found.firstBadSequence).not.toBeNull();
          expect(found.firstBadSequence).toBeLessThanOrEqual(sequence);
        }),
        RUNS,
      );
    },
    120_000,
  );
});
