import type { StartFailure } from "@/lib/platform/explain-start-failure";

/** Raised where a thread said itself why it does not start. */
export class NotStarted extends Error {
  constructor(readonly failure: StartFailure) {
    super(failure.message);
  }
}
