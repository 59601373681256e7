// Owns what kind of loader is built, `npm run firmware -- build --production`: the build puts another text in this one's place.

/** Traps that leave the house lock their serial console; a held button at the start is the way back by cable. */
export const IS_PRODUCTION: boolean = false;
