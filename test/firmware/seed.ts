// Owns the seed of the random tests in this folder. fast-check prints it with the path of a failure, which replays it.

export const SEED = 20_261_120;
