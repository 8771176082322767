import { createSocket, type Socket } from "node:dgram";
import { afterEach, describe, expect, it } from "vitest";
import { createNameShares } from "./name-shares";
import { createNameResolver, type ResolveName } from "./resolve-name";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Names that wait for the test to answer them. */
function heldNames() {
  const asked: { name: string; signal: AbortSignal; answer(addresses: string[]): void }[] = [];
  const resolve: ResolveName = (name, signal) =>
    new Promise((answer, fail) => {
      signal.addEventListener("abort", () => fail(signal.reason), { once: true });
      asked.push({ name, signal, answer });
    });
  return { asked, resolve, names: () => asked.map(({ name }) => name) };
}
const never = new AbortController().signal;

describe("names that nobody answers", () => {
  it("stall the program that asked for them and nobody else", async () => {
    const { asked, resolve, names } = heldNames();
    const shares = createNameShares(resolve, 2);
    const slow = shares.of("com.example.slow");
    for (const name of ["a", "b", "c", "d"]) void slow(name, never);
    await Promise.resolve();
    expect(names()).toEqual(["a", "b"]);
    const good = shares.of("com.example.good")("good", never);
    await Promise.resolve();
    asked.find(({ name }) => name === "good")?.answer(["192.0.2.1"]);
    expect(await good).toEqual(["192.0.2.1"]);
  });

  it("give their place to the next of the same program when they are called off, whether or not they began", async () => {
    const { asked, resolve, names } = heldNames();
    const of = createNameShares(resolve, 1).of("com.example.app");
    const [first, second] = [new AbortController(), new AbortController()];
    const a = of("a", first.signal);
    const b = of("b", second.signal);
    const c = of("c", never);
    second.abort();
    await expect(b).rejects.toThrow();
    first.abort();
    await expect(a).rejects.toThrow();
    await Promise.resolve();
    expect(names()).toEqual(["a", "c"]);
    asked[1]?.answer(["192.0.2.2"]);
    expect(await c).toEqual(["192.0.2.2"]);
    // what is over begins nothing
    await expect(of("d", second.signal)).rejects.toThrow();
    expect(names()).toEqual(["a", "c"]);
  });
});

const A = 1;
const AAAA = 28;

/** A name server of this machine; `answer` gives the addresses of a family, or undefined to say nothing. */
async function nameServer(answer: (type: number) => number[][] | undefined): Promise<string> {
  const socket: Socket = createSocket("udp4");
  closing.push(() => socket.close());
  socket.on("message", (query, from) => {
    const end = query.indexOf(0, 12) + 5;
    const type = query.readUInt16BE(end - 4);
    const records = answer(type);
    if (records === undefined) return;
    const head = Buffer.from(query.subarray(0, end));
    head.writeUInt16BE(records.length === 0 ? 0x8183 : 0x8180, 2);
    head.writeUInt16BE(records.length, 6);
    const parts = records.map((address) =>
      Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 1, 0, address.length, ...address]),
    );
    socket.send(Buffer.concat([head.fill(0, 8, 12), ...parts]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return `127.0.0.1:${socket.address().port}`;
}

describe("the resolver of what programs reach", () => {
  it("answers both families", async () => {
    const server = await nameServer((type) => (type === A ? [[192, 0, 2, 1]] : [[0x20, 1, ...Array(13).fill(0), 9]]));
    const addresses = await createNameResolver([server])("api.example.test", never);
    expect([...addresses].sort()).toEqual(["192.0.2.1", "2001::9"]);
  });

  it("takes one family where the other has none, or says nothing", async () => {
    for (const silence of [[], undefined]) {
      const server = await nameServer((type) => (type === AAAA ? silence : [[192, 0, 2, 1]]));
      expect(await createNameResolver([server])("api.example.test", never)).toEqual(["192.0.2.1"]);
    }
  });

  it("rejects a name that is nowhere", async () => {
    const server = await nameServer(() => []);
    await expect(createNameResolver([server])("api.example.test", never)).rejects.toThrow();
  });

  it("stops asking at once when it is called off", async () => {
    const controller = new AbortController();
    const server = await nameServer(() => {
      controller.abort();
      return undefined;
    });
    await expect(createNameResolver([server])("api.example.test", controller.signal)).rejects.toThrow();
  });
});
