import type { HostLog } from "../ports";

/**
 * What whoever embeds the host listens with or answers by. Where it throws, that is logged under this name and answers
 * nothing: it keeps no program from being stopped and no transfer from being cut. So is a promise of it that is broken.
 */
export function guardListener<Arguments extends unknown[], Answer>(
  listen: ((...args: Arguments) => Answer) | undefined,
  failure: string,
  log: HostLog,
): ((...args: Arguments) => Answer | undefined) | undefined {
  if (listen === undefined) return undefined;
  return (...args) => {
    try {
      const answer = listen(...args);
      // One that promises to listen and does not keep it would end the process.
      if (answer instanceof Promise) answer.catch((error: unknown) => log("error", failure, { error }));
      return answer;
    } catch (error) {
      log("error", failure, { error });
      return undefined;
    }
  };
}
