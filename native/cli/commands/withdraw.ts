import type { Command } from "../command";
import { API_HELP, API_OPTIONS, askPublisherApi } from "../publisher-api";

export const withdrawCommand: Command = {
  name: "withdraw",
  summary: "take a submission back that was not decided; its version code is free again",
  usage: "SUBMISSION --server URL",
  options: API_OPTIONS,
  help: API_HELP,
  positionals: { min: 1, max: 1 },
  async run({ positionals: [submission = ""], values, context }) {
    const path = `/api/publisher/v1/submissions/${encodeURIComponent(submission)}`;
    const answer = await askPublisherApi(context, values, path, { method: "DELETE" });
    if (!answer.ok) return answer;
    return { ok: true, text: `${submission}: ${String(answer.body.state)}`, json: answer.body };
  },
};
