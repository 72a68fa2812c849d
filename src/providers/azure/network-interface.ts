/**
 * Network interfaces with their machines, and private endpoints, which are interfaces without one. Everything that an
 * interface sends is routed by its subnet's table, neighbours included.
 * Sources: https://learn.microsoft.com/en-us/azure/virtual-network/virtual-network-network-interface,
 * https://learn.microsoft.com/en-us/azure/private-link/disable-private-endpoint-network-policy
 */
import type { Amendment, Interface, InterfaceStep, Node, Place } from '../../model/network.ts';
import { type Origin, nameOf } from '../../model/origin.ts';
import { ALL_V4, formatAddress } from '../../net/address.ts';
import { TCP } from '../../net/protocol.ts';
import { normalise, subtract } from '../../net/spans.ts';
import type { Estate, NicFacts, SubnetFacts } from './estate.ts';
import type { Entry } from './inventory.ts';
import { plainHosts } from './plain-hosts.ts';
import { type Json, flag, nameIn, object, objects, powerState, text } from './record.ts';
import type { SecurityGroups } from './security-group.ts';

export const fabric = (vnet: string) => `fabric:${vnet}`;
export const routesOf = (subnet: string) => `routes:${subnet}`;
/** The routes of a subnet without its route table: what private endpoints go by. */
export const endpointRoutesOf = (subnet: string) => `endpoint-routes:${subnet}`;

/** Set on packets that a machine forwarded for others. */
export const FORWARDED = 1;

/** More steps of an interface: what a balancer undoes when its member answers. */
export type ExtraSteps = (nic: NicFacts) => readonly InterfaceStep[];

/** Appliances that see both directions of a connection as one: the name of what they have in common. */
export type Together = (nic: NicFacts) => string | undefined;

/**
 * The machines of a large estate are many and a question is about two: nothing is kept for each, what somebody asks for is
 * told by its id.
 */
export function readInterfaces(estate: Estate, groups: SecurityGroups, extra: ExtraSteps, together: Together): void {
  const { builder, nics, machineNics } = estate;
  builder.find({
    interface: (id) => {
      const nic = nics.get(id);
      return nic === undefined ? undefined : interfaceOf(estate, nic, groups, extra(nic), together(nic));
    },
    node: (id) => {
      const own = machineNics.get(id);
      return own === undefined ? undefined : machineNode(estate, id, own);
    },
    amendment: (id) => {
      const [, change, node] = /^(start|forward):(.*)$/s.exec(id) ?? [];
      const own = node === undefined ? undefined : machineNics.get(node);
      if (node === undefined || own === undefined) return undefined;
      return change === 'start'
        ? starting(id, node, machineOf(estate, node, own).origin)
        : passingOn(id, node, own[0]!);
    },
  });
  builder.hosts(() =>
    plainHosts(
      estate,
      (nic) => extra(nic).length > 0,
      (id, own) => machineOf(estate, id, own).origin.name,
    ),
  );
  builder.manyOwners({ all: () => addressesOf(nics.values()), of: (address) => owning(nics.values(), address) });
  builder.manyPlaces({
    ids: () => nics.keys(),
    has: (id) => nics.has(id),
    words: () => wordsOfEach(nics.values(), (nic) => [nic.entry.id, wordsOf(nic.entry)]),
    named: (word) => [...nics.values()].flatMap(({ entry }) => (isNamed(entry, word) ? [entry.id] : [])),
    make: (id) => placeOfNic(nics.get(id)!),
  });
  builder.manyPlaces({
    ids: () => machineNics.keys(),
    has: (id) => machineNics.has(id),
    words: () => wordsOfEach(machineNics, ([id, own]) => [id, wordsOfMachine(machineOf(estate, id, own))]),
    named: (word) => [...machineNics].flatMap(([id, own]) => (isMachineNamed(estate, id, own, word) ? [id] : [])),
    make: (id) => placeOfMachine(estate, id, machineNics.get(id)!),
  });
  for (const nic of nics.values()) if (nic.vm === undefined) readAlone(estate, nic);
}

