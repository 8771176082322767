import { z } from "zod";
import { decideRedirect } from "../../decide/decide-redirect";
import { defineOp } from "../op";
import { compileRaw, HOST_CLAIMS, hostMembers } from "./policy-members";

export const redirectOp = defineOp(z.object({ ...hostMembers, from: z.string(), hop: z.int() }), (members) => {
  const { decision, code } = decideRedirect(compileRaw(members, HOST_CLAIMS), members);
  return { decision, code };
});
