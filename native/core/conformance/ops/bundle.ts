import { z } from "zod";
import { verifyBundle } from "../../bundle/verify-bundle";
import { readProgramClaims } from "../../documents/read-claims";
import { CannotAnswer, type ConformancePorts, defineOp, rawClaims, requireClaims } from "../op";

/** Above what any bundle may be: a file must be read whole to be told apart by its digest before it is called too large. */
const FILE_BYTES_MAX = 128 * 1024 * 1024;
const SIGNATURE_BYTES_MAX = 64 * 1024;

const members = z.object({
  path: z.string(),
  signaturePath: z.string().nullish(),
  program: rawClaims,
  versionCode: z.int().exactOptional(),
});

export const bundleOp = defineOp(members, async ({ path, signaturePath, program, ...line }, ports) => {
  const claims = requireClaims("program", readProgramClaims(program, ["appId", "versions", "publisherKeys"]));
  const bytes = await requireFile(ports, "path", path, FILE_BYTES_MAX);
  const signatureDer =
    typeof signaturePath === "string"
      ? await requireFile(ports, "signaturePath", signaturePath, SIGNATURE_BYTES_MAX)
      : undefined;
  const { result, code } = verifyBundle({
    ...line,
    bytes,
    ...(signatureDer === undefined ? {} : { signatureDer }),
    program: claims,
    crypto: ports.crypto,
  });
  return { result, code };
});

async function requireFile(ports: ConformancePorts, member: string, path: string, max: number): Promise<Uint8Array> {
  const bytes = await ports.readFile(path, max);
  if (bytes === undefined) throw new CannotAnswer(`${member}: no file that can be read`);
  return bytes;
}
