import { type CompiledPolicy, compilePolicy } from "../decide/compile-policy";
import type { PlatformClaims } from "../shapes/claims";
import { platformInForce, programInForce } from "./in-force";
import { newestPlatform, newestProgram } from "./keeper";
import type { Turn } from "./turn";

/** Policies of one program (spec 9.7). Each is undefined where it lacks a document; `newer` also where nothing is newer. */
export type ProgramPolicies = { inForce: CompiledPolicy | undefined; newer: CompiledPolicy | undefined };

/** Compiles policies, each once: the same documents give the same object. */
export type PolicyMaker = (turn: Turn, appId: string) => ProgramPolicies;

export function createPolicyMaker(): PolicyMaker {
  const compile = rememberPair(compilePolicy);
  const narrow = rememberPair(narrowingOf);
  return (turn, appId) => {
    const program = programInForce(turn, appId);
    const platform = platformInForce(turn);
    const newest = { program: newestProgram(turn, appId), platform: newestPlatform(turn) };
    const inForce = program && platform && compile(program, platform);
    if (newest.platform === undefined || newest.program === undefined) return { inForce, newer: undefined };
    if (newest.platform === platform && newest.program === program) return { inForce, newer: undefined };
    return { inForce, newer: compile(newest.program, narrow(newest.platform, platform ?? NONE)) };
  };
}

const NONE = { limits: {}, minRevisions: {}, minRuntime: {} } as const;

/** Limits, minimum revisions and runtimes act at application: until then they are those in force. */
function narrowingOf(
  newer: PlatformClaims,
  { limits, minRevisions, minRuntime }: Pick<PlatformClaims, "limits" | "minRevisions" | "minRuntime">,
): PlatformClaims {
  return { ...newer, limits, minRevisions, minRuntime };
}

/** What was made of two objects, as long as somebody holds both. */
function rememberPair<A extends object, B extends object, Made>(make: (a: A, b: B) => Made): (a: A, b: B) => Made {
  const known = new WeakMap<A, WeakMap<B, { made: Made }>>();
  return (a, b) => {
    const ofA = known.get(a) ?? new WeakMap<B, { made: Made }>();
    known.set(a, ofA);
    const found = ofA.get(b) ?? { made: make(a, b) };
    ofA.set(b, found);
    return found.made;
  };
}
