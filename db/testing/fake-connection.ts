import type { PostgresConnection } from "../postgres/connect";
import { ConnectionFault, type ConnectionFaultCode } from "../postgres/connection-fault";

export type FakeConnection = PostgresConnection & {
  /** What it was asked, in order. */
  asked: string[];
  isClosed: boolean;
  /** Ends it as a network does. */
  lose(code: ConnectionFaultCode): void;
  tell(channel: string, payload: string): void;
  answer: (statement: string) => Promise<unknown>;
};

/** A connection without a server: it answers everything, until it is told otherwise. */
export function fakeConnection(): FakeConnection {
  let lost: ConnectionFault | null = null;
  let onLost: (fault: ConnectionFault) => void = () => undefined;
  let onNotification: (channel: string, payload: string) => void = () => undefined;
  const underway = new Set<(fault: ConnectionFault) => void>();
  const end = (code: ConnectionFaultCode) => {
    if (lost !== null) return;
    lost = new ConnectionFault(code);
    for (const fail of underway) fail(lost);
  };
  const fake: FakeConnection = {
    asked: [],
    isClosed: false,
    answer: async (statement) => ({ rows: [], command: statement.toUpperCase() }),
    async query(statement) {
      const text = typeof statement === "string" ? statement : statement.text;
      fake.asked.push(text);
      if (lost !== null) throw lost;
      const answer = await new Promise<unknown>((resolve, reject) => {
        underway.add(reject);
        fake.answer(text).then(resolve, reject);
      });
      return answer as Awaited<ReturnType<PostgresConnection["query"]>>;
    },
    isLost: () => lost !== null,
    onLost(listener) {
      onLost = listener;
    },
    onNotification(listener) {
      onNotification = listener;
    },
    async close() {
      fake.isClosed = true;
    },
    cut: () => end("CONNECTION_CUT"),
    lose(code) {
      end(code);
      if (lost !== null) onLost(lost);
    },
    tell: (channel, payload) => onNotification(channel, payload),
  };
  return fake;
}
