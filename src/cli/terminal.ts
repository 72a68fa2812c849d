/** Whether somebody watches a stream who wants to see a line change: a terminal, and no CI. */
export function aptTo(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true && process.env['CI'] === undefined && process.env['TERM'] !== 'dumb';
}
