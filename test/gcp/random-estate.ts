/**
 * Random Google Cloud estates as raw documents, the same for the same seed: two networks that may be peered, tags, rules of
 * few priorities so that they tie, policies above and beside them, balancers, NAT. Knows nothing of what they mean.
 */
import type { Random } from '../random.ts';
import { type Json, type Parts, network, peering, route, subnet, toInternet, url, vm } from './estate.ts';
import { external, internal, nat, policy } from './parts.ts';

const TAGS = ['web', 'db', 'ops'];
const RANGES = [
  '0.0.0.0/0',
  '10.0.0.0/8',
  '10.0.1.0/24',
  '10.0.1.4/32',
  '10.0.2.0/24',
  '10.1.1.0/24',
  '203.0.113.0/24',
];
const PORTS = [['22'], ['80'], ['20-30'], ['80', '443'], []];

function some<T>(r: Random, list: readonly T[]): T[] {
  return list.filter(() => r.chance(0.4));
}

function rule(r: Random, i: number): Json {
  const isIn = r.chance(0.7);
  const ports = r.pick(PORTS);
  const entry = r.chance(0.2)
    ? [{ IPProtocol: 'all' }]
    : [{ IPProtocol: r.pick(['tcp', 'TCP', '6']), ...(ports.length === 0 ? {} : { ports }) }];
  const bySource = isIn && r.chance(0.3);
  return {
    kind: 'compute#firewall',
    name: `rule-${i}`,
    selfLink: url(`global/firewalls/rule-${i}`),
    network: url(`global/networks/${r.pick(['n', 'n', 'm'])}`),
    ...(isIn && r.chance(0.5) ? {} : { direction: isIn ? 'INGRESS' : 'EGRESS' }),
    priority: r.pick([900, 1000, 1000, 1100]),
    ...(r.chance(0.6) ? { allowed: entry } : { denied: entry }),
    ...(r.chance(0.1) ? { disabled: true } : {}),
    ...(r.chance(0.4) ? { targetTags: [r.pick(TAGS)] } : {}),
    ...(bySource ? { sourceTags: [r.pick(TAGS)] } : {}),
    ...(r.chance(0.8) && (!bySource || r.chance(0.3))
      ? { [isIn ? 'sourceRanges' : 'destinationRanges']: [r.pick(RANGES)] }
      : {}),
    ...(isIn && r.chance(0.15) ? { destinationRanges: [r.pick(['10.0.0.0/8', '10.0.2.0/24'])] } : {}),
  };
}

function policyRules(r: Random): Json[] {
  const count = r.below(4);
  return Array.from({ length: count }, (_, i): Json => {
    const isIn = r.chance(0.7);
    const ports = r.pick(PORTS);
    return {
      priority: 100 * (r.chance(0.5) ? i + 1 : 10 - i),
      direction: isIn ? 'INGRESS' : 'EGRESS',
      action: r.pick(['allow', 'deny', 'goto_next', 'goto_next']),
      ...(r.chance(0.1) ? { disabled: true } : {}),
      match: {
        [isIn ? 'srcIpRanges' : 'destIpRanges']: [r.pick(RANGES)],
        layer4Configs: [{ ipProtocol: 'tcp', ...(ports.length === 0 ? {} : { ports }) }],
      },
    };
  }).filter((one, i, all) => all.findIndex((other) => other['priority'] === one['priority']) === i);
}

/** One estate: VMs vm-0 to vm-4, the last one in network m. */
export function randomEstate(r: Random): Parts {
  const states = r.pick([
    ['ACTIVE', 'ACTIVE'],
    ['ACTIVE', 'ACTIVE'],
    ['INACTIVE', 'INACTIVE'],
    ['INACTIVE', undefined],
    [undefined, undefined],
  ] as const);
  const [a, b] = states.map((state, i) =>
    state === undefined ? {} : { peerings: [peering(i === 0 ? 'm' : 'n', { state })] },
  ) as [Json, Json];
  const order = () =>
    r.chance(0.5)
      ? {}
      : { networkFirewallPolicyEnforcementOrder: r.pick(['AFTER_CLASSIC_FIREWALL', 'BEFORE_CLASSIC_FIREWALL']) };
  const places = ['n/a 10.0.1.4', 'n/a 10.0.1.5', 'n/b@us-east1 10.0.2.4', 'n/b@us-east1 10.0.2.5', 'm/c 10.1.1.4'];
  const instances = places.map((place, i) => {
    const [path, address] = place.split(' ') as [string, string];
    return vm(`vm-${i}`, path, address, {
      tags: some(r, TAGS),
      ...(r.chance(0.3) ? { ip: `34.1.1.${i + 1}` } : {}),
      status: r.chance(0.9) ? 'RUNNING' : 'TERMINATED',
    });
  });
  return {
    networks: [network('n', { ...a, ...order() }), network('m', { ...b, ...order() })],
    subnets: [subnet('n/a', '10.0.1.0/24'), subnet('n/b@us-east1', '10.0.2.0/24'), subnet('m/c', '10.1.1.0/24')],
    instances,
    firewalls: Array.from({ length: 2 + r.below(7) }, (_, i) => rule(r, i)),
    routes: [
      ...(r.chance(0.8) ? [toInternet()] : []),
      ...(r.chance(0.3) ? [toInternet('m')] : []),
      ...(r.chance(0.2) ? [route('detour', 'n', '10.1.0.0/16', { nextHopIp: '10.0.1.5' }, 10)] : []),
    ],
    others: [
      ...(r.chance(0.5) ? [policy('org', 'organizations/1', ...policyRules(r))] : []),
      ...(r.chance(0.5) ? [policy('np', url('global/networks/n'), ...policyRules(r))] : []),
      ...(r.chance(0.3) ? [nat()] : []),
      ...(r.chance(0.3)
        ? internal(['vm-0', 'vm-1'], r.chance(0.5) ? { allowGlobalAccess: true } : {})
        : r.chance(0.3)
          ? external(['vm-0'])
          : []),
    ],
  };
}
