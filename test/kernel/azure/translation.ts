/**
 * A raw Azure snapshot as namespaces: one a machine, one a virtual network, one for the internet. The security group of
 * an interface is a stateful chain at the machine, that of its subnet one at the router's end of the machine's wire;
 * each subnet has a route table of its own. Written from the provider's pages alone; shares nothing with the readers.
 *
 * Proves: azure-nsg-both-levels, azure-nsg-neighbours, azure-nsg-priority, azure-nsg-defaults, azure-nsg-stateful,
 * azure-nsg-protocols, azure-asg, azure-virtualnetwork-tag, azure-internet-tag, azure-udr, azure-udr-default,
 * azure-peering, azure-public-ip, azure-egress, azure-nat.
 */
import { internetOf } from '../outside.ts';
import { Plan, type Space } from '../plan.ts';
import type { Files } from '../topology.ts';

interface Ref {
  id: string;
}
interface Rule {
  priority: number;
  direction: string;
  access: string;
  protocol: string;
  sourcePortRange?: string;
  destinationPortRange?: string;
  destinationPortRanges?: string[];
  sourceAddressPrefix?: string | null;
  sourceAddressPrefixes?: string[];
  sourceApplicationSecurityGroups?: Ref[];
  destinationAddressPrefix?: string | null;
  destinationAddressPrefixes?: string[];
  destinationApplicationSecurityGroups?: Ref[];
}
interface Nsg {
  id: string;
  name: string;
  securityRules: Rule[];
}
interface Subnet {
  id: string;
  name: string;
  addressPrefix: string;
  networkSecurityGroup: Ref | null;
  routeTable: Ref | null;
  natGateway: Ref | null;
  defaultOutboundAccess?: boolean;
}
interface Vnet {
  id: string;
  name: string;
  addressSpace: { addressPrefixes: string[] };
  subnets: Subnet[];
  virtualNetworkPeerings: {
    peeringState: string;
    remoteVirtualNetwork: Ref;
    remoteAddressSpace: { addressPrefixes: string[] };
  }[];
}
interface Nic {
  id: string;
  name: string;
  networkSecurityGroup: Ref | null;
  virtualMachine: Ref;
  ipConfigurations: {
    privateIPAddress: string;
    subnet: Ref;
    publicIPAddress: Ref | null;
    applicationSecurityGroups: Ref[];
  }[];
}
interface RouteTable {
  id: string;
  name: string;
  routes: { addressPrefix: string; nextHopType: string }[];
}

const LOCAL = 99;
const PLATFORM = '168.63.129.16';
const RESERVED = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'];
const PRIVATE = [...RESERVED, '0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'];

function ofType<T>(files: Files, type: string): T[] {
  return Object.values(files)
    .flat()
    .filter((one) => (one as { type?: string }).type === `Microsoft.Network/${type}`) as T[];
}

/** A machine with what the snapshot says of its place. */
interface Placed {
  readonly nic: Nic;
  readonly address: string;
  readonly public: string | undefined;
  readonly subnet: Subnet;
  readonly device: string;
}

export function azurePlan(files: Files): Plan {
  return new Translation(files).plan;
}

class Translation {
  readonly plan = new Plan();
  private readonly files: Files;
  private readonly vnets: readonly Vnet[];
  private readonly nics: readonly Nic[];
  private readonly internet: Space;

  constructor(files: Files) {
    this.files = files;
    this.vnets = ofType<Vnet>(files, 'virtualNetworks');
    this.nics = ofType<Nic>(files, 'networkInterfaces');
    this.internet = internetOf(this.plan);
    const routers = this.vnets.map(() => this.plan.router());
    for (const [i, { a, b }] of this.joined.entries()) {
      this.plan.wire(routers[a]!, `p${i}`, routers[b]!, `p${i}`);
      for (const side of [a, b]) routers[side]!.rule(200, `iif p${i}`, LOCAL);
    }
    for (const [v, vnet] of this.vnets.entries()) this.network(v, vnet, routers[v]!);
  }

  /** Networks whose peering is connected on both sides. */
  private get joined(): { a: number; b: number }[] {
    const connected = (from: Vnet, to: Vnet) =>
      from.virtualNetworkPeerings.some(
        ({ peeringState, remoteVirtualNetwork }) => peeringState === 'Connected' && remoteVirtualNetwork.id === to.id,
      );
    return this.vnets.flatMap((one, a) =>
      this.vnets.flatMap((other, b) => (b > a && connected(one, other) && connected(other, one) ? [{ a, b }] : [])),
    );
  }

