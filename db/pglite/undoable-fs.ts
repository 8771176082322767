import {
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { NodeFS } from "@electric-sql/pglite/nodefs";

const BLOCK_BYTES = 8192;
/** What is remembered at most; a start that writes more than this over old data cannot be taken back. */
const REMEMBERED_BYTES_MAX = 512 * 1024 * 1024;

/** A file as it was: its length, and those of its blocks that were written over since. */
type Before =
  | { kind: "file"; bytes: number; mode: number; blocks: Map<number, Buffer> }
  | { kind: "folder"; mode: number }
  | { kind: "nothing" };

/** Emscripten's file system of a folder of ours, as far as it is used here. */
type NodeOps = {
  setattr(node: unknown, attr: { size?: number }): void;
  mknod(parent: unknown, name: string, mode: number, dev: number): unknown;
  rename(node: unknown, folder: unknown, name: string): void;
  unlink(parent: unknown, name: string): void;
  rmdir(parent: unknown, name: string): void;
};
type Stream = { node: unknown; position: number };
type StreamOps = {
  setattr(stream: Stream, attr: { size?: number }): void;
  write(stream: Stream, buffer: Uint8Array, offset: number, length: number, position: number): number;
};
type HostFs = { node_ops: NodeOps; stream_ops: StreamOps; realPath(node: unknown): string };

/**
 * PGlite's folder on the disk, which remembers how every file was before it was first written to, until `keep` is
 * called: so a start that is refused leaves the folder byte for byte as it was.
 */
export class UndoableFs extends NodeFS {
  #before: Map<string, Before> | null = new Map();
  #remembered = 0;
  readonly #rememberedBytesMax: number;
  /** What the database said when it gave up, in its own words; null while it did not. */
  lastWords: string | null = null;

  constructor(folder: string, rememberedBytesMax = REMEMBERED_BYTES_MAX) {
    super(folder);
    this.#rememberedBytesMax = rememberedBytesMax;
  }

  override async init(...args: Parameters<NodeFS["init"]>): ReturnType<NodeFS["init"]> {
    const { emscriptenOpts } = await super.init(...args);
    const watch = (module: unknown) => this.#watch((module as { NODEFS: HostFs }).NODEFS);
    const printErr = (line: string) => {
      // The database says why it does not start, and here alone.
      if (/(FATAL|PANIC):/.test(line)) this.lastWords = line.replace(/^.*?(FATAL|PANIC):\s*/, "").slice(0, 300);
    };
    return { emscriptenOpts: { ...emscriptenOpts, printErr, preRun: [watch, ...(emscriptenOpts.preRun ?? [])] } };
  }

  /** From here on nothing is remembered any more. */
  keep(): void {
    this.#before = null;
  }

  /** Puts everything back. Only when the database is closed. Answers false when more was written than is remembered. */
  undo(): boolean {
    const before = this.#before;
    if (before === null) return false;
    this.#before = null;
    // Folders first, files after them; what was not there goes last, deepest first.
    const paths = [...before].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [path, was] of paths)
      if (was.kind === "folder" && !existsSync(path)) mkdirSync(path, { mode: was.mode });
    for (const [path, was] of paths) if (was.kind === "file") putBack(path, was);
    for (const [path, was] of paths.reverse())
      if (was.kind === "nothing") rmSync(path, { recursive: true, force: true });
    return true;
  }

  #remember(path: string): Before | undefined {
    if (this.#before === null) return undefined;
    const known = this.#before.get(path);
    if (known !== undefined) return known;
    const was = look(path);
    this.#before.set(path, was);
    return was;
  }

  /** Remembers what stands between two offsets of a file. */
  #rememberBytes(path: string, from: number, to: number): void {
    const was = this.#remember(path);
    if (was?.kind !== "file") return;
    const last = Math.min(to, was.bytes);
    for (let block = Math.floor(from / BLOCK_BYTES); block * BLOCK_BYTES < last; block += 1) {
      if (was.blocks.has(block)) continue;
      was.blocks.set(block, readBlock(path, block, Math.min(BLOCK_BYTES, was.bytes - block * BLOCK_BYTES)));
      this.#remembered += BLOCK_BYTES;
    }
    if (this.#remembered > this.#rememberedBytesMax) this.#before = null;
  }

  #rememberWhole = (path: string) => this.#rememberBytes(path, 0, Number.MAX_SAFE_INTEGER);

  #watch(host: HostFs): void {
    const { node_ops: nodes, stream_ops: streams, realPath } = host;
    const { setattr, mknod, rename, unlink, rmdir } = nodes;
    const { setattr: setStreamAttr, write } = streams;
    const below = (folder: unknown, name: string) => `${realPath(folder)}/${name}`;
    const cut = (node: unknown, size: number | undefined) =>
      size === undefined
        ? this.#remember(realPath(node))
        : this.#rememberBytes(realPath(node), size, Number.MAX_SAFE_INTEGER);
    nodes.setattr = (node, attr) => {
      cut(node, attr.size);
      setattr(node, attr);
    };
    nodes.mknod = (parent, name, mode, dev) => {
      this.#remember(below(parent, name));
      return mknod(parent, name, mode, dev);
    };
    nodes.rename = (node, folder, name) => {
      this.#rememberWhole(realPath(node));
      this.#rememberWhole(below(folder, name));
      rename(node, folder, name);
    };
    nodes.unlink = (parent, name) => {
      this.#rememberWhole(below(parent, name));
      unlink(parent, name);
    };
    nodes.rmdir = (parent, name) => {
      this.#remember(below(parent, name));
      rmdir(parent, name);
    };
    streams.setattr = (stream, attr) => {
      cut(stream.node, attr.size);
      setStreamAttr(stream, attr);
    };
    streams.write = (stream, buffer, offset, length, position) => {
      this.#rememberBytes(realPath(stream.node), position, position + length);
      return write(stream, buffer, offset, length, position);
    };
  }
}

function look(path: string): Before {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return { kind: "nothing" };
  const mode = stat.mode & 0o777;
  return stat.isDirectory() ? { kind: "folder", mode } : { kind: "file", bytes: stat.size, mode, blocks: new Map() };
}

function readBlock(path: string, block: number, bytes: number): Buffer {
  const data = Buffer.alloc(bytes);
  const fd = openSync(path, "r");
  try {
    readSync(fd, data, 0, bytes, block * BLOCK_BYTES);
  } finally {
    closeSync(fd);
  }
  return data;
}

function putBack(path: string, was: Extract<Before, { kind: "file" }>): void {
  const fd = openSync(path, existsSync(path) ? "r+" : "w+", was.mode);
  try {
    ftruncateSync(fd, was.bytes);
    for (const [block, data] of was.blocks) writeSync(fd, data, 0, data.length, block * BLOCK_BYTES);
  } finally {
    closeSync(fd);
  }
  chmodSync(path, was.mode);
}
