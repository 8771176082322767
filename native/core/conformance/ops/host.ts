import { z } from "zod";
import { decideHost } from "../../decide/decide-host";
import { defineOp } from "../op";
import { compileRaw, HOST_CLAIMS, hostMembers } from "./policy-members";

export const hostOp = defineOp(z.object(hostMembers), (members) => {
  const { decision, code, layer, rule } = decideHost(compileRaw(members, HOST_CLAIMS), members);
  return { decision, code, layer, rule };
});
