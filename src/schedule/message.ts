/** What a webhook is told of a run, in the words of Slack's incoming webhooks. Names are data: none of them becomes markup. */
import type { AuditFinding } from '../model/audit.ts';
import type { Severity } from '../model/results.ts';

/** The parts of the audit's and the diff's JSON that a message is made of. */
export interface RunReport {
  readonly summary: { readonly [S in Severity]: number };
  readonly findings: readonly Pick<
    AuditFinding,
    'id' | 'severity' | 'code' | 'title' | 'resource' | 'resourceName' | 'status'
  >[];
  readonly history?: {
    readonly before: string | null;
    readonly new: readonly string[];
    readonly resolved: readonly unknown[];
    readonly unchanged: readonly string[];
  };
  readonly flows?: {
    readonly opened: number;
    readonly closed: number;
    readonly widened: number;
    readonly narrowed: number;
  };
  readonly incomplete?: boolean;
}

const MOST = 10;
/** Slack cuts a section at 3,000 characters: https://docs.slack.dev/reference/block-kit/blocks/section-block */
const LONGEST = 2900;

/** The message of a run that went through. */
export function reportMessage(name: string, { summary, findings, history, flows, incomplete }: RunReport): object {
  const counts = Object.entries(summary)
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => `${count} ${severity}`);
  const head = `netaudit ${name}: ${counts.length === 0 ? 'no findings' : counts.join(', ')}`;
  const lines: string[] = [];
  if (history !== undefined && history.before !== null)
    lines.push(
      `Since ${history.before.slice(0, 16).replace('T', ' ')}: ${history.new.length} new, ${history.resolved.length} resolved, ${history.unchanged.length} unchanged`,
    );
  if (flows !== undefined) {
    const changed = Object.entries(flows)
      .filter(([, count]) => count > 0)
      .map(([what, count]) => `${count} ${what}`);
    if (changed.length > 0) lines.push(`Flows: ${changed.join(', ')}`);
  }
  if (incomplete === true)
    lines.push('Some calls failed when the snapshot was collected: not everything could be judged');
  const fresh = findings.filter(({ status }) => status === 'new');
  for (const { severity, code, title, resource, resourceName } of fresh.slice(0, MOST))
    lines.push(`• ${severity}: ${title} (${code}) ${resourceName ?? resource}`);
  if (fresh.length > MOST) lines.push(`and ${fresh.length - MOST} more`);
  return messageOf(head, lines);
}

/** The message of a run that did not. */
export function failureMessage(name: string, why: string): object {
  return messageOf(`netaudit ${name}: the run failed`, [why]);
}

function messageOf(head: string, lines: readonly string[]): object {
  const text = escaped(head);
  const body = lines.map(escaped).join('\n');
  const shown = body.length > LONGEST ? `${body.slice(0, LONGEST)}…` : body;
  return {
    text,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: `*${text}*` } },
      ...(shown === '' ? [] : [{ type: 'section', text: { type: 'mrkdwn', text: shown } }]),
    ],
  };
}

/** https://docs.slack.dev/messaging/formatting-message-text#escaping; an @channel or a link can't be made of a name. */
function escaped(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[*_~`]/g, (mark) => `\u200b${mark}`);
}
