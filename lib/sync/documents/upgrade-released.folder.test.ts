import { rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { newestDocument } from "@/db/newest-document";
import { programs } from "@/db/schema";
import { withDataFolder } from "@/db/testing/data-folder";
import { unpackReleased } from "@/db/testing/released-folder";
import { readAuditHead } from "@/lib/audit/audit-head";
import { unknownNarrowings } from "../continuity/held-narrowings";
import { buildPlatform, readPlatform } from "./build-platform";
import { buildPrograms } from "./build-program";
import { ownPayload } from "./own-jws";

const folder = withDataFolder();
beforeEach(() => {
  rmSync(join(folder.path, "store"), { recursive: true });
  unpackReleased(folder.path);
});

it("the released version's folder has, upgraded, the members that its signed documents say", {
  timeout: 180_000,
}, async () => {
  const { store } = await folder.open();
  const signed = async (kind: "program" | "platform", appId: string) =>
    ownPayload((await newestDocument(store.db, kind, appId))?.jws ?? "");
  const registered = await store.db.select().from(programs);
  expect(registered).toHaveLength(3);
  for (const { appId } of registered) {
    const built = (await buildPrograms(store.db, [appId])).get(appId);
    expect(built).toEqual({ body: expect.anything() });
    expect(await signed("program", appId)).toMatchObject({ ...built?.body });
  }
  const { auditHead: _, ...platform } = buildPlatform(
    await readPlatform(store.db),
    await unknownNarrowings(store.db),
    await readAuditHead(store.db),
  );
  expect(await signed("platform", "")).toMatchObject(platform);
  // What is shipped to new platforms has moved since; this one's was written by its first start.
  expect(platform.telemetry.intervalSeconds).toBe(5);
  await store.close();
});
