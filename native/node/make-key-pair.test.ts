import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const maker = fileURLToPath(new URL("make-key-pair.ts", import.meta.url));

/** In a process of its own: one that waits for itself hears no timeout. */
function exitOf(program: string): Promise<number | string | null> {
  return new Promise((resolve) => {
    const args = ["--import", "tsx", "--input-type=module", "--max-semi-space-size=1", "--eval", program];
    const child = spawn(process.execPath, args, { stdio: "ignore", timeout: 100_000, killSignal: "SIGKILL" });
    child.on("exit", (code, signal) => resolve(code ?? signal));
  });
}

it("makes keys that can be exported whenever the collector runs", async () => {
  const program = `
    const { makeKeyPair } = await import(${JSON.stringify(maker)});
    for (let made = 0; made < 500; made += 1) {
      const { publicKey, privateKey } = makeKeyPair();
      for (let times = 0; times < 20; times += 1) publicKey.export({ format: "jwk" });
      privateKey.export({ format: "jwk" });
    }`;
  expect(await exitOf(program)).toBe(0);
});