function interfaceOf(
  estate: Estate,
  nic: NicFacts,
  groups: SecurityGroups,
  extra: readonly InterfaceStep[],
  together: string | undefined,
): Interface {
  const { entry, configurations } = nic;
  return {
    id: entry.id,
    origin: entry.origin,
    node: nodeOf(nic),
    addresses: configurations.map((one) => one.address),
    steps: [
      ...(isFiltered(nic) ? groups.steps(nic) : []),
      ...untracked(estate, nic),
      ...throughAppliance(estate, nic, together),
      ...extra,
      ...markForwarded(estate, nic),
    ],
    table: ignoresRouteTable(nic) ? endpointRoutesOf(nic.subnet.entry.id) : routesOf(nic.subnet.entry.id),
  };
}

function placeOfNic({ entry, configurations, vm, privateEndpoint }: NicFacts): Place {
  const whole = vm ?? privateEndpoint;
  return {
    id: entry.id,
    origin: entry.origin,
    aliases: configurations.flatMap(({ address }) =>
      address.public === undefined ? [] : [formatAddress(address.public)],
    ),
    tags: entry.tags,
    interfaces: [entry.id],
    ...(whole === undefined ? {} : { partOf: whole }),
  };
}

function* addressesOf(nics: Iterable<NicFacts>): Iterable<readonly [bigint, string]> {
  for (const { entry, configurations } of nics)
    for (const { address } of configurations) {
      yield [address.address, entry.id];
      if (address.public !== undefined) yield [address.public, entry.id];
    }
}

function owning(nics: Iterable<NicFacts>, address: bigint): string[] {
  const found: string[] = [];
  for (const { entry, configurations } of nics)
    if (configurations.some(({ address: own }) => own.address === address || own.public === address))
      found.push(entry.id);
  return found;
}

function* wordsOfEach<T>(
  all: Iterable<T>,
  of: (one: T) => readonly [id: string, words: readonly string[]],
): Iterable<readonly [string, string]> {
  for (const one of all) {
    const [id, words] = of(one);
    for (const word of words) yield [word, id];
  }
}

/** The same as a look at its words, most often told by their lengths. */
function isNamed(entry: Entry, word: string): boolean {
  const { id, name } = entry.origin;
  return (id.length === word.length || name?.length === word.length) && wordsOf(entry).includes(word);
}

/** Ids and names compare without case: as they are written, and names in either case throughout. */
export function wordsOf({ id, origin }: Pick<Entry, 'id' | 'origin'>): string[] {
  const ids = id === origin.id ? [id] : [id, origin.id];
  return origin.name === undefined ? ids : [...ids, ...spellings(origin.name)];
}

function spellings(word: string): string[] {
  const [lower, upper] = [word.toLowerCase(), word.toUpperCase()];
  return lower === word || upper === word ? [lower, upper] : [word, lower, upper];
}

export function nodeOf(nic: NicFacts): string {
  return nic.vm ?? `node:${nic.entry.id}`;
}

/** A private endpoint is filtered only where its subnet says so. */
function isFiltered(nic: NicFacts): boolean {
  if (nic.privateEndpoint === undefined) return true;
  const policies = text(nic.subnet.entry.record, 'privateEndpointNetworkPolicies')?.toLowerCase();
  return policies === 'enabled' || policies === 'networksecuritygroupenabled';
}

/** Whether route tables hold for the private endpoints of a subnet. */
export function routesHold({ entry }: SubnetFacts): boolean {
  return ['enabled', 'routetableenabled'].includes(
    text(entry.record, 'privateEndpointNetworkPolicies')?.toLowerCase() ?? '',
  );
}

function ignoresRouteTable(nic: NicFacts): boolean {
  return nic.privateEndpoint !== undefined && !routesHold(nic.subnet);
}

