/**
 * Random Azure networks as the az CLI prints them: security groups at subnet and interface, service tags, application
 * security groups, user-defined routes, peering, public addresses, NAT gateways and private subnets. Draws only what a
 * kernel can act out; says nothing of what follows from it.
 */
import type { Random } from '../../random.ts';
import type { Files } from '../topology.ts';

type Json = Record<string, unknown>;
const GROUP = '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg';
const idOf = (type: string, name: string) => `${GROUP}/providers/Microsoft.Network/${type}/${name}`;
const resource = (type: string, name: string): Json => ({
  id: idOf(type, name),
  name,
  type: `Microsoft.Network/${type}`,
  location: 'westeurope',
  resourceGroup: 'rg',
});
const ref = (type: string, name: string | undefined) => (name === undefined ? null : { id: idOf(type, name) });

interface Vnet {
  readonly index: number;
  readonly name: string;
  readonly range: string;
  readonly subnets: readonly Subnet[];
}
interface Subnet {
  readonly name: string;
  readonly range: string;
  readonly nsg: string | undefined;
  readonly table: string | undefined;
  readonly nat: string | undefined;
}

export function azureNetwork(random: Random): Files {
  const { chance, pick, below } = random;
  const vnets: Vnet[] = Array.from({ length: 1 + below(3) }, (_, v) => ({
    index: v,
    name: `vnet-${v}`,
    range: `10.${30 + v}.0.0/16`,
    subnets: Array.from({ length: 1 + below(2) }, (_, s) => ({
      name: `snet-${v}-${s}`,
      range: `10.${30 + v}.${s}.0/24`,
      nsg: chance(0.65) ? `nsg-${v}-${s}` : undefined,
      table: chance(0.4) ? `rt-${v}-${s}` : undefined,
      nat: chance(0.25) ? `nat-${v}-${s}` : undefined,
    })),
  }));
  const peerings = vnets
    .flatMap((a) => vnets.filter((b) => b.index > a.index).map((b) => ({ a, b })))
    .filter(() => chance(0.7))
    .map(({ a, b }) => ({ a, b, state: chance(0.88) ? 'Connected' : 'Disconnected' }));
  const machines = drawMachines(random, vnets);
  // What a public user-defined route does to the Internet tag is contested: one of the two is drawn, never both.
  const pulls = chance(0.35);

  const groups = new Set([
    ...vnets.flatMap(({ subnets }) => subnets.flatMap(({ nsg }) => nsg ?? [])),
    ...machines.flatMap(({ nsg }) => nsg ?? []),
  ]);
  const group = (name: string): Json => {
    const vnet = vnets[Number(name.split('-')[1])]!;
    const used = { Inbound: new Set<number>(), Outbound: new Set<number>() };
    const rules = Array.from({ length: 1 + below(6) }, () => drawRule(random, vnets, vnet, used, !pulls));
    return {
      ...resource('networkSecurityGroups', name),
      securityRules: rules,
      ...(chance(0.5) ? { defaultSecurityRules: DEFAULTS } : {}),
    };
  };

  const table = (vnet: Vnet, subnet: Subnet): Json => {
    const routes = new Map<string, string>();
    const add = (prefix: string, hop: string) => routes.has(prefix) || routes.set(prefix, hop);
    for (let k = 0; k < 1 + below(3); k++) {
      const other = pick(vnets);
      const near = pick(vnet.subnets);
      pick<() => void>([
        () => add(other.range, other === vnet ? 'VnetLocal' : 'None'),
        () => add(pick(other.subnets).range, 'None'),
        () => add(near.range, pick(['None', 'VnetLocal'])),
        () => add(`10.${30 + other.index}.0.${4 + below(2)}/32`, 'None'),
        () => pulls && add('0.0.0.0/0', pick(['None', 'Internet'])),
        () => pulls && add(pick(['203.0.113.0/24', '203.0.113.64/26']), pick(['None', 'Internet'])),
        () => {
          add(vnet.range, 'None');
          add(subnet.range, 'VnetLocal');
        },
      ])();
    }
    return {
      ...resource('routeTables', subnet.table!),
      disableBgpRoutePropagation: chance(0.3),
      routes: [...routes].map(([addressPrefix, nextHopType], i) => ({
        id: `${idOf('routeTables', subnet.table!)}/routes/r${i}`,
        name: `r${i}`,
        addressPrefix,
        nextHopType,
      })),
    };
  };

  const nats = vnets.flatMap((vnet) => vnet.subnets.filter(({ nat }) => nat !== undefined));
  const asgs = [...new Set(machines.flatMap(({ asgs }) => asgs))];
  return {
    'vnets.json': vnets.map((vnet) => ({
      ...resource('virtualNetworks', vnet.name),
      addressSpace: { addressPrefixes: [vnet.range] },
      subnets: vnet.subnets.map((subnet) => ({
        id: `${idOf('virtualNetworks', vnet.name)}/subnets/${subnet.name}`,
        name: subnet.name,
        addressPrefix: subnet.range,
        networkSecurityGroup: ref('networkSecurityGroups', subnet.nsg),
        routeTable: ref('routeTables', subnet.table),
        natGateway: ref('natGateways', subnet.nat),
        ...(chance(0.6) ? { defaultOutboundAccess: chance(0.4) } : {}),
      })),
      virtualNetworkPeerings: peerings
        .filter(({ a, b }) => a === vnet || b === vnet)
        .map(({ a, b, state }) => {
          const other = a === vnet ? b : a;
          return {
            id: `${idOf('virtualNetworks', vnet.name)}/virtualNetworkPeerings/to-${other.name}`,
            name: `to-${other.name}`,
            peeringState: state,
            peeringSyncLevel: 'FullyInSync',
            remoteVirtualNetwork: ref('virtualNetworks', other.name),
            remoteAddressSpace: { addressPrefixes: [other.range] },
            remoteVirtualNetworkAddressSpace: { addressPrefixes: [other.range] },
            allowVirtualNetworkAccess: true,
            allowForwardedTraffic: chance(0.5),
            allowGatewayTransit: false,
            useRemoteGateways: false,
          };
        }),
    })),
    'nsgs.json': [...groups].map(group),
    'nics.json': machines.map(({ nic }) => nic),
    'vms.json': machines.map(({ vm }) => vm),
    'public-ips.json': [
      ...machines.flatMap(({ publicIp }) => publicIp ?? []),
      ...nats.map(({ nat, name }) =>
        addressOf(`ip-${nat}`, `20.60.${name.split('-')[1]}.${200 + Number(name.split('-')[2])}`),
      ),
    ],
    ...(nats.length === 0
      ? {}
      : {
          'nat-gateways.json': nats.map(({ nat }) => ({
            ...resource('natGateways', nat!),
            sku: { name: 'Standard' },
            publicIpAddresses: [ref('publicIPAddresses', `ip-${nat}`)],
          })),
        }),
    'route-tables.json': vnets.flatMap((vnet) =>
      vnet.subnets.filter((subnet) => subnet.table !== undefined).map((subnet) => table(vnet, subnet)),
    ),
    ...(asgs.length === 0 ? {} : { 'asgs.json': asgs.map((name) => resource('applicationSecurityGroups', name)) }),
  };
}

