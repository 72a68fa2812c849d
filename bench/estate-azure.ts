/**
 * A made-up Azure estate of any size: subscriptions of up to a thousand interfaces in virtual networks of a hundred, three
 * subnets each with a security group, some interfaces with public addresses, as Resource Manager lists them. Knows nothing
 * of netaudit.
 */
import { type AnswerFile, dotted } from './estate.ts';

const PER_VNET = 100;
const PER_SUBSCRIPTION = 1000;
const TIERS = ['web', 'app', 'data'] as const;
type Tier = (typeof TIERS)[number];
const SHARE: Record<Tier, number> = { web: 20, app: 50, data: 30 };

export function* azureEstateOf(interfaces: number): Iterable<AnswerFile> {
  for (let first = 0; first < interfaces; first += PER_SUBSCRIPTION) {
    const count = Math.min(PER_SUBSCRIPTION, interfaces - first);
    const vnets = Array.from({ length: Math.ceil(count / PER_VNET) }, (_, i) => first / PER_VNET + i);
    const sizeOf = (vnet: number) => Math.min(PER_VNET, interfaces - vnet * PER_VNET);
    const folder = `subscription-${first / PER_SUBSCRIPTION}`;
    const file = (name: string, records: Iterable<object>): AnswerFile => ({ folder, name, key: 'value', records });
    const hosts = (make: (host: Host) => readonly object[]) =>
      vnets.flatMap((vnet) => [...hostsOf(vnet, sizeOf(vnet))].flatMap(make));
    yield file('vnets', vnets.map(vnetOf));
    yield file(
      'nsgs',
      vnets.flatMap((vnet) => TIERS.map((tier) => groupOf(vnet, tier))),
    );
    yield file(
      'nics',
      hosts((host) => [nicOf(host)]),
    );
    yield file(
      'vms',
      hosts((host) => [machineOf(host)]),
    );
    yield file(
      'public-ips',
      hosts((host) => (host.outside === undefined ? [] : [publicOf(host, host.outside)])),
    );
  }
}

/** Questions that the estate's own rules settle. */
export const AZURE_QUESTIONS = [
  { src: 'vm-app-0-0', dst: 'vm-data-0-0:5432' },
  { src: 'vm-web-0-0', dst: 'vm-data-0-0:5432' },
  { src: 'internet', dst: 'vm-web-0-0:443' },
];

interface Host {
  readonly vnet: number;
  readonly tier: Tier;
  readonly name: string;
  readonly address: string;
  readonly outside: string | undefined;
}

const idOf = (vnet: number, type: string, name: string) =>
  `/subscriptions/00000000-0000-4000-8000-${String(Math.floor((vnet * PER_VNET) / PER_SUBSCRIPTION)).padStart(12, '0')}/resourceGroups/rg-${vnet}/providers/${type}/${name}`;
const baseOf = (vnet: number, tier: Tier) => (10 << 24) + (vnet % 16384) * 1024 + TIERS.indexOf(tier) * 256;
const subnetId = (vnet: number, tier: Tier) =>
  `${idOf(vnet, 'Microsoft.Network/virtualNetworks', `vnet-${vnet}`)}/subnets/${tier}`;

function resource(vnet: number, type: string, name: string, properties: object): object {
  return {
    name,
    id: idOf(vnet, type, name),
    etag: `W/"${name}"`,
    type,
    location: 'westeurope',
    properties: { provisioningState: 'Succeeded', ...properties },
  };
}

function* hostsOf(vnet: number, count: number): Iterable<Host> {
  let left = count;
  for (const tier of TIERS)
    for (let i = 0; i < SHARE[tier] && left > 0; i++, left--)
      yield {
        vnet,
        tier,
        name: `${tier}-${vnet}-${i}`,
        address: dotted(baseOf(vnet, tier) + 4 + i),
        outside: tier === 'web' && i % 4 === 0 ? dotted((20 << 24) + vnet * 8 + i / 4) : undefined,
      };
}

