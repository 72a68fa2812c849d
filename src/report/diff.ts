/** What changed in who can reach whom, for people and for programs. */
import type { FlowChange, FlowChangeKind, NetworkDiff } from '../model/diff.ts';
import type { Witness } from '../model/results.ts';
import { type SnapshotFacts, ageOf } from './age.ts';
import { safe, safeJson } from './safe-text.ts';

/** Stable JSON; `findings` is filled by who judges the later side. */
export function diffJson(
  diff: NetworkDiff,
  before: Pick<SnapshotFacts, 'digest' | 'collectedAt'>,
  after: Pick<SnapshotFacts, 'digest' | 'collectedAt'>,
): string {
  const facts = ({ digest, collectedAt }: Pick<SnapshotFacts, 'digest' | 'collectedAt'>) => ({
    digest,
    collectedAt: collectedAt ?? null,
  });
  const { summary, flows, missing, assumptions } = diff;
  const value = {
    schemaVersion: 1,
    before: facts(before),
    after: facts(after),
    summary,
    flows,
    findings: [],
    missing,
    assumptions,
  };
  return `${safeJson(value)}\n`;
}

const KINDS: readonly FlowChangeKind[] = ['opened', 'widened', 'closed', 'narrowed'];
const MOST_FLOWS = 200;
const MOST_ADDRESSES = 4;

/** The changes by kind, each with a packet that tells and what it is due to. */
export function diffText(diff: NetworkDiff, before: SnapshotFacts, after: SnapshotFacts, now: Date): string {
  const ages = `[before: ${safe(ageOf(before, now))}; after: ${safe(ageOf(after, now))}]`;
  return `${[`${countsText(diff)}  ${ages}`, ...diffLines(diff)].join('\n')}\n`;
}

/** "2 opened, 1 closed", or that nothing changes. */
export function countsText({ summary }: Pick<NetworkDiff, 'summary'>): string {
  const counts = KINDS.filter((kind) => summary[kind] > 0).map((kind) => `${summary[kind]} ${kind}`);
  return counts.length === 0 ? 'No flow changes' : counts.join(', ');
}

/** Everything below the first line: the flows by kind, what is not decided, what is assumed. */
export function diffLines(diff: NetworkDiff): string[] {
  const lines: string[] = [];
  for (const kind of KINDS) {
    const flows = diff.flows.filter((flow) => flow.change === kind);
    if (flows.length === 0) continue;
    lines.push('', kind[0]!.toUpperCase() + kind.slice(1), ...flows.slice(0, MOST_FLOWS).flatMap(flowLines));
    if (flows.length > MOST_FLOWS) lines.push(`  and ${flows.length - MOST_FLOWS} more: --format json lists them all`);
  }
  lines.push(
    ...section(
      'Not decided',
      diff.missing.map(({ what, fetch }) => `${what}${fetch === null ? '' : `: ${fetch}`}`),
    ),
    ...section(
      'Assumed',
      diff.assumptions.map(({ message }) => message),
    ),
  );
  return lines;
}

function flowLines(flow: FlowChange): string[] {
  const { from, to, protocol, ports, through, because } = flow;
  const what = protocol === '*' ? 'everything' : `${protocol}${ports === '*' ? '' : ` ${safe(ports)}`}`;
  const way = through === undefined ? '' : ` through ${safe(through.join(', '))}`;
  const due = because.map(({ resource, address, file, line }) => {
    const place = file === null || file === '' ? '' : ` (${safe(file)}${line === null ? '' : `:${line}`})`;
    return `${safe(address ?? resource)}${place}`;
  });
  return [
    `  ${endText(from, flow.fromAddresses)} -> ${endText(to, flow.toAddresses)}  ${what}${way}`,
    `      for example ${witnessText(flow.witness)}`,
    ...(due.length === 0 ? [] : [`      because of ${due.join(', ')}`]),
  ];
}

/** Of the internet, what part of it, unless it is most: that takes dozens of prefixes. */
function endText({ role, ids }: FlowChange['from'], addresses: readonly string[]): string {
  if (role === 'internet' && ids.length === 1 && ids[0] === role) {
    if (addresses.length >= 40) return role;
    const more = addresses.length > MOST_ADDRESSES ? ` and ${addresses.length - MOST_ADDRESSES} more` : '';
    return `internet (${addresses.slice(0, MOST_ADDRESSES).join(', ')}${more})`;
  }
  if (ids.length === 1) return ids[0] === role ? safe(role) : `${safe(role)} (${safe(ids[0]!)})`;
  return `${safe(role)} (${ids.length} of them)`;
}

function witnessText({ src, dst, protocol, sport, dport, icmpType }: Witness): string {
  const port = (address: string, number: number | undefined) =>
    number === undefined ? address : address.includes(':') ? `[${address}]:${number}` : `${address}:${number}`;
  return `${protocol}${icmpType === undefined ? '' : ` type ${icmpType}`} ${port(src, sport)} -> ${port(dst, dport)}`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${safe(line)}`)];
}
