/**
 * Changes laid over a network. A change is a rule in front of a filter's own, a route in a table, or an amendment that a
 * reader knows; the network below is never copied nor changed. Fixes, what-if questions and plans all go through here.
 */
import { cidrsText, flowText, allowedFlows, flowsForPeople } from '../net/describe.ts';
import type { Box } from '../net/fields.ts';
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import { type Span, normalise } from '../net/spans.ts';
import { boxOfFlow } from '../net/flow-boxes.ts';
import { replyTypeOf } from '../net/protocol.ts';
import type { Change } from '../model/change.ts';
import type { Amendment, Match, Network, RouteEntry, Rule } from '../model/network.ts';
import { type Origin, nameOf } from '../model/origin.ts';
import type { Leg } from '../model/results.ts';
import { withParts } from './overlay.ts';
import { QuestionError } from './ports.ts';

export type Patch =
  | { readonly op: 'allow'; readonly filter: string; readonly direction: 'in' | 'out'; readonly rule: Rule }
  | {
      readonly op: 'add-route';
      readonly table: string;
      readonly entry: RouteEntry;
      /** The entry whose place it takes. */
      readonly replaces?: RouteEntry;
    }
  | { readonly op: 'amend'; readonly amendment: Amendment };

/** The network with patches laid over it. Objects that no patch touches are the network's own. */
export function patched(network: Network, patches: readonly Patch[]): Network {
  let under = network;
  for (const patch of patches) if (patch.op === 'amend') under = amended(under, patch.amendment);
  const rules = new Map<string, Rule[]>();
  const routes = new Map<string, Extract<Patch, { op: 'add-route' }>[]>();
  for (const patch of patches)
    if (patch.op === 'allow') rules.set(patch.filter, [...(rules.get(patch.filter) ?? []), patch.rule]);
    else if (patch.op === 'add-route') routes.set(patch.table, [...(routes.get(patch.table) ?? []), patch]);
  if (rules.size === 0 && routes.size === 0) return under;
  return withParts(under, {
    filter: remembered((id) => {
      const filter = under.filter(id);
      const added = rules.get(id);
      return filter === undefined || added === undefined ? filter : { ...filter, rules: [...added, ...filter.rules] };
    }),
    table: remembered((id) => {
      const table = under.table(id);
      const added = routes.get(id);
      if (table === undefined || added === undefined) return table;
      const gone = new Set(added.map(({ replaces }) => replaces));
      const entries = table.entries.filter((entry) => !gone.has(entry));
      return { ...table, entries: [...added.map(({ entry }) => entry), ...entries] };
    }),
  });
}

function amended(network: Network, amendment: Amendment): Network {
  const { nodes, interfaces, filters, tables, links, translations } = amendment.puts(network);
  const { publicAddresses } = amendment;
  let all: readonly Span<bigint>[] | undefined;
  const over = <T extends { readonly id: string }>(
    things: readonly T[] | undefined,
    under: (id: string) => T | undefined,
  ) => {
    if (things === undefined) return under;
    const byId = new Map(things.map((thing) => [thing.id, thing]));
    return (id: string) => byId.get(id) ?? under(id);
  };
  return withParts(network, {
    ...(publicAddresses === undefined
      ? {}
      : { publicAddresses: () => (all ??= normalise([...network.publicAddresses(), ...publicAddresses])) }),
    node: over(nodes, (id) => network.node(id)),
    interface: over(interfaces, (id) => network.interface(id)),
    filter: over(filters, (id) => network.filter(id)),
    table: over(tables, (id) => network.table(id)),
    link: over(links, (id) => network.link(id)),
    translation: over(translations, (id) => network.translation(id)),
  });
}

/** One object an id, so that what is compiled from it is found again. */
function remembered<T>(find: (id: string) => T): (id: string) => T {
  const found = new Map<string, T>();
  return (id) => {
    if (!found.has(id)) found.set(id, find(id));
    return found.get(id) as T;
  };
}

/**
 * The rule that lets these packets (forward coordinates) pass on a leg, as a real rule of real headers: marks and client
 * ports left aside.
 */
export function ruleFor(space: PacketSpace, set: PacketSet, leg: Leg, of: Origin): Rule {
  const real =
    leg === 'forward' ? space.forget(set, ['mark', 'sport']) : asReplies(space, space.forget(set, ['mark', 'dport']));
  return {
    origin: { ...of, implicit: true },
    action: 'allow',
    match: space.boxes(real),
    text: flowsForPeople(space, real).map(flowText).join('; '),
  };
}

