/**
 * Network interfaces and the machines that they belong to. The interface's own groups decide, not the instance's list.
 * Sources: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html, .../VPC_NAT_Instance.html (source/destination check)
 */
import { type Assumption, type Origin, nameOf } from '../../model/origin.ts';
import type { Amendment, Interface, InterfaceStep, Node, Place, Translation } from '../../model/network.ts';
import { formatAddress } from '../../net/address.ts';
import { normalise } from '../../net/spans.ts';
import type { Estate, InterfaceFacts } from './estate.ts';
import type { Entry } from './inventory.ts';
import type { EndpointPart, InterfaceEndpoints } from './interface-endpoint.ts';
import type { BalancerPart, LoadBalancers } from './load-balancer.ts';
import { BY_MACHINE, markForwarded } from './passage.ts';
import { plainHosts } from './plain-hosts.ts';
import { object, text } from './record.ts';
import type { SecurityGroups } from './security-group.ts';
import { uplinkOf } from './uplink.ts';

/** Interfaces of NAT gateways are read with their gateway. */
export function isHost(eni: InterfaceFacts): boolean {
  return eni.type !== 'nat_gateway';
}

/** Nothing is kept for each interface: what somebody asks for is told by its id. */
export function readInterfaces(
  estate: Estate,
  groups: SecurityGroups,
  balancers: LoadBalancers,
  endpoints: InterfaceEndpoints,
): void {
  const { builder } = estate;
  const hostOf = (id: string): InterfaceFacts | undefined => {
    const eni = estate.interfaces.get(id);
    return eni !== undefined && isHost(eni) ? eni : undefined;
  };
  /** The interfaces of an instance or of an interface that stands by itself. */
  const interfacesAt = (node: string): readonly InterfaceFacts[] => {
    if (!node.startsWith(ALONE)) return (estate.interfaces.of(node) ?? []).filter(isHost);
    const eni = hostOf(node.slice(ALONE.length));
    return eni === undefined || eni.instance !== undefined || balancers.partOf(eni) !== undefined ? [] : [eni];
  };
  builder.find({
    interface: (id) => {
      const eni = hostOf(id);
      return eni === undefined
        ? undefined
        : interfaceOf(estate, eni, groups, balancers.partOf(eni), endpoints.partOf(eni));
    },
    node: (id) => {
      const interfaces = interfacesAt(id);
      return interfaces.length === 0 ? undefined : endpoint(id, machineOf(estate, id, interfaces[0]!), interfaces);
    },
    translation: (id) => {
      const eni = id.startsWith(FORWARDING) ? hostOf(id.slice(FORWARDING.length)) : undefined;
      return eni === undefined || eni.sourceDestCheck ? undefined : forwarding(id, eni);
    },
    amendment: (id) => {
      const [, change, node] = /^(start|forward):(.*)$/s.exec(id) ?? [];
      const interfaces = node === undefined ? [] : interfacesAt(node);
      if (node === undefined || interfaces.length === 0) return undefined;
      return change === 'start'
        ? starting(id, node, machineOf(estate, node, interfaces[0]!).origin)
        : passingOn(id, node, interfaces[0]!.entry.origin);
    },
  });
  builder.hosts(() => plainHosts(estate, balancers, endpoints));
  builder.manyOwners({ all: () => addressesOf(estate), of: (address) => estate.interfaces.owning(address) });
  builder.manyPlaces({
    ids: () => hostsOf(estate),
    has: (id) => hostOf(id) !== undefined,
    words: () => wordsOfHosts(estate),
    named: (word) => hostsNamed(estate, word),
    make: (id) => placeOf(hostOf(id)!, balancers, endpoints),
  });
  builder.manyPlaces({
    ids: () => machinesOf(estate),
    has: (id) => estate.interfaces.of(id)?.some(isHost) === true,
    words: () => wordsOfMachines(estate),
    named: (word) => machinesNamed(estate, word),
    make: (id) => placeOfMachine(estate, id),
  });
  for (const instance of estate.inventory.all('Instances'))
    if (!estate.interfaces.hasInstance(instance.id)) withoutInterface(estate, instance);
}

