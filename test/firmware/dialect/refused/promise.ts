// refuses: promise
export const later = Promise.resolve(1);
