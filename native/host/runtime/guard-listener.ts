import type { HostLog } from "../ports";

/**
 * What whoever embeds the host listens with or answers by. Where it throws, that is logged under this name and answers
 * nothing: it keeps no program from being stopped and no transfer from being cut.
 */
export function guardListener<Arguments extends unknown[], Answer>(
  listen: ((...args: Arguments) => Answer) | undefined,
  failure: string,
  log: HostLog,
): ((...args: Arguments) => Answer | undefined) | undefined {
  if (listen === undefined) return undefined;
  return (...args) => {
    try {
      return listen(...args);
    } catch (error) {
      log("error", failure, { error });
      return undefined;
    }
  };
}
