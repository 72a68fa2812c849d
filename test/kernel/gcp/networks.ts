/**
 * Random Google Cloud networks as gcloud prints them: priorities and ties, tags and service accounts, network policies
 * before and after the rules, peering, routes by tag, external addresses, alias addresses and Cloud NAT. Draws only what a
 * kernel can act out; says nothing of what follows from it.
 */
import type { Random } from '../../random.ts';
import type { Files } from '../topology.ts';

type Json = Record<string, unknown>;
const PROJECT = 'https://www.googleapis.com/compute/v1/projects/acme';
const REGIONS = ['us-central1', 'europe-west1'] as const;
const TAGS = ['web', 'db', 'admin'] as const;
const ACCOUNTS = ['app@acme.iam.gserviceaccount.com', 'job@acme.iam.gserviceaccount.com'] as const;
const PRIORITIES = [0, 100, 500, 900, 1000, 1000, 1000, 2000, 65534];

interface Network {
  readonly index: number;
  readonly name: string;
  readonly url: string;
  readonly subnets: readonly {
    readonly name: string;
    readonly url: string;
    readonly region: string;
    readonly range: string;
  }[];
}

export function gcpNetwork(random: Random): Files {
  const { chance, pick, below } = random;
  const networks: Network[] = Array.from({ length: 1 + below(3) }, (_, n) => ({
    index: n,
    name: `net-${n}`,
    url: `${PROJECT}/global/networks/net-${n}`,
    subnets: Array.from({ length: 1 + below(2) }, (_, s) => ({
      name: `sub-${n}-${s}`,
      url: `${PROJECT}/regions/${REGIONS[s % 2]}/subnetworks/sub-${n}-${s}`,
      region: `${PROJECT}/regions/${REGIONS[s % 2]}`,
      range: `10.${10 + n}.${s}.0/24`,
    })),
  }));
  const peerings = networks
    .flatMap((a) => networks.filter((b) => b.index > a.index).map((b) => ({ a, b, active: chance(0.85) })))
    .filter(() => chance(0.6));
  const instances = drawInstances(random, networks);
  const anywhere = () => drawRange(random, networks);

  const firewall = (network: Network, i: number): Json => {
    const isIngress = chance(0.7);
    const entry = drawLayer4(random).map(({ protocol, ports }) => ({
      IPProtocol: protocol,
      ...(ports === undefined ? {} : { ports }),
    }));
    const source = isIngress
      ? pick<() => Json>([
          () => ({ sourceRanges: [anywhere(), ...(chance(0.3) ? [anywhere()] : [])] }),
          () => ({ sourceRanges: [anywhere()] }),
          () => ({ sourceTags: [pick(TAGS)] }),
          () => ({ sourceServiceAccounts: [pick(ACCOUNTS)] }),
          () => ({ sourceRanges: [anywhere()], sourceTags: [pick(TAGS)] }),
        ])()
      : { destinationRanges: [anywhere()] };
    const usesAccounts = 'sourceServiceAccounts' in source;
    const usesTags = 'sourceTags' in source;
    const target = pick<Json>([
      {},
      {},
      usesAccounts ? { targetServiceAccounts: [pick(ACCOUNTS)] } : { targetTags: [pick(TAGS)] },
      usesTags ? { targetTags: [pick(TAGS), pick(TAGS)] } : { targetServiceAccounts: [pick(ACCOUNTS)] },
    ]);
    return {
      kind: 'compute#firewall',
      name: `${network.name}-rule-${i}`,
      selfLink: `${PROJECT}/global/firewalls/${network.name}-rule-${i}`,
      network: network.url,
      direction: isIngress ? 'INGRESS' : 'EGRESS',
      priority: pick(PRIORITIES),
      disabled: chance(0.08),
      ...(chance(isIngress ? 0.7 : 0.4) ? { allowed: entry } : { denied: entry }),
      ...source,
      ...target,
    };
  };
  const open = (network: Network): Json => ({
    kind: 'compute#firewall',
    name: `${network.name}-open`,
    selfLink: `${PROJECT}/global/firewalls/${network.name}-open`,
    network: network.url,
    direction: 'INGRESS',
    priority: pick(PRIORITIES),
    disabled: false,
    allowed: [{ IPProtocol: 'all' }],
    sourceRanges: [pick(['0.0.0.0/0', '10.0.0.0/8'])],
  });

  const routes = networks.flatMap((network): Json[] => {
    const own: Json[] = [];
    const used = new Set<string>();
    const add = (destRange: string, next: Json, tags?: readonly string[]) => {
      const priority = pick([100, 500, 1000]);
      // Ties are the provider's secret.
      if (used.has(`${destRange} ${priority}`)) return;
      used.add(`${destRange} ${priority}`);
      const name = `${network.name}-route-${own.length}`;
      own.push({
        kind: 'compute#route',
        name,
        selfLink: `${PROJECT}/global/routes/${name}`,
        network: network.url,
        destRange,
        priority,
        ...next,
        ...(tags === undefined ? {} : { tags }),
      });
    };
    const outside = { nextHopGateway: `${PROJECT}/global/gateways/default-internet-gateway` };
    const stuck = instances.find(({ network: where, forwards }) => where === network && !forwards);
    if (chance(0.75)) add('0.0.0.0/0', outside, chance(0.2) ? [pick(TAGS)] : undefined);
    if (chance(0.2)) add('203.0.112.0/20', outside);
    if (stuck !== undefined && chance(0.3))
      add(
        pick(['203.0.113.0/24', '0.0.0.0/0', '198.51.100.0/24', '10.0.0.0/8']),
        { nextHopInstance: stuck.record.selfLink },
        chance(0.4) ? [pick(TAGS)] : undefined,
      );
    for (const { name, range } of network.subnets)
      own.push({
        kind: 'compute#route',
        name: `default-route-${name}`,
        selfLink: `${PROJECT}/global/routes/default-route-${name}`,
        network: network.url,
        destRange: range,
        priority: 0,
        nextHopNetwork: network.url,
      });
    return own;
  });

  const policies = networks.filter(() => chance(0.45)).map((network) => drawPolicy(random, network, anywhere));
  const addresses: Json[] = [];
  const routers = networks
    .filter(() => chance(0.4))
    .map((network): Json => {
      const region = pick(network.subnets).region;
      const listed = network.subnets.filter((subnet) => subnet.region === region);
      const all = chance(0.6);
      const manual = chance(0.6);
      if (manual)
        addresses.push({
          kind: 'compute#address',
          name: `nat-ip-${network.index}`,
          selfLink: `${region}/addresses/nat-ip-${network.index}`,
          region,
          address: `34.1.${network.index}.250`,
          addressType: 'EXTERNAL',
          status: 'IN_USE',
        });
      return {
        kind: 'compute#router',
        name: `router-${network.name}`,
        selfLink: `${region}/routers/router-${network.name}`,
        network: network.url,
        region,
        nats: [
          {
            name: `nat-${network.name}`,
            type: 'PUBLIC',
            ...(manual
              ? { natIpAllocateOption: 'MANUAL_ONLY', natIps: [`${region}/addresses/nat-ip-${network.index}`] }
              : { natIpAllocateOption: 'AUTO_ONLY' }),
            sourceSubnetworkIpRangesToNat: all ? 'ALL_SUBNETWORKS_ALL_IP_RANGES' : 'LIST_OF_SUBNETWORKS',
            ...(all
              ? {}
              : {
                  subnetworks: listed.map(({ url }) => ({ name: url, sourceIpRangesToNat: ['ALL_IP_RANGES'] })),
                }),
          },
        ],
      };
    });

  return {
    'networks.json': networks.map((network) => ({
      kind: 'compute#network',
      name: network.name,
      selfLink: network.url,
      autoCreateSubnetworks: false,
      routingConfig: { routingMode: 'REGIONAL' },
      networkFirewallPolicyEnforcementOrder: pick(['AFTER_CLASSIC_FIREWALL', 'BEFORE_CLASSIC_FIREWALL']),
      peerings: peerings
        .filter(({ a, b }) => a === network || b === network)
        .map(({ a, b, active }) => ({
          name: `to-${(a === network ? b : a).name}`,
          network: (a === network ? b : a).url,
          state: active ? 'ACTIVE' : 'INACTIVE',
          exchangeSubnetRoutes: true,
          importCustomRoutes: false,
          exportCustomRoutes: false,
          stackType: 'IPV4_ONLY',
        })),
    })),
    'subnetworks.json': networks.flatMap((network) =>
      network.subnets.map(({ name, url, region, range }) => ({
        kind: 'compute#subnetwork',
        name,
        selfLink: url,
        network: network.url,
        region,
        ipCidrRange: range,
        purpose: 'PRIVATE',
        stackType: 'IPV4_ONLY',
        privateIpGoogleAccess: false,
      })),
    ),
    'instances.json': instances.map(({ record }) => record),
    'firewall-rules.json': networks.flatMap((network) => [
      ...Array.from({ length: 2 + below(6) }, (_, i) => firewall(network, i)),
      ...(chance(0.5) ? [open(network)] : []),
    ]),
    'routes.json': routes,
    ...(policies.length === 0 ? {} : { 'network-firewall-policies.json': policies }),
    ...(routers.length === 0 ? {} : { 'routers.json': routers }),
    ...(addresses.length === 0 ? {} : { 'addresses.json': addresses }),
  };
}

