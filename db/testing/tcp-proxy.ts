import { connect, createServer, type Socket } from "node:net";

export type TcpProxy = {
  port: number;
  /** Takes connections and bytes from both sides and hands on nothing, not even that a side has gone, until `heal`. */
  swallow(): void;
  /** Hands on what was swallowed, and all that comes. */
  heal(): void;
  /** Connections from here on reach another server. */
  pointAt(port: number): void;
  /** Breaks every connection. */
  breakAll(): void;
  close(): Promise<void>;
};

type Pair = { client: Socket; server: Socket | null };

/** Stands between a client and a server on this machine, as a network does that may fail. */
export async function startTcpProxy(serverPort: number): Promise<TcpProxy> {
  let target = serverPort;
  let isSwallowing = false;
  const pairs = new Set<Pair>();

  const end = (pair: Pair) => {
    pairs.delete(pair);
    pair.client.destroy();
    pair.server?.destroy();
  };
  const watch = (socket: Socket, pair: Pair) => {
    // What failed is told by its closing.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      if (!isSwallowing) end(pair);
    });
  };
  function join(pair: Pair): void {
    if (pair.client.destroyed || pair.server?.destroyed === true) {
      end(pair);
      return;
    }
    if (pair.server === null) {
      pair.server = connect(target, "127.0.0.1");
      watch(pair.server, pair);
    }
    pair.client.pipe(pair.server);
    pair.server.pipe(pair.client);
  }

  const listener = createServer((client) => {
    const pair: Pair = { client, server: null };
    pairs.add(pair);
    watch(client, pair);
    if (!isSwallowing) join(pair);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    swallow() {
      isSwallowing = true;
      for (const { client, server } of pairs) {
        for (const socket of [client, server]) socket?.unpipe().pause();
      }
    },
    heal() {
      // What is handed on already would be handed on twice.
      if (!isSwallowing) return;
      isSwallowing = false;
      for (const pair of pairs) join(pair);
    },
    pointAt(port) {
      target = port;
    },
    breakAll() {
      for (const pair of pairs) end(pair);
    },
    async close() {
      for (const pair of pairs) end(pair);
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
