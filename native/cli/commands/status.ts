import type { Command } from "../command";
import { API_OPTIONS, askPublisherApi } from "../publisher-api";
import { nextOf, SUBMISSION_JSON } from "../submission-answer";

export const statusCommand: Command = {
  name: "status",
  summary: "ask how far a submission's review is",
  about:
    "Asks the platform, and answers the state with what the reviewer wrote: submitted, listed, refused or withdrawn.",
  argument: { name: "SUBMISSION", min: 1, max: 1, help: "its id, as submit answered it" },
  options: API_OPTIONS,
  examples: [
    {
      line: "bulkhead status sub_01h2 --server https://console.example",
      does: "how far sub_01h2 is; the token is in BULKHEAD_TOKEN",
    },
  ],
  json: SUBMISSION_JSON,
  async run({ positionals: [submission = ""], values, context }) {
    const path = `/api/publisher/v1/submissions/${encodeURIComponent(submission)}`;
    const answer = await askPublisherApi(context, values, path, { method: "GET" });
    if (!answer.ok) return answer;
    const { state, comment } = answer.body;
    const text = `${submission}: ${String(state)}${typeof comment === "string" ? `: ${comment}` : ""}`;
    return { ok: true, text, json: answer.body, next: nextOf(state, submission) };
  },
};