/** The headers that replies to these packets carry on the wire. */
export function asReplies(space: PacketSpace, set: PacketSet): PacketSet {
  const replies = space.boxes(set).flatMap((box): Box[] => {
    const { src, dst, sport, dport, icmpType, ...rest } = box;
    const swapped = {
      ...rest,
      ...(src === undefined ? {} : { dst: src }),
      ...(dst === undefined ? {} : { src: dst }),
      ...(sport === undefined ? {} : { dport: sport }),
      ...(dport === undefined ? {} : { sport: dport }),
    };
    if (icmpType === undefined) return [swapped];
    const protocols = box.protocol ?? [[1, 2]];
    return protocols.flatMap(([first, end]) =>
      Array.from({ length: end - first }, (_, i) => first + i).flatMap((protocol) =>
        icmpType.flatMap(([lo, hi]) =>
          Array.from({ length: hi - lo }, (_, i) => replyTypeOf(protocol, lo + i)).flatMap((type) =>
            type === undefined
              ? []
              : [{ ...swapped, protocol: [[protocol, protocol + 1]], icmpType: [[type, type + 1]] }],
          ),
        ),
      ),
    );
  });
  return space.ofBoxes(replies);
}

/** A patch in the words of the contract; `denied` is the rule that drops now, where order matters. */
export function changeOf(space: PacketSpace, patch: Patch, by: Origin, denied?: Rule): Change {
  const about = { resource: by.id, provider: by.provider };
  switch (patch.op) {
    case 'amend': {
      const { id, origin, attribute, to, text } = patch.amendment;
      return { op: 'amend', amendment: id, resource: origin.id, provider: origin.provider, attribute, to, text };
    }
    case 'add-route': {
      const { entry, table, replaces } = patch;
      const what =
        replaces === undefined
          ? `add the route ${entry.text} to`
          : `replace the route ${replaces.text} by ${entry.text} in`;
      return {
        op: 'add-route',
        table,
        ...about,
        destination: destinationOf(entry),
        target: entry.target ?? entry.origin.id,
        ...(replaces === undefined ? {} : { replaces: replaces.text }),
        text: `${what} ${nameOf(by)}`,
      };
    }
    case 'allow': {
      const { filter, direction, rule } = patch;
      const order = denied === undefined ? '' : `, before "${denied.text}"`;
      return {
        op: 'allow',
        filter,
        ...about,
        direction,
        flows: allowedFlows(space, space.ofBoxes(rule.match as readonly Box[])),
        ...(denied === undefined ? {} : { before: denied.origin.id }),
        text: `allow ${rule.text} ${direction === 'in' ? 'inbound' : 'outbound'} in ${nameOf(by)}${order}`,
      };
    }
  }
}

function destinationOf({ match }: RouteEntry): string {
  const dst = match.dst;
  if (dst === undefined) return 'any';
  return 'set' in dst ? dst.set : cidrsText(dst).join(',');
}

/** Changes as they were printed, as patches of this network again. Throws QuestionError for one that it does not know. */
export function patchesOf(network: Network, changes: readonly Change[]): Patch[] {
  return changes.map((change, i) => {
    const patch = patchOf(network, change);
    if (patch !== undefined) return patch;
    throw new QuestionError(
      `change ${i + 1} (${change.op} on ${change.resource}) does not fit this snapshot. Take changes from the answer's own "fixes".`,
    );
  });
}

function patchOf(network: Network, change: Change): Patch | undefined {
  if (change.op === 'amend') {
    const amendment = network.amendment(change.amendment);
    return amendment === undefined ? undefined : { op: 'amend', amendment };
  }
  if (change.op === 'allow') {
    const filter = network.filter(change.filter);
    const match = change.flows.map(boxOfFlow);
    if (filter === undefined || match.some((box) => box === undefined)) return undefined;
    const rule: Rule = {
      origin: { ...filter.origin, implicit: true },
      action: 'allow',
      match: match as readonly Match[],
      text: change.flows.map(flowText).join('; '),
    };
    return { op: 'allow', filter: change.filter, direction: change.direction, rule };
  }
  const table = network.table(change.table);
  const replaces = table?.entries.find((entry) => entry.text === change.replaces);
  if (change.replaces !== undefined && replaces === undefined) return undefined;
  for (const candidate of table?.possible?.() ?? []) {
    const entry = replaces === undefined ? candidate : inPlaceOf(replaces, candidate);
    if ((candidate.target ?? candidate.origin.id) !== change.target || destinationOf(entry) !== change.destination)
      continue;
    return { op: 'add-route', table: change.table, entry, ...(replaces === undefined ? {} : { replaces }) };
  }
  return undefined;
}

/** A route with the destination and rank of another, and the next hop of a candidate. */
export function inPlaceOf(replaced: RouteEntry, candidate: RouteEntry): RouteEntry {
  const { match, rank } = replaced;
  return {
    ...candidate,
    match,
    rank,
    text: `${replaced.text.split(' -> ')[0]} -> ${candidate.target ?? candidate.text}`,
  };
}
