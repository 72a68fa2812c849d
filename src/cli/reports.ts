/** Results in a command's own formats and in those that audit, diff and plan share. */
import { REPORT_FORMATS, type ReportFacts, reportAs } from '../index.ts';
import { type OutputOptions, write } from './output.ts';

/** Writes what was asked for; `own` are the formats that the command prints itself. "md" is Markdown too. */
export async function writeReports(
  options: OutputOptions,
  facts: ReportFacts,
  own: Readonly<Record<string, () => string>>,
): Promise<void> {
  const format = options.format.map((name) => (name === 'md' ? 'markdown' : name));
  const texts = new Map<string, string>();
  for (const name of REPORT_FORMATS) if (format.includes(name)) texts.set(name, await reportAs(name, facts));
  const shared = Object.fromEntries(REPORT_FORMATS.map((name) => [name, () => texts.get(name) ?? '']));
  write({ ...options, format }, { ...own, ...shared });
}
