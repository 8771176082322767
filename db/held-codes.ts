import { inArray, isNotNull, or, type SQL } from "drizzle-orm";
import { versions } from "./schema";

/**
 * Versions whose code is theirs: those that wait, that are listed, and that were listed once, which devices may have seen.
 * One of a program has each code at most (index `versions_code`); of the others, refused or taken back, any number.
 */
export const holdsCode = (): SQL | undefined =>
  or(inArray(versions.state, ["submitted", "listed"]), isNotNull(versions.listedAt));