/** An interface without a machine: a private endpoint, or something that nothing is known of. */
function readAlone(estate: Estate, nic: NicFacts): void {
  const { builder, inventory } = estate;
  const endpoint = inventory.get('privateEndpoint', nic.privateEndpoint);
  const origin = endpoint?.origin ?? nic.entry.origin;
  const connections = ['privateLinkServiceConnections', 'manualPrivateLinkServiceConnections'].flatMap((key) =>
    objects(endpoint?.record, key),
  );
  const status = connections
    .map((one) => text(object(one, 'privateLinkServiceConnectionState'), 'status'))
    .find((one) => one !== undefined && one.toLowerCase() !== 'approved');
  const id = nodeOf(nic);
  builder.node(id, () => ({
    id,
    origin,
    role: 'endpoint',
    interfaces: [nic.entry.id],
    ...forwarding(nic.forwards, origin, id),
    ...(status === undefined
      ? {}
      : {
          down: {
            code: 'azure-private-endpoint-not-approved',
            why: `the connection of ${nameOf(origin)} is ${status}`,
            mend: `approve:${id}`,
          },
        }),
    ...(nic.privateEndpoint === undefined ? {} : { silent: 'a private endpoint answers those who call it' }),
    ...(endpoint === undefined
      ? {}
      : {
          assumes: [
            {
              code: 'service-permits',
              resource: origin.id,
              message: `the service behind ${nameOf(origin)} listens and permits this`,
            },
          ],
        }),
  }));
  builder.amendment(`forward:${id}`, () => passingOn(`forward:${id}`, id, nic));
  if (status !== undefined)
    builder.amendment(`approve:${id}`, () => ({
      id: `approve:${id}`,
      origin,
      attribute: 'privateLinkServiceConnectionState',
      to: 'Approved',
      text: `approve the connection of ${nameOf(origin)} at the service`,
      puts: (under) => ({ nodes: changed(under.node(id), ({ down: _, ...rest }) => rest) }),
    }));
  if (endpoint !== undefined)
    builder.place(endpoint.id, wordsOf(endpoint), () => ({
      id: endpoint.id,
      origin: endpoint.origin,
      aliases: objects(endpoint.record, 'customDnsConfigs').flatMap((one) => text(one, 'fqdn') ?? []),
      tags: endpoint.tags,
      interfaces: [nic.entry.id],
    }));
}

/** A machine, by its own record or by what its interfaces say of it. */
interface Machine {
  readonly id: string;
  readonly vm: Entry | undefined;
  readonly origin: Origin;
}

function machineOf({ inventory }: Estate, id: string, nics: readonly NicFacts[]): Machine {
  const vm = inventory.get('vm', id);
  if (vm !== undefined) return { id, vm, origin: vm.origin };
  const { record, origin } = nics[0]!.entry;
  const spelled = spelledIn(record, id);
  const name = scaledName(spelled) ?? nameIn(spelled);
  return { id, vm, origin: { ...origin, kind: 'virtual machine', id: spelled, name } };
}

function machineNode(estate: Estate, id: string, nics: readonly NicFacts[]): Node {
  const { vm, origin } = machineOf(estate, id, nics);
  const why = `virtual machine ${origin.name ?? nameIn(id)} is ${powerState(vm)}`;
  return {
    id,
    origin,
    role: 'endpoint',
    interfaces: nics.map((nic) => nic.entry.id),
    ...forwarding(
      nics.some((nic) => nic.forwards),
      origin,
      id,
    ),
    ...(estate.isStopped(nics[0]!) ? { down: { code: 'azure-vm-not-running', why, mend: `start:${id}` } } : {}),
  };
}

function wordsOfMachine({ id, vm, origin }: Machine): string[] {
  const scaled = scaledName(origin.id);
  return [
    ...wordsOf({ id, origin }),
    ...(scaled === undefined ? [] : spellings(scaled)),
    ...(vm === undefined ? [] : [text(vm.record, 'vmId') ?? '']),
  ];
}

/** The same as a look at its words; the words of most need not be made. */
function isMachineNamed(estate: Estate, id: string, nics: readonly NicFacts[], word: string): boolean {
  const vm = estate.inventory.get('vm', id);
  return vm === undefined || id.includes(SCALED)
    ? wordsOfMachine(machineOf(estate, id, nics)).includes(word)
    : isNamed(vm, word) || (text(vm.record, 'vmId') ?? '') === word;
}

function placeOfMachine(estate: Estate, id: string, nics: readonly NicFacts[]): Place {
  const { vm, origin } = machineOf(estate, id, nics);
  const name = origin.name ?? nameIn(id);
  return {
    id,
    origin,
    aliases: [...new Set([name, name.toLowerCase()])],
    tags: vm?.tags ?? {},
    interfaces: nics.map((nic) => nic.entry.id),
  };
}

function starting(id: string, vm: string, origin: Origin): Amendment {
  return {
    id,
    origin,
    attribute: 'powerState',
    to: 'running',
    text: `start ${nameOf(origin)}`,
    puts: (under) => ({ nodes: changed(under.node(vm), ({ down: _, ...rest }) => rest) }),
  };
}

/** A machine's id as the interface spells it; from the interface's own id for an instance of a scale set. */
function spelledIn(nic: Json, id: string): string {
  const said = text(object(nic, 'virtualMachine'), 'id');
  if (said?.toLowerCase() === id) return said;
  const own = text(nic, 'id') ?? '';
  return own.toLowerCase().startsWith(`${id}/`) ? own.slice(0, id.length) : id;
}

