import type { EngineMemory } from "../engine";

const MIB = 1024 * 1024;
const PAGE_BYTES = 64 * 1024;
/** What the engine takes for itself, and what a program may gain between two looks of the monitor. */
const ENGINE_BYTES = 48 * MIB;
const PAGES_MIN = 512;
const PAGES_MAX = 65_536;

/** The machine's maximum and the group's, both high enough that the limit itself is always reached first. */
export function scriptMemory(limitBytes: number): EngineMemory {
  const engineBytes = limitBytes + Math.floor(limitBytes / 4) + ENGINE_BYTES;
  return { engineBytes, groupBytes: engineBytes + ENGINE_BYTES };
}

/** Pages of WebAssembly's memory for so many bytes, within what the machine can start with and address. */
export function wasmPages(bytes: number): number {
  return Math.min(PAGES_MAX, Math.max(PAGES_MIN, Math.ceil(bytes / PAGE_BYTES)));
}
