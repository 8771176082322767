/** Stands for everything past the bounds of one minute entry. */
export const OTHER = "~other";
