import { createHash, randomBytes } from "node:crypto";
import { buildBatch, buildMinute } from "@/lib/sync/testing/batch-builder";
import { createDeviceKey, enrollBody, tokenBody } from "@/lib/sync/testing/device-key";
import table from "@/native/catalog/public-suffixes.json" with { type: "json" };
import { readPublicSuffixes } from "@/native/core/decide/public-suffixes";
import { NO_POSITION, type Position } from "@/native/core/documents/position";
import { type DocumentPosition, verifyDocument } from "@/native/core/documents/verify-document";
import { type VerifyKeysetInput, verifyKeyset } from "@/native/core/documents/verify-keyset";
import type { KeysetClaims, PlatformClaims, ProgramClaims } from "@/native/core/shapes/claims";
import { nodeCrypto } from "@/native/node/crypto";
import type { ConsoleSession } from "../../scripts/client/console-session";

const suffixes = readPublicSuffixes(table);

/** What a batch that was acknowledged said: it must be counted exactly once, for ever. */
export type Acknowledged = { deviceId: string; appId: string; versionCode: number; requests: number };

/**
 * One device in a few lines: it enrols, walks keysets, verifies and keeps documents, and tells what it applied. It judges
 * by the core that every runtime uses, and remembers each refusal: there should be none.
 */
export type SimulatedDevice = {
  readonly deviceId: string;
  readonly platform: PlatformClaims | null;
  readonly programs: ReadonlyMap<string, ProgramClaims>;
  /** Codes by which it refused what was served. */
  readonly refusals: string[];
  /** Statuses of document doors that answered neither 200 nor 304. */
  readonly unserved: number[];
  /** Any request under the runtime's path, with its token; one that is no longer known is renewed once. */
  call(path: string, init?: RequestInit & { headers?: Record<string, string> }): Promise<Response>;
  /** The header of its requests, for what is no call: a stream. */
  authorization(): Promise<string>;
  /** What it says that it enforces. */
  applied(): { epoch: number; keyset: number; platform: number; programs: Record<string, number> };
  /** Fetches and judges everything. False where the doors did not serve. */
  pull(): Promise<boolean>;
  /** Whether the newest version of a program can be fetched, byte for byte as its document names it. */
  canFetch(appId: string): Promise<boolean>;
  /** Sends one batch with `requests` requests of this minute. Null: not acknowledged. */
  report(requests: number): Promise<Acknowledged | null>;
  /** The last answer asked for the platform document (spec 7.9). */
  readonly isPlatformWanted: boolean;
  /** Hands the platform document back, as it was received; answers with the status. */
  handBack(): Promise<number>;
  /** Opens its stream; `hear` is called with each position of the platform document that it names. Raises where it ends. */
  listen(hear: (platform: Position) => void, signal: AbortSignal): Promise<void>;
  /** Sends again, byte for byte, the batch that was not acknowledged last, if any. */
  repeat(): Promise<Acknowledged | null>;
};

type Trust = { keyset: KeysetClaims | null; roots: VerifyKeysetInput["trusted"]; platform: string };

/** What somebody hands a device to enrol with. */
export type EnrolmentFile = { platform: string; token: string; rootThumbprints: string[]; threshold: number };

/** Makes one. */
export async function makeEnrolment(operator: ConsoleSession, deviceName: string): Promise<EnrolmentFile> {
  return (await operator.post<{ file: EnrolmentFile }>("enrolments", { deviceName })).file;
}

/** The same for whoever makes enrolments too. */
export async function enrolDevice(
  baseUrl: () => string,
  operator: ConsoleSession,
  { name, ...options }: { name: string; appIds: readonly string[]; time?: { aheadSeconds: number } },
): Promise<SimulatedDevice> {
  return enrolByFile(baseUrl, await makeEnrolment(operator, name), options);
}

/**
 * Enrols at a server that may come back at another address: `baseUrl` is asked before each call. `time` is how far its
 * clock is from the right one; the test may change it.
 */