const SCALED = '/virtualmachinescalesets/';

/** ".../virtualMachineScaleSets/web/virtualMachines/3" is called web_3. */
function scaledName(id: string): string | undefined {
  const parts = /\/virtualmachinescalesets\/([^/]+)\/virtualmachines\/([^/]+)$/i.exec(id);
  return parts === null ? undefined : `${parts[1]}_${parts[2]}`;
}

function forwarding(forwards: boolean, origin: Origin, node: string): Pick<Node, 'forwards' | 'refuses'> {
  return forwards
    ? { forwards: true }
    : {
        refuses: {
          code: 'azure-ip-forwarding-off',
          why: `${nameOf(origin)} does not own the address, and IP forwarding is off at its network interface`,
          mend: `forward:${node}`,
        },
      };
}

function passingOn(id: string, node: string, { entry: { origin } }: NicFacts): Amendment {
  return {
    id,
    origin,
    attribute: 'enableIPForwarding',
    to: 'true',
    text: `switch IP forwarding of ${nameOf(origin)} on, if the machine is meant to forward`,
    puts: (under) => ({ nodes: changed(under.node(node), ({ refuses: _, ...rest }) => ({ ...rest, forwards: true })) }),
  };
}

function changed(node: Node | undefined, change: (node: Node) => Node): Node[] {
  return node === undefined ? [] : [change(node)];
}

/**
 * Without TCP state tracking replies are matched by rules too, and how is not documented.
 * Source: https://github.com/Azure/azure-rest-api-specs (network interface, disableTcpStateTracking)
 */
function untracked({ builder }: Estate, nic: NicFacts): InterfaceStep[] {
  if (flag(nic.entry.record, 'disableTcpStateTracking') !== true) return [];
  const id = `untracked:${nic.entry.id}`;
  const { origin } = nic.entry;
  builder.filter(id, () => ({
    id,
    origin,
    code: 'azure-nsg-inbound',
    rules: [
      {
        origin,
        action: 'deny',
        match: [{ protocol: [[TCP, TCP + 1]] }],
        text: 'TCP without state tracking',
        unresolved: {
          what: `how TCP fares at ${nameOf(origin)}, whose TCP state tracking is switched off: the documentation does not say`,
          fetch: null,
        },
      },
    ],
    order: 'first-match',
    otherwise: 'allow',
    state: id,
  }));
  return [
    { at: 'in', filter: id },
    { at: 'out', filter: id },
  ];
}

/**
 * An appliance may be stateful: whether it minds to see one direction only is not in the snapshot.
 * Source: https://learn.microsoft.com/en-us/azure/virtual-network/virtual-networks-udr-overview
 */
function throughAppliance({ builder }: Estate, nic: NicFacts, together: string | undefined): InterfaceStep[] {
  if (!nic.forwards) return [];
  const id = `appliance:${nic.entry.id}`;
  const { origin } = nic.entry;
  builder.filter(id, () => ({
    id,
    origin,
    code: 'azure-ip-forwarding-off',
    rules: [],
    order: 'first-match',
    otherwise: 'allow',
    state: `appliance:${together ?? nodeOf(nic)}`,
    noSession: 'unknown',
    noReply: 'unknown',
  }));
  return [
    { at: 'in', filter: id },
    { at: 'out', filter: id },
  ];
}

/** What a machine forwards for others is told apart by a mark: peerings ask for it. */
function markForwarded(estate: Estate, nic: NicFacts): InterfaceStep[] {
  if (!nic.forwards) return [];
  const id = `forwarded:${nic.entry.id}`;
  const own = normalise(nic.configurations.map(({ address: { address } }) => [address, address + 1n] as const));
  const others = subtract([[0n, ALL_V4[1]]], own);
  estate.builder.translation(id, () => ({
    id,
    origin: nic.entry.origin,
    memory: 'stateless',
    outward: {
      rewrites: [{ match: [{ src: others }], set: { mark: [[FORWARDED, FORWARDED + 1]] } }],
      otherwise: 'pass',
      why: '',
      code: '',
    },
  }));
  return [{ at: 'out', translation: id, side: 'outward' }];
}

/** The hosts of a subnet that a question about the whole subnet means. */
export function hostsOf(subnet: SubnetFacts): string[] {
  return subnet.nics.map((nic) => nic.entry.id);
}
