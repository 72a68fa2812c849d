/**
 * VMs and their interfaces. Every packet is filtered at the interface, neighbours in a subnet included, and routed by the
 * network's routes as they hold for this VM.
 * Sources: https://docs.cloud.google.com/vpc/docs/vpc , https://docs.cloud.google.com/vpc/docs/create-use-multiple-interfaces
 */
import type {
  Amendment,
  Interface,
  InterfaceStep,
  NextHop,
  Node,
  Place,
  RouteEntry,
  Standing,
} from '../../model/network.ts';
import { type Origin, nameOf } from '../../model/origin.ts';
import { ALL_V4, formatAddress } from '../../net/address.ts';
import { type Span, contains, normalise, subtract } from '../../net/spans.ts';
import { type Estate, type NetworkFacts, type NicFacts, type SubnetFacts, rangesOf } from './estate.ts';
import type { Firewalls } from './firewall.ts';
import { type Entry, missing } from './inventory.ts';
import { METADATA } from './metadata-server.ts';
import { plainHosts } from './plain-hosts.ts';
import { text } from './record.ts';
import type { SenderTables } from './routing/sender-tables.ts';

export const fabric = (network: string) => `fabric:${network}`;
/** Where what a guest decided to send by an interface meets the network's routes. */
const exit = (nic: string) => `exit:${nic}`;

/** What balancers add to an interface: addresses that it answers for, and steps that undo what they did. */
export interface Balanced {
  readonly serves: readonly Span<bigint>[];
  readonly steps: readonly InterfaceStep[];
}

/**
 * The VMs of a large estate are many and a question is about two: nothing is kept for each, what somebody asks for is told by
 * its id.
 */
export function readInterfaces(
  estate: Estate,
  tables: SenderTables,
  firewalls: Firewalls,
  balanced: (nic: NicFacts) => Balanced,
): void {
  const { builder, nics, machines } = estate;
  builder.find({
    interface: (id) => {
      const nic = nics.get(id);
      return nic === undefined ? undefined : interfaceOf(estate, tables, nic, firewalls, balanced(nic));
    },
    node: (id) => {
      const own = machines.get(id);
      return own === undefined ? undefined : machine(id, own);
    },
    amendment: (id) => {
      const [, change, node] = /^(start|forward):(.*)$/s.exec(id) ?? [];
      const own = node === undefined ? undefined : machines.get(node);
      if (node === undefined || own === undefined) return undefined;
      const { origin } = own[0]!.instance;
      return change === 'start' ? starting(id, node, origin) : passingOn(id, node, origin);
    },
  });
  builder.hosts(() =>
    plainHosts(estate, tables, firewalls.resources, (nic) => {
      const { serves, steps } = balanced(nic);
      return serves.length > 0 || steps.length > 0;
    }),
  );
  builder.manyOwners({ all: () => addressesOf(nics.values()), of: (address) => owning(nics.values(), address) });
  builder.manyPlaces({
    ids: () => nics.keys(),
    has: (id) => nics.has(id),
    words: () => [],
    named: () => [],
    make: (id) => {
      const { instance } = nics.get(id)!;
      return { id, origin: originOf(nics.get(id)!), aliases: [], interfaces: [id], partOf: instance.id };
    },
  });
  builder.manyPlaces({
    ids: () => machines.keys(),
    has: (id) => machines.has(id),
    words: () => wordsOfAll(machines),
    named: (word) => [...machines].flatMap(([id, own]) => (wordsOf(own[0]!.instance).includes(word) ? [id] : [])),
    make: (id) => placeOf(id, machines.get(id)!),
  });
  for (const nic of nics.values()) readGuest(estate, tables, nic, originOf(nic));
}

function originOf({ id, instance }: NicFacts): Origin {
  return { ...instance.origin, kind: 'network interface', id };
}

function* addressesOf(nics: Iterable<NicFacts>): Iterable<readonly [bigint, string]> {
  for (const { id, addresses } of nics)
    for (const { address, public: outside } of addresses) {
      yield [address, id];
      if (outside !== undefined) yield [outside, id];
    }
}

function owning(nics: Iterable<NicFacts>, address: bigint): string[] {
  const found: string[] = [];
  for (const { id, addresses } of nics)
    if (addresses.some((one) => one.address === address || one.public === address)) found.push(id);
  return found;
}

function* wordsOfAll(machines: ReadonlyMap<string, readonly NicFacts[]>): Iterable<readonly [string, string]> {
  for (const [id, nics] of machines) for (const word of wordsOf(nics[0]!.instance)) yield [word, id];
}

function wordsOf({ name, record }: Entry): readonly string[] {
  const [link, number, hostname] = [text(record, 'selfLink'), text(record, 'id'), text(record, 'hostname')];
  return [name, link ?? '', number ?? '', hostname ?? ''];
}