function drawInstances(random: Random, networks: readonly Network[]) {
  const { chance, pick, below } = random;
  const places = networks.flatMap((network) =>
    network.subnets.flatMap((subnet) => Array.from({ length: 1 + below(3) }, (_, h) => ({ network, subnet, h }))),
  );
  return places.slice(0, 8).map(({ network, subnet, h }) => {
    const s = network.subnets.indexOf(subnet);
    const name = `vm-${network.index}-${s}-${h}`;
    const zone = subnet.region.replace('/regions/', '/zones/');
    const base = subnet.range.slice(0, -5);
    return {
      network,
      forwards: false,
      record: {
        kind: 'compute#instance',
        name,
        selfLink: `${zone}-b/instances/${name}`,
        zone: `${zone}-b`,
        status: 'RUNNING',
        canIpForward: false,
        tags: { items: TAGS.filter(() => chance(0.4)) },
        serviceAccounts: chance(0.7) ? [{ email: pick(ACCOUNTS) }] : [],
        networkInterfaces: [
          {
            kind: 'compute#networkInterface',
            name: 'nic0',
            network: network.url,
            subnetwork: subnet.url,
            networkIP: `${base}.${10 + h}`,
            stackType: 'IPV4_ONLY',
            ...(chance(0.2) ? { aliasIpRanges: [{ ipCidrRange: `${base}.${100 + h}/32` }] } : {}),
            accessConfigs: chance(0.4)
              ? [{ name: 'External NAT', type: 'ONE_TO_ONE_NAT', natIP: `34.1.${network.index}.${s * 16 + h + 1}` }]
              : [],
          },
        ],
      } satisfies Json,
    };
  });
}

