import { z } from "zod";
import { appIdSchema, denialIdSchema } from "@/lib/contracts/shared";

export const BASE = "/api/console/v1";
export const SMALL_BYTES = 4096;
export const BODY_BYTES = 256 * 1024;

export const id = z.string().min(1).max(128);
export const byApp = z.object({ appId: appIdSchema });
export const byDenial = z.object({ denialId: denialIdSchema });
export const byId = z.object({ id });
export const none = z.object({});

export const read = { actor: "person", method: "GET", maxBytes: 0 } as const;
export const write = { actor: "person", method: "POST", maxBytes: BODY_BYTES } as const;
export const seesConsole = { ...read, permission: "console.read" } as const;
