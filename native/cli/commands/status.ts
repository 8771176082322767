import type { Command } from "../command";
import { API_HELP, API_OPTIONS, askPublisherApi } from "../publisher-api";

export const statusCommand: Command = {
  name: "status",
  summary: "ask how far a submission's review is",
  usage: "SUBMISSION --server URL",
  options: API_OPTIONS,
  help: API_HELP,
  positionals: { min: 1, max: 1 },
  async run({ positionals: [submission = ""], values, context }) {
    const path = `/api/publisher/v1/submissions/${encodeURIComponent(submission)}`;
    const answer = await askPublisherApi(context, values, path, { method: "GET" });
    if (!answer.ok) return answer;
    return { ok: true, text: `${submission}: ${String(answer.body.state)}`, json: answer.body };
  },
};
