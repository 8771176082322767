import publicSuffixData from "../../catalog/public-suffixes.json";
import { createStatefulAnswerer } from "../../core/conformance/stateful";
import { readPublicSuffixes } from "../../core/decide/public-suffixes";
import type { Effect } from "../../core/device/effects";
import { nodeCrypto } from "../../node/crypto";

type Members = Record<string, unknown>;
type Of<E extends Effect["e"]> = Extract<Effect, { e: E }>;
export type ScenarioStep = { line: Members; answer: Members };
export type Document = { jws: string; etag?: string };

export const SEED = "000102030405060708090a0b0c0d0e0f";
const ports = { crypto: nodeCrypto, publicSuffixes: readPublicSuffixes(publicSuffixData) };

/** What a server of the script's has to give; a number is a status that it answers with. */
export type Server = {
  /** By revision. */
  keysets: Record<number, string>;
  platform?: Document | number;
  programs: Record<string, Document | number>;
  /** Nothing is answered to these. */
  silent: ("keyset" | "platform" | "program" | "telemetry" | "held")[];
  telemetry?: Members;
};

/** A shell that plays against the device, writes down what is said, and answers what it is told to. */
export class Script {
  readonly steps: ScenarioStep[] = [];
  readonly effects: Effect[] = [];
  disk: "works" | "full" | "silent" = "works";
  server: Server = { keysets: {}, programs: {}, silent: [] };
  wall: number;
  mono = 1000;
  private readonly answerer = createStatefulAnswerer(ports);
  private waiting: Effect[] = [];

  constructor(
    startSeconds: number,
    private readonly enrolment: Members,
  ) {
    this.wall = startSeconds * 1000;
  }

  private say(line: Members): Members {
    const answer = JSON.parse(this.answerer(JSON.stringify({ id: this.steps.length + 1, ...line }))) as Members;
    const { id: _, ...rest } = answer;
    if (rest.error !== undefined) rest.error = "";
    if (Array.isArray(rest.effects)) rest.effects = rest.effects.filter(({ e }) => e !== "log");
    this.steps.push({ line, answer: rest });
    return rest;
  }

  open(line: Members = {}): void {
    this.waiting = [];
    const { error } = this.say({ op: "device.open", ...line });
    if (error !== undefined) throw new Error(`${JSON.stringify(line).slice(0, 200)} cannot be opened`);
  }

  step(t: string, members: Members = {}): Effect[] {
    const answer = this.say({ op: "device.step", input: { t, wall: this.wall, mono: this.mono, ...members } });
    if (answer.error !== undefined) throw new Error(`${t} ${JSON.stringify(members).slice(0, 200)} cannot be read`);
    const effects = answer.effects as Effect[];
    this.effects.push(...effects);
    this.waiting.push(...effects.filter(({ e }) => e === "store" || e === "fetch" || e === "send"));
    return effects;
  }

  /** A line that cannot be answered. */
  unreadable(line: Members): void {
    if (this.say(line).error === undefined) throw new Error(`it was answered: ${JSON.stringify(line).slice(0, 200)}`);
  }

  start(programs: readonly string[], members: Members = {}): Effect[] {
    const runtime = { kind: "linux", version: "1.0.0", layers: [] };
    return this.step("start", { seed: SEED, enrolment: this.enrolment, runtime, programs, ...members });
  }

  /** Time goes on, for both clocks; or the wall clock alone jumps. */
  pass(seconds: number): void {
    this.wall += seconds * 1000;
    this.mono += seconds * 1000;
  }

  jump(seconds: number): void {
    this.wall += seconds * 1000;
  }

  ring(timer: string): Effect[] {
    return this.step("timer", { timer });
  }

  /** Answers what is open, oldest first, until only what stays silent is left. */
  settle(): void {
    for (let rounds = 0; rounds < 5000; rounds += 1) {
      const index = this.waiting.findIndex((effect) => this.isAnswered(effect));
      const [effect] = index < 0 ? [] : this.waiting.splice(index, 1);
      if (effect === undefined) return;
      this.answer(effect);
    }
    throw new Error("it never comes to rest");
  }

  /** The oldest open effect of a kind, taken out so that the script answers it itself. */
  takeOpen<E extends "store" | "fetch" | "send">(kind: E): Of<E> {
    const index = this.waiting.findIndex(({ e }) => e === kind);
    const [effect] = index < 0 ? [] : this.waiting.splice(index, 1);
    if (effect === undefined) throw new Error(`no ${kind} is open`);
    return effect as Of<E>;
  }

  private isAnswered(effect: Effect): boolean {
    const { silent } = this.server;
    if (effect.e === "store") return this.disk !== "silent";
    if (effect.e === "send") return !silent.includes("telemetry");
    return effect.e === "fetch" && !silent.includes(effect.what);
  }

  private answer(effect: Effect): void {
    if (effect.e === "store") {
      if (this.disk === "works") this.step("stored", { write: effect.write });
      else this.step("notStored", { write: effect.write, reason: "full" });
    }
    if (effect.e === "send") {
      const body = { accepted: 0, rejected: [], nextIntervalSeconds: 60, sampling: 100 };
      this.step("answered", { send: effect.send, ...(this.server.telemetry ?? bodyOf(JSON.stringify(body))) });
    }
    if (effect.e === "fetch") this.step("fetched", { fetch: effect.fetch, ...this.served(effect) });
  }

  private served(fetch: Of<"fetch">): Members {
    const { keysets, platform, programs } = this.server;
    if (fetch.what === "held") return bodyOf("{}");
    if (fetch.what === "keyset") {
      const newest = Math.max(...Object.keys(keysets).map(Number));
      return found(keysets[fetch.revision ?? newest], undefined);
    }
    return found(fetch.what === "platform" ? platform : programs[fetch.appId], fetch.etag);
  }

  state(): Members {
    return this.say({ op: "device.state" }).state as Members;
  }
}

function found(document: Document | string | number | undefined, etag: string | undefined): Members {
  if (document === undefined) return { missing: true };
  if (typeof document === "number") return { status: document };
  if (typeof document === "string") return bodyOf(document);
  if (etag !== undefined && etag === document.etag) return { notModified: true };
  return { ...bodyOf(document.jws), ...(document.etag === undefined ? {} : { etag: document.etag }) };
}

export function bodyOf(text: string): Members {
  return { body: Buffer.from(text).toString("base64") };
}
