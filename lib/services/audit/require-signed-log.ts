import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";

/**
 * Refuses `unavailable`, naming the first entry that may be wrong and the remedy, while the log lacks what was signed of it:
 * then it is nobody's to read as the truth. Verifying and exporting it go on.
 */
export async function requireSignedLog({ heads, store }: ServiceContext): Promise<void> {
  const { fault } = await heads.judge(store.db);
  if (fault === null) return;
  throw new AppError("unavailable", `${fault.says} ${fault.remedy}`, {
    details: [{ path: "/sequence", code: fault.code, message: `Entry ${fault.sequence}.` }],
  });
}
