import { describe, expect, it } from "vitest";
import { createPasswords, type DeriveKey } from "./password";

const PASSWORD = "correct horse battery";

/** Keys that come when the test says so. */
function openSlowly() {
  const waiting: (() => void)[] = [];
  let most = 0;
  const derive: DeriveKey = () =>
    new Promise((resolve) => {
      waiting.push(() => resolve(Buffer.alloc(32)));
      most = Math.max(most, waiting.length);
    });
  const finishOne = () => waiting.shift()?.();
  return { passwords: createPasswords(derive), waiting, finishOne, most: () => most };
}

describe("passwords", () => {
  it("match their own hash and no other, in whatever form a keyboard composes them", async () => {
    const passwords = createPasswords();
    const stored = await passwords.hash("Ågren and the horse");
    expect(stored).toMatch(/^scrypt\$32768\$8\$1\$/);
    expect(await passwords.matches("A\u030agren and the horse", stored)).toBe(true);
    expect(await passwords.matches("Agren and the horse", stored)).toBe(false);
    for (const nothing of [null, "", "plain", "bcrypt$1$2$3$4$5"]) {
      expect(await passwords.matches(PASSWORD, nothing), String(nothing)).toBe(false);
    }
  });

  it("are hashed two at once, 32 wait, and whoever comes then is refused with the time to wait", async () => {
    const { passwords, waiting, finishOne, most } = openSlowly();
    const asked = Array.from({ length: 34 }, () => passwords.hash(PASSWORD));
    await expect(passwords.hash(PASSWORD)).rejects.toMatchObject({ code: "unavailable", retryAfterSeconds: 2 });
    for (let left = asked.length; left > 0; left -= 1) {
      await expect.poll(() => waiting.length).toBeGreaterThan(0);
      finishOne();
    }
    await Promise.all(asked);
    expect(most()).toBe(2);
    const again = passwords.hash(PASSWORD);
    finishOne();
    await again;
  });

  it("that fail to be hashed give their place back", async () => {
    let fails = true;
    const passwords = createPasswords(async () => {
      if (fails) throw new Error("out of memory");
      return Buffer.alloc(32);
    });
    for (let n = 0; n < 5; n += 1) await expect(passwords.hash(PASSWORD)).rejects.toThrow("out of memory");
    fails = false;
    await passwords.hash(PASSWORD);
  });
});
