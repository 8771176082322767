import { AppError } from "@/lib/platform/errors";
import type { OpenBundle } from "@/native/core/bundle/open-bundle";
import { BundleNotOpened, createBundleOpener } from "@/native/node/open-bundle-elsewhere";

const RETRY_AFTER_SECONDS = 30;

/** Opens bundles on threads of their own; one that is not opened in time is `unavailable`, and nothing is said of it. */
export function createServerOpener(open: OpenBundle = createBundleOpener()): OpenBundle {
  return async (bytes, whose) => {
    try {
      return await open(bytes, whose);
    } catch (cause) {
      if (!(cause instanceof BundleNotOpened)) throw cause;
      throw new AppError("unavailable", "The bundle was not opened in time. Nothing was taken in; send it again.", {
        cause,
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
  };
}