  private network(v: number, vnet: Vnet, router: Space): void {
    this.plan.wire(this.internet, `g${v}`, router, 'gw');
    router.rule(200, 'iif gw', LOCAL);
    router.rule(900, 'from all', LOCAL);
    router.route(LOCAL, '0.0.0.0/0', 'blackhole');
    const placed = this.nics.flatMap((nic): Placed[] => {
      const [configuration] = nic.ipConfigurations;
      const subnet = vnet.subnets.find(({ id }) => id === configuration!.subnet.id);
      if (subnet === undefined) return [];
      const named = ofType<{ id: string; ipAddress: string }>(this.files, 'publicIPAddresses').find(
        ({ id }) => id === configuration!.publicIPAddress?.id,
      );
      return [
        {
          nic,
          address: configuration!.privateIPAddress,
          public: named?.ipAddress,
          subnet,
          device: `i${this.nics.indexOf(nic)}`,
        },
      ];
    });
    for (const one of placed) {
      const machine = this.plan.machine({
        id: one.nic.virtualMachine.id.split('/').at(-1)!,
        addresses: [one.address],
        publics: one.public === undefined ? [] : [one.public],
      });
      this.plan.plug(machine, router, one.device);
      router.route(LOCAL, `${one.address}/32`, { device: one.device });
      router.rule(200, `iif ${one.device}`, 1000 + vnet.subnets.indexOf(one.subnet));
      this.atInterface(machine, one, vnet);
    }
    for (const [s, subnet] of vnet.subnets.entries()) this.routes(router, 1000 + s, vnet, subnet);
    this.atSubnets(router, placed, vnet);
    this.edge(v, router, placed);
  }

  /** System routes, replaced by the user's where the prefix is the same. */
  private routes(router: Space, table: number, vnet: Vnet, subnet: Subnet): void {
    const own = this.ownRoutes(subnet);
    const routes = new Map<string, Parameters<Space['route']>[2]>([['0.0.0.0/0', { device: 'gw' }]]);
    // A default route of the user's takes the reserved ranges with it.
    if (!own.some(({ addressPrefix }) => addressPrefix === '0.0.0.0/0'))
      for (const range of RESERVED) routes.set(range, 'blackhole');
    for (const peering of vnet.virtualNetworkPeerings) {
      const wire = this.joined.findIndex(({ a, b }) => {
        const ends = [this.vnets[a], this.vnets[b]];
        return ends.includes(vnet) && ends.some((end) => end!.id === peering.remoteVirtualNetwork.id);
      });
      if (wire >= 0)
        for (const range of peering.remoteAddressSpace.addressPrefixes) routes.set(range, { device: `p${wire}` });
    }
    for (const range of vnet.addressSpace.addressPrefixes) routes.set(range, 'throw');
    for (const { addressPrefix, nextHopType } of own)
      routes.set(
        addressPrefix,
        nextHopType === 'VnetLocal' ? 'throw' : nextHopType === 'Internet' ? { device: 'gw' } : 'blackhole',
      );
    for (const [range, to] of routes) router.route(table, range, to);
  }

  private ownRoutes(subnet: Subnet): RouteTable['routes'] {
    return ofType<RouteTable>(this.files, 'routeTables').find(({ id }) => id === subnet.routeTable?.id)?.routes ?? [];
  }

  private nsg(ref: Ref | null): Nsg | undefined {
    return ofType<Nsg>(this.files, 'networkSecurityGroups').find(({ id }) => id === ref?.id);
  }

  private atInterface(machine: Space, one: Placed, vnet: Vnet): void {
    const nsg = this.nsg(one.nic.networkSecurityGroup);
    if (nsg === undefined) return;
    for (const [hook, direction, device] of [
      ['input', 'Inbound', 'iif'],
      ['output', 'Outbound', 'oif'],
    ] as const)
      machine.chain(hook, `type filter hook ${hook} priority 0;`, [
        `${device} lo accept`,
        'meta nfproto ipv6 accept',
        'ct state established,related accept',
        ...this.rules(nsg, direction, vnet, one.subnet, machine.drop(nsg.name)),
      ]);
  }

  /** Both directions of every subnet's group, at the wires of its machines: neighbours meet it twice. */
  private atSubnets(router: Space, placed: readonly Placed[], vnet: Vnet): void {
    for (const [s, subnet] of vnet.subnets.entries()) {
      const nsg = this.nsg(subnet.networkSecurityGroup);
      if (nsg === undefined) continue;
      for (const direction of ['Inbound', 'Outbound'] as const)
        router.chain(`s${s}${direction}`, '', this.rules(nsg, direction, vnet, subnet, router.drop(nsg.name)));
    }
    const jumps = (direction: 'Inbound' | 'Outbound', device: string) =>
      placed
        .filter(({ subnet }) => this.nsg(subnet.networkSecurityGroup) !== undefined)
        .map((one) => `${device} ${one.device} jump s${vnet.subnets.indexOf(one.subnet)}${direction}`);
    router.chain('depart', 'type filter hook forward priority 0;', [
      'ct state established,related accept',
      ...jumps('Outbound', 'iifname'),
    ]);
    router.chain('enter', 'type filter hook forward priority 10;', [
      'ct state established,related accept',
      ...jumps('Inbound', 'oifname'),
    ]);
  }

