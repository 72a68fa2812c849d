/**
 * A network as the one-packet oracle can walk it: devices that open connections choose among two ports instead of sixty
 * thousand, and a choice by health, which is about sets of packets, is any choice.
 */
import type { Network, NextHop, Node, RouteTable, Translation } from '../../src/model/network.ts';

const FEW = [[1024, 1026]] as const;

export function withFewPorts(network: Network): Network {
  return {
    ...network,
    translation: kept((id) => narrowed(network.translation(id))),
    node: kept((id) => calmed(network.node(id))),
    table: kept((id) => levelled(network.table(id))),
  };
}

/** The engine knows things by identity. */
function kept<T>(make: (id: string) => T): (id: string) => T {
  const made = new Map<string, T>();
  return (id) => {
    if (!made.has(id)) made.set(id, make(id));
    return made.get(id)!;
  };
}

function narrowed(translation: Translation | undefined): Translation | undefined {
  if (translation === undefined) return undefined;
  const side = (one: Translation['outward']) =>
    one && {
      ...one,
      rewrites: one.rewrites.map((rewrite) =>
        rewrite.set?.sport === undefined ? rewrite : { ...rewrite, set: { ...rewrite.set, sport: FEW } },
      ),
    };
  const [outward, inward] = [side(translation.outward), side(translation.inward)];
  return { ...translation, ...(outward && { outward }), ...(inward && { inward }) };
}

function calmed(node: Node | undefined): Node | undefined {
  if (node?.relay === undefined) return node;
  const listeners = node.relay.listeners.map((listener) => ({
    ...listener,
    backends: listener.backends.map((backend) => ({ ...backend, sports: FEW })),
  }));
  return { ...node, relay: { ...node.relay, listeners } };
}

function levelled(table: RouteTable | undefined): RouteTable | undefined {
  if (table === undefined) return undefined;
  const level = (next: NextHop): NextHop =>
    next.to !== 'fork'
      ? next
      : { ...next, choose: next.choose === 'one-works' ? 'any' : next.choose, branches: next.branches.map(level) };
  return { ...table, entries: table.entries.map((entry) => ({ ...entry, next: level(entry.next) })) };
}
