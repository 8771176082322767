import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { createSandboxUsers, mayBecome, SANDBOX_USERS } from "./sandbox-users";

const isRoot = process.getuid?.() === 0 && mayBecome(SANDBOX_USERS.last);

const RANGE = { first: 60_700, last: 60_719 };
const NAME = `bulkhead-test-${process.pid}`;

describe.runIf(isRoot)("users of sandboxes", () => {
  it("are each one's own until they are given back, and then there is one again", async () => {
    const take = createSandboxUsers(RANGE, `${NAME}-own`);
    const taken = await Promise.all(Array.from({ length: 20 }, take));
    const users = taken.flatMap((one) => ("user" in one && one.user !== undefined ? [one.user] : []));
    expect(new Set(users.map(({ id }) => id)).size).toBe(20);
    expect(await take()).toEqual({ refused: "no user is left for another program" });
    for (const { release } of users) release();
    expect(await take()).toMatchObject({ user: { id: expect.any(Number) } });
  });

  it("are never another host's, whose end gives them back", async () => {
    const take = createSandboxUsers(RANGE, `${NAME}-other`);
    // another host holds all but one
    const script = `const net = require("net"); let held = 0;
      for (let id = ${RANGE.first}; id < ${RANGE.last}; id++)
        net.createServer().listen({ path: "\\0${NAME}-other:" + id }, () => { if (++held === 19) console.log("held"); });`;
    const other = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(other.stdout, "data");
      expect(await take()).toMatchObject({ user: { id: RANGE.last } });
      expect(await take()).toEqual({ refused: "no user is left for another program" });
    } finally {
      other.kill("SIGKILL");
    }
    await once(other, "exit");
    expect(await take()).toMatchObject({ user: { id: expect.any(Number) } });
  });
});

describe("who may hand out users", () => {
  it.runIf(isRoot)("is root with the ids in its user namespace", () => {
    expect(mayBecome(60_600, "         0          0 4294967295\n")).toBe(true);
    expect(mayBecome(60_600, "         0     100000      65536\n")).toBe(true);
    expect(mayBecome(60_600, "         0       1000          1\n")).toBe(false);
    expect(mayBecome(60_600, "")).toBe(false);
  });

  it.runIf(isRoot).each([
    ["all", "000001ffffffffff", true],
    ["none but these", "00000000000000e0", true],
    ["no kill: whoever it started could not be ended", "00000000000000c0", false],
    ["no change of group", "00000000000000a0", false],
    ["no change of user", "0000000000000060", false],
    ["none", "0000000000000000", false],
  ])("has the rights for it: %s", (_name, effective, isAllowed) => {
    const status = `Name:\tnode\nCapPrm:\t000001ffffffffff\nCapEff:\t${effective}\nSeccomp:\t0\n`;
    expect(mayBecome(60_600, "0 0 4294967295\n", status)).toBe(isAllowed);
  });
});
