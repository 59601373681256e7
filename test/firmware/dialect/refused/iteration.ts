// refuses: iteration
export const letters = [..."abc"];
