/**
 * Words of strangers inside commands and snippets that people paste: every value is quoted so that a shell reads one
 * word and Terraform one string, whatever stands in it.
 */

/** One word of a POSIX shell. */
export function shellWord(value: string): string {
  return /^[A-Za-z0-9_./:@=,+-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}

/** A command line: the words are quoted, undefined ones left out. */
export function commandLine(words: readonly (string | undefined)[]): string {
  return words
    .filter((word) => word !== undefined)
    .map(shellWord)
    .join(' ');
}

/** What stands on the right of "=" in a Terraform block. */
export type HclValue = string | number | boolean | readonly HclValue[];

/** One Terraform resource block; the label is made of the words that survive as an identifier. */
export function terraformBlock(
  type: string,
  label: string,
  attributes: Readonly<Record<string, HclValue | undefined>>,
): string {
  const name = label.replace(/[^A-Za-z0-9_]+/g, '_').replace(/^(?=\d)|^$/, '_');
  const known = Object.entries(attributes).filter((entry): entry is [string, HclValue] => entry[1] !== undefined);
  const width = Math.max(0, ...known.map(([key]) => key.length));
  const lines = known.map(([key, value]) => `  ${key.padEnd(width)} = ${hcl(value)}`);
  return [`resource "${type}" "${name}" {`, ...lines, '}'].join('\n');
}

/** A value as Terraform reads it back: strings quoted, templates in them left as text. */
export function hcl(value: HclValue): string {
  if (typeof value === 'string')
    return JSON.stringify(value)
      .replaceAll('${', () => '$${')
      .replaceAll('%{', '%%{');
  return typeof value === 'object' ? `[${value.map(hcl).join(', ')}]` : String(value);
}
