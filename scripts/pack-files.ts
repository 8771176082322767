import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";

const pack = promisify(brotliCompress);

/** Packs each script and style sheet of a folder beside itself, as small as it gets. */
export async function packFiles(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true });
  for (const entry of entries) {
    const path = join(folder, entry);
    if (!/\.(js|css)$/.test(entry)) continue;
    const text = await readFile(path);
    const params = {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.byteLength,
    };
    await writeFile(`${path}.br`, await pack(text, { params }));
  }
}
