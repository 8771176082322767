/**
 * The work's end, or `undefined` once the signal fires, whichever is first: whoever waits never waits longer than the
 * signal. What is still under way then is of no interest any more, and neither is how it fails.
 */
export function whileNotAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = () => resolve(undefined);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
