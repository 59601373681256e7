// refuses: jump-in-finally
export function read(run: () => void): number {
  try {
    run();
  } finally {
    return 1;
  }
}