function vnetOf(vnet: number): object {
  return resource(vnet, 'Microsoft.Network/virtualNetworks', `vnet-${vnet}`, {
    addressSpace: { addressPrefixes: [`${dotted(baseOf(vnet, 'web'))}/22`] },
    subnets: TIERS.map((tier) => ({
      name: tier,
      id: subnetId(vnet, tier),
      type: 'Microsoft.Network/virtualNetworks/subnets',
      properties: {
        provisioningState: 'Succeeded',
        addressPrefix: `${dotted(baseOf(vnet, tier))}/24`,
        networkSecurityGroup: { id: idOf(vnet, 'Microsoft.Network/networkSecurityGroups', `nsg-${tier}-${vnet}`) },
      },
    })),
    virtualNetworkPeerings: [],
  });
}

function groupOf(vnet: number, tier: Tier): object {
  const rule = (name: string, priority: number, access: string, source: string, port: string) => ({
    name,
    type: 'Microsoft.Network/networkSecurityGroups/securityRules',
    properties: {
      provisioningState: 'Succeeded',
      protocol: 'Tcp',
      sourcePortRange: '*',
      destinationPortRange: port,
      sourceAddressPrefix: source,
      destinationAddressPrefix: '*',
      access,
      priority,
      direction: 'Inbound',
    },
  });
  const from = (other: Tier) => `${dotted(baseOf(vnet, other))}/24`;
  const own: Record<Tier, object[]> = {
    web: [
      rule('https', 100, 'Allow', 'Internet', '443'),
      rule('office', 110, 'Allow', `203.0.${113 + (vnet % 8)}.0/24`, '22'),
    ],
    app: [rule('web', 100, 'Allow', from('web'), '8080'), rule('peers', 110, 'Allow', from('app'), '8081-8090')],
    data: [
      rule('app', 100, 'Allow', from('app'), '5432'),
      rule('bastion', 110, 'Allow', `${dotted(baseOf(vnet, 'app') + 10)}/32`, '22'),
    ],
  };
  return resource(vnet, 'Microsoft.Network/networkSecurityGroups', `nsg-${tier}-${vnet}`, {
    securityRules: [...own[tier], rule('rest', 4000, 'Deny', 'VirtualNetwork', '*')],
    subnets: [{ id: subnetId(vnet, tier) }],
  });
}

function nicOf(host: Host): object {
  const { vnet, tier, name } = host;
  return resource(vnet, 'Microsoft.Network/networkInterfaces', `nic-${name}`, {
    ipConfigurations: [
      {
        name: 'ipconfig1',
        id: `${idOf(vnet, 'Microsoft.Network/networkInterfaces', `nic-${name}`)}/ipConfigurations/ipconfig1`,
        type: 'Microsoft.Network/networkInterfaces/ipConfigurations',
        properties: {
          privateIPAddress: host.address,
          privateIPAllocationMethod: 'Dynamic',
          privateIPAddressVersion: 'IPv4',
          primary: true,
          subnet: { id: subnetId(vnet, tier) },
          ...(host.outside === undefined
            ? {}
            : { publicIPAddress: { id: idOf(vnet, 'Microsoft.Network/publicIPAddresses', `pip-${name}`) } }),
        },
      },
    ],
    dnsSettings: { dnsServers: [], appliedDnsServers: [] },
    primary: true,
    enableIPForwarding: false,
    virtualMachine: { id: idOf(vnet, 'Microsoft.Compute/virtualMachines', `vm-${name}`) },
  });
}

function machineOf({ vnet, name }: Host): object {
  return resource(vnet, 'Microsoft.Compute/virtualMachines', `vm-${name}`, {
    hardwareProfile: { vmSize: 'Standard_D2s_v5' },
    osProfile: { computerName: name },
    networkProfile: {
      networkInterfaces: [
        { id: idOf(vnet, 'Microsoft.Network/networkInterfaces', `nic-${name}`), properties: { primary: true } },
      ],
    },
  });
}

function publicOf({ vnet, name }: Host, ipAddress: string): object {
  return {
    ...resource(vnet, 'Microsoft.Network/publicIPAddresses', `pip-${name}`, {
      ipAddress,
      publicIPAddressVersion: 'IPv4',
      publicIPAllocationMethod: 'Static',
      ipConfiguration: {
        id: `${idOf(vnet, 'Microsoft.Network/networkInterfaces', `nic-${name}`)}/ipConfigurations/ipconfig1`,
      },
    }),
    sku: { name: 'Standard', tier: 'Regional' },
  };
}
