import { spawn } from "node:child_process";

/**
 * Runs a command in a process group of its own and passes Ctrl-C on to it. Answers with its exit code once the whole
 * group is gone: nothing is left behind.
 */
export function run(command, args, { cwd, env = process.env } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: "inherit" });
    const passOn = (signal) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    };
    const handlers = ["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => {
      const handler = () => passOn(signal);
      process.on(signal, handler);
      return [signal, handler];
    });
    child.on("error", (error) => {
      process.stderr.write(`${command}: ${error.message}\n`);
      resolve(127);
    });
    child.on("exit", (code, signal) => {
      for (const [name, handler] of handlers) process.off(name, handler);
      resolve(code ?? (signal === "SIGINT" ? 130 : 143));
    });
  });
}
