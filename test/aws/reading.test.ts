/**
 * What stands in memory of a large estate is packed, searched and read on demand; what comes out must be what reading
 * everything gives. Compressed files are read whole, so the same estate once plain and once compressed must say the same.
 */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { buildNetwork, loadSnapshot } from '../../src/index.ts';
import type { Network } from '../../src/model/network.ts';
import { parseAddress } from '../../src/net/address.ts';
import { briefsOf } from '../../src/snapshot/brief-list.ts';
import { randomOf } from '../random.ts';
import { folderOf } from '../snapshot/folder.ts';

type Json = Record<string, unknown>;

const NAMES = ['web', 'db "1"', 'ä-höst', 'back\\slash', 'tab\t', 'app', 'app-1', ''];
const ODD_ADDRESSES = ['10.0.0.300', '10.0.1.010', 'none', '', 7, '2001:db8::zz'];

/** An estate in which much is odd: shared names, bad addresses, records that are missing, twice there or contradict each other. */
function estate(seed: number): { readonly files: Record<string, string>; readonly words: readonly string[] } {
  const { chance, pick, below } = randomOf(seed);
  const id = (prefix: string, n: number) => `${prefix}-${n.toString(16).padStart(17, '0')}`;
  const words = new Set<string>(NAMES);
  const said = <T extends string>(word: T): T => {
    words.add(word);
    return word;
  };
  const tags = () =>
    chance(0.7)
      ? [
          { Key: 'team', Value: pick(NAMES) },
          { Key: 'Name', Value: chance(0.5) ? pick(NAMES) : said(`host-${below(20)}`) },
        ]
      : pick([[], undefined, null, 'none', [7, { Key: 'Name' }]]);
  const address = (i: number) => (chance(0.05) ? pick(ODD_ADDRESSES) : said(`10.0.${i % 3}.${(i % 200) + 4}`));
  const subnet = (i: number) => (chance(0.05) ? id('subnet', 99) : id('subnet', i % 3));
  const interfaces: Json[] = [];
  const instances: Json[] = [];
  const elastic: Json[] = [];
  for (let i = 0; i < 40; i++) {
    const [eni, instance] = [said(id('eni', i)), said(id('i', i))];
    const inside = address(i);
    const outside = said(`198.51.100.${i + 1}`);
    const association = chance(0.3) ? { Association: { PublicIp: outside, IpOwnerId: 'amazon' } } : {};
    if (chance(0.2))
      elastic.push({
        PublicIp: chance(0.5) ? outside : said(`203.0.113.${i + 1}`),
        AllocationId: id('eipalloc', i),
        ...(chance(0.5) ? { NetworkInterfaceId: eni, PrivateIpAddress: inside } : {}),
      });
    const record: Json = {
      ...association,
      NetworkInterfaceId: chance(0.02) ? undefined : eni,
      PrivateIpAddress: inside,
      PrivateIpAddresses: chance(0.8)
        ? [
            ...(chance(0.3) ? [{ PrivateIpAddress: address(i + 50), Primary: false }] : []),
            { PrivateIpAddress: inside, Primary: true, ...association },
          ]
        : undefined,
      ...(chance(0.3)
        ? { Ipv6Addresses: [{ Ipv6Address: chance(0.8) ? said(`2001:db8::${i}`) : pick(ODD_ADDRESSES) }] }
        : {}),
      ...(chance(0.1) ? { Ipv4Prefixes: [{ Ipv4Prefix: chance(0.8) ? `10.0.2.${i * 4}/30` : '10.0.2.1/30' }] } : {}),
      PrivateDnsName: said(`ip-10-0-${i % 3}-${(i % 200) + 4}.internal`),
      Description: chance(0.1) ? `ELB net/lb-${i}/0` : '',
      Groups: chance(0.05)
        ? undefined
        : [{ GroupId: id('sg', i % 4) }, ...(chance(0.3) ? [{ GroupId: id('sg', 4) }] : [])],
      SubnetId: chance(0.03) ? undefined : subnet(i),
      VpcId: chance(0.9) ? id('vpc', 0) : undefined,
      InterfaceType: pick(['interface', 'interface', 'lambda', 'nat_gateway']),
      SourceDestCheck: chance(0.9),
      OwnerId: '111122223333',
      ...(chance(0.6) ? { Attachment: { InstanceId: chance(0.9) ? instance : id('i', 0), DeviceIndex: i % 2 } } : {}),
      TagSet: tags(),
    };
    if (chance(0.9)) interfaces.push(record);
    if (chance(0.1)) interfaces.push(chance(0.7) ? record : { ...record, SubnetId: id('subnet', 1) });
    if (chance(0.5))
      instances.push({
        OwnerId: '111122223333',
        Instances: [
          {
            InstanceId: instance,
            State: { Name: pick(['running', 'stopped', 'terminated']) },
            Placement: { AvailabilityZone: 'eu-central-1a' },
            PrivateIpAddress: inside,
            PrivateDnsName: said(`host-${i}.internal`),
            PublicDnsName: chance(0.5) ? said(`ec2-${i}.example`) : '',
            SubnetId: id('subnet', i % 3),
            VpcId: id('vpc', 0),
            NetworkInterfaces: chance(0.6) ? [record] : [],
            Tags: tags(),
          },
        ],
      });
    said(`arn:aws:ec2:eu-central-1:111122223333:instance/${instance}`);
  }
  const half = interfaces.length >> 1;
  const vpc = { VpcId: id('vpc', 0), CidrBlock: '10.0.0.0/16', OwnerId: '111122223333' };
  const documents: Record<string, Json> = {
    'interfaces-1.json': { NetworkInterfaces: interfaces.slice(0, half) },
    'interfaces-2.json': { NetworkInterfaces: interfaces.slice(half) },
    'instances.json': { Reservations: instances },
    'addresses.json': { Addresses: elastic },
    'vpcs.json': { Vpcs: [vpc] },
    'subnets.json': {
      Subnets: [0, 1, 2].map((i) => ({ SubnetId: id('subnet', i), VpcId: vpc.VpcId, CidrBlock: `10.0.${i}.0/24` })),
    },
    'gateways.json': {
      InternetGateways: [{ InternetGatewayId: id('igw', 0), Attachments: [{ State: 'available', VpcId: vpc.VpcId }] }],
    },
    'groups.json': {
      SecurityGroups: [0, 1, 2, 3].map((i) => ({
        GroupId: id('sg', i),
        VpcId: vpc.VpcId,
        IpPermissions: [],
        IpPermissionsEgress: [],
      })),
    },
  };
  // Names may be written with escapes that they do not need.
  const escaped =
    seed % 3 === 0 ? (text: string) => text.replaceAll('host', String.raw`\u0068ost`) : (text: string) => text;
  const files = Object.entries(documents).map(([name, value]) => [name, escaped(JSON.stringify(value))]);
  return { files: Object.fromEntries(files) as Record<string, string>, words: [...words] };
}

