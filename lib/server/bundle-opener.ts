import { AppError } from "@/lib/platform/errors";
import { BundleNotOpened, createBundleJudge, type JudgeBundle } from "@/native/node/open-bundle-elsewhere";

const RETRY_AFTER_SECONDS = 30;

/** Judges bundles on threads of their own; one that is not judged in time is `unavailable`, and nothing is said of it. */
export function createServerJudge(judge: JudgeBundle = createBundleJudge()): JudgeBundle {
  return async (file, seal, whose) => {
    try {
      return await judge(file, seal, whose);
    } catch (cause) {
      if (!(cause instanceof BundleNotOpened)) throw cause;
      throw new AppError("unavailable", "The bundle was not opened in time. Nothing was taken in; send it again.", {
        cause,
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
  };
}