  private rules(nsg: Nsg, direction: string, vnet: Vnet, subnet: Subnet, drop: string): string[] {
    const custom = nsg.securityRules
      .filter((rule) => rule.direction === direction)
      .sort((a, b) => a.priority - b.priority)
      .flatMap((rule) => this.rule(rule, vnet, subnet, drop));
    const virtual = this.virtualNetwork(vnet, subnet).join(', ');
    return [
      ...custom,
      `ip saddr { ${virtual} } ip daddr { ${virtual} } accept`,
      direction === 'Inbound' ? `ip saddr ${PLATFORM} accept` : `${this.internetWords('daddr')} accept`,
      drop,
    ];
  }

  private rule(rule: Rule, vnet: Vnet, subnet: Subnet, drop: string): string[] {
    const sources = this.ends(
      'saddr',
      [rule.sourceAddressPrefix ?? '', ...(rule.sourceAddressPrefixes ?? [])],
      rule.sourceApplicationSecurityGroups ?? [],
      vnet,
      subnet,
    );
    const destinations = this.ends(
      'daddr',
      [rule.destinationAddressPrefix ?? '', ...(rule.destinationAddressPrefixes ?? [])],
      rule.destinationApplicationSecurityGroups ?? [],
      vnet,
      subnet,
    );
    const verdict = rule.access === 'Allow' ? 'accept' : drop;
    return sources.flatMap((source) =>
      destinations.flatMap((destination) =>
        layer4(rule).map((words) => `${source} ${destination} ${words} ${verdict}`),
      ),
    );
  }

  /** An end of a rule as nftables words, one for each thing that it names; a group's members are this network's only. */
  private ends(
    end: 'saddr' | 'daddr',
    prefixes: readonly string[],
    asgs: readonly Ref[],
    vnet: Vnet,
    subnet: Subnet,
  ): string[] {
    const named = prefixes
      .filter((prefix) => prefix !== '')
      .map((prefix) =>
        prefix === '*'
          ? ''
          : prefix === 'VirtualNetwork'
            ? `ip ${end} { ${this.virtualNetwork(vnet, subnet).join(', ')} }`
            : prefix === 'Internet'
              ? this.internetWords(end)
              : `ip ${end} ${prefix}`,
      );
    const members = this.nics
      .flatMap(({ ipConfigurations }) => ipConfigurations)
      .filter((one) => vnet.subnets.some(({ id }) => id === one.subnet.id))
      .filter((one) => one.applicationSecurityGroups.some(({ id }) => asgs.some((asg) => asg.id === id)))
      .map(({ privateIPAddress }) => `ip ${end} ${privateIPAddress}`);
    return [...named, ...members];
  }

  /** The tag as a subnet sees it: the network, its peers, the platform, and every prefix of the subnet's own routes. */
  private virtualNetwork(vnet: Vnet, subnet: Subnet): string[] {
    const peers = this.joined.flatMap(({ a, b }) => {
      const [one, other] = [this.vnets[a]!, this.vnets[b]!];
      return one === vnet ? other.addressSpace.addressPrefixes : other === vnet ? one.addressSpace.addressPrefixes : [];
    });
    const all = [
      ...vnet.addressSpace.addressPrefixes,
      ...peers,
      ...this.ownRoutes(subnet).map(({ addressPrefix }) => addressPrefix),
      PLATFORM,
    ];
    return all.includes('0.0.0.0/0') ? ['0.0.0.0/0'] : all;
  }

  private internetWords(end: 'saddr' | 'daddr'): string {
    return `ip ${end} != { ${[...PRIVATE, PLATFORM].join(', ')} }`;
  }

