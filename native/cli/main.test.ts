import { afterEach, describe, expect, it } from "vitest";
import { commands } from "./commands";
import { createCommandLine } from "./testing/run-command-line";

const line = createCommandLine();
afterEach(() => line.remove());

describe("the command line", () => {
  it("has every command of the contract", () => {
    const names = [
      "init",
      "keygen",
      "pack",
      "sign",
      "verify",
      "lint",
      "run",
      "submit",
      "status",
      "withdraw",
      "enroll",
      "decide",
    ];
    expect(commands.map(({ name }) => name).sort()).toEqual([...names, "conformance", "audit verify"].sort());
  });

  it.each(commands)("explains $name, and every one of its options", async ({ name, options, help }) => {
    const shown = await line.run([...name.split(" "), "--help"]);
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    for (const option of [...Object.keys(options), "json", "help"]) expect(shown.stdout).toContain(`--${option}`);
    expect(Object.keys(help).sort()).toEqual(Object.keys(options).sort());
  });

  it.each([
    [["fly"], "UNKNOWN_COMMAND"],
    [["audit"], "UNKNOWN_COMMAND"],
    [["lint"], "USAGE"],
    [["lint", "a", "b"], "USAGE"],
    [["lint", "--fast", "a"], "USAGE"],
    [["lint", "not-there"], "USAGE"],
    [["pack", "not-there"], "USAGE"],
    [["keygen", "--out", "not-there/key"], "USAGE"],
    [["init", "/dev/null/notes"], "USAGE"],
    [["sign", "a.ma"], "USAGE"],
    [["decide", "--program"], "USAGE"],
    [["run", "com.example.notes"], "USAGE"],
    [["run", "com.example.notes", "--data", "folder", "--storage-budget", "much"], "USAGE"],
  ])("answers a wrong call %j with 2, and with nothing on standard output", async (argv, code) => {
    expect(await line.run(argv)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(code) });
    const asJson = await line.run([...argv, "--json"]);
    expect(asJson).toMatchObject({ code: 2, stdout: "" });
    expect(JSON.parse(asJson.stderr)).toMatchObject({ error: { code } });
  });

  it("shows what there is when it is asked nothing, which is no success", async () => {
    const shown = await line.run([]);
    expect(shown.code).toBe(2);
    expect(shown.stdout).toContain("conformance");
  });
});