function addressOf(name: string, ipAddress: string): Json {
  return {
    ...resource('publicIPAddresses', name),
    sku: { name: 'Standard' },
    ipAddress,
    publicIPAddressVersion: 'IPv4',
    publicIPAllocationMethod: 'Static',
  };
}

function drawMachines(random: Random, vnets: readonly Vnet[]) {
  const { chance, below } = random;
  const places = vnets.flatMap((vnet) =>
    vnet.subnets.flatMap((subnet, s) => Array.from({ length: 1 + below(2) }, (_, h) => ({ vnet, subnet, s, h }))),
  );
  return places.slice(0, 8).map(({ vnet, subnet, s, h }) => {
    const name = `vm-${vnet.index}-${s}-${h}`;
    const vmId = `${GROUP}/providers/Microsoft.Compute/virtualMachines/${name}`;
    const nsg = chance(0.5) ? `nsgnic-${vnet.index}-${s}-${h}` : undefined;
    const asgs = [0, 1].filter(() => chance(0.35)).map((k) => `asg-${vnet.index}-${k}`);
    const publicIp = chance(0.4) ? addressOf(`ip-${name}`, `20.50.${vnet.index}.${s * 16 + h + 1}`) : undefined;
    return {
      nsg,
      asgs,
      publicIp,
      nic: {
        ...resource('networkInterfaces', `nic-${name}`),
        enableIPForwarding: false,
        networkSecurityGroup: ref('networkSecurityGroups', nsg),
        virtualMachine: { id: vmId },
        ipConfigurations: [
          {
            id: `${idOf('networkInterfaces', `nic-${name}`)}/ipConfigurations/ipconfig1`,
            name: 'ipconfig1',
            primary: true,
            privateIPAddress: `${subnet.range.slice(0, -5)}.${4 + h}`,
            privateIPAddressVersion: 'IPv4',
            subnet: { id: `${idOf('virtualNetworks', vnet.name)}/subnets/${subnet.name}` },
            publicIPAddress: ref('publicIPAddresses', publicIp === undefined ? undefined : `ip-${name}`),
            applicationSecurityGroups: asgs.map((asg) => ref('applicationSecurityGroups', asg)),
          },
        ],
      } satisfies Json,
      vm: {
        id: vmId,
        name,
        type: 'Microsoft.Compute/virtualMachines',
        location: 'westeurope',
        networkProfile: { networkInterfaces: [{ id: idOf('networkInterfaces', `nic-${name}`) }] },
      } satisfies Json,
    };
  });
}

