// refuses: wide-character
export const UNIT = "°C";
