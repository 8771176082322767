import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { mayBecome, SANDBOX_USERS, takeSandboxUser } from "./sandbox-users";

const isRoot = process.getuid?.() === 0 && mayBecome(SANDBOX_USERS.last);

describe.runIf(isRoot)("users of sandboxes", () => {
  it("are each one's own until they are given back", async () => {
    const taken = await Promise.all(Array.from({ length: 20 }, () => takeSandboxUser()));
    const users = taken.flatMap((one) => ("user" in one && one.user !== undefined ? [one.user] : []));
    expect(new Set(users.map(({ id }) => id)).size).toBe(20);
    for (const { id, release } of users) {
      expect(id).toBeGreaterThanOrEqual(SANDBOX_USERS.first);
      expect(id).toBeLessThanOrEqual(SANDBOX_USERS.last);
      release();
    }
  });

  it("are never another host's, whose end gives them back", async () => {
    // another host holds all but one
    const all = SANDBOX_USERS.last - SANDBOX_USERS.first;
    const script = `const net = require("net"); let held = 0;
      for (let id = ${SANDBOX_USERS.first}; id < ${SANDBOX_USERS.last}; id++)
        net.createServer().listen({ path: "\\0bulkhead-user:" + id }, () => { if (++held === ${all}) console.log("held"); });`;
    const other = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(other.stdout, "data");
      const left = await takeSandboxUser();
      expect(left).toMatchObject({ user: { id: SANDBOX_USERS.last } });
      expect(await takeSandboxUser()).toEqual({ refused: "no user is left for another program" });
      if ("user" in left) left.user?.release();
    } finally {
      other.kill("SIGKILL");
    }
    await once(other, "exit");
    expect(await takeSandboxUser()).toMatchObject({ user: { id: expect.any(Number) } });
  });
});

describe("who may hand out users", () => {
  it.runIf(isRoot)("is root with the ids in its user namespace", () => {
    expect(mayBecome(60_600, "         0          0 4294967295\n")).toBe(true);
    expect(mayBecome(60_600, "         0     100000      65536\n")).toBe(true);
    expect(mayBecome(60_600, "         0       1000          1\n")).toBe(false);
    expect(mayBecome(60_600, "")).toBe(false);
  });
});
