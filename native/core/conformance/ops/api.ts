import { z } from "zod";
import { decideApi } from "../../decide/decide-api";
import { readParameters } from "../../decide/read-parameters";
import { defineOp } from "../op";
import { API_CLAIMS, apiMembers, compileRaw } from "./policy-members";

export const apiOp = defineOp(z.object(apiMembers), (members) => {
  const { paramsText, params = paramsText === undefined ? undefined : readParameters(paramsText) } = members;
  const { decision, code, layer, rule } = decideApi(compileRaw(members, API_CLAIMS), { ...members, params });
  return { decision, code, layer, rule };
});
