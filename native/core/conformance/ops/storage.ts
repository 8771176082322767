import { z } from "zod";
import { storagePath } from "../../storage/storage-path";
import { defineOp } from "../op";

const members = z.object({ appId: z.string(), user: z.string(), area: z.string(), key: z.string() });

export const storageOp = defineOp(members, (place) => storagePath(place));
