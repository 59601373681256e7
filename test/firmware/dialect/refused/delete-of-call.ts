// refuses: delete-of-call
export function forget(find: () => { last?: number }): void {
  delete find().last;
}
