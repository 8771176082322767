import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { createCommandLine } from "./testing/run-command-line";

type Line = ReturnType<typeof createCommandLine>;
let line: Line;
beforeEach(() => {
  line = createCommandLine();
  return () => line.remove();
});
const json = async (...argv: string[]): Promise<Record<string, unknown>> => {
  const { code, stdout, stderr } = await line.run([...argv, "--json"]);
  const answer: Record<string, unknown> = JSON.parse(code === 0 ? stdout : stderr);
  return { ...answer, exit: code };
};
const editManifest = (changes: Record<string, unknown>) => {
  const path = line.path("notes/manifest.json");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...changes }));
};
const writeEmpty = (name: string) => {
  writeFileSync(line.path(name), "");
  return line.path(name);
};
const fails = (code: string) => expect.objectContaining({ exit: 1, error: expect.objectContaining({ code }) });

async function published(): Promise<{ kid: string; sha256: string }> {
  await line.run(["init", "notes", "--app-id", "com.example.notes"]);
  const { kid } = await json("keygen");
  const { sha256 } = await json("pack", "notes", "--out", "notes.ma");
  await line.run(["sign", "notes.ma", "--key", "publisher.key.pem"]);
  return { kid: String(kid), sha256: String(sha256) };
}

describe("from a folder to a signed bundle", () => {
  it("leads through init, keygen, lint, pack, sign and verify", async () => {
    expect(await json("init", "notes", "--app-id", "com.example.notes")).toMatchObject({ exit: 0 });
    expect(await json("lint", "notes")).toMatchObject({ exit: 0, valid: true, engine: "script" });
    const { kid } = await json("keygen", "--out", "me");
    const packed = await json("pack", "notes");
    expect(packed).toMatchObject({ exit: 0, path: "com.example.notes-1.ma" });
    const bytes = readFileSync(line.path("com.example.notes-1.ma"));
    expect(packed.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(await json("sign", "com.example.notes-1.ma", "--key", "me.key.pem")).toMatchObject({ exit: 0, kid });
    for (const key of ["me.pub.pem", "me.jwk.json"]) {
      expect(await json("verify", "com.example.notes-1.ma", "--key", key)).toMatchObject({
        exit: 0,
        result: "accepted",
      });
    }
    expect(await json("lint", "com.example.notes-1.ma")).toMatchObject({ exit: 0, valid: true });
  });

  it("packs the same bytes twice", async () => {
    await published();
    await json("pack", "notes", "--out", "again.ma");
    expect(readFileSync(line.path("again.ma")).equals(readFileSync(line.path("notes.ma")))).toBe(true);
  });

  it("leads there from inside of the folder too, and packs no bundle into the next one", async () => {
    expect(await json("init")).toMatchObject({ exit: 0, files: ["manifest.json", "app.js"] });
    const first = await json("pack", ".", "--out", "mine.ma");
    writeFileSync(line.path("mine.ma.sig"), "signature");
    expect(await json("pack", ".", "--out", "mine.ma")).toEqual({ ...first, exit: 0 });
    expect(await json("lint", ".")).toMatchObject({ exit: 0, files: 2 });
  });

  it.each([
    ["2026 Notes!", "com.example.notes"],
    ["3.14", "com.example.program"],
    ["My_App", "com.example.my-app"],
  ])("names a program after its folder: %s", async (folder, appId) => {
    expect(await json("init", folder)).toMatchObject({ exit: 0, appId });
  });

  it("keeps the private key for its owner, and never overwrites it", async () => {
    await line.run(["keygen"]);
    expect(statSync(line.path("publisher.key.pem")).mode & 0o777).toBe(0o600);
    const before = readFileSync(line.path("publisher.key.pem"), "utf8");
    expect(await json("keygen")).toEqual(fails("KEY_EXISTS"));
    expect(readFileSync(line.path("publisher.key.pem"), "utf8")).toBe(before);
  });

  it("never writes over a program that is there", async () => {
    await published();
    writeFileSync(line.path("notes/app.js"), "mine");
    expect(await json("init", "notes", "--app-id", "com.example.notes")).toEqual(fails("EXISTS"));
    expect(readFileSync(line.path("notes/app.js"), "utf8")).toBe("mine");
  });
});

describe("init", () => {
  it("completes a folder, whose other files stay, or touches nothing and says which file was there", async () => {
    mkdirSync(line.path("notes"));
    writeFileSync(line.path("notes/README.md"), "mine");
    expect(await json("init", "notes")).toMatchObject({ exit: 0, files: ["manifest.json", "app.js"] });
    expect(readFileSync(line.path("notes/README.md"), "utf8")).toBe("mine");
    for (const there of ["app.js", "manifest.json"]) {
      const folder = `with-${there.replace(".", "-")}`;
      mkdirSync(line.path(folder));
      writeFileSync(line.path(`${folder}/${there}`), "mine");
      const { stderr } = await line.run(["init", folder]);
      expect(stderr).toContain(`${folder} has ${there} already; nothing was touched`);
      expect(readdirSync(line.path(folder))).toEqual([there]);
      expect(readFileSync(line.path(`${folder}/${there}`), "utf8")).toBe("mine");
    }
  });

  it("leaves no folder behind for a call that is wrong", async () => {
    expect(await json("init", "a/b", "--app-id", "Notes")).toMatchObject({ exit: 2 });
    expect(await json("init", "a/b", "--name", "n".repeat(1025))).toMatchObject({ exit: 2 });
    expect(readdirSync(line.cwd)).toEqual([]);
  });
});

describe("lint", () => {
  const lintOf = async (script: string) => {
    writeFileSync(line.path("notes/app.js"), script);
    return json("lint", "notes");
  };

  it.each([
    ["a syntax error", "\nconst a = ;", "app.js:2:11", null],
    ["a module", 'import { a } from "./a.js";', "app.js", expect.stringContaining("bundle what it imports")],
    [
      "the entry of another platform",
      "App({ onLaunch() {} });",
      "app.js:1:1",
      expect.stringContaining("no DOM, no Node"),
    ],
    ["the window of a browser", "const a = 1;\nwindow.alert(a);", "app.js:2:1", expect.stringContaining("no DOM")],
    [
      "an async beginning that nobody waits for",
      "async function main() {\n  Page({});\n}\nmain();",
      "app.js:2:3",
      expect.stringContaining("no DOM"),
    ],
    ["an error of its own at the first lines", "throw new Error('on purpose');", "app.js:1:16", null],
  ])("says of %s where it is and what would pass", async (_, script, at, wanted) => {
    await published();
    const found = await lintOf(script);
    const issue = expect.objectContaining({ code: "SCRIPT_INVALID", at, wanted, help: "errors/SCRIPT_INVALID" });
    expect(found).toMatchObject({ exit: 1, error: { code: "SCRIPT_INVALID", details: [issue] } });
  });

  it.each([
    ["waits for what it calls", 'await bulkhead.call("device.info", {}); later();'],
    ["is busy at first", "for (let n = 0; ; n += 1);"],
    [
      "handles what it rejects",
      "Promise.reject(1).catch(() => {}); const late = Promise.reject(2); await null; late.catch(() => {});",
    ],
    ["sets timers", "setInterval(() => console.log(1), 10);"],
  ])("has nothing against a script that %s", async (_, script) => {
    await published();
    expect(await lintOf(script)).toMatchObject({ exit: 0, valid: true });
  });

  it("misses an icon that the manifest names, however its place is written", async () => {
    await published();
    editManifest({ icons: [{ src: "icon.png" }, { src: "./there.png" }] });
    writeFileSync(line.path("notes/there.png"), "");
    const icon = expect.objectContaining({ code: "ICON_MISSING", at: "/icons/0/src", seen: "icon.png" });
    expect(await json("lint", "notes")).toMatchObject({ exit: 1, error: { code: "ICON_MISSING", details: [icon] } });
    await json("pack", "notes", "--out", "iconless.ma");
    expect(await json("lint", "iconless.ma")).toMatchObject({ exit: 1 });
  });

  it("names limit and value of what is too large, and the largest files", async () => {
    await published();
    truncateSync(writeEmpty("notes/large.bin"), 121 * 1024 * 1024);
    const { error } = (await json("lint", "notes")) as { error: { code: string; message: string; details: string[] } };
    expect(error).toMatchObject({ code: "TOO_LARGE", message: expect.stringMatching(/121 MiB.*at most 120 MiB/) });
    expect(error.details[0]).toMatch(/large\.bin: 121 MiB$/);
    truncateSync(line.path("notes/large.bin"), 0);
    for (let n = 0; n < 2001; n += 1) writeEmpty(`notes/f${n}`);
    expect(await json("pack", "notes")).toMatchObject({
      error: { code: "TOO_LARGE", message: expect.stringMatching(/2004 files.*at most 2000/) },
    });
  });

  it.each([
    ["aux.js", "a device's name"],
    ["a:b", "colon"],
    ["a\\b", "backslash"],
    [" . ", "nothing but dots and spaces"],
    [`${"d/".repeat(16)}f`, "at most 16"],
  ])("names the file whose name is none: %j", async (name, why) => {
    await published();
    mkdirSync(dirname(line.path(`notes/${name}`)), { recursive: true });
    writeEmpty(`notes/${name}`);
    const { stderr } = await line.run(["lint", "notes"]);
    expect(stderr).toContain(JSON.stringify(name));
    expect(stderr).toContain(why);
  });

  it("tells each issue of a manifest by path and code", async () => {
    await published();
    editManifest({ name: "", bulkhead_root: 1 });
    const issues = [
      expect.objectContaining({
        path: "/bulkhead_root",
        code: "UNKNOWN_MEMBER",
        seen: 1,
        help: "errors/UNKNOWN_MEMBER",
      }),
      expect.objectContaining({ path: "/name", code: "FORMAT", seen: "", wanted: "a text that is not empty" }),
    ];
    const expected = { exit: 1, error: expect.objectContaining({ code: "MANIFEST_INVALID", details: issues }) };
    expect(await json("lint", "notes")).toEqual(expected);
    expect(await json("pack", "notes")).toEqual(expected);
  });

  it("refuses to pack a private key, a link, and a program without its script", async () => {
    await published();
    writeFileSync(line.path("notes/id.pem"), readFileSync(line.path("publisher.key.pem")));
    expect(await json("lint", "notes")).toEqual(fails("PRIVATE_KEY_IN_BUNDLE"));
    writeFileSync(line.path("notes/id.pem"), "");
    symlinkSync("/etc/hostname", line.path("notes/link"));
    expect(await json("pack", "notes")).toEqual(fails("NOT_A_FILE"));
    editManifest({ bulkhead_engine: "web" });
    expect(await json("lint", "notes")).toMatchObject({ exit: 1 });
  });

  it("leaves files that begin with a dot behind", async () => {
    const { sha256 } = await published();
    mkdirSync(line.path("notes/.git"));
    writeFileSync(line.path("notes/.env"), "TOKEN=1");
    expect(await json("pack", "notes", "--out", "again.ma")).toMatchObject({ sha256 });
  });
});

describe("verify", () => {
  it("refuses changed bytes, another key and a missing signature", async () => {
    await published();
    await line.run(["keygen", "--out", "other"]);
    expect(await json("verify", "notes.ma", "--key", "other.pub.pem")).toEqual(fails("SIGNATURE_INVALID"));
    const bytes = readFileSync(line.path("notes.ma"));
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    writeFileSync(line.path("changed.ma"), bytes);
    const changed = await json("verify", "changed.ma", "--key", "publisher.pub.pem", "--signature", "notes.ma.sig");
    expect(changed).toEqual(fails("SIGNATURE_INVALID"));
    expect(await json("verify", "changed.ma", "--key", "publisher.pub.pem")).toMatchObject({ exit: 2 });
  });

  it("judges as a device does by the claims of a program document", async () => {
    const { kid, sha256 } = await published();
    const jwk = JSON.parse(readFileSync(line.path("publisher.jwk.json"), "utf8"));
    const declares = ["device.info", "storage.local"];
    const claims = (changes: Record<string, unknown> = {}) => ({
      schema: 1,
      platform: "p",
      epoch: 1,
      revision: 1,
      iat: 1,
      exp: 2,
      appId: "com.example.notes",
      status: "active",
      versions: [{ code: 1, name: "1.0.0", sha256, size: 1, kid, declares }],
      publisherKeys: [{ kid, jwk, status: "active" }],
      grants: {},
      hosts: [],
      limits: {},
      receives: [],
      externalRoutes: [],
      ...changes,
    });
    writeFileSync(line.path("program.json"), JSON.stringify(claims()));
    expect(await json("verify", "notes.ma", "--program", "program.json")).toMatchObject({ exit: 0, versionCode: 1 });
    const other = await json("verify", "notes.ma", "--program", "program.json", "--version-code", "2");
    expect(other).toEqual(fails("VERSION_NOT_ALLOWED"));
    writeFileSync(
      line.path("program.json"),
      JSON.stringify(claims({ publisherKeys: [{ kid, jwk, status: "revoked" }] })),
    );
    expect(await json("verify", "notes.ma", "--program", "program.json")).toEqual(fails("KEY_REVOKED"));
  });
});

describe("submit, status and withdraw", () => {
  const answering = (status: number, body: unknown, seen: Request[]) =>
    createCommandLine({
      env: { BULKHEAD_TOKEN: "secret-token" },
      fetch: async (input, init) => {
        const sent = init?.body instanceof Blob ? { body: await init.body.arrayBuffer() } : {};
        seen.push(new Request(String(input), { method: init?.method ?? "GET", headers: init?.headers ?? {}, ...sent }));
        return Response.json(body, { status });
      },
    });

  it("send the exact bundle, its signature and the token, and answer the submission", async () => {
    const seen: Request[] = [];
    line = answering(
      201,
      { submissionId: "sub_1", appId: "com.example.notes", versionCode: 1, state: "submitted" },
      seen,
    );
    await published();
    expect(await json("submit", "notes.ma", "--server", "https://console.test")).toMatchObject({
      exit: 0,
      submissionId: "sub_1",
    });
    const [request] = seen;
    expect(request?.url).toBe("https://console.test/api/publisher/v1/submissions");
    expect(request?.headers.get("content-type")).toBe("application/miniapp-pkg+zip");
    expect(request?.headers.get("authorization")).toBe("Bearer secret-token");
    const signature = readFileSync(line.path("notes.ma.sig")).toString("base64url");
    expect(request?.headers.get("bulkhead-signature")).toBe(signature);
    expect(
      Buffer.from((await request?.arrayBuffer()) ?? new ArrayBuffer(0)).equals(readFileSync(line.path("notes.ma"))),
    ).toBe(true);
  });

  it("pass on the server's own refusal", async () => {
    line = answering(409, { requestId: "r", error: { code: "conflict", message: "Version 1 is there already." } }, []);
    await published();
    const refused = await line.run(["submit", "notes.ma", "--server", "https://console.test"]);
    expect(refused).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("conflict: Version 1") });
    expect(await json("status", "sub_1", "--server", "https://console.test")).toEqual(fails("conflict"));
  });

  it("take back what was submitted, by its id", async () => {
    const seen: Request[] = [];
    line = answering(200, { submissionId: "sub_1", state: "withdrawn" }, seen);
    const withdrawn = await line.run(["withdraw", "sub_1", "--server", "https://console.test"]);
    expect(withdrawn).toMatchObject({ code: 0, stdout: "sub_1: withdrawn\n" });
    const [request] = seen;
    expect(request).toMatchObject({
      method: "DELETE",
      url: "https://console.test/api/publisher/v1/submissions/sub_1",
    });
    expect(request?.headers.get("authorization")).toBe("Bearer secret-token");
  });

  it("name a bad token as such: where it came from, why it may be none, and what to do; never what it is", async () => {
    line = answering(401, { requestId: "r", error: { code: "unauthenticated", message: "Who?" } }, []);
    const asked = ["status", "sub_1", "--server", "https://console.test"];
    const { code, stderr } = await line.run(asked);
    expect(code).toBe(1);
    for (const text of ["the token of BULKHEAD_TOKEN", "withdrawn", "not even the form", "ask an admin"]) {
      expect(stderr).toContain(text);
    }
    expect(stderr).not.toContain("secret-token");
    const given = await line.run([...asked, "--token", `bhpub_${"a".repeat(43)}`]);
    expect(given.stderr).toContain("the token of --token");
    expect(given.stderr).not.toContain("not even the form");
  });

  it.each([
    ["submitted", null, "bulkhead status sub_1"],
    ["listed", "Fine.", "devices take it"],
    ["refused", "Why contacts?", "raise version.code"],
    ["withdrawn", null, "free again"],
  ])("say of %s what the reviewer wrote and what comes next", async (state, comment, next) => {
    line = answering(200, { submissionId: "sub_1", state, comment }, []);
    const { stdout, stderr } = await line.run(["status", "sub_1", "--server", "https://console.test"]);
    expect(stdout).toContain(`sub_1: ${state}${comment === null ? "" : `: ${comment}`}`);
    expect(stderr).toContain(`next: ${next === "bulkhead status sub_1" ? next : ""}`);
    expect(stderr).toContain(next);
  });

  it("say that what answered is no platform", async () => {
    line = answering(200, ["hello"], []);
    expect(await json("status", "sub_1", "--server", "https://console.test")).toEqual(fails("NOT_UNDERSTOOD"));
  });

  it("never send the token in the clear, nor show it", async () => {
    const seen: Request[] = [];
    line = answering(200, {}, seen);
    await published();
    const refused = await line.run(["status", "sub_1", "--server", "http://console.test"]);
    expect(refused).toMatchObject({ code: 2, stderr: expect.not.stringContaining("secret-token") });
    expect(seen).toEqual([]);
  });

  it("say that nobody answered", async () => {
    await published();
    const gone = await json("status", "sub_1", "--server", "https://console.test", "--token", "t");
    expect(gone).toEqual(fails("UNREACHABLE"));
  });
});
