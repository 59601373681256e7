// refuses: arguments
export function isCalledBare(_first?: number): boolean {
  return arguments.length === 0;
}
