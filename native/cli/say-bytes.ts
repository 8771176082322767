const MIB = 1024 * 1024;

/** A size for people: MiB with one digit where it has one, bytes below that. */
export function sayBytes(bytes: number): string {
  return bytes < MIB ? `${bytes} bytes` : `${Math.round((bytes / MIB) * 10) / 10} MiB`;
}
