// refuses: decorator
function noted(_target: unknown, _context: unknown): void {}
export class Trap {
  @noted
  spring(): void {}
}