  /** What leaves takes the NAT gateway, else its own public address, else an implicit one where the subnet has that. */
  private edge(v: number, router: Space, placed: readonly Placed[]): void {
    const device = `g${v}`;
    const pairs = placed.flatMap(({ address, public: outside }) =>
      outside === undefined ? [] : [{ address, outside }],
    );
    const map = (inward: boolean) =>
      pairs.map(({ address, outside }) => (inward ? `${outside} : ${address}` : `${address} : ${outside}`)).join(', ');
    const guarded = placed.filter(
      ({ nic, subnet }) =>
        this.nsg(nic.networkSecurityGroup) === undefined && this.nsg(subnet.networkSecurityGroup) === undefined,
    );
    const natted = placed.filter(({ subnet }) => subnet.natGateway !== null);
    const bare = placed.filter((one) => one.public === undefined && one.subnet.natGateway === null);
    const implicit = bare.filter(({ subnet }) => subnet.defaultOutboundAccess !== false);
    const closed = bare.filter(({ subnet }) => subnet.defaultOutboundAccess === false);
    const snat: string[] = [];
    const outside = new Set(pairs.map((pair) => pair.outside));
    for (const one of natted) {
      const address = this.natAddress(one.subnet);
      snat.push(`oifname gw ip saddr ${one.address} ip protocol { tcp, udp } snat ip to ${address}:1024-65535`);
      outside.add(address);
    }
    for (const [i, one] of implicit.entries()) {
      const address = `20.70.${v}.${i + 1}`;
      snat.push(`oifname gw ip saddr ${one.address} ip protocol { tcp, udp } snat ip to ${address}:1024-65535`);
      snat.push(`oifname gw ip saddr ${one.address} snat ip to ${address}`);
      outside.add(address);
    }
    for (const address of outside) this.internet.route('main', `${address}/32`, { device });
    if (pairs.length > 0) {
      router.chain('arrive', 'type filter hook prerouting priority -300;', [
        `iifname gw ip daddr set ip daddr map { ${map(true)} }`,
      ]);
      router.chain('leave', 'type filter hook postrouting priority 300;', [
        `oifname gw ip saddr set ip saddr map { ${map(false)} }`,
      ]);
    }
    const names = (list: readonly Placed[]) =>
      list
        .flatMap(({ nic, subnet }) => [
          nic.name,
          subnet.name,
          nic.virtualMachine.id.split('/').at(-1)!,
          ...nic.ipConfigurations.flatMap(({ publicIPAddress }) => publicIPAddress?.id.split('/').at(-1) ?? []),
        ])
        .join(' ');
    const waysOut = (list: readonly Placed[]) => {
      const used = list.flatMap(({ subnet }) => [subnet.routeTable, subnet.natGateway]);
      const ids = new Set(used.flatMap((ref) => ref?.id.split('/').at(-1) ?? []));
      return [names(list), ...ids].join(' ');
    };
    const list = (some: readonly Placed[]) => some.map(({ address }) => address).join(', ');
    router.chain('edge', 'type filter hook forward priority 20;', [
      // The route that leads there is to blame, the subnet that has none, or the gateway at the end of it.
      placed.length === 0 ? '' : `oifname gw ip daddr { ${PRIVATE.join(', ')} } ${router.drop(waysOut(placed))}`,
      // Standard public addresses are closed until a group says otherwise.
      guarded.length === 0
        ? ''
        : `iifname gw ct state new ip daddr { ${list(guarded)} } ${router.drop(names(guarded))}`,
      closed.length === 0 ? '' : `oifname gw ip saddr { ${list(closed)} } ${router.drop(names(closed))}`,
      natted.length === 0
        ? ''
        : `oifname gw ct direction original ip protocol icmp ip saddr { ${list(natted)} } ${router.drop(
            natted.map(({ subnet }) => subnet.natGateway!.id.split('/').at(-1)!).join(' '),
          )}`,
    ]);
    if (snat.length > 0) router.chain('nat', 'type nat hook postrouting priority 100;', snat);
  }

  private natAddress(subnet: Subnet): string {
    const nat = ofType<{ id: string; publicIpAddresses: Ref[] }>(this.files, 'natGateways').find(
      ({ id }) => id === subnet.natGateway?.id,
    )!;
    return ofType<{ id: string; ipAddress: string }>(this.files, 'publicIPAddresses').find(
      ({ id }) => id === nat.publicIpAddresses[0]!.id,
    )!.ipAddress;
  }
}

function layer4({ protocol, sourcePortRange, destinationPortRange, destinationPortRanges }: Rule): string[] {
  const ports = [destinationPortRange ?? '', ...(destinationPortRanges ?? [])].filter((port) => port !== '');
  const name = protocol.toLowerCase();
  if (name === '*') return [''];
  if (name === 'icmp') return ['meta l4proto icmp'];
  const source = sourcePortRange === undefined || sourcePortRange === '*' ? '' : `${name} sport ${sourcePortRange}`;
  return ports.map((port) => (port === '*' ? `meta l4proto ${name} ${source}` : `${name} dport ${port} ${source}`));
}