function drawPolicy(random: Random, network: Network, anywhere: () => string): Json {
  const { chance, pick, below } = random;
  const rules = Array.from({ length: 1 + below(5) }, (_, i): Json => {
    const isIngress = chance(0.65);
    return {
      kind: 'compute#firewallPolicyRule',
      priority: 100 + i * 10,
      direction: isIngress ? 'INGRESS' : 'EGRESS',
      action: pick(['allow', 'allow', 'deny', 'goto_next']),
      disabled: chance(0.05),
      match: {
        [isIngress ? 'srcIpRanges' : 'destIpRanges']: [anywhere()],
        layer4Configs: drawLayer4(random).map(({ protocol, ports }) => ({
          ipProtocol: protocol,
          ...(ports === undefined ? {} : { ports }),
        })),
      },
      ...(chance(0.2) ? { targetServiceAccounts: [pick(ACCOUNTS)] } : {}),
    };
  });
  const last = ['INGRESS', 'EGRESS'].map((direction, i) => ({
    kind: 'compute#firewallPolicyRule',
    priority: 2147483646 + i,
    direction,
    action: 'goto_next',
    match: {
      [direction === 'INGRESS' ? 'srcIpRanges' : 'destIpRanges']: ['0.0.0.0/0'],
      layer4Configs: [{ ipProtocol: 'all' }],
    },
  }));
  return {
    kind: 'compute#firewallPolicy',
    name: `policy-${network.name}`,
    selfLink: `${PROJECT}/global/firewallPolicies/policy-${network.name}`,
    associations: chance(0.9) ? [{ name: `on-${network.name}`, attachmentTarget: network.url }] : [],
    rules: [
      ...rules
        .map((one) => [random.next(), one] as const)
        .sort((a, b) => a[0] - b[0])
        .map(([, one]) => one),
      ...last,
    ],
  };
}

function drawLayer4(random: Random): { protocol: string; ports?: string[] }[] {
  const { chance, pick, below } = random;
  return Array.from({ length: 1 + below(2) }, () => {
    const protocol = pick(['all', 'tcp', 'tcp', 'TCP', '6', 'udp', '17', 'icmp']);
    if (protocol === 'all' || protocol === 'icmp' || chance(0.3)) return { protocol };
    return {
      protocol,
      ports: [pick(['22', '80-443', '443', '5432', '53', '5000-8080', '0-65535']), pick(['8080', '443', '100-200'])],
    };
  });
}

function drawRange(random: Random, networks: readonly Network[]): string {
  const network = random.pick(networks);
  const subnet = random.pick(network.subnets);
  return random.pick([
    '0.0.0.0/0',
    '0.0.0.0/0',
    '10.0.0.0/8',
    subnet.range,
    subnet.range,
    `${subnet.range.slice(0, -5)}.${10 + random.below(2)}/32`,
    `${subnet.range.slice(0, -5)}.96/27`,
    '203.0.113.0/24',
    '203.0.113.64/26',
    `34.1.${network.index}.0/24`,
  ]);
}
