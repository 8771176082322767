import { z } from "zod";
import { decideAddress } from "../../decide/decide-address";
import { defineOp } from "../op";

export const addressOp = defineOp(z.object({ address: z.string() }), ({ address }) => {
  const { decision, code } = decideAddress(address);
  return { decision, code };
});
