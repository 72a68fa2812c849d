/** Small Azure estates for tests: what is not said is as Azure makes it. */
import { type Answer, ask, buildNetwork, combined, loadSnapshot } from '../../src/index.ts';
import { folderOf } from '../snapshot/folder.ts';

export type Json = Record<string, unknown>;
const GROUP = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network';
export const idOf = (type: string, name: string) => `${GROUP}/${type}/${name}`;
const subnetId = (path: string) => {
  const [vnet, subnet] = path.split('/');
  return `${GROUP}/virtualNetworks/${vnet}/subnets/${subnet}`;
};
const ref = (id: string | undefined) => (id === undefined ? undefined : { id });

/** A rule in words: "100 in allow tcp 443 from Internet to *". */
export function rule(words: string): Json {
  const [priority, direction, access, protocol, port, , from, , to] = words.split(' ');
  return {
    name: `rule-${priority}-${direction}`,
    priority: Number(priority),
    direction: direction === 'in' ? 'Inbound' : 'Outbound',
    access,
    protocol: protocol === 'any' ? '*' : protocol,
    sourcePortRange: '*',
    destinationPortRange: port,
    sourceAddressPrefix: from,
    destinationAddressPrefix: to,
  };
}

export const nsg = (name: string, ...rules: readonly string[]): Json => ({
  id: idOf('networkSecurityGroups', name),
  name,
  type: 'Microsoft.Network/networkSecurityGroups',
  securityRules: rules.map(rule),
});

export const vnet = (
  name: string,
  range: string,
  subnets: Readonly<Record<string, Json & { range: string; nsg?: string; table?: string; nat?: string }>>,
  peerings: readonly Json[] = [],
): Json => ({
  id: idOf('virtualNetworks', name),
  name,
  type: 'Microsoft.Network/virtualNetworks',
  location: 'westeurope',
  addressSpace: { addressPrefixes: range.split(',') },
  subnets: Object.entries(subnets).map(([key, { range: own, nsg: group, table, nat, ...more }]) => ({
    id: subnetId(`${name}/${key}`),
    name: key,
    addressPrefix: own,
    networkSecurityGroup: ref(group === undefined ? undefined : idOf('networkSecurityGroups', group)),
    routeTable: ref(table === undefined ? undefined : idOf('routeTables', table)),
    natGateway: ref(nat === undefined ? undefined : idOf('natGateways', nat)),
    ...more,
  })),
  virtualNetworkPeerings: peerings.map((peering) => ({
    ...peering,
    id: `${idOf('virtualNetworks', name)}/virtualNetworkPeerings/${String(peering['name'])}`,
  })),
});

export const peering = (to: string, range: string, more: Json = {}): Json => ({
  name: `to-${to}`,
  remoteVirtualNetwork: { id: idOf('virtualNetworks', to) },
  peeringState: 'Connected',
  allowVirtualNetworkAccess: true,
  remoteAddressSpace: { addressPrefixes: [range] },
  ...more,
});

/** A machine with one interface; `subnet` is "vnet/subnet". */
export const vm = (
  name: string,
  subnet: string,
  address: string,
  more: { nsg?: string; ip?: string; forwards?: boolean; asg?: string; pools?: readonly string[] } = {},
): Json[] => [
  {
    id: `/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/${name}`,
    name,
    type: 'Microsoft.Compute/virtualMachines',
    networkProfile: { networkInterfaces: [{ id: idOf('networkInterfaces', `${name}-nic`) }] },
  },
  {
    id: idOf('networkInterfaces', `${name}-nic`),
    name: `${name}-nic`,
    type: 'Microsoft.Network/networkInterfaces',
    enableIPForwarding: more.forwards ?? false,
    networkSecurityGroup: ref(more.nsg === undefined ? undefined : idOf('networkSecurityGroups', more.nsg)),
    virtualMachine: { id: `/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/${name}` },
    ipConfigurations: [
      {
        id: `${idOf('networkInterfaces', `${name}-nic`)}/ipConfigurations/one`,
        name: 'one',
        primary: true,
        privateIPAddress: address,
        subnet: { id: subnetId(subnet) },
        publicIPAddress: ref(more.ip === undefined ? undefined : idOf('publicIPAddresses', more.ip)),
        applicationSecurityGroups: more.asg === undefined ? [] : [{ id: idOf('applicationSecurityGroups', more.asg) }],
        loadBalancerBackendAddressPools: (more.pools ?? []).map((id) => ({ id })),
      },
    ],
  },
];

export const ip = (name: string, address: string, sku = 'Standard'): Json => ({
  id: idOf('publicIPAddresses', name),
  name,
  type: 'Microsoft.Network/publicIPAddresses',
  sku: { name: sku },
  ipAddress: address,
});

export const routes = (name: string, ...list: readonly string[]): Json => ({
  id: idOf('routeTables', name),
  name,
  type: 'Microsoft.Network/routeTables',
  routes: list.map((words, i) => {
    const [addressPrefix, nextHopType, nextHopIpAddress] = words.split(' ');
    return {
      name: `r${i}`,
      id: `${idOf('routeTables', name)}/routes/r${i}`,
      addressPrefix,
      nextHopType,
      nextHopIpAddress,
    };
  }),
});

export async function reach(
  resources: readonly (Json | readonly Json[])[],
  src: string,
  dst: string,
  more: readonly unknown[] = [],
): Promise<Answer> {
  const files = Object.fromEntries([resources.flat(), ...more].map((document, i) => [`${i}.json`, document]));
  return combined(ask(buildNetwork(await loadSnapshot([folderOf(files)])), src, dst), src, dst);
}
