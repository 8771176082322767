import { and, desc, eq } from "drizzle-orm";
import { documents } from "@/db/schema";
import type { Database } from "@/db/store";

export type StoredDocument = typeof documents.$inferSelect;

/** The newest document of its kind by epoch and revision; `appId` is empty for the platform's. */
export async function newestDocument(
  db: Database,
  kind: "platform" | "program",
  appId: string,
): Promise<StoredDocument | null> {
  const [row] = await db
    .select()
    .from(documents)
    .where(and(eq(documents.kind, kind), eq(documents.appId, appId)))
    .orderBy(desc(documents.epoch), desc(documents.revision))
    .limit(1);
  return row ?? null;
}

/** The payload of a compact JWS that this server signed itself. */
export function ownPayload(jws: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jws.split(".")[1] ?? "", "base64url").toString("utf8"));
}

/** The `kid` that this server put into a compact JWS of its own. */
export function ownKid(jws: string): string {
  const header: { kid?: unknown } = JSON.parse(Buffer.from(jws.split(".")[0] ?? "", "base64url").toString("utf8"));
  return String(header.kid);
}
