import { z } from "zod";
import { decideApi } from "../../decide/decide-api";
import { defineOp } from "../op";
import { API_CLAIMS, apiMembers, compileRaw, readParams } from "./policy-members";

export const apiOp = defineOp(z.object(apiMembers), (members) => {
  const question = { ...members, params: readParams(members) };
  const { decision, code, layer, rule } = decideApi(compileRaw(members, API_CLAIMS), question);
  return { decision, code, layer, rule };
});
