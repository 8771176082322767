import { type Expression, type IfStatement, type Node, type SourceFile, SyntaxKind } from "typescript/unstable/ast";
import {
  isAwaitExpression,
  isBinaryExpression,
  isBindingElement,
  isBlock,
  isCallExpression,
  isConditionalExpression,
  isElementAccessExpression,
  isExpressionStatement,
  isIdentifier,
  isIfStatement,
  isNonNullExpression,
  isNumericLiteral,
  isPrefixUnaryExpression,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isStringLiteral,
  isTypeNode,
} from "typescript/unstable/ast/is";

type Range = { start: number; end: number };
/** One small fault: the text from `start` to `end` becomes `text`. `whole` is the expression that it is a fault of. */
export type Mutation = Range & { text: string; kind: MutationKind; whole: Range };
export type MutationKind = "operator" | "constant" | "comparison" | "early return" | "branch" | "call" | "name";

const COMPARISONS: Readonly<Record<string, string>> = {
  "===": "!==",
  "!==": "===",
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
};
const OPERATORS: Readonly<Record<string, string>> = { "&&": "||", "||": "&&", "+": "-", "-": "+", "*": "/", "/": "*" };
/** Names that stand for an operator, of arrays, numbers and SQL conditions. */
const NAMES: Readonly<Record<string, string>> = {
  some: "every",
  every: "some",
  min: "max",
  max: "min",
  eq: "ne",
  ne: "eq",
  gt: "gte",
  gte: "gt",
  lt: "lte",
  lte: "lt",
  and: "or",
  or: "and",
  isNull: "isNotNull",
  isNotNull: "isNull",
  asc: "desc",
  desc: "asc",
};
const ENDS: readonly SyntaxKind[] = [
  SyntaxKind.ReturnStatement,
  SyntaxKind.ThrowStatement,
  SyntaxKind.ContinueStatement,
  SyntaxKind.BreakStatement,
];
/** Where nothing runs. */
const SILENT: readonly SyntaxKind[] = [
  SyntaxKind.ImportDeclaration,
  SyntaxKind.ExportDeclaration,
  SyntaxKind.TypeAliasDeclaration,
  SyntaxKind.InterfaceDeclaration,
];

/** Every mutation of a file, in the order of its text. Sentences are left alone: tests assert codes, never English. */
export function mutationsOf(file: SourceFile): Mutation[] {
  const found: Mutation[] = [];
  const visit = (node: Node): void => {
    if (SILENT.includes(node.kind) || isTypeNode(node)) return;
    const mutation = mutationAt(node, file);
    if (mutation !== null) found.push(mutation);
    node.forEachChild(visit);
  };
  visit(file);
  return found.sort((a, b) => a.start - b.start || a.end - b.end);
}

function mutationAt(node: Node, file: SourceFile): Mutation | null {
  const rangeOf = (part: Node): Range => ({ start: part.getStart(file), end: part.end });
  const textOf = (part: Node) => file.text.slice(part.getStart(file), part.end);
  const replace = (part: Node, text: string, kind: MutationKind, whole = node): Mutation => ({
    ...rangeOf(part),
    text,
    kind,
    whole: rangeOf(chainOf(whole)),
  });
  if (isBinaryExpression(node)) {
    const operator = textOf(node.operatorToken);
    if (COMPARISONS[operator] !== undefined) return replace(node.operatorToken, COMPARISONS[operator], "comparison");
    if (OPERATORS[operator] !== undefined) return replace(node.operatorToken, OPERATORS[operator], "operator");
    return operator === "??" ? replace(node, textOf(node.right), "operator") : null;
  }
  if (isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken) {
    return replace(node, textOf(node.operand), "operator");
  }
  if (node.kind === SyntaxKind.TrueKeyword) return replace(node, "false", "constant");
  if (node.kind === SyntaxKind.FalseKeyword) return replace(node, "true", "constant");
  if (isNumericLiteral(node) && !isName(node) && !isOneRow(node, textOf)) {
    return replace(node, String(Number(textOf(node).replaceAll("_", "")) + 1), "constant");
  }
  if (isStringLiteral(node)) return isSentence(node.text) || isName(node) ? null : replace(node, '""', "constant");
  if (isIfStatement(node)) {
    return endsEarly(node) ? replace(node.expression, "false", "early return", node.expression) : null;
  }
  if (isConditionalExpression(node)) {
    const [condition, yes, no] = [textOf(node.condition), textOf(node.whenTrue), textOf(node.whenFalse)];
    return replace(node, `${condition} ? ${no} : ${yes}`, "branch");
  }
  if (isExpressionStatement(node) && isCall(node.expression)) {
    if (/^\S*logger\(/.test(textOf(node))) return null;
    return replace(node.expression, "undefined", "call", node.expression);
  }
  if (isCallExpression(node)) {
    const called = isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression;
    const other = isIdentifier(called) && Object.hasOwn(NAMES, called.text) ? NAMES[called.text] : undefined;
    return other === undefined ? null : replace(called, other, "name");
  }
  return null;
}

/** `.limit(1)`, of which the first row alone is taken: another bound would change nothing. */
function isOneRow({ parent }: Node, textOf: (part: Node) => string): boolean {
  return isCallExpression(parent) && textOf(parent).endsWith(".limit(1)");
}

const isSentence = (text: string) => text === "" || /\s/.test(text);

/** Of a property, made or taken apart, or a directive. */
function isName(literal: Node): boolean {
  const { parent } = literal;
  if (isBindingElement(parent)) return parent.propertyName === literal;
  return isExpressionStatement(parent) || (isPropertyAssignment(parent) && parent.name === literal);
}

/** The whole of `a?.b.c`, of which no part can be put in parentheses. */
function chainOf(node: Node): Node {
  const { parent } = node;
  const isLink =
    (isPropertyAccessExpression(parent) ||
      isElementAccessExpression(parent) ||
      isCallExpression(parent) ||
      isNonNullExpression(parent)) &&
    parent.expression === node;
  return isLink ? chainOf(parent) : node;
}

/** An `if` without `else` that leaves. */
function endsEarly({ thenStatement, elseStatement }: IfStatement): boolean {
  if (elseStatement !== undefined) return false;
  const last = isBlock(thenStatement) ? thenStatement.statements.at(-1) : thenStatement;
  return last !== undefined && ENDS.includes(last.kind);
}

function isCall(expression: Expression): boolean {
  if (isAwaitExpression(expression)) return isCall(expression.expression);
  return isCallExpression(expression) && expression.expression.kind !== SyntaxKind.SuperKeyword;
}
