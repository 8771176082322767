import { isAppError } from "@/lib/platform/errors";

/** How a verb refused: the error's code, and the codes of its details. Fails where it did not refuse. */
export async function refusalOf(verb: Promise<unknown>): Promise<{ code: string; details: string[] }> {
  try {
    await verb;
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { code: error.code, details: error.details.map((detail) => detail.code) };
  }
  throw new Error("the verb was expected to refuse");
}
