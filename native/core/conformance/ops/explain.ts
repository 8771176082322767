import { z } from "zod";
import { explainAddress, explainApi, explainHost, explainRedirect } from "../../decide/explain";
import { defineOp } from "../op";
import { API_CLAIMS, apiMembers, compileRaw, HOST_CLAIMS, hostMembers, readParams } from "./policy-members";

const question = z.discriminatedUnion("about", [
  z.object({ about: z.literal("host"), ...hostMembers }),
  z.object({ about: z.literal("redirect"), ...hostMembers, from: z.string(), hop: z.int() }),
  z.object({ about: z.literal("address"), address: z.string() }),
  z.object({ about: z.literal("api"), ...apiMembers }),
]);

export const explainOp = defineOp(question, (members) => {
  switch (members.about) {
    case "host":
      return explainHost(compileRaw(members, HOST_CLAIMS), members);
    case "redirect":
      return explainRedirect(compileRaw(members, HOST_CLAIMS), members);
    case "address":
      return explainAddress(members.address);
    case "api":
      return explainApi(compileRaw(members, API_CLAIMS), { ...members, params: readParams(members) });
  }
});