/** A terminated instance has given its interfaces back; of any other the snapshot does not hold them. */
function withoutInterface({ builder }: Estate, { id, brief, origin, name, tags }: Entry): void {
  const state = text(object(brief, 'State') ?? {}, 'Name') ?? '';
  const gone = ['terminated', 'shutting-down'].includes(state);
  const node = `${id}#gone`;
  builder.place(id, name === undefined ? [] : [name], () => ({
    id,
    origin,
    aliases: [],
    tags,
    interfaces: gone ? [node] : [],
    ...(gone
      ? {}
      : {
          unresolved: {
            what: `the network interface of instance ${id}`,
            fetch: `aws ec2 describe-network-interfaces --filters Name=attachment.instance-id,Values=${id}`,
          },
        }),
  }));
  if (gone) {
    builder.interface(node, () => ({ id: node, origin, node, addresses: [], steps: [] }));
    builder.node(node, () => ({
      id: node,
      origin,
      role: 'endpoint',
      interfaces: [node],
      down: { code: 'aws-instance-not-running', why: `instance ${id} is ${state}` },
    }));
    return;
  }
  builder.note({
    file: origin.file,
    pointer: origin.pointer,
    resource: id,
    message: `instance ${id} has no network interface in the snapshot`,
  });
}

function* addressesOf(estate: Estate): Iterable<readonly [bigint, string]> {
  for (const eni of estate.interfaces.values())
    for (const { address, public: outside } of eni.addresses) {
      yield [address, eni.entry.id];
      if (outside !== undefined) yield [outside, eni.entry.id];
    }
}

function* hostsOf(estate: Estate): Iterable<string> {
  for (const eni of estate.interfaces.values()) if (isHost(eni)) yield eni.entry.id;
}

function* wordsOfHosts(estate: Estate): Iterable<readonly [string, string]> {
  for (const eni of estate.interfaces.values())
    if (isHost(eni)) for (const word of wordsOf(eni).slice(0, 2)) yield [word, eni.entry.id];
}

function hostsNamed(estate: Estate, word: string): string[] {
  const isNamed = (eni: InterfaceFacts) => isHost(eni) && wordsOf(eni).slice(0, 2).includes(word);
  return estate.interfaces.holding(word).flatMap((eni) => (isNamed(eni) ? [eni.entry.id] : []));
}

function* machinesOf(estate: Estate): Iterable<string> {
  for (const id of estate.interfaces.instances()) if (estate.interfaces.of(id)!.some(isHost)) yield id;
}

function* wordsOfMachines(estate: Estate): Iterable<readonly [string, string]> {
  for (const id of machinesOf(estate)) {
    const instance = estate.inventory.get('Instances', id);
    for (const word of wordsOfMachine(estate, id, instance)) yield [word, id];
    const arn = instance === undefined ? undefined : arnOf(instance);
    if (arn !== undefined) yield [arn, id];
  }
}

function machinesNamed(estate: Estate, word: string): string[] {
  const { inventory, interfaces } = estate;
  const found = new Set<string>();
  const look = (id: string | undefined) => {
    if (id === undefined || interfaces.of(id)?.some(isHost) !== true) return;
    const instance = inventory.get('Instances', id);
    const words = wordsOfMachine(estate, id, instance);
    if (words.includes(word) || (instance !== undefined && arnOf(instance) === word)) found.add(id);
  };
  for (const { id } of inventory.holding('Instances', word)) look(id);
  // An instance without a record of its own goes by what its interface is called.
  for (const { instance } of interfaces.holding(word)) look(instance);
  if (word.startsWith('arn:')) look(word.slice(word.lastIndexOf('/') + 1));
  return [...found].sort();
}

function arnOf({ id, account, region }: Entry): string | undefined {
  return account === undefined || region === undefined ? undefined : `arn:aws:ec2:${region}:${account}:instance/${id}`;
}

function wordsOf(eni: InterfaceFacts): string[] {
  return [
    eni.entry.name,
    text(eni.entry.brief, 'PrivateDnsName'),
    ...eni.addresses.map(({ public: outside }) => (outside === undefined ? undefined : formatAddress(outside))),
  ].filter((word) => word !== undefined);
}

