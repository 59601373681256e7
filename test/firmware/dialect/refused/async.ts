// refuses: async
export async function connect(): Promise<void> {
  await undefined;
}
