import { parseArgs, stripVTControlCharacters } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { parsedOptions } from "./command";
import { commands } from "./commands";
import { missingOf } from "./missing-options";
import { showsColours } from "./paint";
import { createCommandLine } from "./testing/run-command-line";

const line = createCommandLine();
afterAll(() => line.remove());

describe("the command line", () => {
  it("has every command of the contract", () => {
    const build = ["init", "keygen", "lint", "pack", "sign", "verify", "doctor", "run", "submit", "status", "withdraw"];
    const others = ["enroll", "decide", "conformance", "audit verify", "explain", "completion"];
    expect(commands.map(({ name }) => name)).toEqual([...build, ...others]);
  });

  it.each(commands)("explains $name: its argument, each of its options, and examples", async (command) => {
    const shown = await line.run([...command.name.split(" "), "--help"]);
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    for (const option of [...Object.keys(command.options), "json", "help"])
      expect(shown.stdout).toContain(`--${option}`);
    for (const { line: example, does } of command.examples) {
      expect(shown.stdout).toContain(example);
      expect(shown.stdout).toContain(does);
    }
    expect(shown.stdout).toContain(command.argument?.help ?? "");
  });

  it.each(commands.flatMap((command) => command.examples.map((example) => [example.line, command] as const)))(
    "shows an example that is a whole call: %s",
    (example, command) => {
      const words = (example.replace(/^sudo /, "").match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ""));
      const end = words.findIndex((word) => word === "<" || word === ">");
      const args = words.slice(1, end < 0 ? undefined : end);
      expect(args.slice(0, command.name.split(" ").length).join(" ")).toBe(command.name);
      const { values, positionals } = parseArgs({
        args: args.slice(command.name.split(" ").length),
        options: parsedOptions(command),
        allowPositionals: true,
      });
      const env = { BULKHEAD_TOKEN: "t" };
      expect(missingOf(command, { values, positionals, env })).toEqual([]);
      expect(positionals.length).toBeLessThanOrEqual(command.argument?.max ?? 0);
    },
  );

  it.each([
    [["submit"], ["BUNDLE", "--server URL (or BULKHEAD_SERVER)", "--token TOKEN (or BULKHEAD_TOKEN)"]],
    [["sign"], ["BUNDLE", "--key FILE"]],
    [["decide"], ["--program", "--platform", "--version-code N", "--url URL with --purpose PURPOSE, or --api NAME"]],
    [
      ["decide", "--url", "https://a.example/"],
      ["--program", "--platform", "--version-code", "--purpose PURPOSE"],
    ],
    [["verify", "a.ma"], ["--key PUB, or --program CLAIMS"]],
  ])("says all that %j lacks at once, and how to go on", async (argv, lacks) => {
    const { code, stderr } = await line.run(argv);
    expect(code).toBe(2);
    for (const text of lacks) expect(stderr).toContain(text);
    expect(stderr).toContain(`next: bulkhead ${argv[0]} --help`);
  });

  it("takes what a variable says for an option, and an empty one for none", async () => {
    const withServer = createCommandLine({ env: { BULKHEAD_SERVER: "https://console.test", BULKHEAD_TOKEN: "" } });
    const { stderr } = await withServer.run(["status", "sub_1"]);
    expect(stderr).toContain("--token");
    expect(stderr).not.toContain("--server");
    withServer.remove();
  });

  it("names an option that no command has, and those near it or all there are", async () => {
    const near = (await line.run(["lint", "--jsn", "a"])).stderr;
    expect(near).toContain("bulkhead lint has no option --jsn; near it: --json");
    expect((await line.run(["sign", "--quick", "a"])).stderr).toContain("it takes --key, --out, --json, --help");
    expect((await line.run(["sign", "-x", "a"])).stderr).toContain("has no option -x");
  });

  it("says why a place cannot be used, in words, and which", async () => {
    const told = async (...argv: string[]) => (await line.run(argv)).stderr;
    expect(await told("lint", "not-there")).toContain(
      "not-there cannot be read: nothing of that name is there (ENOENT)",
    );
    expect(await told("sign", ".", "--key", ".")).toContain(". cannot be read: it is a folder (EISDIR)");
    expect(await told("audit", "verify", ".")).toContain(". is a folder");
    await line.run(["keygen"]);
    expect(await told("sign", "/dev/zero", "--key", "publisher.key.pem")).toContain("more than 30 MiB");
  });

  it.runIf(process.platform === "linux")("tells a disk that is full from a fault of its own", async () => {
    await line.run(["init", "full"]);
    const { code, stderr } = await line.run(["pack", "full", "--out", "/dev/full"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("NOT_WRITTEN: /dev/full was not written")]);
  });

  it("takes the list that was meant where several have a code", async () => {
    await line.run(["init", "full"]);
    const { stderr } = await line.run(["audit", "verify", "full/app.js", "--chain-only"]);
    expect(stderr).toContain("MALFORMED");
    expect(stderr).toContain("next: Keep the export as it is");
  });

  it("says which command was probably meant", async () => {
    expect((await line.run(["innit"])).stderr).toContain("bulkhead init --help");
    expect((await line.run(["verfy"])).stderr).toContain("bulkhead verify --help");
    expect((await line.run(["audit"])).stderr).toContain("bulkhead audit verify --help");
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
    const { error } = JSON.parse(asJson.stderr);
    expect(error).toEqual({ code, message: expect.any(String), help: `errors/${code}`, next: expect.any(String) });
  });

  it("shows what there is when it is asked nothing, which is no success", async () => {
    const shown = await line.run([]);
    expect(shown.code).toBe(2);
    expect(shown.stdout).toContain("conformance");
  });

  it("has no colours where no terminal shows them, and the same words with them", async () => {
    const plain = await line.run(["fly"]);
    expect(plain.stderr).not.toContain("\u001b");
    const painted = createCommandLine({ colours: { write: true, warn: true } });
    const { stderr } = await painted.run(["fly"]);
    expect(stderr).toContain("\u001b[");
    expect(stripVTControlCharacters(stderr)).toBe(plain.stderr);
    expect((await painted.run(["init", "--help"])).stdout).toContain("\u001b[");
    painted.remove();
  });

  it.each([
    [true, {}, true],
    [undefined, {}, false],
    [true, { NO_COLOR: "1" }, false],
    [true, { NO_COLOR: "" }, true],
    [true, { TERM: "dumb" }, false],
  ])("takes an output (terminal %s, %j) for one with colours: %s", (isTty, env, shows) => {
    expect(showsColours(isTty, env)).toBe(shows);
  });
});
