/** The demo's programs: who publishes them, what they are granted at first, and which hosts they speak to. */
export type Sample = {
  folder: string;
  appId: string;
  name: string;
  publisher: string;
  /** Host rules that the operator proposes and security approves. */
  hosts: { host: string; ports: number[]; purposes: string[] }[];
  limits: Record<string, { max: number; action: string }>;
};

export const SAMPLES: readonly Sample[] = [
  {
    folder: "native/samples/tidal-weather",
    appId: "example.tidal.weather",
    name: "Tidal Weather",
    publisher: "Tidal Works",
    hosts: [{ host: "api.tidal.example", ports: [443], purposes: ["request"] }],
    limits: {},
  },
  {
    folder: "native/samples/coin-rush",
    appId: "example.coin.rush",
    name: "Coin Rush",
    publisher: "Copper Coin Studio",
    hosts: [{ host: "api.coinrush.example", ports: [443], purposes: ["request"] }],
    limits: {},
  },
  {
    folder: "native/samples/marble-drop",
    appId: "example.marble.drop",
    name: "Marble Drop",
    publisher: "Marble Makers",
    hosts: [{ host: "api.marble.example", ports: [443], purposes: ["request"] }],
    limits: {
      requestsPerSecond: { max: 10, action: "throttle" },
      cpuMsPerMinute: { max: 3000, action: "throttle" },
    },
  },
];

/** Names that lead to the demo's own upstream server; what no rule names is refused before any of this is asked. */
export const UPSTREAM_HOSTS = [
  "api.tidal.example",
  "api.coinrush.example",
  "cdn.coinrush.example",
  "api.marble.example",
  "px.adlantern.example",
] as const;
