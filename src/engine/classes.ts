/**
 * Ends that a network treats alike, whatever their addresses: same sort of steps, same table, same sort of machine, and
 * nothing that names one of them in particular. Such ends can share one interface: packets keep their own addresses, so every
 * rule that tells two of them apart still does, and one walk speaks for all of them exactly. Knows nothing of what is asked.
 */
import { ALL_V4, ALL_V6 } from '../net/address.ts';
import { type Span, intersect, normalise } from '../net/spans.ts';
import type { Filter, Interface, InterfaceStep, Link, Network, NextHop, Rule, Translation } from '../model/network.ts';
import { canBeNarrowed, unitedFilter } from './bundle.ts';
import type { MatrixEnd } from './matrix-ends.ts';
import { withParts } from './overlay.ts';

/** Ends that share one interface. `first` lends its id, its steps and its node to all of them. */
export interface Kind {
  readonly index: number;
  readonly first: MatrixEnd;
  /** Sorted by id; their addresses are disjoint. */
  readonly ends: readonly MatrixEnd[];
  readonly spans: readonly Span<bigint>[];
  readonly outward: readonly Span<bigint>[];
  /** The ends by what their own filters say, in the order of `ends`. */
  readonly sorts: readonly (readonly MatrixEnd[])[];
}

/** A network in which alike ends are one, and those ends. */
export interface Merged {
  readonly network: Network;
  /** In the order of their first ends. */
  readonly kinds: readonly Kind[];
}

