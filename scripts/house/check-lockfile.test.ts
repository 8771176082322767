import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkLockfile, type Lockfile, type PackageFile } from "./check-lockfile";

const DIGEST = "sha512-AAAA";
const SYSTEMS = ["darwin-arm64", "linux-arm64", "linux-x64", "win32-x64"];

/** A project with one tool that has a package for each system, one of them with a package inside its archive. */
function whole(): { lockfile: Lockfile; packageFile: PackageFile } {
  return {
    packageFile: { dependencies: { tool: "1.0.0" }, allowScripts: { "@tool/linux-x64": true } },
    lockfile: {
      lockfileVersion: 3,
      packages: {
        "": { dependencies: { tool: "1.0.0" } },
        "node_modules/tool": {
          version: "1.0.0",
          integrity: DIGEST,
          optionalDependencies: Object.fromEntries(SYSTEMS.map((system) => [`@tool/${system}`, "1.0.0"])),
        },
        ...Object.fromEntries(
          SYSTEMS.map((system) => [`node_modules/@tool/${system}`, { version: "1.0.0", integrity: DIGEST }]),
        ),
        "node_modules/@tool/linux-x64": { version: "1.0.0", integrity: DIGEST, hasInstallScript: true },
        "node_modules/@tool/win32-x64/node_modules/inner": { version: "2.0.0", inBundle: true },
      },
    },
  };
}

/** The faults of a whole lockfile after one change to it. */
function faultsAfter(change: (packages: Lockfile["packages"], packageFile: PackageFile) => void): string[] {
  const { lockfile, packageFile } = whole();
  change(lockfile.packages, packageFile);
  return checkLockfile(lockfile, packageFile);
}

describe("the lockfile", () => {
  it("of this project is whole for every system, by digest, and names no registry", () => {
    const read = (file: string) => JSON.parse(readFileSync(file, "utf8"));
    expect(checkLockfile(read("package-lock.json"), read("package.json"))).toEqual([]);
  });

  it("is whole where every system's package is in it", () => {
    expect(faultsAfter(() => {})).toEqual([]);
  });

  it.each(SYSTEMS)("is not whole without the package of %s", (system) => {
    const faults = faultsAfter((packages) => delete packages[`node_modules/@tool/${system}`]);
    expect(faults[0]).toContain(`needs @tool/${system} 1.0.0, which is not locked`);
  });

  it.each([
    ["a package of another version", { version: "1.0.1", integrity: DIGEST }],
    ["no digest", { version: "1.0.0" }],
    ["a digest that is weak", { version: "1.0.0", integrity: "sha1-AAAA" }],
    ["no version", { integrity: DIGEST }],
    [
      "the place a package came from",
      { version: "1.0.0", integrity: DIGEST, resolved: "https://mirror.example/t.tgz" },
    ],
    ["a script that nobody has judged", { version: "1.0.0", integrity: DIGEST, hasInstallScript: true }],
    ["a package said to be inside of one that is not", { version: "1.0.0", inBundle: true }],
  ])("is refused with %s", (_, entry) => {
    expect(faultsAfter((packages) => (packages["node_modules/@tool/linux-arm64"] = entry))).not.toEqual([]);
  });

  it("is refused where package.json asks for something else", () => {
    expect(faultsAfter((_, packageFile) => (packageFile.dependencies = { tool: "1.1.0" }))).toHaveLength(1);
    expect(faultsAfter((_, packageFile) => (packageFile.dependencies = {}))).toHaveLength(1);
    expect(faultsAfter((_, packageFile) => (packageFile.devDependencies = { other: "1.0.0" }))).toHaveLength(1);
  });

  it("finds a package in the folder of the one that names it first, and then in those around", () => {
    const within = "node_modules/tool/node_modules/@tool/linux-arm64";
    const faults = faultsAfter((packages) => (packages[within] = { version: "3.0.0", integrity: DIGEST }));
    expect(faults[0]).toContain("needs @tool/linux-arm64 1.0.0, and 3.0.0 is locked");
  });
});
