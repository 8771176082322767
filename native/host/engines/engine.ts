import type { Duplex } from "node:stream";
import type { BridgeChannel, BridgeChannelHandlers } from "../bridge/bridge-channel";
import type { FAULTS } from "../bridge/frame-codec";
import type { RunnableBundle } from "../ports";

/**
 * What an engine is to the host: the one seam behind which a kind of program has a room of its own. An engine says what
 * it is, needs and bounds; it knows neither how it is confined nor whom it serves. Whoever confines reads `EngineCommand`
 * and `EngineNeeds`; whoever runs a program reads the rest.
 */

/** Kinds of programs, as bundles name them. */
export type EngineKind = RunnableBundle["engine"];

/** The process of an engine, before anything stands around it. */
export type EngineCommand = {
  /** Absolute path of the binary. What its loader opens is found by whoever confines it. */
  binary: string;
  /** Files that it reads, by the name they have beside each other; an absolute path each. */
  files: Readonly<Record<string, string>>;
  /** Its arguments, where `pathOf` says under which path a file of `files` is shown to it. */
  args(pathOf: (name: string) => string): readonly string[];
};

/** What must be left to an engine for it to run: confinement takes everything else. */
export type EngineNeeds = {
  /** Processes and threads that it has at once, with room for those that its libraries start. */
  threadsMax: number;
  /** Open descriptors, its channel and its files included. */
  descriptorsMax: number;
  /** Stack of its first thread. */
  stackBytesMax: number;
  /** Names of the system calls that it makes, by the kernel's names. */
  systemCalls: readonly string[];
};

/** The bounds in bytes above a program's `memoryBytes`: that limit itself is measured and acted on, and always met first. */
export type EngineMemory = {
  /** The engine's own maximum, which holds within it. */
  engineBytes: number;
  /** For everything that its processes hold together. */
  groupBytes: number;
};

/** Bounds that the engine itself keeps a program within, from its first turn on. */
export type EngineBounds = {
  engineBytesMax: number;
  /** Of one turn: processor time, and time on the clock, whatever holds the program back meanwhile (spec 5.33). */
  turnCpuMsMax: number;
  turnWallMsMax: number;
};

/** Why an engine can't go on, by its own word. `unknown`: it said something that this host does not know. */
export type EngineFault = keyof typeof FAULTS | "unknown";

/** The host's end of one running engine. */
export type EngineChannel = Omit<BridgeChannel, "run"> & {
  /** Hands over the program, once; it says `ready` when it stands. */
  begin(bounds: EngineBounds): void;
};

/** A program that an engine has read and can run. */
export type EngineProgram = { connect(stream: Duplex, handlers: BridgeChannelHandlers): EngineChannel };

export type Engine = {
  readonly kind: EngineKind;
  /** Bounds that it keeps by itself, exactly, between two looks of the monitor. Nothing else is taken for kept. */
  readonly keeps: readonly (keyof EngineBounds)[];
  readonly needs: EngineNeeds;
  /** The same one each time: made when it is first asked for. Rejects where its files can't be had. */
  command(): Promise<EngineCommand>;
  memory(limitBytes: number): EngineMemory;
  /** Undefined where the bundle lacks what a program of this kind begins with. */
  read(bundle: RunnableBundle): EngineProgram | undefined;
  faultOf(reason: number): EngineFault;
  /**
   * Makes a process ready before it is known whose it will be, by its channel, for a program within these bounds; one within others
   * is run all the same, only later. Absent where a process is its program's from the start: none is started ahead then.
   */
  prepare?(stream: Duplex, bounds: EngineBounds): void;
};