/** Merges alike ends. Everything that a walk from or to an end finds, it finds in the merged network too, and no more. */
export function mergeAlike(network: Network, ends: readonly MatrixEnd[]): Merged {
  const survey = surveyOf(network, ends);
  const keys = new Keys(network, survey);
  const groups = new Map<string, MatrixEnd[]>();
  for (const end of ends) {
    const key = keys.of(end) ?? `alone ${end.interfaceId}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [end]);
    else group.push(end);
  }
  const kinds = [...groups.values()].flatMap(withoutTwins).map((members, index): Kind => {
    const spans = normalise(members.flatMap((end) => end.spans));
    return {
      index,
      first: members[0]!,
      ends: members,
      spans,
      outward: normalise(members.flatMap((end) => end.outward)),
      sorts: keys.sortsOf(members),
    };
  });
  return { network: mergedNetwork(network, kinds, keys), kinds };
}

/** Lets go of the filters of ends that others stand for: walks meet united ones, or those of the first. */
export function releaseFilters(network: Network, kinds: readonly Kind[]): void {
  // Nobody has asked for those of ends that are made like others.
  for (const { first, ends } of kinds)
    for (const end of ends)
      for (const step of end === first || end.template !== undefined ? [] : end.interface.steps)
        if ('filter' in step) network.releaseFilter?.(step.filter);
}

/** Two ends with one address can't share an interface: the address would no longer tell who is meant. */
function withoutTwins(members: readonly MatrixEnd[]): MatrixEnd[][] {
  const groups: { ends: MatrixEnd[]; taken: Set<bigint> }[] = [];
  for (const end of members) {
    const own = end.spans.map(([lo]) => lo);
    const hasPrefix = end.spans.some(([lo, stop]) => stop - lo > 1n);
    const group = hasPrefix ? undefined : groups.find(({ taken }) => !own.some((address) => taken.has(address)));
    if (group === undefined) groups.push({ ends: [end], taken: new Set(hasPrefix ? [] : own) });
    else {
      group.ends.push(end);
      for (const address of own) group.taken.add(address);
    }
    // Whoever answers for whole prefixes stands alone: nobody else may join.
    if (hasPrefix) groups.unshift(groups.pop()!);
  }
  return groups.map((group) => group.ends);
}

function mergedNetwork(network: Network, kinds: readonly Kind[], keys: Keys): Network {
  const interfaces = new Map<string, Interface>();
  const filters = new Map<string, Filter>();
  const lenders = new Map<string, string>();
  for (const { first, ends, spans, sorts } of kinds) {
    if (ends.length === 1) continue;
    const steps = first.interface.steps.map((step, i): InterfaceStep => {
      if (!('filter' in step)) return step;
      const groups = keys.groupsAt(sorts, i);
      if (groups.length === 1) return step;
      const id = `united ${first.interfaceId} ${i}`;
      filters.set(id, unitedFilter(id, step.at, groups));
      return { at: step.at, filter: id };
    });
    interfaces.set(first.interfaceId, { ...first.interface, addresses: [], prefixes: spans, steps });
    for (const end of ends) lenders.set(end.interfaceId, first.interfaceId);
  }
  const links = new Map<string, Link | undefined>();
  return withParts(network, {
    interface: (id) => interfaces.get(id) ?? network.interface(id),
    filter: (id) => filters.get(id) ?? network.filter(id),
    link: (id) => {
      if (!links.has(id)) links.set(id, mergedLink(network.link(id), lenders));
      return links.get(id);
    },
  });
}

function mergedLink(link: Link | undefined, lenders: ReadonlyMap<string, string>): Link | undefined {
  if (link === undefined) return undefined;
  const owners: { span: Span<bigint>; in: string }[] = [];
  for (const { span, in: id } of link.owners) {
    const by = lenders.get(id) ?? id;
    const last = owners.at(-1);
    if (last !== undefined && last.in === by && last.span[1] === span[0])
      owners[owners.length - 1] = { span: [last.span[0], span[1]], in: by };
    else owners.push({ span, in: by });
  }
  return { ...link, owners };
}

/** What the network says of single interfaces. */
interface Survey {
  /**
   * Interfaces that a route or a relay names, that a link gives addresses which are not their own, or that may be handed one
   * another's packets.
   */
  readonly named: ReadonlySet<string>;
  /** Who keeps a state table; null where several do. */
  readonly keepers: ReadonlyMap<string, string | null>;
}

/** Of the ends that are made alike only the first. */
export function unlike(ends: readonly MatrixEnd[]): readonly MatrixEnd[] {
  const seen = new Set<string>();
  return ends.filter(({ template }) => template === undefined || (!seen.has(template) && seen.add(template)));
}

function surveyOf(network: Network, ends: readonly MatrixEnd[]): Survey {
  const named = new Set<string>();
  const swapped: Span<bigint>[] = [];
  const keepers = new Map<string, string | null>();
  const own = new Map(ends.map((end) => [end.interfaceId, end.spans]));
  const seen = {
    interfaces: new Set<string>(),
    nodes: new Set<string>(),
    tables: new Set<string>(),
    links: new Set<string>(),
  };
  const waiting: string[] = unlike(ends).map((end) => end.interfaceId);
  const follow = (next: NextHop): void => {
    if (next.to === 'fork') for (const branch of next.branches) follow(branch);
    if (next.to !== 'hop' && next.to !== 'link') return;
    if (next.out !== undefined) {
      named.add(next.out);
      waiting.push(next.out);
    }
    if (next.to === 'link') return visitLink(next.link);
    named.add(next.in);
    waiting.push(next.in);
  };
  const visitLink = (id: string): void => {
    if (seen.links.has(id)) return;
    seen.links.add(id);
    const link = network.link(id);
    for (const { span, in: by } of link?.owners ?? []) {
      const spans = own.get(by);
      if (spans === undefined) waiting.push(by);
      else if (!spans.some(([lo, end]) => lo <= span[0] && span[1] <= end)) named.add(by);
    }
    if (link !== undefined) follow(link.unowned);
  };
  const visitTable = (id: string): void => {
    if (seen.tables.has(id)) return;
    seen.tables.add(id);
    for (const entry of network.table(id)?.entries ?? []) follow(entry.next);
  };
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (seen.interfaces.has(id)) continue;
    seen.interfaces.add(id);
    const at = network.interface(id);
    if (at === undefined) continue;
    if (at.table !== undefined) visitTable(at.table);
    for (const step of at.steps) {
      if ('translation' in step && step.at === 'out') {
        const late = rewrittenLate(network.translation(step.translation), step.side);
        if (late === 'anybody') for (const end of ends) named.add(end.interfaceId);
        else swapped.push(...late);
      }
      const state = 'filter' in step ? network.filter(step.filter)?.state : undefined;
      if (state !== undefined) keepers.set(state, keepers.has(state) && keepers.get(state) !== id ? null : id);
    }
    if (seen.nodes.has(at.node)) continue;
    seen.nodes.add(at.node);
    const node = network.node(at.node);
    if (node === undefined) continue;
    waiting.push(...node.interfaces);
    for (const listener of node.relay?.listeners ?? [])
      for (const backend of listener.backends)
        for (const from of backend.from) {
          named.add(from);
          waiting.push(from);
        }
  }
  const given = normalise(swapped);
  if (given.length > 0)
    for (const { interfaceId, spans } of ends) if (intersect(spans, given).length > 0) named.add(interfaceId);
  return { named, keepers };
}

/**
 * The destinations that packets get when it is settled already who takes them: on their way out. A request's may be listed; a
 * reply's may be anybody's who asked.
 */
function rewrittenLate(
  translation: Translation | undefined,
  side: 'outward' | 'inward',
): readonly Span<bigint>[] | 'anybody' {
  const back = translation?.[side === 'outward' ? 'inward' : 'outward'];
  if (back?.rewrites.some(({ set, pairs }) => set?.src !== undefined || pairs?.field === 'src') === true)
    return 'anybody';
  return (translation?.[side]?.rewrites ?? []).flatMap(({ set, pairs }) => [
    ...(set?.dst ?? []),
    ...(pairs?.field === 'dst' ? pairs.table.map(({ to }) => [to, to + 1n] as const) : []),
  ]);
}

/** What ends that share an interface have in common, and the table that is part of it. */
interface Key {
  readonly table: string;
  readonly text: string;
}

/** Structural keys: equal keys mean interfaces that differ in nothing but addresses, names, and rules that can be narrowed. */
class Keys {
  private readonly network: Network;
  private readonly survey: Survey;
  private readonly rules = new WeakMap<Rule, number>();
  private readonly known = new Map<string, number>();
  private readonly tables = new Map<string, Oddities>();
  /** By template: what ends that are made alike have in common. */
  private readonly keys = new Map<string, Key | undefined>();
  private readonly filters = new Map<string, string>();

  constructor(network: Network, survey: Survey) {
    this.network = network;
    this.survey = survey;
  }

  /** Undefined for an end that has to stay itself. */
  of(end: MatrixEnd): string | undefined {
    const { interfaceId: id, spans, template } = end;
    let key: Key | undefined;
    if (template === undefined) key = this.keyOf(end);
    else if (this.keys.has(template)) key = this.keys.get(template);
    else this.keys.set(template, (key = this.keyOf(end)));
    return key === undefined || this.survey.named.has(id) || this.isOdd(key.table, id, spans) ? undefined : key.text;
  }

  /** What the parts of an end come to, whatever its own addresses. */
  private keyOf({ interface: at, node }: MatrixEnd): Key | undefined {
    const { network, survey } = this;
    if (node.role !== 'endpoint' || node.interfaces.length !== 1 || node.forwards === true || node.relay !== undefined)
      return undefined;
    if (at.serves !== undefined) return undefined;
    const own = new Map<string, { in?: true; out?: true }>();
    const rewrites = at.steps.some((step) => 'translation' in step);
    const steps: string[] = [];
    for (const step of at.steps) {
      if ('translation' in step) {
        if (changesAddresses(network.translation(step.translation))) return undefined;
        steps.push(`${step.at} ${step.side} ${step.translation}`);
        continue;
      }
      const filter = network.filter(step.filter);
      if (filter === undefined) return undefined;
      const { state } = filter;
      const isOwn = state !== undefined && survey.keepers.get(state) === at.id;
      if (isOwn) own.set(state, { ...own.get(state), [step.at]: true });
      const table = state === undefined ? '' : isOwn ? `own ${[...own.keys()].indexOf(state)}` : `shared ${state}`;
      const isOpen = (state === undefined || isOwn) && !rewrites && canBeNarrowed(filter, step.at);
      steps.push(
        `${step.at} ${table} ${isOpen ? `${filter.noSession ?? ''}${filter.noReply === undefined ? '' : ' expects'}` : this.filter(filter)}`,
      );
    }
    // What only one direction remembers would be remembered for the other end too, once both share it.
    for (const uses of own.values()) if (uses.in === undefined || uses.out === undefined) return undefined;
    const assumed = [...(node.assumes ?? []), ...(at.assumes ?? [])].map((one) => one.code);
    const { table = '' } = at;
    const [down, silent] = [node.down !== undefined, node.silent !== undefined];
    return { table, text: JSON.stringify([table, down, silent, assumed, steps]) };
  }

  /**
   * Whether its table leads past its own outgoing steps, or calls its addresses local: then it may keep what is meant for
   * another one, or remember less than another one.
   */
  private isOdd(table: string, id: string, own: readonly Span<bigint>[]): boolean {
    let odd = this.tables.get(table);
    if (odd === undefined) this.tables.set(table, (odd = odditiesOf(this.network, table)));
    return odd.outs.some((out) => out !== id) || (odd.local.length > 0 && intersect(odd.local, own).length > 0);
  }

  /** Ends by what their own filters say. */
  sortsOf(ends: readonly MatrixEnd[]): readonly (readonly MatrixEnd[])[] {
    const sorts = new Map<string, MatrixEnd[]>();
    for (const end of ends) {
      const key = ends.length < 2 ? '' : this.sortOf(end);
      const sort = sorts.get(key);
      if (sort === undefined) sorts.set(key, [end]);
      else sort.push(end);
    }
    return [...sorts.values()];
  }

  private sortOf(end: MatrixEnd): string {
    const { template } = end;
    if (template === undefined) return this.filtersOf(end);
    let key = this.filters.get(template);
    if (key === undefined) this.filters.set(template, (key = this.filtersOf(end)));
    return key;
  }

  private filtersOf({ interface: { steps } }: MatrixEnd): string {
    const filters = steps.map((step) => ('filter' in step ? this.network.filter(step.filter) : undefined));
    return filters.map((filter) => (filter === undefined ? '' : this.filter(filter))).join('\n');
  }

  /** The different filters that alike ends of some sorts have at one step, with the addresses of those that have them. */
  groupsAt(
    sorts: readonly (readonly MatrixEnd[])[],
    step: number,
  ): { filter: Filter; spans: readonly Span<bigint>[] }[] {
    const groups = new Map<string, { filter: Filter; spans: Span<bigint>[] }>();
    for (const sort of sorts) {
      const here = sort[0]!.interface.steps[step]!;
      const filter = 'filter' in here ? this.network.filter(here.filter) : undefined;
      if (filter === undefined) continue;
      const key = this.filter(filter);
      const group = groups.get(key) ?? { filter, spans: [] };
      groups.set(key, group);
      for (const { spans } of sort) group.spans.push(...spans);
    }
    return [...groups.values()].map(({ filter, spans }) => ({ filter, spans: normalise(spans) }));
  }

  private filter({ rules, ...rest }: Filter): string {
    return `${meaningOf(rest)} ${rules.map((rule) => this.rule(rule)).join()}`;
  }

  private rule(rule: Rule): number {
    const known = this.rules.get(rule);
    if (known !== undefined) return known;
    const text = meaningOf(rule);
    const id = this.known.get(text) ?? this.known.size;
    this.known.set(text, id);
    this.rules.set(rule, id);
    return id;
  }
}

/** Whether it puts other addresses in place of a packet's: those of one end may become another's, and who owns them decides. */
function changesAddresses(translation: Translation | undefined): boolean {
  return [translation?.outward, translation?.inward].some((side) =>
    side?.rewrites.some(({ set, pairs }) => pairs !== undefined || set?.src !== undefined || set?.dst !== undefined),
  );
}

/** What is only printed, or says whose it is: packets fare the same whatever it is. */
const PRINTED: ReadonlySet<string> = new Set('id origin by owners code text defaultText state repeats'.split(' '));

/** A part of a network as text, without what is only printed; equal texts mean that packets fare the same. */
export function meaningOf(thing: object): string {
  return JSON.stringify(thing, (key, value: unknown) => {
    if (PRINTED.has(key)) return undefined;
    return typeof value === 'bigint' ? value.toString(36) : value;
  });
}

/** What of a table can tell ends apart that send by it. */
interface Oddities {
  /** Interfaces whose outgoing steps it names. */
  readonly outs: readonly string[];
  /** What it calls local, ascending; everything where it can't be told. */
  readonly local: readonly Span<bigint>[];
}

function odditiesOf(network: Network, table: string): Oddities {
  const outs = new Set<string>();
  const local: Span<bigint>[] = [];
  for (const { next, match } of network.table(table)?.entries ?? []) {
    const { dst } = match;
    const look = (one: NextHop): void => {
      if (one.to === 'fork') for (const branch of one.branches) look(branch);
      if ((one.to === 'hop' || one.to === 'link') && one.out !== undefined) outs.add(one.out);
      if (one.to === 'local') local.push(...(dst === undefined || 'set' in dst ? [ALL_V4, ALL_V6] : dst));
    };
    look(next);
  }
  return { outs: [...outs], local: normalise(local) };
}
