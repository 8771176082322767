import { describe, expect, it } from "vitest";
import type { CheckName } from "@/lib/domain/readiness-names";
import { AppError } from "@/lib/platform/errors";
import { type Check, createReadiness, type Finding } from "./create-readiness";

const OK: Finding = { state: "ok", says: "It is well." };
const NEVER = new Promise<Finding>(() => undefined);
const check = (name: CheckName, run: () => Promise<Finding>): Check => ({ name, run });

/** Readiness whose uptime the test sets. */
function open(checks: Check[]) {
  let uptime = 0;
  const logged: string[] = [];
  const logger = (_: string, event: string) => void logged.push(event);
  const ports = { clock: { nowMs: () => 0 }, logger, uptimeMs: () => uptime, timeoutMs: 10 };
  const readiness = createReadiness(checks, ports);
  const states = async () =>
    Object.fromEntries((await readiness.read()).checks.map(({ name, state }) => [name, state]));
  const pass = (ms: number) => {
    uptime += ms;
  };
  return { readiness, states, logged, pass };
}

describe("readiness", () => {
  it("is the worst of its checks, each with what was found and what to do", async () => {
    const warn: Finding = { state: "warn", says: "It is tight.", remedy: "Make room." };
    const { readiness } = open([check("store_read", async () => OK), check("disk", async () => warn)]);
    const found = await readiness.read();
    expect(found.state).toBe("warn");
    expect(found.checks).toMatchObject([
      { name: "store_read", ...OK, remedy: null },
      { name: "disk", ...warn },
    ]);
  });

  it("asks once for all who ask at once, and again only after 5 seconds", async () => {
    let asked = 0;
    const { readiness, pass } = open([
      check("disk", async () => {
        asked += 1;
        return OK;
      }),
    ]);
    await Promise.all([readiness.read(), readiness.read(), readiness.read()]);
    pass(4_999);
    await readiness.read();
    expect(asked).toBe(1);
    pass(1);
    await readiness.read();
    expect(asked).toBe(2);
  });

  it("fails a check that hangs by its name, keeps the others, and does not begin it a second time", async () => {
    let begun = 0;
    let settle = (_: Finding) => undefined as unknown;
    const hanging = new Promise<Finding>((resolve) => {
      settle = resolve;
    });
    const { states, pass } = open([
      check("store_write", () => {
        begun += 1;
        return begun === 1 ? hanging : Promise.resolve(OK);
      }),
      check("disk", async () => OK),
    ]);
    expect(await states()).toEqual({ store_write: "failed", disk: "ok" });
    pass(60_000);
    expect(await states()).toEqual({ store_write: "failed", disk: "ok" });
    expect(begun).toBe(1);
    settle(OK);
    const later = () => {
      pass(60_000);
      return states();
    };
    await expect.poll(later).toEqual({ store_write: "ok", disk: "ok" });
  });

  it("has the store's figures, and null for one that does not give them, and fails by no figure", async () => {
    const figures = { lanes: [], jobs: [], takenBack: 0, reopened: { times: 0, last: null } };
    const logged: string[] = [];
    const logger = (_: string, event: string) => void logged.push(event);
    const read = async (storeFigures: () => Promise<typeof figures>) =>
      createReadiness([], { clock: { nowMs: () => 0 }, logger, timeoutMs: 10, storeFigures }).read();
    expect(await read(async () => figures)).toMatchObject({ state: "ok", store: figures });
    expect(await read(() => new Promise(() => undefined))).toMatchObject({ state: "ok", store: null });
    const closed = new AppError("unavailable", "The store is closed.");
    expect(await read(() => Promise.reject(closed))).toMatchObject({ state: "ok", store: null });
    expect(logged).toEqual(["store_figures_missing"]);
    expect(await open([]).readiness.read()).not.toHaveProperty("store");
  });

  it("fails a check that raises, tells what may be told and logs the rest", async () => {
    const { readiness, logged } = open([
      check("store_read", () => Promise.reject(new AppError("unavailable", "The store cannot be reached."))),
      check("audit", () => Promise.reject(new Error("secret=hunter2"))),
      check("announcements", () => NEVER),
    ]);
    const found = await readiness.read();
    expect(found.checks.map(({ state }) => state)).toEqual(["failed", "failed", "failed"]);
    expect(found.checks[0]?.says).toBe("The store cannot be reached.");
    expect(JSON.stringify(found)).not.toContain("hunter2");
    expect(logged).toEqual(["readiness_check_failed", "readiness_check_failed"]);
  });
});
