/** Offences and flaws as findings: joined where they are alike, worded, named by a stable fingerprint, ranked by exposure. */
import { createHash } from 'node:crypto';
import { allowedFlows, flowsForPeople } from '../net/describe.ts';
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import type { MatrixEnd } from '../engine/matrix-ends.ts';
import type { AuditFinding, FindingPlace, PathStep } from '../model/audit.ts';
import type { Missing } from '../model/origin.ts';
import type { Severity, Witness } from '../model/results.ts';
import type { Responsible } from './story.ts';

/** One end of findings, by the id that people ask for. */
export interface Named {
  readonly id: string;
  readonly name?: string;
}

/** A finding before it is joined with its like and worded. */
export interface Draft {
  readonly code: string;
  readonly title: string;
  readonly severity: Severity;
  readonly source: string;
  readonly responsible: Responsible;
  /** Sorted by id; absent where the finding is about no flow. */
  readonly from?: readonly Named[];
  readonly to?: readonly Named[];
  readonly ports?: string;
  /** Says what is wrong, given who is concerned. */
  readonly message: (from: string, to: string) => string;
  readonly fix?: string;
  readonly witness?: Witness;
  readonly path?: readonly PathStep[];
  readonly places?: readonly FindingPlace[];
  /** How wide it is open: a rough number, larger is worse. */
  readonly exposure: number;
  /** What tells it from others of the same code and resource, where flow and ports don't. */
  readonly detail?: string;
  /** The deciding lines: findings that are due to different ones are not joined. */
  readonly rules?: readonly string[];
  /** The expectation that it fails. */
  readonly check?: string;
}

/** Something amiss; the policy that it offends says the rest. */
export type Found = Pick<Draft, 'responsible' | 'message' | 'exposure'> & Partial<Draft>;

/** What a look for one sort of flaw came to. */
export interface Looked {
  readonly found: readonly Found[];
  /** What was not looked at. */
  readonly left?: string;
  /** What is not known and could make more of it. */
  readonly missing?: readonly Missing[];
}

/** A finding, with what ranks it and what a baseline knows it by. */
export interface Ranked {
  readonly finding: AuditFinding;
  readonly draft: Draft;
}

/** Joins equal drafts: the same flaw of the same thing on the same ports is one finding for all who are concerned. */
export function joined(drafts: readonly Draft[]): readonly Draft[] {
  const common = ({ code, responsible, ports, detail, severity, rules = [] }: Draft) => [
    code,
    severity,
    responsible.id,
    ports ?? '',
    detail ?? '',
    ...rules,
  ];
  // First all destinations of one source, then all sources of one list of destinations: a product stays a product.
  const byTarget = merged(drafts, (one) => [...common(one), keyOf(one.from)], 'to');
  return merged(byTarget, (one) => [...common(one), keyOf(one.to)], 'from');
}

function merged(drafts: readonly Draft[], keyFor: (one: Draft) => readonly string[], field: 'from' | 'to'): Draft[] {
  const groups = new Map<string, Draft[]>();
  for (const draft of drafts) {
    const key = JSON.stringify(keyFor(draft));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [draft]);
    else group.push(draft);
  }
  return [...groups.values()].map((group) => {
    const first = group[0]!;
    if (group.length === 1 || first[field] === undefined) return first;
    const all = new Map(group.flatMap((one) => one[field] ?? []).map((one) => [one.id, one]));
    const list = [...all.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    return { ...first, [field]: list, exposure: Math.max(...group.map((one) => one.exposure)) };
  });
}

const keyOf = (ends: readonly Named[] | undefined) => (ends ?? []).map(({ id }) => id).join(' ');

/** The finding of a draft. */
export function findingOf(draft: Draft): AuditFinding {
  const { code, severity, title, responsible, from, to, ports, fix, witness, path, places, source } = draft;
  const count = Math.max(from?.length ?? 1, 1) * Math.max(to?.length ?? 1, 1);
  return {
    id: fingerprint(draft),
    code,
    severity,
    title,
    resource: responsible.id,
    ...(responsible.name === undefined ? {} : { resourceName: responsible.name }),
    ...(responsible.provider === undefined ? {} : { provider: responsible.provider }),
    ...(from === undefined ? {} : { from: shortName(from), fromIds: from.map(({ id }) => id) }),
    ...(to === undefined ? {} : { to: shortName(to), toIds: to.map(({ id }) => id) }),
    ...(ports === undefined ? {} : { ports }),
    message: draft.message(peopleName(from ?? []), peopleName(to ?? [])),
    ...(fix === undefined ? {} : { fix }),
    status: 'new',
    source,
    ...(witness === undefined ? {} : { witness }),
    ...(path === undefined || path.length === 0 ? {} : { path }),
    ...(places === undefined || places.length === 0 ? {} : { places }),
    ...(count === 1 ? {} : { count }),
  };
}

