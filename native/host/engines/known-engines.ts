import type { Engine, EngineKind } from "./engine";
import { scriptEngine } from "./script/script-engine";

/** Every kind of program, and the engine of this host that runs it; undefined where none does. */
const ENGINES: Readonly<Record<EngineKind, Engine | undefined>> = { script: scriptEngine, web: undefined };

/** Undefined where this host has no engine for such programs. */
export function engineFor(kind: EngineKind): Engine | undefined {
  return ENGINES[kind];
}

/** The engines that this host has. */
export const KNOWN_ENGINES: readonly Engine[] = Object.values(ENGINES).filter((engine) => engine !== undefined);