function placeOf(id: string, nics: readonly NicFacts[]): Place {
  const { origin, name, record, tags } = nics[0]!.instance;
  const hostname = text(record, 'hostname');
  const aliases = [name, ...(hostname === undefined ? [] : [hostname])];
  return { id, origin, aliases, tags, interfaces: nics.map((nic) => nic.id) };
}

function interfaceOf(
  estate: Estate,
  tables: SenderTables,
  nic: NicFacts,
  firewalls: Firewalls,
  { serves, steps }: Balanced,
): Interface {
  const assumes = firewalls.assumptionsOf(nic);
  const filters = firewalls.filtersOf(nic);
  return {
    id: nic.id,
    origin: originOf(nic),
    node: nic.instance.id,
    addresses: nic.addresses,
    ...(nic.aliases.length === 0 ? {} : { prefixes: nic.aliases }),
    ...(serves.length === 0 ? {} : { serves }),
    steps: [{ at: 'in', filter: filters.in }, { at: 'out', filter: filters.out }, ...steps],
    table: needsGuest(estate, nic) ? `guest:${nic.id}` : tables.of(nic),
    ...(assumes.length === 0 ? {} : { assumes }),
  };
}

function machine(id: string, nics: readonly NicFacts[]): Node {
  const { instance, canForward } = nics[0]!;
  const { origin } = instance;
  const status = text(instance.record, 'status');
  const isDown = status !== undefined && status !== 'RUNNING';
  return {
    id,
    origin,
    role: 'endpoint',
    interfaces: nics.map((nic) => nic.id),
    ...(canForward
      ? { forwards: true }
      : {
          refuses: {
            code: 'gcp-ip-forward-off',
            why: `VM ${origin.id} does not own the address, and canIpForward is off`,
            mend: `forward:${id}`,
          },
        }),
    ...(isDown
      ? { down: { code: 'gcp-vm-not-running', why: `VM ${origin.id} is ${status}`, mend: `start:${id}` } }
      : {}),
    ...(status === undefined
      ? {
          assumes: [
            {
              code: 'gcp-vm-running',
              resource: origin.id,
              message: `VM ${origin.id} is running; the snapshot does not say`,
            },
          ],
        }
      : {}),
  };
}

function starting(id: string, vm: string, origin: Origin): Amendment {
  return {
    id,
    origin,
    attribute: 'status',
    to: 'RUNNING',
    text: `start ${nameOf(origin)}`,
    puts: (under) => {
      const node = under.node(vm);
      if (node === undefined) return {};
      const { down: _, ...running } = node;
      return { nodes: [running] };
    },
  };
}

function passingOn(id: string, vm: string, origin: Origin): Amendment {
  return {
    id,
    origin,
    attribute: 'canIpForward',
    to: 'true',
    text: `let ${nameOf(origin)} forward (canIpForward), if it is meant to be a router`,
    puts: (under) => {
      const node = under.node(vm);
      if (node === undefined) return {};
      const { refuses: _, ...willing } = node;
      return { nodes: [{ ...willing, forwards: true }] };
    },
  };
}

/** A guest with several interfaces decides by which one it sends; one with a single interface has no choice. */
function needsGuest(estate: Estate, nic: NicFacts): boolean {
  return (estate.machines.get(nic.instance.id)?.length ?? 1) > 1;
}

/**
 * A guest has a connected route for each interface's subnet and its default route on nic0. What it forwards follows those;
 * what it answers or sends from another interface to elsewhere depends on policy routing in the guest, which nobody can see.
 */
function readGuest(estate: Estate, tables: SenderTables, nic: NicFacts, origin: Origin): void {
  if (!needsGuest(estate, nic)) return;
  const { builder } = estate;
  const nics = estate.machines.get(nic.instance.id)!;
  const own = normalise([...nic.addresses.map(({ address }) => [address, address + 1n] as const), ...nic.aliases]);
  const others = subtract([[0n, ALL_V4[1]]], own);
  const implicit: Origin = { ...origin, kind: 'guest routes', implicit: true };
  builder.interface(exit(nic.id), () => ({
    id: exit(nic.id),
    origin,
    node: exit(nic.id),
    addresses: [],
    steps: [],
    table: tables.of(nic),
  }));
  builder.node(exit(nic.id), () => ({
    id: exit(nic.id),
    origin: implicit,
    role: 'router',
    interfaces: [exit(nic.id)],
  }));
  builder.table(`guest:${nic.id}`, () => {
    const local = (one: NicFacts) => one.subnet?.primary ?? [];
    const by = (one: NicFacts): RouteEntry['next'] => ({ to: 'hop', out: one.id, in: exit(one.id) });
    const entry = (match: RouteEntry['match'], next: RouteEntry['next'], rank: number, words: string): RouteEntry => ({
      origin: implicit,
      match,
      next,
      rank: [rank],
      text: words,
    });
    const forwarded = [
      ...nics.map((one) => entry({ src: others, dst: local(one) }, by(one), 0, `forwarded to the subnet of ${one.id}`)),
      entry({ src: others }, by(nics[0]!), 1, 'forwarded by the default route on nic0'),
    ];
    const mine = { src: own };
    // By policy routing it may leave here; by the guest's plain routes it leaves by another interface, which drops it.
    const elsewhere: RouteEntry['next'] = {
      to: 'fork',
      choose: 'unknown',
      branches: [
        by(nic),
        {
          to: 'drop',
          code: 'gcp-multi-nic-asymmetric-return',
          why: `the guest sends it by another interface, whose address it does not carry`,
          by: nic.instance.origin,
        },
      ],
      missing: {
        what: `how the guest of ${nic.instance.name} routes what it sends from ${nic.id.split('#')[1]} beyond that interface's subnet`,
        fetch: null,
      },
    };
    const reply = nic.index === 0 ? by(nic) : elsewhere;
    const beside = nics
      .filter((one) => one !== nic && one.subnet !== nic.subnet && local(one).length > 0)
      .map((one) => entry({ ...mine, dst: local(one) }, elsewhere, 1, `a neighbour of ${one.id.split('#')[1]}`));
    const usable = { ...mine, dst: local(nic) };
    return {
      id: `guest:${nic.id}`,
      origin: implicit,
      entries: [
        entry({ dst: METADATA }, { to: 'local' }, -1, 'the metadata server, which no rule filters'),
        ...forwarded,
        entry(usable, by(nic), 0, 'a neighbour in the subnet'),
        ...beside,
        entry(mine, reply, 2, 'beyond the subnet'),
      ],
    };
  });
}

