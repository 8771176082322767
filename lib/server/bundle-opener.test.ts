import { expect, it } from "vitest";
import { BundleNotOpened } from "@/native/node/open-bundle-elsewhere";
import { createServerJudge } from "./bundle-opener";

it("answers 503 for a bundle that was not opened in time, and no verdict on it", async () => {
  const judge = createServerJudge(() => Promise.reject(new BundleNotOpened("not opened in time")));
  await expect(judge({ path: "a" }, { signatureDer: new Uint8Array(), keys: [] }, "pub_a")).rejects.toMatchObject({
    code: "unavailable",
    retryAfterSeconds: 30,
    details: [],
  });
});
