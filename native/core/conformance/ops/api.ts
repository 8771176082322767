import { z } from "zod";
import { decideApi } from "../../decide/decide-api";
import { defineOp } from "../op";
import { API_CLAIMS, apiMembers, compileRaw } from "./policy-members";

export const apiOp = defineOp(z.object(apiMembers), (members) => {
  const { decision, code, layer, rule } = decideApi(compileRaw(members, API_CLAIMS), members);
  return { decision, code, layer, rule };
});
