import { openBundle } from "../../core/bundle/open-bundle";
import { toBase64Url } from "../../core/crypto/encoding";
import { BUNDLE_SIGNATURE_HEADER } from "../../core/wire/bundle-signature";
import { type Command, textOption } from "../command";
import { explainFault } from "../explain-fault";
import { readNamedFile } from "../files";
import { API_HELP, API_OPTIONS, askPublisherApi } from "../publisher-api";

export const submitCommand: Command = {
  name: "submit",
  summary: "hand a signed bundle to the platform for review",
  usage: "BUNDLE --server URL [--signature FILE]",
  options: { ...API_OPTIONS, signature: { type: "string" } },
  help: { ...API_HELP, signature: "the detached signature; BUNDLE.sig where it is left out" },
  positionals: { min: 1, max: 1 },
  async run({ positionals: [path = ""], values, context }) {
    const body = await readNamedFile(context, path);
    const signature = await readNamedFile(context, textOption(values, "signature") ?? `${path}.sig`);
    const opened = openBundle(body);
    if (!opened.ok) return explainFault(opened.reason);
    const answer = await askPublisherApi(context, values, "/api/publisher/v1/submissions", {
      method: "POST",
      headers: { "content-type": "application/miniapp-pkg+zip", [BUNDLE_SIGNATURE_HEADER]: toBase64Url(signature) },
      body,
    });
    if (!answer.ok) return answer;
    const { submissionId, state } = answer.body;
    return { ok: true, text: `submitted as ${String(submissionId)}, state ${String(state)}`, json: answer.body };
  },
};
