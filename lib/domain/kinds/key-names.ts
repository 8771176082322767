import { LIMIT_NAMES, type LimitName } from "@/native/core/codes";

/** An id that the platform made. */
export const ID = /^[a-z]+_[A-Za-z0-9]{1,64}$/;

export function isLimitName(text: string): text is LimitName {
  return (LIMIT_NAMES as readonly string[]).includes(text);
}
