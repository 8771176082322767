import type { World } from "./prepare-world";

/** What a control asks of the server, with a body or a name that nothing can come of: whoever is let in changes nothing. */
export type Door = { method?: "POST" | "DELETE"; path: string; body?: unknown };

export type Control = { name: RegExp; door: Door };
export type TestedPage = {
  path: string;
  /** What the page offers to whoever the door lets in, and to nobody else. */
  controls: Control[];
  /** It shows one change set: what it offers is what the server says of that set to that person. */
  changeSetId?: string;
};

const CONSOLE = "/api/console/v1";
const NOBODY = "per_00000000000000000000";
const NOWHERE = "com.example.nowhere";

/** A narrowing of something that is not there: a role that may not narrow such a thing is refused before that is seen. */
const narrows = (member: string, after: unknown): Door => ({
  path: `${CONSOLE}/change-sets/narrow`,
  body: { changes: [{ member, after }], reason: "Asked by a test." },
});
const proposes = (member: string, after: unknown): Door => ({
  path: `${CONSOLE}/change-sets/edit`,
  body: { changes: [{ member, after }] },
});

const SUSPEND: Control = { name: /^Suspend program/, door: narrows(`program:${NOWHERE}/status`, "suspended") };
const PROPOSE_HOST: Control = {
  name: /^Propose host/,
  door: proposes(`program:${NOWHERE}/host:new`, { host: "x.example" }),
};

/** Every page with what can be done on it. A control that stands on a page and not here fails, unless it changes nothing. */
export function testedPages(world: World): TestedPage[] {
  const { appId, suspendedAppId, publisherId, deviceId, denialId, personId, proposals, draftId } = world;
  const app = `/programs/${appId}`;
  return [
    { path: "/", controls: [] },
    { path: "/start", controls: [] },
    { path: "/audit", controls: [] },
    { path: "/policy", controls: [] },
    { path: "/readiness", controls: [] },
    {
      path: `/programs?panel=${appId}`,
      controls: [{ name: /^Register program/, door: { path: `${CONSOLE}/programs`, body: {} } }, SUSPEND],
    },
    { path: app, controls: [SUSPEND] },
    {
      path: `/programs/${suspendedAppId}`,
      controls: [{ name: /^Propose to lift/, door: proposes(`program:${NOWHERE}/status`, "active") }],
    },
    {
      path: `${app}/versions?version=1`,
      controls: [
        SUSPEND,
        { name: /^Approve and list/, door: { path: `${CONSOLE}/submissions/sub_0/approve`, body: {} } },
        { name: /^Refuse/, door: { path: `${CONSOLE}/submissions/sub_0/refuse`, body: {} } },
      ],
    },
    {
      path: `${app}/access`,
      controls: [
        SUSPEND,
        PROPOSE_HOST,
        { name: /^Propose grant/, door: proposes(`program:${NOWHERE}/grant:nfc.read`, { consent: "ask" }) },
      ],
    },
    { path: `${app}/limits`, controls: [SUSPEND] },
    { path: `${app}/telemetry`, controls: [SUSPEND] },
    { path: `${app}/blocked`, controls: [SUSPEND] },
    { path: `${app}/audit`, controls: [SUSPEND] },
    {
      path: `/denials/${denialId}`,
      controls: [
        PROPOSE_HOST,
        SUSPEND,
        {
          name: /^Acknowledge cause/,
          door: { path: `${CONSOLE}/programs/${NOWHERE}/causes/0123456789abcdef/acknowledge`, body: {} },
        },
      ],
    },
    { path: `/policy/${proposals.operator}`, controls: [], changeSetId: proposals.operator },
    { path: `/policy/${proposals.security}`, controls: [], changeSetId: proposals.security },
    { path: `/policy/${draftId}`, controls: [], changeSetId: draftId },
    {
      path: `/publishers?panel=${publisherId}`,
      controls: [
        { name: /^Add publisher/, door: { path: `${CONSOLE}/publishers`, body: {} } },
        { name: /^Add to draft/, door: { path: `${CONSOLE}/publishers/pub_0/keys`, body: {} } },
        { name: /^Make a token/, door: { path: `${CONSOLE}/publishers/pub_0/tokens`, body: {} } },
        { name: /^Revoke token/, door: { method: "DELETE", path: `${CONSOLE}/publishers/pub_0/tokens/tok_0` } },
        {
          name: /^Revoke…/,
          door: narrows(`publisher:pub_00000000000000000000/key:${"A".repeat(43)}`, null),
        },
      ],
    },
    {
      path: `/people?edit=${personId}`,
      controls: [
        { name: /^Invite person/, door: { path: `${CONSOLE}/people`, body: {} } },
        { name: /^Make a reset link/, door: { path: `${CONSOLE}/people/${NOBODY}/link`, body: {} } },
        { name: /^Add to draft/, door: proposes(`person:${NOBODY}/sign-in-lock`, true) },
        { name: /^Ask for approval/, door: proposes(`person:${NOBODY}/sign-in-lock`, true) },
      ],
    },
    {
      path: `/fleet?panel=${deviceId}`,
      controls: [
        { name: /^Make enrolment file/, door: { path: `${CONSOLE}/enrolments`, body: {} } },
        { name: /^Revoke device/, door: { path: `${CONSOLE}/devices/dev_0/revoke`, body: {} } },
      ],
    },
  ];
}

/** How the verbs of a change set are written on its page. */
export const VERB_NAMES = {
  discard: /^Discard/,
  split: /^Split off/,
  propose: /^Ask another for approval/,
  withdraw: /^Withdraw/,
  approve: /^Approve/,
  refuse: /^Refuse/,
  publish: /^Publish( to|$)/,
  narrow: /^Publish.* now$/,
  undo: /^Undo/,
} as const;

/** What looks at things, sorts, copies, opens and closes, and asks nothing of the server but to read. */
export const CHANGES_NOTHING: readonly RegExp[] = [
  /^(Close|Cancel|Copy|Columns|Remove|Clear|Sort|Filter|Search|Keys|Rooms|Open|Show|Read again|Verify|Export|Earlier|Later)/,
  /^(Previous|Next|More|Table|Chart|Try now)/,
  /^\d+ of \d+ ?columns/,
  // Marks of charts.
  /^\d+ events at nearly the same time|^(Published|Version|Suspended|Lifted)\b/,
];
