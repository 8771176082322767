/** What this check reads of a package in a lockfile of version 3, where the key is the folder it is installed in. */
type Locked = {
  version?: string;
  resolved?: string;
  integrity?: string;
  inBundle?: boolean;
  hasInstallScript?: boolean;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
};
export type Lockfile = { lockfileVersion: number; packages: Record<string, Locked> };
export type PackageFile = {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  allowScripts?: Record<string, boolean>;
};

const FOLDER = "node_modules/";
/** A version alone, which a range that names one means exactly. */
const EXACT = /^\d+\.\d+\.\d+(?:-[\w.-]+)?$/;

/**
 * What keeps `npm ci` from installing the same packages by the same digests on every system. npm writes the packages of
 * the system it runs on, and can leave out those of the others: a lockfile is whole where each package that another names
 * stands in it. It names no registry, since each machine asks its own.
 */
export function checkLockfile(lockfile: Lockfile, packageFile: PackageFile): string[] {
  const { packages } = lockfile;
  const faults: string[] = [];
  const root = packages[""] ?? {};
  for (const kind of ["dependencies", "devDependencies", "optionalDependencies"] as const) {
    const wanted = packageFile[kind] ?? {};
    const locked = root[kind] ?? {};
    for (const name of new Set([...Object.keys(wanted), ...Object.keys(locked)])) {
      if (wanted[name] === locked[name]) continue;
      faults.push(`${kind} ${name}: package.json asks for ${wanted[name]}, the lockfile for ${locked[name]}`);
    }
  }
  for (const [folder, entry] of Object.entries(packages)) {
    if (folder !== "") faults.push(...faultsOf(folder, entry, packages, packageFile));
    for (const [name, range] of Object.entries(needed(folder, entry))) {
      const found = resolve(packages, folder, name);
      if (found === undefined) faults.push(`${folder || "package.json"}: needs ${name} ${range}, which is not locked`);
      else if (EXACT.test(range) && found.version !== range)
        faults.push(`${folder || "package.json"}: needs ${name} ${range}, and ${found.version} is locked`);
    }
  }
  return faults.map((fault) => `package-lock.json: ${fault}`);
}

function faultsOf(folder: string, entry: Locked, packages: Record<string, Locked>, packageFile: PackageFile): string[] {
  const faults: string[] = [];
  if (entry.version === undefined) faults.push(`${folder}: has no version`);
  if (entry.resolved !== undefined)
    faults.push(`${folder}: names the place it came from; a lockfile names no registry`);
  if (entry.integrity?.startsWith("sha512-") !== true && !isWithinDigest(folder, entry, packages))
    faults.push(`${folder}: has no SHA-512 digest`);
  const name = nameOf(folder);
  if (entry.hasInstallScript === true && packageFile.allowScripts?.[name] === undefined)
    faults.push(`${folder}: has an install script, and allowScripts of package.json says nothing of ${name}`);
  return faults;
}

/** What an entry names and an install must find. A peer that may be absent is asked for by nobody. */
function needed(folder: string, entry: Locked): Record<string, string> {
  const peers = Object.entries(entry.peerDependencies ?? {}).filter(
    ([name]) => entry.peerDependenciesMeta?.[name]?.optional !== true,
  );
  return {
    ...Object.fromEntries(peers),
    ...(folder === "" ? entry.devDependencies : {}),
    ...entry.dependencies,
    ...entry.optionalDependencies,
  };
}

/** As Node looks: in the package's own folder, then in each that it lies in. */
function resolve(packages: Record<string, Locked>, folder: string, name: string): Locked | undefined {
  for (let at = folder; ; at = outer(at)) {
    const found = packages[`${at === "" ? "" : `${at}/`}${FOLDER}${name}`];
    if (found !== undefined || at === "") return found;
  }
}

/** The folder of the package that this one is installed in; "" is the project's own. */
function outer(folder: string): string {
  const end = folder.lastIndexOf(`/${FOLDER}`);
  return end < 0 ? "" : folder.slice(0, end);
}

function nameOf(folder: string): string {
  return folder.slice(folder.lastIndexOf(FOLDER) + FOLDER.length);
}

/** What comes inside another package's archive has that archive's digest. */
function isWithinDigest(folder: string, entry: Locked, packages: Record<string, Locked>): boolean {
  return entry.inBundle === true && packages[outer(folder)]?.integrity !== undefined;
}
