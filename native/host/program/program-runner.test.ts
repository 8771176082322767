import { afterEach, describe, expect, it } from "vitest";
import { denialCauseKey } from "../../core/decide/cause-key";
import { requireConfinement } from "../confinement/require-confinement";
import type { EgressRequest, EgressResult } from "../ports";
import { policyOf, startTestProgram, type TestProgram, type TestProgramOptions } from "./testing/program-bench";

const { available } = await requireConfinement("running programs");
const running: TestProgram[] = [];

async function start(source: string, options?: TestProgramOptions): Promise<TestProgram> {
  const program = await startTestProgram(source, options);
  running.push(program);
  return program;
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.dispose()));
});

const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const CALL = (api: string, params: string): string => `
  bulkhead.call(${JSON.stringify(api)}, ${params}).then(
    (value) => console.log("value", JSON.stringify(value)),
    (error) => console.log("error", error.code, error.layer, error.rule, error.denialId));`;

describe.runIf(available)("a program that is launched", () => {
  it("can be stopped before its engine says that it stands", async () => {
    const reasons: string[] = [];
    const started = start("for (;;);", {
      onLaunched(program) {
        void program.stop("suspended");
        void program.ended.then(({ reason }) => reasons.push(reason));
      },
    });
    await expect(started).rejects.toThrow();
    expect(reasons).toEqual(["suspended"]);
  });
});

