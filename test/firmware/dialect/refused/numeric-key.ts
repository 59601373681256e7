// refuses: numeric-key
export const NAMES = { 1: "armed", 2: "sprung" };
