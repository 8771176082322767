import { Agent, get } from "node:http";
import type { SimulatedDevice } from "../../e2e/faults/simulated-device";

const agent = new Agent({ keepAlive: true });

/**
 * Opens a device's stream and calls back for each revision of the platform, which is told after those of programs.
 * Answers how long it took until the server's greeting was there, in milliseconds.
 */
export async function openStream(baseUrl: string, device: SimulatedDevice, onPlatform: () => void): Promise<number> {
  const authorization = await device.authorization();
  const from = performance.now();
  return await new Promise<number>((resolve, reject) => {
    get(`${baseUrl}/api/runtime/v1/stream`, { agent, headers: { authorization } }, (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        reject(new Error(`stream: ${response.statusCode}`));
        return;
      }
      let rest = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        rest += chunk;
        const frames = rest.split("\n\n");
        rest = frames.pop() ?? "";
        for (const frame of frames) {
          if (frame.startsWith("event: hello")) resolve(performance.now() - from);
          if (frame.startsWith("event: revision") && frame.includes('"platform"')) onPlatform();
        }
      });
      response.on("error", reject);
    }).on("error", reject);
  });
}
