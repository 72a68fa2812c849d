/** The same network in every form that Azure answers in. */
import { describe, expect, test } from 'vitest';
import { ask, buildNetwork, loadSnapshot } from '../../src/index.ts';
import { folderOf } from '../snapshot/folder.ts';
import { type Json, idOf, nsg, peering, reach, vm, vnet } from './estate.ts';
import { check } from './table.ts';

const estate = [
  vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24' }, b: { range: '10.0.2.0/24', nsg: 'g' } }),
  nsg('g', '100 in Deny Tcp 22 from 10.0.1.0/24 to *'),
  ...vm('one', 'v/a', '10.0.1.4'),
  ...vm('two', 'v/b', '10.0.2.4'),
];

/** As the API answers: what is not of the envelope stands under `properties`, at every level with a name. */
function asArm(record: Json): Json {
  const outer = new Set(['id', 'name', 'type', 'location', 'sku', 'tags', 'etag', 'zones']);
  const nested = (value: unknown): unknown =>
    Array.isArray(value) ? value.map((one: unknown) => (isNamed(one) ? asArm(one) : one)) : value;
  const entries = Object.entries(record);
  return {
    ...Object.fromEntries(entries.filter(([key]) => outer.has(key))),
    properties: Object.fromEntries(
      entries.filter(([key]) => !outer.has(key)).map(([key, value]) => [key, nested(value)]),
    ),
  };
}
const isNamed = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && 'name' in value && Object.keys(value).length > 2;

/** As older versions of the command line spell it. */
const spelled = (text: string) =>
  text
    .replaceAll('privateIPAddress', 'privateIpAddress')
    .replaceAll('publicIPAddress', 'publicIpAddress')
    .replaceAll('enableIPForwarding', 'enableIpForwarding');
const asOld = (records: readonly Json[]) => JSON.parse(spelled(JSON.stringify(records))) as Json[];
/** References as other services spell them. */
const shouted = (records: readonly Json[]) =>
  JSON.parse(
    JSON.stringify(records).replaceAll(
      '"id":"/subscriptions/s/resourceGroups/rg/',
      '"id":"/subscriptions/S/resourcegroups/RG/',
    ),
  ) as Json[];

const FORMS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'az lists': { 'a.json': estate },
  'ARM pages': { 'a.json': { value: estate.slice(0, 2).map(asArm) }, 'b.json': { value: estate.slice(2).map(asArm) } },
  'one bare object a file': Object.fromEntries(estate.map((record, i) => [`${i}.json`, asArm(record)])),
  'Resource Graph rows': {
    'a.json': { count: estate.length, data: estate.map(asArm), skip_token: null, total_records: 6 },
  },
  'old spelling': { 'a.json': asOld(estate) },
  'ids in another case': { 'a.json': [...shouted(estate.slice(0, 2)), ...estate.slice(2)] },
  'both forms side by side': { 'a.json': estate, 'b.json': { value: estate.map(asArm) } },
  'a list with details beside the plain one': {
    'a.json': estate,
    'b.json': estate
      .filter(({ type }) => String(type).endsWith('virtualMachines'))
      .map((one) => ({ ...one, powerState: 'VM running' })),
  },
};

describe('Azure envelopes', () => {
  test.each(Object.entries(FORMS))('%s', async (_, files) => {
    const loaded = buildNetwork(await loadSnapshot([folderOf(files)]));
    const verdicts = ['two:22', 'two:80'].map((dst) => ask(loaded, 'one', dst)[0]?.verdict);
    expect(verdicts).toEqual(['unreachable', 'reachable']);
  });

  test('records that contradict each other are no answer', async () => {
    const other = nsg('g', '100 in Allow Tcp 22 from 10.0.1.0/24 to *');
    await expect(reach(estate, 'one', 'two:22', [[other]])).rejects.toThrow(/described differently/);
  });

  const hybrid = [
    vnet('hub', '10.0.0.0/16', { a: { range: '10.0.1.0/24' }, GatewaySubnet: { range: '10.0.9.0/24' } }, [
      peering('s', '10.1.0.0/16', { allowGatewayTransit: true }),
    ]),
    vnet('s', '10.1.0.0/16', { a: { range: '10.1.1.0/24' } }, [
      peering('hub', '10.0.0.0/16', { useRemoteGateways: true }),
    ]),
    ...vm('one', 's/a', '10.1.1.4'),
    {
      id: idOf('virtualNetworkGateways', 'er'),
      name: 'er',
      type: 'Microsoft.Network/virtualNetworkGateways',
      gatewayType: 'ExpressRoute',
      ipConfigurations: [{ subnet: { id: `${idOf('virtualNetworks', 'hub')}/subnets/GatewaySubnet` } }],
    },
    {
      id: idOf('connections', 'c'),
      name: 'c',
      type: 'Microsoft.Network/connections',
      virtualNetworkGateway1: { id: idOf('virtualNetworkGateways', 'er') },
    },
  ];
  const route = (addressPrefix: string, source: string) => ({
    addressPrefix: [addressPrefix],
    nextHopIpAddress: [],
    nextHopType: source === 'Default' ? 'VnetLocal' : 'VirtualNetworkGateway',
    source,
    state: 'Active',
  });
  check([
    {
      title: 'what BGP taught a gateway is not known',
      estate: hybrid,
      ask: ['one 192.168.0.9:22 undetermined'],
    },
    {
      title: 'unless the effective routes of an interface tell it',
      estate: hybrid,
      documents: [
        {
          $request: { resourceGroupName: 'rg', networkInterfaceName: 'one-nic' },
          value: [route('10.1.0.0/16', 'Default'), route('192.168.0.0/24', 'VirtualNetworkGateway')],
        },
      ],
      ask: ['one 192.168.0.9:22 reachable', 'one 192.168.1.9:22 unreachable'],
    },
    {
      title: 'or the gateway itself does',
      estate: hybrid,
      documents: [
        {
          $request: { virtualNetworkGatewayName: 'er' },
          value: [{ network: '192.168.0.0/24', origin: 'EBgp', sourcePeer: '10.0.9.4', asPath: '12076' }],
        },
      ],
      ask: ['one 192.168.0.9:22 reachable', 'one 192.168.1.9:22 unreachable'],
    },
  ]);
});
