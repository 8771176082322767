/** Where it is decided which document is the newest. */
const HOME = "db/newest-document.ts";

/**
 * Epoch and revision are a pair: revision 1 of epoch 2 follows revision 57 of epoch 1. No file but one orders documents,
 * or takes the greatest of one of the two columns. Answers with what is wrong with a file.
 */
export function checkNewestDocument(path: string, text: string): string[] {
  if (path === HOME || !/^(db|lib|app|bench)\//.test(path)) return [];
  const orders = /\b(asc|desc|max|min)\(\s*(\$\{)?documents\.(epoch|revision)\b/i.test(text);
  const orderedText = /\b(max|min)\(\s*(epoch|revision)\s*\)|order by[^`"']*\brevision\b/i.test(text);
  const isAboutDocuments = /\bdocuments\b/.test(text);
  return orders || (orderedText && isAboutDocuments) ? [`${path}: orders documents; use ${HOME}`] : [];
}