describe.runIf(available)("a program that is running", () => {
  it("does what it was granted", async () => {
    const { line, recorded } = await start(CALL("device.info", "{}"));
    const value = JSON.parse((await line("value")).slice("value ".length));
    expect(value).toMatchObject({ kind: "linux", runtimeVersion: "0.1.0" });
    expect(Object.keys(value).sort()).toEqual(["kind", "language", "runtimeVersion", "screenClass", "timeZone"]);
    expect(recorded.minutes).toContainEqual({ apis: { "device.info": { allowed: 1 } } });
  });

  it("is refused what it was not, with a denial that names its cause", async () => {
    const { line, recorded } = await start(CALL("contacts.read", "{}"));
    const [, code, layer, rule, denialId = ""] = (await line("error")).split(" ");
    expect([code, layer, rule]).toEqual(["PERMISSION_DENIED", "grant", "null"]);
    expect(recorded.events).toEqual([
      expect.objectContaining({
        type: "denied_api",
        denialId,
        api: "contacts.read",
        epoch: 1,
        platformRevision: 10,
        programRevision: 5,
      }),
    ]);
    const cause = denialCauseKey(denialId);
    expect(cause).toMatch(/^[0-9a-f]{16}$/);
    expect(recorded.minutes).toContainEqual({
      denials: [{ cause, code, layer, rule: null, api: "contacts.read", count: 1 }],
    });
  });

  it("keeps values from one start to the next, and gives back only what its grant names", async () => {
    const first = await start(`await bulkhead.storage.local.set("a/../b", { n: [1, "ü"] }); console.log("done");`);
    await first.line("done");
    await first.program.stop("stopped");
    const greatest = (member: "storageBytesMax" | "bridgeCallsPerSecondMax") =>
      Math.max(...first.recorded.minutes.map((minute) => minute[member] ?? 0));
    expect(greatest("storageBytesMax")).toBeGreaterThan('{"n":[1,"ü"]}'.length);
    expect(greatest("bridgeCallsPerSecondMax")).toBeGreaterThanOrEqual(1);
    expect(first.recorded.minutes.at(-1)?.applied).toEqual({ epoch: 1, platform: 10, program: 5 });
    const second = await start(
      `console.log("found", JSON.stringify(await bulkhead.storage.local.get("a/../b")), (await bulkhead.storage.local.keys()).join());`,
      { storageDir: first.storageDir },
    );
    expect(await second.line("found")).toBe('found {"n":[1,"ü"]} a/../b');
    const fields = policyOf({
      program: { grants: { "device.info": { consent: "none", constraints: { fields: ["kind"] } } } },
    });
    expect(await (await start(CALL("device.info", "{}"), { policy: fields })).line("value")).toBe(
      'value {"kind":"linux"}',
    );
  });

  it("has its requests made for it, bodies of eight megabytes either way", async () => {
    const big = new Uint8Array(8 * 1024 * 1024).fill(97);
    const { line, recorded, sum } = await start(
      `const answer = await bulkhead.network.request({ url: "https://api.allowed.test/x", method: "POST", headers: { "x-a": "b" },
         body: new Uint8Array(8 * 1024 * 1024).fill(98) });
       console.log("status", answer.status, answer.body.byteLength, answer.headers["x-c"]);`,
      {
        policy: policyOf({ program: { limits: { memoryBytes: { max: 512 * 1024 * 1024, action: "kill" } } } }),
        answer: async ({ url }) => ({ outcome: "response", url, status: 201, headers: { "x-c": "d" }, body: big }),
      },
    );
    expect(await line("status")).toBe("status 201 8388608 d");
    expect(recorded.requests).toHaveLength(1);
    expect(recorded.requests[0]).toMatchObject({
      method: "POST",
      purpose: "request",
      appId: "com.example.probe",
      headers: { "x-a": "b" },
    });
    expect(recorded.requests[0]?.body?.length).toBe(8 * 1024 * 1024);
    expect(sum("requests")).toBe(1);
  });

  it("hears of a host that it was not given before anything is sent", async () => {
    const { line, recorded, sum } = await start(
      CALL("network.request", `{ url: "https://evil.test:8443/path?secret" }`),
    );
    expect(await line("error")).toMatch(/^error HOST_NOT_ALLOWED host null [0-9a-f]{16}-/);
    expect(recorded.requests).toEqual([]);
    expect([sum("requests"), sum("blocked")]).toEqual([0, 1]);
    expect(recorded.events).toEqual([
      expect.objectContaining({ type: "blocked_request", host: "evil.test", port: 8443, purpose: "request" }),
    ]);
    expect(JSON.stringify(recorded.events)).not.toContain("secret");
  });

  it("is refused by the boundary itself where only the attempt shows it", async () => {
    const { line, recorded } = await start(CALL("network.request", `{ url: "https://api.allowed.test/" }`), {
      answer: async ({ url }) => ({
        outcome: "denied",
        hop: 0,
        url,
        decision: { decision: "deny", code: "ADDRESS_NOT_PUBLIC", layer: "host", rule: null, pins: [] },
      }),
    });
    expect(await line("error")).toMatch(/^error ADDRESS_NOT_PUBLIC host null /);
    expect(recorded.events).toEqual([
      expect.objectContaining({ type: "blocked_request", host: "api.allowed.test", port: 443 }),
    ]);
  });

  it("learns of the world's failure without a denial", async () => {
    const { line, recorded } = await start(CALL("network.request", `{ url: "https://api.allowed.test/" }`), {
      answer: async () => ({ outcome: "failed", reason: "unreachable" }),
    });
    expect(await line("error")).toBe("error HOST_ERROR api null null");
    expect(recorded.events).toEqual([]);
  });

  it("obeys a new policy at its next call, without a restart", async () => {
    const { line, program } = await start(`
      const ask = async (name) => { try { const { status } = await bulkhead.network.request({ url: "https://late.test/" }); console.log(name, status); }
        catch (error) { console.log(name, error.code); } };
      await ask("first");
      for (let turn = 0; ; turn += 1) { await new Promise((go) => setTimeout(go, 20)); await ask("turn"); }`);
    expect(await line("first")).toBe("first HOST_NOT_ALLOWED");
    const { pid } = program;
    program.applyPolicy(policyOf({ program: { hosts: [{ host: "late.test", ports: [443], purposes: ["request"] }] } }));
    expect(await line("turn 200")).toBe("turn 200");
    expect(program.pid).toBe(pid);
    expect(isThere(pid)).toBe(true);
  });

  it("has a request under way decided again by the policy of that moment", async () => {
    let arrive: (request: EgressRequest) => void = () => undefined;
    const arrived = new Promise<EgressRequest>((resolve) => {
      arrive = resolve;
    });
    let settle: (result: EgressResult) => void = () => undefined;
    const { line, program } = await start(CALL("network.request", `{ url: "https://api.allowed.test/" }`), {
      answer: (request) =>
        new Promise((resolve) => {
          settle = resolve;
          arrive(request);
        }),
    });
    const request = await arrived;
    program.applyPolicy(policyOf({ program: { grants: {} } }));
    settle({ outcome: "denied", url: request.url, hop: 0, decision: request.decide(request.url, "request", 0) });
    expect(await line("error")).toMatch(/^error PERMISSION_DENIED grant null /);
  });

  it("is gone when it is suspended, whatever it is doing", async () => {
    for (const source of [`console.log("up"); for (;;);`, `console.log("up"); setInterval(() => {}, 4);`]) {
      const { line, program, recorded } = await start(source);
      await line("up");
      program.applyPolicy(policyOf({ platform: { suspended: ["com.example.probe"] } }));
      expect(await program.ended).toEqual({ reason: "suspended" });
      expect(isThere(program.pid)).toBe(false);
      expect(recorded.events).toContainEqual(
        expect.objectContaining({ type: "killed", detail: { reason: "suspended" } }),
      );
    }
  });

  it("gets its limit of calls a minute counted across restarts", async () => {
    const policy = policyOf({
      program: { grants: { "storage.local": { consent: "none", constraints: { perDay: 2 } } } },
    });
    const source = `for (let call = 0; call < 2; call += 1) await bulkhead.storage.local.keys().then(() => console.log("yes"), (error) => console.log("no", error.code, error.limit, error.used)); console.log("end");`;
    const first = await start(source, { policy });
    await first.line("end");
    await first.program.stop("stopped");
    const second = await start(source, { policy, storageDir: first.storageDir });
    await second.line("end");
    expect(first.lines()).toEqual(["yes", "yes", "end"]);
    expect(second.lines()).toEqual(["no RATE_LIMITED 2 2", "no RATE_LIMITED 2 2", "end"]);
  });

  it("asks for consent and is told what the person said", async () => {
    const policy = policyOf({ program: { grants: { "device.info": { consent: "ask" } } } });
    const codes = await Promise.all(
      (["hangs", "refused", "given"] as const).map(async (said) => {
        const { line } = await start(
          `await ${CALL("device.info", "{}")} console.log("may", await bulkhead.hasAccess("device.info"));`,
          // The second that it is waited for is a bound of the host's; nothing here is measured.
          {
            policy,
            consentMsMax: 1_000,
            consent: async () => (said === "hangs" ? new Promise(() => undefined) : said),
          },
        );
        return [await line("may"), (await Promise.race([line("error"), line("value")])).split(" ")[1]?.slice(0, 16)];
      }),
    );
    expect(codes.map(([may, code]) => `${may} ${code?.startsWith("{") ? "value" : code}`)).toEqual([
      "may false CONSENT_REQUIRED",
      "may false CONSENT_DENIED",
      "may true value",
    ]);
  });
});

describe.runIf(available)("a program that does not start", () => {
  it.each([
    ["is suspended", policyOf({ platform: { suspended: ["com.example.probe"] } })],
    ["is retired", policyOf({ program: { status: "retired" } })],
  ])("%s", async (_why, policy) => {
    await expect(start("", { policy })).rejects.toThrow("start_failed");
  });
});