function wordsOfMachine(estate: Estate, id: string, instance: Entry | undefined): string[] {
  // An instance without a record of its own goes by the name of its first interface.
  const words =
    instance === undefined
      ? [estate.interfaces.of(id)?.find(isHost)?.entry.name]
      : [instance.name, text(instance.brief, 'PrivateDnsName'), text(instance.brief, 'PublicDnsName')];
  return words.filter((word) => word !== undefined);
}

function interfaceOf(
  estate: Estate,
  eni: InterfaceFacts,
  groups: SecurityGroups,
  part: BalancerPart | undefined,
  endpoint: EndpointPart | undefined,
): Interface {
  const { entry } = eni;
  const steps = groups.filtersOf(eni);
  const forwarded: InterfaceStep[] = eni.sourceDestCheck
    ? []
    : [{ at: 'out', translation: `${FORWARDING}${entry.id}`, side: 'outward' }];
  return {
    id: entry.id,
    origin: entry.origin,
    node: part?.node ?? nodeOf(eni),
    addresses: eni.addresses,
    ...(eni.prefixes.length === 0 ? {} : { prefixes: eni.prefixes }),
    steps: [
      ...(endpoint === undefined
        ? []
        : [
            { at: 'in' as const, filter: endpoint.filters.in },
            { at: 'out' as const, filter: endpoint.filters.out },
          ]),
      ...(part?.filtered.in === false ? [] : [{ at: 'in' as const, filter: steps.in }]),
      ...(part?.filtered.out === false ? [] : [{ at: 'out' as const, filter: steps.out }]),
      ...(part?.steps ?? forwarded),
    ],
    table:
      part === undefined ? uplinkOf(estate, eni.subnet, estate.inventory.get('Instances', eni.instance)) : part.table,
    // A balancer or endpoint that is in the snapshot is judged by what it leads to.
    ...(part !== undefined ? {} : { assumes: [...(endpoint?.assumes ?? []), ...balancerAssumed(eni)] }),
  };
}

/** The interface of a balancer of which nothing else is in the snapshot. */
function balancerAssumed({ entry }: InterfaceFacts): Assumption[] {
  const description = text(entry.brief, 'Description');
  if (description?.startsWith('ELB ') !== true) return [];
  return [
    {
      code: 'aws-lb-answers',
      resource: entry.id,
      message: `the load balancer ${description.slice(4)} listens on the port and has a target that answers; the snapshot does not hold it`,
    },
  ];
}

function placeOf(eni: InterfaceFacts, balancers: LoadBalancers, endpoints: InterfaceEndpoints): Place {
  const { entry } = eni;
  const partOf = balancers.partOf(eni)?.whole ?? endpoints.partOf(eni)?.whole ?? eni.instance;
  return {
    id: entry.id,
    origin: entry.origin,
    aliases: wordsOf(eni),
    tags: entry.tags,
    interfaces: [entry.id],
    ...(partOf === undefined ? {} : { partOf }),
  };
}

function placeOfMachine(estate: Estate, id: string): Place {
  const interfaces = (estate.interfaces.of(id) ?? []).filter(isHost);
  const { origin, instance } = machineOf(estate, id, interfaces[0]!);
  return {
    id,
    origin,
    aliases: wordsOfMachine(estate, id, instance),
    tags: instance?.tags ?? {},
    interfaces: interfaces.map((eni) => eni.entry.id),
  };
}

interface Machine {
  readonly origin: Origin;
  /** Its own record, where the snapshot holds it. */
  readonly instance: Entry | undefined;
}

/** Whose an interface is: the instance, or the interface itself. */
function machineOf(estate: Estate, node: string, first: InterfaceFacts): Machine {
  if (node.startsWith(ALONE)) return { origin: first.entry.origin, instance: undefined };
  const instance = estate.inventory.get('Instances', node);
  return { origin: instance?.origin ?? { ...first.entry.origin, kind: 'instance', id: node }, instance };
}

