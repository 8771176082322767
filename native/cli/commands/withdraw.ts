import type { Command } from "../command";
import { API_OPTIONS, askPublisherApi } from "../publisher-api";
import { nextOf, SUBMISSION_JSON } from "../submission-answer";

export const withdrawCommand: Command = {
  name: "withdraw",
  summary: "take a submission back that was not decided; its version code is free again",
  about: "Ends the review. What was decided already stays as it is.",
  argument: { name: "SUBMISSION", min: 1, max: 1, help: "its id, as submit answered it" },
  options: API_OPTIONS,
  examples: [
    {
      line: "bulkhead withdraw sub_01h2 --server https://console.example",
      does: "takes sub_01h2 back; the token is in BULKHEAD_TOKEN",
    },
  ],
  json: SUBMISSION_JSON,
  async run({ positionals: [submission = ""], values, context }) {
    const path = `/api/publisher/v1/submissions/${encodeURIComponent(submission)}`;
    const answer = await askPublisherApi(context, values, path, { method: "DELETE" });
    if (!answer.ok) return answer;
    return {
      ok: true,
      text: `${submission}: ${String(answer.body.state)}`,
      json: answer.body,
      next: nextOf(answer.body.state, submission),
    };
  },
};
