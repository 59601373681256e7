// refuses: wide-number
export const FAR = 1e21;
