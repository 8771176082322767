import { resolve } from "node:path";
import { type Command, failure, requiredOption } from "../command";

export const enrollCommand: Command = {
  name: "enroll",
  summary: "enrol this machine as a device, with the file that the platform handed out",
  usage: "FILE --data DIR",
  options: { data: { type: "string" } },
  help: { data: "where the device keeps its key and documents" },
  positionals: { min: 1, max: 1 },
  async run({ positionals: [file = ""], values, context }) {
    const dataDir = resolve(context.cwd, requiredOption(values, "data"));
    // The runtime is loaded by the commands that need it: the others start faster.
    const { enrollHost } = await import("../../host/commands");
    const enrolled = await enrollHost({ file: resolve(context.cwd, file), dataDir, log: context.log });
    if (!enrolled.ok)
      return failure(enrolled.code ?? enrolled.reason, `not enrolled: ${enrolled.reason.replaceAll("_", " ")}`);
    const { deviceId, platform, environment } = enrolled;
    return {
      ok: true,
      text: `enrolled with ${platform} (${environment}) as ${deviceId}; next: bulkhead run APP_ID --data ${dataDir}`,
      json: { deviceId, platform, environment },
    };
  },
};
