import { z } from "zod";
import { decideApi } from "../../decide/decide-api";
import { defineOp } from "../op";
import { apiMembers, compileRaw } from "./policy-members";

const API_CLAIMS = {
  program: ["epoch", "exp", "appId", "status", "versions", "grants", "hosts"],
  platform: ["epoch", "exp", "suspended", "blockedHosts"],
} as const;

export const apiOp = defineOp(z.object(apiMembers), (members) => {
  const { decision, code, layer, rule } = decideApi(compileRaw(members, API_CLAIMS), members);
  return { decision, code, layer, rule };
});
