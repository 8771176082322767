import { z } from "zod";
import { API_CODES, EGRESS_CODES, HOST_CODES, HOST_PURPOSES } from "../../codes";
import { causeKey, denialSubject } from "../../decide/cause-key";
import { defineOp } from "../op";

const shape = z.object({
  appId: z.string(),
  versionCode: z.int(),
  code: z.enum([...API_CODES, ...HOST_CODES, ...EGRESS_CODES]),
  api: z.string(),
  url: z.string().exactOptional(),
  purpose: z.enum(HOST_PURPOSES).exactOptional(),
});

/** The cause key of a denial (spec 5.23). */
export const causeOp = defineOp(shape, ({ appId, versionCode, code, ...asked }, { crypto }) => {
  const { subject } = denialSubject(asked);
  return { cause: causeKey({ appId, versionCode, code, subject }, crypto.sha256) };
});
