import { resolve } from "node:path";
import { type Command, failure, requiredOption } from "../command";
import { shellWord } from "../shell-word";

export const enrollCommand: Command = {
  name: "enroll",
  summary: "enrol this machine as a device, with the file that the platform handed out",
  about:
    "Trusts the root keys that the file names, and no others, makes the device's key and stores both in the folder. The file is good for one device. A second call with the same file after a power loss answers the same.",
  argument: {
    name: "FILE",
    min: 1,
    max: 1,
    help: "the enrolment file, from the console under Fleet",
    completes: "file",
  },
  options: {
    data: {
      value: "DIR",
      help: "where the device keeps its key and documents",
      isRequired: true,
      completes: "folder",
    },
  },
  examples: [{ line: "bulkhead enroll enrolment.json --data device", does: "makes this machine a device" }],
  json: {
    deviceId: "the device's id",
    platform: "the platform's id",
    environment: "production or development",
  },
  async run({ positionals: [file = ""], values, context }) {
    const dataDir = resolve(context.cwd, requiredOption(values, "data"));
    // The runtime is loaded by the commands that need it: the others start faster.
    const { enrollHost } = await import("../../host/commands");
    const enrolled = await enrollHost({ file: resolve(context.cwd, file), dataDir, log: context.log });
    if (!enrolled.ok)
      return failure(
        enrolled.code ?? enrolled.reason,
        `not enrolled by ${file}: ${enrolled.reason.replaceAll("_", " ")}`,
      );
    const { deviceId, platform, environment } = enrolled;
    return {
      ok: true,
      text: `enrolled with ${platform} (${environment}) as ${deviceId}`,
      json: { deviceId, platform, environment },
      next: `bulkhead run APP_ID --data ${shellWord(dataDir)}`,
    };
  },
};
