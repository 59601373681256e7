// refuses: extends-builtin
export class TrapError extends Error {}
