/** A network with something laid over it: hypothetical hosts. The network below is never copied nor changed. */
import type { Interface, Link, Network, Node, Standing } from '../model/network.ts';

/**
 * A network with these parts in place of its own. It inherits the others instead of copying them: copying would ask for
 * what is worked out when somebody asks, such as the notes on everything. Machines that were made alike may differ now, so
 * none is told without its parts.
 */
export function withParts(network: Network, parts: Partial<Network>): Network {
  return Object.assign(Object.create(network) as Network, { hosts: () => [] }, parts);
}

/** The network plus hosts that could stand in it. */
export function overlay(network: Network, adds: readonly NonNullable<Standing['adds']>[]): Network {
  if (adds.length === 0) return network;
  const nodes = new Map<string, Node>(adds.map(({ node }) => [node.id, node]));
  const interfaces = new Map<string, Interface>(adds.map((add) => [add.interface.id, add.interface]));
  const links = new Map<string, Link>();
  for (const { link: id, interface: host } of adds) {
    const link = links.get(id) ?? network.link(id);
    if (link === undefined) continue;
    const own = [...host.addresses.map(({ address }) => [address, address + 1n] as const), ...(host.prefixes ?? [])];
    const taken = own.flatMap((span) => holes(span, link).map((free) => ({ span: free, in: host.id })));
    links.set(id, { ...link, owners: [...link.owners, ...taken].sort((a, b) => (a.span[0] < b.span[0] ? -1 : 1)) });
  }
  return withParts(network, {
    node: (id) => nodes.get(id) ?? network.node(id),
    interface: (id) => interfaces.get(id) ?? network.interface(id),
    link: (id) => links.get(id) ?? network.link(id),
  });
}

/** The parts of a span that nobody on the link owns yet: real hosts keep their addresses. */
function holes(span: readonly [bigint, bigint], link: Link): (readonly [bigint, bigint])[] {
  let at = span[0];
  const free: (readonly [bigint, bigint])[] = [];
  for (const { span: taken } of link.owners) {
    if (taken[1] <= at || taken[0] >= span[1]) continue;
    if (taken[0] > at) free.push([at, taken[0]]);
    at = taken[1];
  }
  if (at < span[1]) free.push([at, span[1]]);
  return free;
}
