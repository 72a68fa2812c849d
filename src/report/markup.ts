/**
 * Text of strangers inside the markup of others: what GitHub's Markdown would take for markup, a mention, a reference, a
 * link or HTML is shown as what it is. Knows no findings.
 */
import { safe } from './safe-text.ts';

/** An invisible break that keeps GitHub from reading a mention, a reference or an address; entities become text too early. */
const BREAK = '\u200b';

/** Prose that may hold names of strangers, as one line of Markdown. */
export function markdownText(text: string): string {
  return (
    safe(text)
      .replace(/[\\`*_{}[\]()#+!|~$]/g, '\\$&')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      // What begins a line could begin a list, a quote or a heading.
      .replace(/^(\s*)([-=]|\d+(?=\.))/, '$1\\$2')
      .replace(/[@#](?=[\w-])/g, `$&${BREAK}`)
      .replace(/\b(gh)-(?=\d)/gi, `$1${BREAK}-`)
      .replace(/:(?=\/\/)/g, `:${BREAK}`)
      .replace(/\b(www)(?=\.)/gi, `$1${BREAK}`)
  );
}

/** A name or an id as code: nothing inside code is read as markup. Fit for cells of a table. */
export function markdownCode(text: string): string {
  const line = safe(text).replaceAll('|', '\\|');
  if (line === '') return '';
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** A page of ours or of the reader's own as a link; what is no plain address is shown as text. */
export function markdownLink(label: string, address: string): string {
  return /^https:\/\/[\w.~:/?#@!$&'*+,;=%-]+$/.test(address)
    ? `[${markdownText(label)}](${address})`
    : markdownCode(address);
}