/** Origins name the file; the compressed one is the same file here. */
const plain = (value: unknown) =>
  JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one))?.replaceAll(
    '.json.gz',
    '.json',
  );

/** Everything that a network says that does not depend on what was asked before. */
function everything(network: Network): string[] {
  const ids = [...network.placeIds()];
  const places = ids.map((id) => network.place(id));
  const members = places.flatMap((place) => [...(place?.interfaces ?? []), ...(place?.members ?? [])]);
  const interfaces = [...new Set(members)].map((id) => network.interface(id));
  const nodes = [...new Set(interfaces.flatMap((one) => one?.node ?? []))];
  const filters = interfaces.flatMap(
    (one) => one?.steps.flatMap((step) => ('filter' in step ? step.filter : [])) ?? [],
  );
  const parts = [
    places,
    interfaces,
    nodes.map((id) => network.node(id)),
    filters.map((id) => network.filter(id)),
    network.publicAddresses(),
    network.link('internet#addresses'),
    ids.map((id) => network.translation(id) ?? network.link(`lan:${id}`)),
    [...network.notes].map((note) => plain(note)).sort(),
    network.contradictions.map(({ message }) => message),
  ];
  return parts.map(plain);
}

describe.each(Array.from({ length: 12 }, (_, i) => i + 1))('an odd estate, seed %i', (seed) => {
  const { files, words } = estate(seed);
  const zipped = Object.fromEntries(Object.entries(files).map(([name, text]) => [`${name}.gz`, gzipSync(text)]));

  test('says the same read by record and read whole', async () => {
    const [packed, whole] = [
      await loadSnapshot([folderOf(files)], { byRecordFrom: 0 }),
      await loadSnapshot([folderOf(zipped)]),
    ];
    expect(packed.documents.some(({ records }) => briefsOf(records) !== records)).toBe(true);
    expect(whole.documents.every(({ records }) => briefsOf(records) === records)).toBe(true);
    expect(everything(buildNetwork(packed).network)).toEqual(everything(buildNetwork(whole).network));
  });

  test('knows every word and address, looked for one by one or in an index', async () => {
    const snapshot = await loadSnapshot([folderOf(files)], { byRecordFrom: 0 });
    const indexed = buildNetwork(await loadSnapshot([folderOf(zipped)])).network;
    for (const word of ['a', 'b', 'c', 'd', 'e', 'f']) indexed.placesNamed(word);
    for (let i = 0; i < words.length; i += 3) {
      const { network } = buildNetwork(snapshot);
      for (const word of words.slice(i, i + 3)) {
        expect([word, [...network.placesNamed(word)].sort()]).toEqual([word, [...indexed.placesNamed(word)].sort()]);
        const address = parseAddress(word);
        if (address !== undefined) expect([word, network.ownersOf(address)]).toEqual([word, indexed.ownersOf(address)]);
      }
    }
  });
});
