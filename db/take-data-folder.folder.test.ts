import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Logger } from "@/lib/platform/logger";
import { withStoppedStore } from "./backup/back-up-folder";
import { checkStore } from "./check-store";
import { openStore } from "./open-store";
import { publishers } from "./schema";
import { takeDataFolder } from "./take-data-folder";
import { temporaryBase } from "./testing/data-folder";
import { pgliteSeed } from "./testing/pglite-seed";
import { unpackReleased } from "./testing/released-folder";

let base = "";
let dataDir = "";
let umask = 0;
beforeEach(() => {
  base = mkdtempSync(join(temporaryBase(), "bulkhead-modes-"));
  dataDir = join(base, "data");
  umask = process.umask(0);
});
afterEach(() => {
  process.umask(umask);
  rmSync(base, { recursive: true, force: true });
});

/** What others may do something with, of everything below the data folder. */
function openToOthers(): string[] {
  const paths = ["", ...(readdirSync(dataDir, { recursive: true }) as string[])].map((name) => join(dataDir, name));
  return paths.filter((path) => {
    const entry = lstatSync(path);
    // A socket of the lock has what the process's umask leaves it.
    return !entry.isSocket() && (entry.mode & 0o077) !== 0;
  });
}
const modeOf = (path: string) => (lstatSync(path).mode & 0o777).toString(8);

describe("a data folder", { timeout: 120_000 }, () => {
  it("that is new is its owner's alone, whatever the umask", () => {
    expect(takeDataFolder(dataDir)).toEqual([]);
    expect(modeOf(dataDir)).toBe("700");
  });

  it("of the released version, open to all, is its owner's alone once it was opened, which is said once", async () => {
    unpackReleased(dataDir);
    chmodSync(dataDir, 0o755);
    expect(openToOthers().length).toBeGreaterThan(900);
    const said: unknown[] = [];
    const logger: Logger = (_, event, fields) => event === "data_folder_tightened" && said.push(fields?.what);
    const open = () => openStore({ location: { kind: "pglite", dataDir }, logger });
    const { store } = await open();
    expect(openToOthers()).toEqual([]);
    expect(said).toEqual([
      expect.stringContaining(`${dataDir} was open to others (mode 0755)`),
      expect.stringContaining(`${join(dataDir, "store")} was open to others (mode 0755)`),
      expect.stringMatching(/^9\d\d of the database's files were open to others/),
    ]);
    await store.close();
    await (await open()).store.close();
    expect(said).toHaveLength(3);
  });

  it("whose database is a link to another disk is opened as any other", async () => {
    const open = async () =>
      openStore({ location: { kind: "pglite", dataDir }, seed: await pgliteSeed(), logger: () => undefined });
    const first = (await open()).store;
    await first.transaction(({ db }) => db.insert(publishers).values({ id: "p", name: "P", createdAt: new Date(0) }));
    await first.close();
    renameSync(join(dataDir, "store"), join(base, "elsewhere"));
    symlinkSync(join(base, "elsewhere"), join(dataDir, "store"));
    expect((await checkStore(dataDir)).findings).toEqual([]);
    const { store, recovery } = await open();
    expect(recovery.outcome).toBe("agreed");
    expect(await store.db.select().from(publishers)).toHaveLength(1);
    await store.close();
  });

  // Only root can give a folder away.
  it.skipIf(process.geteuid?.() !== 0)(
    "is not looked into by another user, whose files would shut its owner out",
    async () => {
      mkdirSync(join(dataDir, "store"), { recursive: true });
      chownSync(join(dataDir, "store"), 65_534, 65_534);
      const refusal = { details: [{ code: "other-user" }] };
      await expect(checkStore(dataDir)).rejects.toMatchObject(refusal);
      await expect(withStoppedStore(dataDir, async () => undefined)).rejects.toMatchObject(refusal);
      expect(readdirSync(dataDir)).toEqual(["store"]);
    },
  );

  // Only root can give a folder away.
  it.skipIf(process.geteuid?.() !== 0)("of another user that others can enter is refused, and left as it is", () => {
    mkdirSync(join(dataDir, "keys"), { recursive: true });
    chmodSync(dataDir, 0o755);
    chmodSync(join(dataDir, "keys"), 0o750);
    chownSync(join(dataDir, "keys"), 65_534, 65_534);
    expect(() => takeDataFolder(dataDir)).toThrow(
      expect.objectContaining({
        code: "unavailable",
        message: expect.stringMatching(/keys has the mode 0750 and is user 65534's.*\n.*chmod -R go= /s),
      }),
    );
    expect([modeOf(dataDir), modeOf(join(dataDir, "keys"))]).toEqual(["755", "750"]);
  });
});
