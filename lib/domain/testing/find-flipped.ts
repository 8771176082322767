import { HOST_PURPOSES } from "@/native/core/codes";
import { type CompiledPolicy, compilePolicy } from "@/native/core/decide/compile-policy";
import { decideApi } from "@/native/core/decide/decide-api";
import { decideHost } from "@/native/core/decide/decide-host";
import type { Pins } from "@/native/core/shapes/claims";
import { PLATFORM_DEFAULTS } from "../platform-defaults";
import type { PolicyState } from "../policy-state";
import { projectPlatform, projectProgram } from "../project-program";
import { APP, CAPABILITIES, PORTS, VERSIONS } from "./policy-arbitraries";

const EXPIRES = 250;
const NAMES = [
  "a.x.example",
  "b.x.example",
  "z.x.example",
  "c.a.x.example",
  "z.a.x.example",
  "x.example",
  "y.z.x.example",
];
/** At, before and after each `until` of the arbitraries, past the documents' end, and past each grace. */
const GRACE = PLATFORM_DEFAULTS.graceSeconds;
const GRACE_ENDS = [GRACE - 1, GRACE, GRACE + 1].map((grace) => EXPIRES + grace);
const TIMES = [0, 99, 100, 199, 200, 249, 260, 320, 800, ...GRACE_ENDS];

/** The documents that the policy service would sign for this state. */
export function compile(state: PolicyState): CompiledPolicy {
  const envelope = { schema: 1 as const, platform: "p", epoch: 1, revision: 1, iat: 1, exp: EXPIRES };
  return compilePolicy(
    { ...envelope, ...projectProgram(state, APP) },
    { ...envelope, ...projectPlatform(state), minRevisions: {}, auditHead: { sequence: 0, sha256: "0".repeat(64) } },
  );
}

/** Pins after must refuse whatever pins before refused. */
function isPinned(before: Pins | null, after: Pins | null, now: number): boolean {
  const enforced = (pins: Pins | null) => (pins !== null && pins.mode === "enforce" && now < pins.until ? pins : null);
  const old = enforced(before);
  if (old === null) return true;
  return enforced(after)?.sha256.every((pin) => old.sha256.includes(pin)) ?? false;
}

/** A host question of any version, port, purpose and time that is allowed after, and by none of the others. */
export function findFlippedHost(others: CompiledPolicy[], after: CompiledPolicy): string | null {
  for (const versionCode of [0, ...VERSIONS, 9]) {
    for (const name of NAMES) {
      for (const port of PORTS) {
        for (const purpose of HOST_PURPOSES) {
          for (const now of TIMES) {
            const url = `${purpose === "socket" ? "wss" : "https"}://${name}:${port}/`;
            const question = { versionCode, url, purpose, now };
            const then = decideHost(after, question);
            if (then.decision === "deny") continue;
            const isWithin = others.some((other) => {
              const old = decideHost(other, question);
              return old.decision !== "deny" && isPinned(old.pins, then.pins, now);
            });
            if (!isWithin) return JSON.stringify(question);
          }
        }
      }
    }
  }
  return null;
}

/** The same of a call of any version, runtime, moment, consent and freshness, and of a field that none of the others returns. */
export function findFlippedCall(others: CompiledPolicy[], after: CompiledPolicy): string | null {
  const contexts = [
    undefined,
    { foreground: true, gesture: false, used: { perMinute: 0, perDay: 0 } },
    { foreground: true, gesture: true, used: { perMinute: 1, perDay: 1 } },
  ];
  const runtimes = ["0.9.0", "1.2.0", "1.10.0"].map((version) => ({ kind: "linux" as const, version }));
  for (const api of CAPABILITIES) {
    for (const versionCode of [...VERSIONS, 9]) {
      for (const now of TIMES) {
        for (const runtime of runtimes) {
          for (const consent of [undefined, "given", "refused"] as const) {
            for (const context of contexts) {
              for (const body of ["", "x".repeat(15)]) {
                const params = api.startsWith("network.") ? { url: "https://a.x.example/", body } : {};
                const question = { versionCode, api, params, runtime, now, consent, context };
                const then = decideApi(after, question);
                if (then.decision === "deny") continue;
                const isWithin = others.some((other) => {
                  const old = decideApi(other, question);
                  if (old.decision === "deny") return false;
                  return old.fields === undefined || then.fields?.every((name) => old.fields?.includes(name));
                });
                if (!isWithin) return JSON.stringify(question);
              }
            }
          }
        }
      }
    }
  }
  return null;
}

/** As if nothing were blocked or stopped: what stands behind a block was approved with the block's end in mind. */
export function withoutBlocks(state: PolicyState): PolicyState {
  return new Map([...state].filter(([, { kind }]) => kind !== "blocked-host" && kind !== "status"));
}
