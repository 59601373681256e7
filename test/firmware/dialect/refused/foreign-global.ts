// refuses: foreign-global
export const home = process2.env;
