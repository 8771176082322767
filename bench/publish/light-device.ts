import { connect, type Socket } from "node:net";

/** Where a device of the load is connected to, and as whom. */
export type LightDevice = { port: number; appId: string; token: string };

/** An answer's head and body on a connection that is kept, by its `content-length`. */
type Answer = { status: number; body: string };

/** Asks by GET with a device's token. */
export type Caller = (path: string, token: string) => Promise<Answer>;

/**
 * One request after the other on one connection, as a device asks that holds its connection; one that was closed since is
 * made anew.
 */
export function createCaller(port: number): Caller {
  let socket: Socket | null = null;
  let received = "";
  let waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;

  function hear(chunk: string): void {
    received += chunk;
    const head = received.indexOf("\r\n\r\n");
    if (head < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(received.slice(0, head))?.[1] ?? Number.NaN);
    if (received.length < head + 4 + length) return;
    const answer = { status: Number(received.slice(9, 12)), body: received.slice(head + 4, head + 4 + length) };
    received = received.slice(head + 4 + length);
    const asked = waiting;
    waiting = undefined;
    asked?.resolve(answer);
  }

  function open(): Socket {
    const own = connect({ port, host: "127.0.0.1", noDelay: true });
    own.setEncoding("latin1");
    received = "";
    own.on("data", hear);
    const lost = (error?: Error) => {
      if (socket === own) socket = null;
      waiting?.reject(error ?? new Error("the server closed a connection"));
      waiting = undefined;
    };
    own.on("error", lost);
    own.on("close", () => lost());
    return own;
  }

  return (path, token) =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject };
      socket ??= open();
      socket.write(`GET ${path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${token}\r\n\r\n`);
    });
}

/** The revision that a compact JWS carries; its signature is not looked at. */
export function revisionIn({ status, body }: Answer): number {
  if (status !== 200) throw new Error(`a document: ${status}`);
  const payload = Buffer.from(body.split(".", 2)[1] ?? "", "base64url").toString();
  return (JSON.parse(payload) as { revision: number }).revision;
}

/**
 * A device that costs what is needed to hear, to fetch both documents and to read how new they are, and no more: on the
 * machine of the server it would else be measured in the server's place. Answers how long its stream took to open.
 */
export async function startLightDevice(
  { port, appId, token }: LightDevice,
  on: { applied(revision: number): void; failed(error: Error): void },
): Promise<{ openedMs: number }> {
  const call = createCaller(port);
  let heard = 0;
  async function pull(): Promise<void> {
    const asked = heard;
    revisionIn(await call(`/api/runtime/v1/programs/${appId}`, token));
    on.applied(revisionIn(await call("/api/runtime/v1/platform", token)));
    if (heard !== asked) await pull();
  }
  const from = performance.now();
  await new Promise<void>((resolve, reject) => {
    const stream: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
    stream.setEncoding("latin1");
    let rest = "";
    let isPulling = true;
    stream.on("data", (chunk: string) => {
      rest += chunk;
      const end = rest.lastIndexOf("\n\n");
      if (end < 0) return;
      const frames = rest.slice(0, end);
      rest = rest.slice(end);
      if (frames.includes("event: hello")) {
        resolve();
        isPulling = false;
      }
      if (!/event: revision\ndata: \{"kind":"platform"/.test(frames)) return;
      heard += 1;
      if (isPulling) return;
      isPulling = true;
      pull()
        .catch(on.failed)
        .finally(() => {
          isPulling = false;
        });
    });
    stream.on("error", reject);
    stream.on("close", () => reject(new Error("the server closed a stream")));
    const path = `/api/runtime/v1/stream?programs=${appId}`;
    stream.write(`GET ${path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${token}\r\n\r\n`);
  });
  return { openedMs: performance.now() - from };
}