/** Networks as fabrics, and hosts that could stand in them. */
export function readNetworks(
  estate: Estate,
  others: (network: NetworkFacts) => readonly { readonly span: Span<bigint>; readonly in: string }[],
  tableFor: (subnet: SubnetFacts) => string,
): void {
  const { builder } = estate;
  for (const network of estate.networks.values()) {
    const { id, origin, name } = network.entry;
    builder.link(fabric(id), () => {
      const owned = network.nics.flatMap((nic) => [
        ...nic.addresses.map(({ address }) => ({ span: [address, address + 1n] as const, in: nic.id })),
        ...nic.aliases.map((span) => ({ span, in: nic.id })),
      ]);
      const taken = new Set<bigint>();
      return {
        id: fabric(id),
        origin,
        owners: [...others(network), ...owned]
          .filter(({ span: [lo] }) => !taken.has(lo) && taken.add(lo))
          .sort((a, b) => (a.span[0] < b.span[0] ? -1 : 1)),
        unowned: unowned(estate, network),
      };
    });
    builder.place(id, [name, text(network.entry.record, 'selfLink') ?? ''], () => ({
      id,
      origin,
      aliases: [],
      tags: network.entry.tags,
      interfaces: [],
      members: network.nics.map((nic) => nic.id),
    }));
  }
  for (const subnet of estate.subnets.values())
    builder.place(subnet.entry.id, [subnet.entry.name, text(subnet.entry.record, 'selfLink') ?? ''], () => ({
      id: subnet.entry.id,
      origin: subnet.entry.origin,
      aliases: [],
      interfaces: [],
      members: subnet.network.nics.filter((nic) => nic.subnet === subnet).map((nic) => nic.id),
    }));
  builder.standing((address) =>
    [...estate.subnets.values()]
      .filter((subnet) => contains(rangesOf(subnet), address))
      .map((subnet) => hypothetical(subnet, address, tableFor(subnet))),
  );
}

/** What becomes of an address that nothing read so far has; lists that were cut short may hold its owner. */
function unowned({ inventory }: Estate, { entry: { name, origin } }: NetworkFacts): NextHop {
  if (!inventory.isComplete('instance'))
    return {
      to: 'missing',
      what: missing('the VMs (some zones, or all, are not in the snapshot)', 'compute instances list'),
    };
  if (inventory.knows('forwardingRule') && !inventory.isComplete('forwardingRule'))
    return {
      to: 'missing',
      what: missing('the forwarding rules (some regions are not in the snapshot)', 'compute forwarding-rules list'),
    };
  return {
    to: 'drop',
    code: 'gcp-no-such-address',
    why: `nothing in network ${name} has the address`,
    by: origin,
    whyNoMend: 'no VM and no forwarding rule has this address: check it, or create what should own it',
  };
}

/** A host that could stand in a subnet: the network's routes hold for it, and no rules, which are for VMs by their tags. */
function hypothetical(subnet: SubnetFacts, address: bigint, table: string): Standing {
  const id = `host:${formatAddress(address)}@${subnet.entry.id}`;
  const origin: Origin = {
    ...subnet.entry.origin,
    kind: 'hypothetical host',
    id: formatAddress(address),
    implicit: true,
  };
  return {
    origin: subnet.entry.origin,
    interface: id,
    adds: {
      node: { id: `node:${id}`, origin, role: 'endpoint', interfaces: [id] },
      interface: { id, origin, node: `node:${id}`, addresses: [{ address, primary: true }], steps: [], table },
      link: fabric(subnet.network.entry.id),
    },
  };
}
