import { expect, it } from "vitest";
import { BundleNotOpened } from "@/native/node/open-bundle-elsewhere";
import { createServerOpener } from "./bundle-opener";

it("answers 503 for a bundle that was not opened in time, and no verdict on it", async () => {
  const open = createServerOpener(() => Promise.reject(new BundleNotOpened("not opened in time")));
  await expect(open(new Uint8Array(), "pub_a")).rejects.toMatchObject({
    code: "unavailable",
    retryAfterSeconds: 30,
    details: [],
  });
});
