/**
 * Network interfaces with their machines, and private endpoints, which are interfaces without one. Everything that an
 * interface sends is routed by its subnet's table, neighbours included.
 * Sources: https://learn.microsoft.com/en-us/azure/virtual-network/virtual-network-network-interface,
 * https://learn.microsoft.com/en-us/azure/private-link/disable-private-endpoint-network-policy
 */
import type { InterfaceStep, Node } from '../../model/network.ts';
import { type Origin, nameOf } from '../../model/origin.ts';
import { ALL_V4, formatAddress } from '../../net/address.ts';
import { TCP } from '../../net/protocol.ts';
import { normalise, subtract } from '../../net/spans.ts';
import type { Estate, NicFacts, SubnetFacts } from './estate.ts';
import type { Entry } from './inventory.ts';
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

export function readInterfaces(estate: Estate, groups: SecurityGroups, extra: ExtraSteps, together: Together): void {
  const { builder } = estate;
  for (const nic of estate.nics.values()) {
    const { entry, configurations } = nic;
    for (const { address } of configurations) {
      builder.owner(address.address, entry.id);
      if (address.public !== undefined) builder.owner(address.public, entry.id);
    }
    builder.interface(entry.id, () => ({
      id: entry.id,
      origin: entry.origin,
      node: nodeOf(nic),
      addresses: configurations.map((one) => one.address),
      steps: [
        ...(isFiltered(nic) ? groups.steps(nic) : []),
        ...untracked(estate, nic),
        ...throughAppliance(estate, nic, together(nic)),
        ...extra(nic),
        ...markForwarded(estate, nic),
      ],
      table: ignoresRouteTable(nic) ? endpointRoutesOf(nic.subnet.entry.id) : routesOf(nic.subnet.entry.id),
    }));
    const whole = nic.vm ?? nic.privateEndpoint;
    builder.place(entry.id, wordsOf(entry), () => ({
      id: entry.id,
      origin: entry.origin,
      aliases: configurations.flatMap(({ address }) =>
        address.public === undefined ? [] : [formatAddress(address.public)],
      ),
      tags: entry.tags,
      interfaces: [entry.id],
      ...(whole === undefined ? {} : { partOf: whole }),
    }));
    if (nic.vm === undefined) readAlone(estate, nic);
  }
  for (const [id, nics] of estate.machineNics) readMachine(estate, id, nics);
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
  amendForwarding(estate, id, [nic]);
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

function readMachine(estate: Estate, id: string, nics: readonly NicFacts[]): void {
  const { builder, inventory } = estate;
  const vm = inventory.get('vm', id);
  const first = nics[0]!;
  const spelled = spelledIn(first.entry.record, id);
  const origin: Origin = vm?.origin ?? {
    ...first.entry.origin,
    kind: 'virtual machine',
    id: spelled,
    name: scaledName(spelled) ?? nameIn(spelled),
  };
  const name = origin.name ?? nameIn(id);
  const state = powerState(vm);
  const isDown = estate.isStopped(first);
  builder.node(id, () => ({
    id,
    origin,
    role: 'endpoint',
    interfaces: nics.map((nic) => nic.entry.id),
    ...forwarding(
      nics.some((nic) => nic.forwards),
      origin,
      id,
    ),
    ...(isDown
      ? { down: { code: 'azure-vm-not-running', why: `virtual machine ${name} is ${state}`, mend: `start:${id}` } }
      : {}),
  }));
  const scaled = scaledName(origin.id);
  const words = [
    ...wordsOf({ id, origin }),
    ...(scaled === undefined ? [] : spellings(scaled)),
    ...(vm === undefined ? [] : [text(vm.record, 'vmId') ?? '']),
  ];
  builder.place(id, words, () => ({
    id,
    origin,
    aliases: [...new Set([name, name.toLowerCase()])],
    tags: vm?.tags ?? {},
    interfaces: nics.map((nic) => nic.entry.id),
  }));
  amendForwarding(estate, id, nics);
  builder.amendment(`start:${id}`, () => ({
    id: `start:${id}`,
    origin,
    attribute: 'powerState',
    to: 'running',
    text: `start ${nameOf(origin)}`,
    puts: (under) => ({ nodes: changed(under.node(id), ({ down: _, ...rest }) => rest) }),
  }));
}

/** A machine's id as the interface spells it; from the interface's own id for an instance of a scale set. */
function spelledIn(nic: Json, id: string): string {
  const said = text(object(nic, 'virtualMachine'), 'id');
  if (said?.toLowerCase() === id) return said;
  const own = text(nic, 'id') ?? '';
  return own.toLowerCase().startsWith(`${id}/`) ? own.slice(0, id.length) : id;
}

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

function amendForwarding(estate: Estate, node: string, nics: readonly NicFacts[]): void {
  const { origin } = nics[0]!.entry;
  estate.builder.amendment(`forward:${node}`, () => ({
    id: `forward:${node}`,
    origin,
    attribute: 'enableIPForwarding',
    to: 'true',
    text: `switch IP forwarding of ${nameOf(origin)} on, if the machine is meant to forward`,
    puts: (under) => ({ nodes: changed(under.node(node), ({ refuses: _, ...rest }) => ({ ...rest, forwards: true })) }),
  }));
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
