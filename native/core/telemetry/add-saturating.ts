/** Adds two counts and stays at 2^53−1 where they are more: a count that others choose is never wrapped or made inexact. */
export const addSaturating = (a: number, b: number): number => Math.min(Number.MAX_SAFE_INTEGER, a + b);
