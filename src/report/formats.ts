/** The formats that audit, diff and plan share, by name. Each is loaded when it is asked for. */
import type { ReportFacts } from '../model/audit.ts';

type Report = (facts: ReportFacts) => string;

const FORMATS = {
  markdown: async (): Promise<Report> => (await import('./markdown.ts')).markdownReport,
  sarif: async (): Promise<Report> => (await import('./sarif.ts')).sarifReport,
  junit: async (): Promise<Report> => (await import('./junit.ts')).junitReport,
  csv: async (): Promise<Report> => (await import('./csv.ts')).csvReport,
} as const;

export type ReportFormat = keyof typeof FORMATS;

/** Their names, in the order of the help text. */
export const REPORT_FORMATS = Object.keys(FORMATS) as readonly ReportFormat[];

/** The report of what an audit, a diff or a plan found. */
export async function reportAs(format: ReportFormat, facts: ReportFacts): Promise<string> {
  return (await FORMATS[format]())(facts);
}