export async function enrolByFile(
  baseUrl: () => string,
  file: EnrolmentFile,
  options: { appIds: readonly string[]; time?: { aheadSeconds: number } },
): Promise<SimulatedDevice> {
  const seconds = () => Math.floor(Date.now() / 1000) + (options.time?.aheadSeconds ?? 0);
  const key = createDeviceKey();
  const ask = async <T>(path: string, body: unknown): Promise<T> => {
    const answer = await fetch(`${baseUrl()}/api/runtime/v1/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const { platform } = file;
  const { deviceId } = await ask<{ deviceId: string }>(
    "enroll",
    enrollBody(key, file.token, { platform, iat: seconds() }),
  );
  let token: { text: string; until: number } | null = null;
  const access = async () => {
    if (token === null || token.until < seconds()) {
      const { accessToken, expiresInSeconds } = await ask<{ accessToken: string; expiresInSeconds: number }>(
        "token",
        tokenBody(key, { platform, deviceId, iat: seconds() }),
      );
      token = { text: accessToken, until: seconds() + expiresInSeconds - 60 };
    }
    return token.text;
  };
  /** With its token; a server that no longer knows it is asked for another one, once. */
  const authorised = async (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) => {
    const call = async () => {
      const headers = { ...init.headers, authorization: `Bearer ${await access()}` };
      return await fetch(`${baseUrl()}/api/runtime/v1/${path}`, { ...init, headers });
    };
    const answer = await call();
    if (answer.status !== 401) return answer;
    await answer.arrayBuffer();
    token = null;
    return await call();
  };
  const trust: Trust = { keyset: null, roots: file, platform };
  const programs = new Map<string, ProgramClaims>();
  const floors = new Map<string, DocumentPosition>();
  const refusals: string[] = [];
  const unserved: number[] = [];
  let held: PlatformClaims | null = null;
  let heldText = "";
  let isPlatformWanted = false;
  let sequence = 0;
  let unanswered: { text: string; counts: Acknowledged } | null = null;

  async function get(path: string, isPublic: boolean): Promise<string | null> {
    const answer = await (isPublic ? fetch(`${baseUrl()}/api/runtime/v1/${path}`) : authorised(path));
    if (answer.status === 200) return await answer.text();
    await answer.arrayBuffer();
    unserved.push(answer.status);
    return null;
  }

  async function walk(): Promise<void> {
    for (;;) {
      const path = trust.keyset === null ? "keyset" : `keyset/${trust.keyset.revision + 1}`;
      const answer = await fetch(`${baseUrl()}/api/runtime/v1/${path}`);
      const text = await answer.text();
      if (answer.status !== 200) return;
      const verdict = verifyKeyset({
        jws: text,
        trusted: trust.keyset ?? trust.roots,
        platform,
        now: seconds(),
        crypto: nodeCrypto,
      });
      if (verdict.result !== "accepted") {
        refusals.push(`keyset ${verdict.code}`);
        return;
      }
      trust.keyset = verdict.document.claims;
    }
  }

  async function judge<T extends "bulkhead-platform" | "bulkhead-program">(type: T, text: string, appId?: string) {
    if (trust.keyset === null) throw new Error("no keyset yet");
    const name = appId ?? "";
    const stored = floors.get(name);
    const verdict = verifyDocument({
      jws: text,
      keyset: trust.keyset,
      type,
      platform,
      now: seconds(),
      crypto: nodeCrypto,
      publicSuffixes: suffixes,
      ...(appId === undefined ? {} : { appId }),
      ...(stored === undefined ? {} : { stored }),
    });
    if (verdict.result !== "accepted") {
      refusals.push(`${name === "" ? "platform" : name} ${verdict.code}`);
      return null;
    }
    const { claims, payloadSha256 } = verdict.document;
    floors.set(name, { epoch: claims.epoch, revision: claims.revision, sha256: payloadSha256 });
    return claims;
  }

  async function send(text: string, counts: Acknowledged): Promise<Acknowledged | null> {
    unanswered = { text, counts };
    const headers = { "content-type": "application/json" };
    const answer = await authorised("telemetry", { method: "POST", headers, body: text });
    if (answer.status !== 200) {
      await answer.arrayBuffer();
      return null;
    }
    const { rejected, wanted = [] } = (await answer.json()) as { rejected: unknown[]; wanted?: string[] };
    isPlatformWanted = wanted.includes("platform");
    if (rejected.length > 0) throw new Error(`an honest batch was rejected: ${JSON.stringify(rejected)}`);
    unanswered = null;
    return counts;
  }

  function applied() {
    const { epoch, revision } = held ?? NO_POSITION;
    const revisions = Object.fromEntries([...programs].map(([id, claims]) => [id, claims.revision]));
    return { epoch, keyset: trust.keyset?.revision ?? 0, platform: revision, programs: revisions };
  }

  return {
    deviceId,
    get platform() {
      return held;
    },
    programs,
    refusals,
    unserved,
    call: authorised,
    authorization: async () => `Bearer ${await access()}`,
    applied,
    async pull() {
      await walk();
      const texts = await Promise.all(options.appIds.map((appId) => get(`programs/${appId}`, false)));
      const text = await get("platform", true);
      if (text === null || texts.includes(null)) return false;
      const claims = await judge("bulkhead-platform", text);
      if (claims !== null) {
        held = claims;
        heldText = text;
      }
      for (const [index, appId] of options.appIds.entries()) {
        const program = await judge("bulkhead-program", texts[index] ?? "", appId);
        if (program !== null) programs.set(appId, program);
      }
      return true;
    },
    async canFetch(appId) {
      const sha256 = programs.get(appId)?.versions.at(-1)?.sha256;
      const answer = await authorised(`bundles/${sha256}`);
      const bytes = Buffer.from(await answer.arrayBuffer());
      return answer.status === 200 && createHash("sha256").update(bytes).digest("hex") === sha256;
    },
    async report(requests) {
      const [appId = ""] = options.appIds;
      const program = programs.get(appId);
      const versionCode = program?.versions.at(-1)?.code ?? 1;
      sequence += 1;
      const counts = { deviceId, appId, versionCode, requests };
      const batch = buildBatch(seconds(), {
        batchId: randomBytes(12).toString("hex"),
        sequence,
        applied: applied(),
        programs: [{ appId, versionCode, minutes: [buildMinute(seconds(), { requests })] }],
      });
      return await send(JSON.stringify(batch), counts);
    },
    get isPlatformWanted() {
      return isPlatformWanted;
    },
    async handBack() {
      const headers = { "content-type": "application/jose" };
      const answer = await authorised("held", { method: "POST", headers, body: heldText });
      await answer.arrayBuffer();
      return answer.status;
    },
    async listen(hear, signal) {
      const answer = await authorised("stream", { signal, headers: { accept: "text/event-stream" } });
      if (answer.status !== 200 || answer.body === null) throw new Error(`the stream was answered ${answer.status}`);
      let text = "";
      for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        const events = text.split("\n\n");
        text = events.pop() ?? "";
        for (const event of events) {
          const data = /^data: (.+)$/m.exec(event)?.[1];
          if (data === undefined) continue;
          const told = JSON.parse(data) as { kind?: string; platform?: Position } & Position;
          // A greeting names the platform document among others, a revision is of one.
          const platform = told.platform ?? (told.kind === "platform" ? told : null);
          if (platform !== null) hear(platform);
        }
      }
      throw new Error("the stream ended");
    },
    async repeat() {
      return unanswered === null ? null : await send(unanswered.text, unanswered.counts);
    },
  };
}
