/**
 * YAML streams to plain values. The parser is loaded only when a file looks like YAML; aliases are bounded, and what
 * does not parse is reported by place, never quoted.
 */

/** The parser is slow and its documents are small: manifests beyond this are not read. */
export const MOST_YAML = 32 << 20;

/** Whether a text that is no JSON is worth the YAML parser: by name, or because it reads like a manifest. */
export function looksLikeYaml(file: string, text: string): boolean {
  return /\.ya?ml(\.gz|\.zst)?$/i.test(file) || (/^apiVersion[ \t]*:/m.test(text) && /^kind[ \t]*:/m.test(text));
}

/** The documents of a stream (empty ones are left out), or why there are none. */
export async function readYaml(
  text: string,
): Promise<{ values: { index: number; value: unknown }[] } | { why: string }> {
  if (text.length > MOST_YAML) return { why: `YAML larger than ${MOST_YAML >> 20} MiB is not read` };
  const { parseAllDocuments, LineCounter } = await import('yaml');
  const lines = new LineCounter();
  try {
    const documents = parseAllDocuments(text, {
      lineCounter: lines,
      logLevel: 'silent',
      merge: true,
      prettyErrors: false,
    });
    if (!Array.isArray(documents)) return { values: [] };
    const values: { index: number; value: unknown }[] = [];
    for (const [index, document] of documents.entries()) {
      const error = document.errors[0];
      if (error) {
        const { line, col } = lines.linePos(error.pos[0]);
        return { why: `neither JSON nor YAML (line ${line}, column ${col})` };
      }
      const value: unknown = document.toJS({ maxAliasCount: 100 });
      if (value !== null && value !== undefined) values.push({ index, value });
    }
    return { values };
  } catch (error) {
    // Too many aliases, or nesting that overflows the parser's stack.
    return { why: error instanceof RangeError ? 'YAML that is nested too deeply' : 'YAML with too many aliases' };
  }
}
