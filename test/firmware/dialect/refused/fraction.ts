// refuses: fraction
export const DUTY = 0.5;