function drawRule(
  random: Random,
  vnets: readonly Vnet[],
  vnet: Vnet,
  used: Record<'Inbound' | 'Outbound', Set<number>>,
  internet: boolean,
): Json {
  const { chance, pick, below } = random;
  const direction = chance(0.65) ? 'Inbound' : 'Outbound';
  let priority = 100 + below(400) * 10;
  while (used[direction].has(priority)) priority++;
  used[direction].add(priority);
  const protocol = pick(['*', '*', 'Tcp', 'Tcp', 'TCP', 'Udp', 'Icmp']);
  const anyPort = protocol === '*' || protocol === 'Icmp' || chance(0.25);
  const ports = anyPort
    ? ['*']
    : [pick(['22', '80', '443', '5432', '53', '80-443', '5000-8080']), ...(chance(0.3) ? ['8080'] : [])];
  const end = (side: string): Json => {
    if (chance(0.15))
      return {
        [`${side}ApplicationSecurityGroups`]: [ref('applicationSecurityGroups', `asg-${vnet.index}-${below(2)}`)],
      };
    const other = pick(vnets);
    const one = () =>
      pick([
        '*',
        '*',
        'VirtualNetwork',
        ...(internet ? ['Internet'] : []),
        other.range,
        pick(other.subnets).range,
        `10.${30 + other.index}.0.${4 + below(2)}`,
        '203.0.113.0/24',
        '203.0.113.64/26',
      ]);
    if (chance(0.75)) return { [`${side}AddressPrefix`]: one(), [`${side}AddressPrefixes`]: [] };
    return {
      [`${side}AddressPrefix`]: null,
      [`${side}AddressPrefixes`]: [pick(other.subnets).range, '203.0.113.0/24', `20.50.${other.index}.0/24`],
    };
  };
  return {
    name: `rule-${direction}-${priority}`,
    priority,
    direction,
    access: chance(0.65) ? 'Allow' : 'Deny',
    protocol,
    ...(ports.length === 1
      ? { destinationPortRange: ports[0], destinationPortRanges: [] }
      : { destinationPortRange: '', destinationPortRanges: ports }),
    sourcePortRange: anyPort || chance(0.85) ? '*' : pick(['1024-65535', '32768-60999', '49152-65535']),
    sourcePortRanges: [],
    ...end('source'),
    ...end('destination'),
  };
}

const DEFAULTS: readonly Json[] = (
  [
    ['AllowVnetInBound', 65000, 'Inbound', 'Allow', 'VirtualNetwork', 'VirtualNetwork'],
    ['AllowAzureLoadBalancerInBound', 65001, 'Inbound', 'Allow', 'AzureLoadBalancer', '*'],
    ['DenyAllInBound', 65500, 'Inbound', 'Deny', '*', '*'],
    ['AllowVnetOutBound', 65000, 'Outbound', 'Allow', 'VirtualNetwork', 'VirtualNetwork'],
    ['AllowInternetOutBound', 65001, 'Outbound', 'Allow', '*', 'Internet'],
    ['DenyAllOutBound', 65500, 'Outbound', 'Deny', '*', '*'],
  ] as const
).map(([name, priority, direction, access, sourceAddressPrefix, destinationAddressPrefix]) => ({
  name,
  priority,
  direction,
  access,
  protocol: '*',
  sourcePortRange: '*',
  destinationPortRange: '*',
  sourceAddressPrefix,
  destinationAddressPrefix,
}));