function forwarding(id: string, eni: InterfaceFacts): Translation {
  const single = eni.addresses.map(({ address }) => [address, address + 1n] as const);
  // Pods have addresses of delegated prefixes: the interface's too.
  const own = normalise([...single, ...eni.prefixes]);
  return markForwarded(id, eni.entry.origin, BY_MACHINE, own);
}

/** Nodes of interfaces without an instance, and the translations of machines that forward, are called after the interface. */
const ALONE = 'node:';
const FORWARDING = 'forwarded:';

function nodeOf(eni: InterfaceFacts): string {
  return eni.instance ?? `${ALONE}${eni.entry.id}`;
}

/**
 * Interfaces of services that only answer, by type. A database may open connections (links between databases, replication,
 * exports), and so may most other services: theirs are no such ones.
 * Sources: https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html (endpoints never initiate),
 * https://docs.aws.amazon.com/efs/latest/ug/network-access.html
 */
const SILENT: ReadonlyMap<string, string> = new Map([
  ['vpc_endpoint', 'an interface endpoint answers those who call it'],
  ['gateway_load_balancer_endpoint', 'an endpoint of a Gateway Load Balancer passes on what routes send it'],
  ['efs', 'a mount target answers those who mount it'],
  ['transit_gateway', 'an attachment of a transit gateway passes on what routes send it'],
]);

/** What an interface without an instance is: nobody's, or a service's. */
function standingAlone({ entry, type, instance }: InterfaceFacts): Pick<Node, 'down' | 'silent'> {
  if (instance === undefined && text(entry.brief, 'Status') === 'available')
    return {
      down: {
        code: 'aws-interface-not-attached',
        why: `network interface ${entry.id} is attached to nothing`,
        whyNoMend: 'attach it to an instance',
      },
    };
  const silent = SILENT.get(type);
  return silent === undefined ? {} : { silent };
}

function endpoint(id: string, { origin, instance }: Machine, interfaces: readonly InterfaceFacts[]): Node {
  const forwards = interfaces.some((eni) => !eni.sourceDestCheck);
  const state = instance === undefined ? undefined : text(object(instance.brief, 'State') ?? {}, 'Name');
  const down = state !== undefined && state !== 'running' && state !== 'pending';
  const assumes: Assumption[] = [];
  if (instance !== undefined && state === undefined)
    assumes.push({
      code: 'aws-instance-running',
      resource: id,
      message: `instance ${id} is running; the snapshot does not say`,
    });
  return {
    id,
    origin,
    role: 'endpoint',
    interfaces: interfaces.map((eni) => eni.entry.id),
    ...(id.startsWith(ALONE) ? standingAlone(interfaces[0]!) : {}),
    forwards,
    ...(forwards
      ? {}
      : {
          refuses: {
            code: 'aws-source-dest-check',
            why: `${origin.id} does not own the address, and its source/destination check is on`,
            mend: `forward:${id}`,
          },
        }),
    ...(down
      ? {
          down: {
            code: 'aws-instance-not-running',
            why: `instance ${id} is ${state}`,
            ...(state === 'terminated' || state === 'shutting-down' ? {} : { mend: `start:${id}` }),
          },
        }
      : {}),
    ...(assumes.length === 0 ? {} : { assumes }),
  };
}

/** What people may do about a machine that is stopped. */
function starting(id: string, node: string, origin: Origin): Amendment {
  return {
    id,
    origin,
    attribute: 'State',
    to: 'running',
    text: `start ${nameOf(origin)}`,
    puts: (under) => ({ nodes: changed(under.node(node), ({ down: _, ...rest }) => rest) }),
  };
}

/** What people may do about a machine that does not forward. */
function passingOn(id: string, node: string, check: Origin): Amendment {
  return {
    id,
    origin: check,
    attribute: 'SourceDestCheck',
    to: 'false',
    text: `switch the source/destination check of ${nameOf(check)} off, if the machine is meant to forward`,
    puts: (under) => ({ nodes: changed(under.node(node), ({ refuses: _, ...rest }) => ({ ...rest, forwards: true })) }),
  };
}

function changed(node: Node | undefined, change: (node: Node) => Node): Node[] {
  return node === undefined ? [] : [change(node)];
}
