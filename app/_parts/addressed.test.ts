import { describe, expect, it } from "vitest";
import { byApp, byDenial } from "@/lib/http/routes/bases";
import { addressed } from "./addressed";

const appAt = (appId: string) => addressed(byApp, Promise.resolve({ appId }));
const denialAt = (denialId: string) => addressed(byDenial, Promise.resolve({ denialId }));

describe("an address", () => {
  it("names what its route takes", async () => {
    expect(await appAt("com.example.shop")).toEqual({ appId: "com.example.shop" });
    const told = "0011223344556677 told%2Fso";
    expect(await denialAt(told)).toEqual({ denialId: "0011223344556677 told/so" });
  });

  it("names nothing where no route takes it or no store can hold it", async () => {
    for (const found of [
      ...["%00", "com.example.%00", "..", "Shop"].map(appAt),
      ...["%00", "0011223344556677%00", "0".repeat(65), "short"].map(denialAt),
    ]) {
      await expect(found).rejects.toThrow("NEXT_HTTP_ERROR_FALLBACK;404");
    }
  });
});
