import { platform } from "@/db/schema";
import type { ServiceContext } from "../context";

export type Place = { platformName: string; environment: "production" | "development"; version: string };

/** Where one signs in to: what everybody may know before anybody is known. */
export async function getPlace(context: ServiceContext): Promise<Place> {
  const [row] = await context.store.db.select({ name: platform.name }).from(platform).limit(1);
  const { environment, version } = context.config;
  return { platformName: row?.name ?? "Bulkhead", environment, version };
}
