// refuses: missing-object-function
export const settled = Object.freeze({ state: "armed" });
