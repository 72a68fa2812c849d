/** Random networks with a few random changes, which can be left out one by one. */
import type { Filter, Network, RouteTable, Rule } from '../../src/model/network.ts';
import { randomNetwork } from '../oracle/random-network.ts';
import { type Random, randomOf } from '../random.ts';

type Mutation = (network: Network) => Network;

/** Something of the network becomes something else; what is not there stays so. */
const withFilter =
  (id: string, change: (filter: Filter) => Filter): Mutation =>
  (network) => {
    const known = network.filter(id);
    const made = known === undefined ? undefined : change(known);
    return { ...network, filter: (asked) => (asked === id ? made : network.filter(asked)) };
  };
const withTable =
  (id: string, change: (table: RouteTable) => RouteTable): Mutation =>
  (network) => {
    const known = network.table(id);
    const made = known === undefined ? undefined : change(known);
    return { ...network, table: (asked) => (asked === id ? made : network.table(asked)) };
  };
/** A host goes: its place, its interface, and the addresses that its link knows it by. */
const withoutHost =
  (id: string, links: readonly string[]): Mutation =>
  (network) => ({
    ...network,
    placeIds: () => [...network.placeIds()].filter((one) => one !== id),
    place: (one) => (one === id ? undefined : network.place(one)),
    placesNamed: (word) => (word === id ? [] : network.placesNamed(word)),
    interface: (one) => (one === id ? undefined : network.interface(one)),
    link: (one) => {
      const link = network.link(one);
      if (link === undefined || !links.includes(one)) return link;
      return { ...link, owners: link.owners.filter((owner) => owner.in !== id) };
    },
  });

function mutations(r: Random, network: Network, hosts: readonly { id: string; table?: string }[]): Mutation[] {
  const open: Rule = {
    origin: { provider: 'test', kind: 'thing', id: 'new', file: '', pointer: '' },
    action: 'allow',
    match: [{ protocol: [[6, 7]], dport: [[r.pick([80, 443, 79]), 1025]] }],
    text: 'new rule',
  };
  return Array.from({ length: 1 + r.below(3) }, (): Mutation => {
    const host = r.pick(hosts);
    const steps = network.interface(host.id)?.steps ?? [];
    const filters = steps.flatMap((step) => ('filter' in step ? [step.filter] : []));
    const kind = r.below(5);
    const isRelay = network.node(network.interface(host.id)?.node ?? '')?.relay !== undefined;
    if (kind === 0 && !isRelay) return withoutHost(host.id, ['l0', 'l1', 'l2']);
    if (kind === 1 || filters.length === 0)
      return withTable(host.table!, (table) => ({ ...table, entries: table.entries.slice(1) }));
    const id = r.pick(filters);
    if (kind === 2) return withFilter(id, (filter) => ({ ...filter, rules: filter.rules.slice(1) }));
    if (kind === 3) return withFilter(id, (filter) => ({ ...filter, rules: [open, ...filter.rules] }));
    return withFilter(id, (filter) => ({ ...filter, rules: [{ ...open, match: [{}] }] }));
  });
}

/** A network before and after some changes; `build` leaves out those of these numbers. */
export function sample(seed: number, unknowns: boolean) {
  const r = randomOf(seed * 7907 + (unknowns ? 1 : 0));
  const { network: before, hosts } = randomNetwork(r, unknowns, true);
  const list = mutations(r, before, hosts);
  const build = (dropped: ReadonlySet<number>) =>
    list.reduce((network, mutation, i) => (dropped.has(i) ? network : mutation(network)), before);
  return {
    before,
    after: build(new Set()),
    build,
    changes: list.length,
    ends: [...hosts.map(({ id }) => id), 'internet'],
  };
}
