/** What the reports of findings and flows have in common: order, wording and fingerprints. Computes no answer. */
import type { AuditFinding, ReportFacts } from '../model/audit.ts';
import type { FlowChange, FlowChangeKind, RoleEnd } from '../model/diff.ts';
import { type Missing, nameAndId } from '../model/origin.ts';
import type { Severity, Witness } from '../model/results.ts';

/** Worst first. */
export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];

/** What flow changes are called, in the order that people read them. */
export const CHANGES: readonly FlowChangeKind[] = ['opened', 'widened', 'closed', 'narrowed'];

/** What each change of flows means, in a sentence. */
export const CHANGE_TITLES: Readonly<Record<FlowChangeKind, string>> = {
  opened: 'A flow opens that was closed',
  widened: 'A flow opens to more addresses',
  closed: 'A flow closes that was open',
  narrowed: 'A flow closes to some addresses',
};

/** "3 critical, 1 low"; undefined where nothing counts. */
export function severityCounts(summary: Readonly<Record<Severity, number>>): string | undefined {
  const counts = SEVERITIES.filter((severity) => summary[severity] > 0).map((one) => `${summary[one]} ${one}`);
  return counts.length === 0 ? undefined : counts.join(', ');
}

/** "tcp 22", "everything", "tcp 8080 through lb". */
export function trafficText({ protocol, ports, through }: Pick<FlowChange, 'protocol' | 'ports' | 'through'>): string {
  const way = through === undefined ? '' : ` through ${through.join(', ')}`;
  return `${protocol === '*' ? 'everything' : `${protocol}${ports === '*' ? '' : ` ${ports}`}`}${way}`;
}

/** "web (3 of them)"; the role alone where it is one thing. */
export function roleText({ role, ids }: RoleEnd): string {
  return ids.length > 1 ? `${role} (${ids.length} of them)` : role;
}

/** "tcp 10.0.0.1:1024 -> 10.0.0.2:22". */
export function witnessText({ src, dst, protocol, sport, dport, icmpType }: Witness): string {
  const port = (address: string, number: number | undefined) =>
    number === undefined ? address : address.includes(':') ? `[${address}]:${number}` : `${address}:${number}`;
  return `${protocol}${icmpType === undefined ? '' : ` type ${icmpType}`} ${port(src, sport)} -> ${port(dst, dport)}`;
}

/** What a finding or a change is due to: "acl-1 (acls.tf:12)". */
export function becauseText({ resource, address, file, line }: FlowChange['because'][number]): string {
  const place = file === null || file === '' ? '' : ` (${file}${line === null ? '' : `:${line}`})`;
  return `${address ?? resource}${place}`;
}

/** "web (sg-1)"; the id alone where there is no other name. */
export function resourceText({ resource, resourceName }: Pick<AuditFinding, 'resource' | 'resourceName'>): string {
  return nameAndId(resource, resourceName);
}

/** "web -> db, tcp 5432"; undefined where a finding is about no flow. */
export function flowText({ from, to, ports }: Pick<AuditFinding, 'from' | 'to' | 'ports'>): string | undefined {
  if (from === undefined && to === undefined) return ports;
  const ends = `${from ?? 'anything'} -> ${to ?? 'anything'}`;
  return ports === undefined ? ends : `${ends}, ${ports}`;
}

/** What tells one flow change from all others, from run to run. */
export function flowKey({
  change,
  from,
  to,
  through,
  protocol,
  ports,
  fromAddresses,
  toAddresses,
}: FlowChange): string {
  const way = through === undefined ? [] : [through];
  return JSON.stringify([change, from.role, to.role, protocol, ports, fromAddresses, toAddresses, ...way]);
}

/** What audit and diff could not decide, each once. */
export function missingOf({ audit, diff }: ReportFacts): readonly Missing[] {
  const all = [...(audit?.missing ?? []), ...(diff?.missing ?? [])];
  return [...new Map(all.map((one) => [one.what, one])).values()];
}

/** Something missing, in a line, with the command that fetches it; what no command fetches is not the snapshot's fault. */
export function lackText({ what, fetch }: Missing): string {
  return fetch === null ? `not known: ${what}` : `the snapshot lacks ${what}: ${fetch}`;
}