/** The same on every machine and from run to run: of rule, source, destination, ports and responsible resource. */
function fingerprint({ code, responsible, from, to, ports, detail }: Draft): string {
  const parts = [code, responsible.id, keyOf(from), keyOf(to), ports ?? '', detail ?? ''];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 20);
}

/** "web-1+3": the first by id, and how many more. */
function shortName(ends: readonly Named[]): string {
  const [first] = ends;
  if (first === undefined) return '';
  return ends.length === 1 ? first.id : `${first.id}+${ends.length - 1}`;
}

const MOST_NAMES = 3;

/** "web-1 (i-1), web-2 (i-2), web-3 (i-3) and 9 more". */
export function peopleName(ends: readonly Named[]): string {
  const names = ends.slice(0, MOST_NAMES).map((end) => (end.id === 'internet' ? 'the internet' : calledOf(end)));
  const more = ends.length - names.length;
  if (more > 0) return `${names.join(', ')} and ${more} more`;
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** "web-1 (i-1)"; the name alone where the id ends in it anyway. */
export function calledOf({ id, name }: Named): string {
  if (name === undefined || name === id) return id;
  return id.toLowerCase().endsWith(`/${name.toLowerCase()}`) ? name : `${name} (${id})`;
}

const ORDER: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];

/** What matters most first: severity, then what is open widest, then to most, then names. */
export function inOrder(ranked: readonly Ranked[]): readonly Ranked[] {
  const open = ({ finding }: Ranked) => (finding.status === 'suppressed' ? 1 : 0);
  return ranked.toSorted(
    (a, b) =>
      open(a) - open(b) ||
      ORDER.indexOf(a.finding.severity) - ORDER.indexOf(b.finding.severity) ||
      b.draft.exposure - a.draft.exposure ||
      (b.finding.count ?? 1) - (a.finding.count ?? 1) ||
      compare(a.finding.code, b.finding.code) ||
      compare(a.finding.resource, b.finding.resource) ||
      compare(a.finding.id, b.finding.id),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Ends by the names that findings use, sorted. */
export function namedEnds(ends: readonly MatrixEnd[] | 'internet'): readonly Named[] {
  if (ends === 'internet') return [{ id: 'internet' }];
  return ends.map(({ id, name }) => (name === undefined ? { id } : { id, name })).sort((a, b) => compare(a.id, b.id));
}

/** The protocols and ports of a set: "tcp 22, 3389", "everything". */
export function portsOf(space: PacketSpace, packets: PacketSet): string {
  return allowedFlows(space, space.forget(packets, ['mark', 'src', 'sport', 'dst']))
    .map(({ protocol, ports }) => (protocol === '*' ? 'everything' : ports === '*' ? protocol : `${protocol} ${ports}`))
    .join(', ');
}

/** The sources of a set in a few words: "the internet", "203.0.113.0/24 and 2 more". */
export function sourcesOf(space: PacketSpace, packets: PacketSet): string {
  const all = flowsForPeople(
    space,
    space.forget(packets, ['protocol', 'dport', 'sport', 'icmpType', 'icmpCode', 'dst', 'mark']),
  );
  const from = [...new Set(all.flatMap((flow) => flow.from))];
  return from.length <= MOST_NAMES
    ? from.join(', ')
    : `${from.slice(0, MOST_NAMES).join(', ')} and ${from.length - MOST_NAMES} more`;
}

/** About how many of the possible packets are in a set, as powers of two: sources, then ports. */
export function exposureOf(space: PacketSpace, packets: PacketSet, isFromOutside: boolean): number {
  const size = (field: 'src' | 'dport') =>
    space.values(packets, field).reduce((sum, [lo, end]) => sum + Number(BigInt(end) - BigInt(lo)), 0);
  const sources = Math.min(Math.log2(1 + size('src')), 64);
  return Math.round((isFromOutside ? 100 : 0) + sources) * 20 + Math.round(Math.log2(1 + size('dport')));
}
