import { ROLES, type Role } from "@/lib/domain/roles";
import { createDeviceKey, enrollBody, tokenBody } from "@/lib/sync/testing/device-key";
import { type ConsoleSession, openConsoleSession } from "../../scripts/client/console-session";
import { joinPerson, PASSWORD } from "../fixtures/join-person";
import { sendRaw } from "../fixtures/raw-request";
import type { RunningServer } from "../fixtures/running-server";

/** Somebody, or something, that asks. */
export type TestActor = {
  name: string;
  /** A person whose session lives. */
  role: Role | null;
  speaksFor: "device" | "publisher" | null;
  headers: Record<string, string>;
  /** Of a person: another session, for the calls that end the one that asks. */
  spareHeaders?: Record<string, string>;
};

const cookieOf = ({ cookie }: ConsoleSession) => ({ cookie: `${cookie.name}=${cookie.value}` });
const PUBLISHER = "Matrix Works";
const DEVELOPER = "developer@harbor.example";

/** A further session of a person, by the development store's own switch: it ends the session that it starts from. */
async function furtherSession(baseUrl: string, email: string, personId: string): Promise<Record<string, string>> {
  const from = await openConsoleSession(baseUrl, { provider: "password", email, password: PASSWORD });
  const answer = await sendRaw(baseUrl, {
    method: "POST",
    path: "/api/console/v1/session/switch",
    headers: { ...cookieOf(from), "content-type": "application/json" },
    body: JSON.stringify({ personId }),
  });
  const cookie = (answer.headers["set-cookie"] ?? []).find((line) => line.startsWith(from.cookie.name));
  if (cookie === undefined) throw new Error(`switching person was answered with ${answer.status}`);
  return { cookie: cookie.split(";")[0] ?? "" };
}

async function deviceToken(baseUrl: string, operator: ConsoleSession): Promise<string> {
  const { file } = await operator.post<{ file: { platform: string; token: string } }>("enrolments", {
    deviceName: "matrix",
  });
  const key = createDeviceKey();
  const iat = Math.floor(Date.now() / 1000);
  const ask = async <T>(path: string, body: unknown): Promise<T> => {
    const answer = await sendRaw(baseUrl, {
      method: "POST",
      path: `/api/runtime/v1/${path}`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}: ${answer.text}`);
    return JSON.parse(answer.text) as T;
  };
  const { platform } = file;
  const { deviceId } = await ask<{ deviceId: string }>("enroll", enrollBody(key, file.token, { platform, iat }));
  const answer = await ask<{ accessToken: string }>("token", tokenBody(key, { platform, deviceId, iat }));
  return answer.accessToken;
}

export type TestActors = {
  actors: TestActor[];
  sessions: Record<Role, ConsoleSession>;
  publisherId: string;
};

/** One of each: nobody, the five roles, whose session ended, who was disabled, a publisher's tool, a device. */
export async function prepareActors(server: RunningServer): Promise<TestActors> {
  const { url } = server;
  const admin = await server.session("admin");
  const operator = await server.session("operator");
  const publisher = await operator.post<{ id: string }>("publishers", { name: PUBLISHER });
  const token = await admin.post<{ token: string }>(`publishers/${publisher.id}/tokens`, {});
  const developer = await joinPerson(url, admin, {
    email: DEVELOPER,
    name: "Dana Reed",
    role: "developer",
    publisherId: publisher.id,
  });
  const sessions: Record<Role, ConsoleSession> = {
    admin,
    operator,
    security: await server.session("security"),
    developer: developer.session,
    auditor: await server.session("auditor"),
  };
  const people: TestActor[] = [];
  for (const role of ROLES) {
    const { personId } = await sessions[role].get<{ personId: string }>("session");
    people.push({
      name: role,
      role,
      speaksFor: null,
      headers: cookieOf(sessions[role]),
      spareHeaders: await furtherSession(url, DEVELOPER, personId),
    });
  }
  const { personId: auditorId } = await sessions.auditor.get<{ personId: string }>("session");
  const ended = await furtherSession(url, DEVELOPER, auditorId);
  await sendRaw(url, { method: "DELETE", path: "/api/console/v1/session", headers: ended });
  return {
    sessions,
    publisherId: publisher.id,
    actors: [
      { name: "nobody", role: null, speaksFor: null, headers: {} },
      ...people,
      { name: "ended session", role: null, speaksFor: null, headers: ended },
      { name: "disabled person", role: null, speaksFor: null, headers: await disabledPerson(url, admin) },
      {
        name: "publisher's tool",
        role: null,
        speaksFor: "publisher",
        headers: { authorization: `Bearer ${token.token}` },
      },
      {
        name: "device",
        role: null,
        speaksFor: "device",
        headers: { authorization: `Bearer ${await deviceToken(url, operator)}` },
      },
    ],
  };
}

async function disabledPerson(baseUrl: string, admin: ConsoleSession): Promise<Record<string, string>> {
  const person = { email: "gone@harbor.example", name: "Gil Ferrer", role: "auditor" as const };
  const { personId, session } = await joinPerson(baseUrl, admin, person);
  await admin.post("change-sets/narrow", {
    changes: [{ member: `person:${personId}`, after: { ...person, publisherId: null, state: "disabled" } }],
    reason: "Left the company.",
  });
  return cookieOf(session);
}
