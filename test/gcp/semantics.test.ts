/**
 * How Google Cloud treats packets, one rule a line: estate, question, verdict and who decides.
 *
 * Proves: gcp-cloud-nat, gcp-external-address.
 */
import { describe, expect, test } from 'vitest';
import {
  type Json,
  type Parts,
  firewall,
  network,
  peering,
  reach,
  route,
  subnet,
  toInternet,
  url,
  vm,
} from './estate.ts';
import { nat } from './parts.ts';

type Case = readonly [title: string, estate: Parts, src: string, dst: string, verdict: string, by?: string];

const base = {
  networks: [network('n')],
  subnets: [subnet('n/a', '10.0.1.0/24'), subnet('n/b@us-east1', '10.0.2.0/24')],
  routes: [toInternet()],
};
const [one, two] = [vm('one', 'n/a', '10.0.1.4'), vm('two', 'n/b@us-east1', '10.0.2.4')];
const ssh = firewall('ssh', 'allow tcp:22 from 0.0.0.0/0');
const rule = (priority: number, action: string, ports: string, more: Json = {}): Json => ({
  priority,
  action,
  direction: 'INGRESS',
  match: {
    srcIpRanges: ['0.0.0.0/0'],
    layer4Configs: [{ ipProtocol: 'tcp', ports: [ports] }],
    ...(more['match'] as Json | undefined),
  },
  ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== 'match')),
});
const policy = (name: string, target: string, ...rules: readonly Json[]): Json => ({
  kind: 'compute#firewallPolicyList',
  items: [
    {
      kind: 'compute#firewallPolicy',
      name,
      selfLink: url(`global/firewallPolicies/${name}`),
      associations: [{ attachmentTarget: target }],
      rules,
    },
  ],
});
const peers = (a: Json = {}, b: Json = {}) => ({
  networks: [network('n', { peerings: [peering('m', a)] }), network('m', { peerings: [peering('n', b)] })],
  subnets: [subnet('n/a', '10.0.1.0/24'), subnet('m/c', '10.1.1.0/24')],
});
const inM = { network: url('global/networks/m') };
const three = vm('three', 'm/c', '10.1.1.4');
const balancer = (scheme: string, more: Json = {}, health: Json = {}): unknown[] => [
  {
    kind: 'compute#forwardingRuleList',
    items: [
      {
        kind: 'compute#forwardingRule',
        name: 'fr',
        selfLink: url('regions/us-central1/forwardingRules/fr'),
        region: url('regions/us-central1'),
        IPAddress: '10.0.1.100',
        IPProtocol: 'TCP',
        ports: ['80'],
        loadBalancingScheme: scheme,
        network: url('global/networks/n'),
        subnetwork: url('regions/us-central1/subnetworks/a'),
        backendService: url('regions/us-central1/backendServices/bs'),
        ...more,
      },
    ],
  },
  {
    kind: 'compute#backendServiceList',
    items: [
      {
        kind: 'compute#backendService',
        name: 'bs',
        selfLink: url('regions/us-central1/backendServices/bs'),
        portName: 'http',
        backends: [{ group: url('zones/us-central1-a/instanceGroups/ig') }],
        healthChecks: [url('global/healthChecks/hc')],
      },
    ],
  },
  {
    kind: 'compute#instanceGroupList',
    items: [
      {
        kind: 'compute#instanceGroup',
        name: 'ig',
        selfLink: url('zones/us-central1-a/instanceGroups/ig'),
        namedPorts: [{ name: 'http', port: 8080 }],
      },
    ],
  },
  {
    $request: { instanceGroup: 'ig' },
    kind: 'compute#instanceGroupsListInstances',
    items: [{ instance: url('zones/us-central1-a/instances/one'), status: 'RUNNING' }],
  },
  {
    kind: 'compute#healthCheckList',
    items: [
      {
        kind: 'compute#healthCheck',
        name: 'hc',
        selfLink: url('global/healthChecks/hc'),
        tcpHealthCheck: { port: 8080 },
        ...health,
      },
    ],
  },
];
const proxy: unknown[] = [
  ...balancer('EXTERNAL_MANAGED', {
    IPAddress: '203.0.113.5',
    selfLink: url('global/forwardingRules/fr'),
    region: undefined,
    network: undefined,
    subnetwork: undefined,
    backendService: undefined,
    portRange: '80-80',
    ports: undefined,
    target: url('global/targetHttpProxies/px'),
  }),
  {
    kind: 'compute#targetHttpProxyList',
    items: [
      {
        kind: 'compute#targetHttpProxy',
        name: 'px',
        selfLink: url('global/targetHttpProxies/px'),
        urlMap: url('global/urlMaps/um'),
      },
    ],
  },
  {
    kind: 'compute#urlMapList',
    items: [
      {
        kind: 'compute#urlMap',
        name: 'um',
        selfLink: url('global/urlMaps/um'),
        defaultService: url('regions/us-central1/backendServices/bs'),
      },
    ],
  },
];
const fromProxies = firewall('probes', 'allow tcp:8080 from 35.191.0.0/16', {
  sourceRanges: ['35.191.0.0/16', '130.211.0.0/22'],
});
const tunnel = (status: string) => [
  {
    kind: 'compute#vpnTunnelList',
    items: [
      {
        kind: 'compute#vpnTunnel',
        name: 't',
        selfLink: url('regions/us-central1/vpnTunnels/t'),
        status,
        targetVpnGateway: url('regions/us-central1/targetVpnGateways/g'),
      },
    ],
  },
  {
    kind: 'compute#targetVpnGatewayList',
    items: [
      {
        kind: 'compute#targetVpnGateway',
        name: 'g',
        selfLink: url('regions/us-central1/targetVpnGateways/g'),
        network: url('global/networks/n'),
      },
    ],
  },
];
const toTunnel = (net = 'n') =>
  route(`dc-${net}`, net, '192.168.0.0/16', { nextHopVpnTunnel: url('regions/us-central1/vpnTunnels/t') });

const CASES: readonly Case[] = [
  [
    'nothing comes in by default, neighbours included',
    { ...base, instances: [one, vm('near', 'n/a', '10.0.1.5')] },
    'one',
    'near:22',
    'unreachable',
    'n',
  ],
  [
    'a rule is for the whole network',
    { ...base, instances: [one, two], firewalls: [ssh] },
    'one',
    'two:22',
    'reachable',
  ],
  [
    'a rule for a tag',
    {
      ...base,
      instances: [one, two],
      firewalls: [firewall('ssh', 'allow tcp:22 from 0.0.0.0/0', { targetTags: ['x'] })],
    },
    'one',
    'two:22',
    'unreachable',
  ],
  [
    'deny wins at one priority',
    { ...base, instances: [one, two], firewalls: [ssh, firewall('no', 'deny tcp:22 from 10.0.0.0/8')] },
    'one',
    'two:22',
    'unreachable',
    'no',
  ],
  [
    'a smaller number goes first',
    {
      ...base,
      instances: [one, two],
      firewalls: [{ ...ssh, priority: 900 }, firewall('no', 'deny all from 10.0.0.0/8')],
    },
    'one',
    'two:22',
    'reachable',
  ],
  [
    'a disabled rule is none',
    { ...base, instances: [one, two], firewalls: [{ ...ssh, disabled: true }] },
    'one',
    'two:22',
    'unreachable',
  ],
  [
    'a source tag stands for internal addresses',
    {
      ...base,
      instances: [vm('one', 'n/a', '10.0.1.4', { tags: ['x'] }), two],
      firewalls: [firewall('ssh', 'allow tcp:22 from tags', { sourceTags: ['x'] })],
    },
    'one',
    'two:22',
    'reachable',
  ],
  [
    'a source tag says nothing of a peer',
    {
      ...peers(),
      instances: [vm('one', 'n/a', '10.0.1.4', { tags: ['x'] }), three],
      firewalls: [firewall('ssh', 'allow tcp:22 from tags', { sourceTags: ['x'], ...inM })],
      routes: [],
    },
    'one',
    'three:22',
    'unreachable',
  ],
  [
    'an account as target',
    {
      ...base,
      instances: [one, vm('two', 'n/b@us-east1', '10.0.2.4', { account: 'db@p' })],
      firewalls: [firewall('ssh', 'allow tcp:22 from 0.0.0.0/0', { targetServiceAccounts: ['db@p'] })],
    },
    'one',
    'two:22',
    'reachable',
  ],
  [
    'egress is open by default',
    { ...base, instances: [vm('one', 'n/a', '10.0.1.4', { ip: '34.1.1.1' })] },
    'one',
    'internet:443',
    'reachable',
  ],
  [
    'egress that is denied',
    {
      ...base,
      instances: [vm('one', 'n/a', '10.0.1.4', { ip: '34.1.1.1' })],
      firewalls: [firewall('no', 'deny all to 0.0.0.0/0')],
    },
    'one',
    'internet:443',
    'unreachable',
    'no',
  ],
  ['without an external address nothing leaves', { ...base, instances: [one] }, 'one', 'internet:443', 'unreachable'],
  ['Cloud NAT lets out', { ...base, instances: [one], others: [nat()] }, 'one', 'internet:443', 'reachable'],
  [
    'Cloud NAT of two subnets serves both',
    {
      ...base,
      subnets: [...base.subnets, subnet('n/c', '10.0.3.0/24')],
      instances: [one, vm('c', 'n/c', '10.0.3.4')],
      others: [nat()],
    },
    'one',
    '8.8.8.8:443',
    'reachable',
  ],
  ['Cloud NAT is for its region', { ...base, instances: [two], others: [nat()] }, 'two', 'internet:443', 'unreachable'],
  [
    'Cloud NAT for listed subnets',
    {
      ...base,
      instances: [one],
      others: [
        nat({
          sourceSubnetworkIpRangesToNat: 'LIST_OF_SUBNETWORKS',
          subnetworks: [{ name: url('regions/us-central1/subnetworks/other'), sourceIpRangesToNat: ['ALL_IP_RANGES'] }],
        }),
      ],
    },
    'one',
    'internet:443',
    'unreachable',
  ],
  [
    'manual NAT without addresses',
    { ...base, instances: [one], others: [nat({ natIpAllocateOption: 'MANUAL_ONLY' })] },
    'one',
    'internet:443',
    'unreachable',
  ],
  [
    'from the internet',
    { ...base, instances: [vm('one', 'n/a', '10.0.1.4', { ip: '34.1.1.1' })], firewalls: [ssh] },
    'internet',
    'one:22',
    'reachable',
  ],
  [
    'without a default route nobody on the internet gets an answer',
    { ...base, routes: [], instances: [vm('one', 'n/a', '10.0.1.4', { ip: '34.1.1.1' })], firewalls: [ssh] },
    'internet',
    'one:22',
    'unreachable',
  ],
  [
    'a private destination is nothing for the internet gateway',
    { ...base, instances: [vm('one', 'n/a', '10.0.1.4', { ip: '34.1.1.1' })] },
    'one',
    '192.168.1.1:443',
    'unreachable',
  ],
  [
    'a peer',
    {
      ...peers(),
      instances: [one, three],
      firewalls: [firewall('ssh', 'allow tcp:22 from 0.0.0.0/0', inM)],
      routes: [],
    },
    'one',
    'three:22',
    'reachable',
  ],
  [
    'an inactive peering',
    {
      ...peers({ state: 'INACTIVE' }),
      instances: [one, three],
      firewalls: [firewall('ssh', 'allow tcp:22 from 0.0.0.0/0', inM)],
      routes: [],
    },
    'one',
    'three:22',
    'unreachable',
  ],
  [
    'a tunnel',
    { ...base, instances: [one], routes: [toTunnel()], others: tunnel('ESTABLISHED') },
    'one',
    '192.168.1.1:443',
    'reachable',
  ],
  [
    'a tunnel that is down',
    { ...base, instances: [one], routes: [toTunnel()], others: tunnel('NO_INCOMING_PACKETS') },
    'one',
    '192.168.1.1:443',
    'unreachable',
  ],
  [
    'from on-premises',
    { ...base, instances: [one], routes: [toTunnel()], firewalls: [ssh], others: tunnel('ESTABLISHED') },
    '192.168.1.1',
    'one:22',
    'reachable',
  ],
  [
    'a custom route that is exported and imported',
    {
      ...peers({ exportCustomRoutes: true }, { importCustomRoutes: true }),
      instances: [three],
      routes: [toTunnel()],
      others: tunnel('ESTABLISHED'),
    },
    'three',
    '192.168.1.1:443',
    'reachable',
  ],
  [
    'a custom route that is not imported',
    { ...peers({ exportCustomRoutes: true }), instances: [three], routes: [toTunnel()], others: tunnel('ESTABLISHED') },
    'three',
    '192.168.1.1:443',
    'unreachable',
  ],
  [
    'an appliance',
    {
      ...base,
      instances: [one, two, vm('nva', 'n/a', '10.0.1.9', { canIpForward: true })],
      routes: [
        route('r', 'n', '192.168.0.0/16', { nextHopInstance: url('zones/us-central1-a/instances/nva') }),
        toTunnel(),
      ],
      firewalls: [firewall('all', 'allow all from 0.0.0.0/0')],
    },
    'one',
    '192.168.1.1:443',
    'undetermined',
  ],
  [
    'an appliance without forwarding',
    {
      ...base,
      instances: [one, vm('nva', 'n/a', '10.0.1.9')],
      routes: [route('r', 'n', '192.168.0.0/16', { nextHopInstance: url('zones/us-central1-a/instances/nva') })],
      firewalls: [firewall('all', 'allow all from 0.0.0.0/0')],
    },
    'one',
    '192.168.1.1:443',
    'unreachable',
    'nva',
  ],
  [
    'a subnet route can not be overridden',
    {
      ...base,
      instances: [one, two],
      routes: [route('r', 'n', '10.0.2.0/25', { nextHopInstance: url('zones/us-central1-a/instances/nva') }, 0)],
      firewalls: [ssh],
    },
    'one',
    'two:22',
    'reachable',
  ],
  [
    'a stopped VM',
    { ...base, instances: [one, { ...two, status: 'TERMINATED' }], firewalls: [ssh] },
    'one',
    'two:22',
    'unreachable',
    'two',
  ],
  [
    'an organisation denies first',
    {
      ...base,
      instances: [one, two],
      firewalls: [ssh],
      others: [policy('org', 'organizations/1', rule(100, 'deny', '22'))],
    },
    'one',
    'two:22',
    'unreachable',
    'org',
  ],
  [
    'goto_next leaves it to the network',
    {
      ...base,
      instances: [one, two],
      firewalls: [ssh],
      others: [policy('org', 'organizations/1', rule(100, 'goto_next', '22'), rule(200, 'deny', '22'))],
    },
    'one',
    'two:22',
    'reachable',
  ],
  [
    'a folder policy without ancestry',
    {
      ...base,
      instances: [one, two],
      firewalls: [ssh],
      others: [policy('fold', 'folders/7', rule(100, 'deny', '22'))],
    },
    'one',
    'two:22',
    'undetermined',
  ],
  [
    'a folder policy of another folder',
    {
      ...base,
      instances: [one, two],
      firewalls: [ssh],
      others: [
        policy('fold', 'folders/7', rule(100, 'deny', '22')),
        [{ projectId: 'p', parent: { type: 'organization', id: '1' } }],
      ],
    },
    'one',
    'two:22',
    'reachable',
  ],
  [
    'a network policy after the rules',
    {
      ...base,
      instances: [one, two],
      firewalls: [ssh],
      others: [policy('np', url('global/networks/n'), rule(100, 'deny', '22'))],
    },
    'one',
    'two:22',
    'reachable',
  ],
  [
    'a network policy before the rules',
    {
      ...base,
      networks: [network('n', { networkFirewallPolicyEnforcementOrder: 'BEFORE_CLASSIC_FIREWALL' })],
      instances: [one, two],
      firewalls: [ssh],
      others: [policy('np', url('global/networks/n'), rule(100, 'deny', '22'))],
    },
    'one',
    'two:22',
    'unreachable',
    'np',
  ],
  [
    'a policy that nothing is associated with',
    {
      ...base,
      instances: [one, two],
      firewalls: [ssh],
      others: [policy('np', url('global/networks/other'), rule(100, 'deny', '22'))],
    },
    'one',
    'two:22',
    'reachable',
  ],
  [
    'a secure tag that is not known',
    {
      ...base,
      instances: [one, two],
      firewalls: [ssh],
      others: [
        policy(
          'org',
          'organizations/1',
          rule(100, 'deny', '22', { targetSecureTags: [{ name: 'tagValues/9', state: 'EFFECTIVE' }] }),
        ),
      ],
    },
    'one',
    'two:22',
    'undetermined',
  ],
  [
    'names are not in the configuration',
    {
      ...base,
      instances: [one, two],
      others: [
        policy(
          'org',
          'organizations/1',
          rule(100, 'allow', '22', { match: { srcIpRanges: [], srcFqdns: ['example.com'] } }),
        ),
      ],
    },
    'one',
    'two:22',
    'undetermined',
  ],
  [
    'a named range beside names stays certain',
    {
      ...base,
      instances: [one, two],
      others: [
        policy(
          'org',
          'organizations/1',
          rule(100, 'allow', '22', { match: { srcIpRanges: ['10.0.1.0/24'], srcFqdns: ['example.com'] } }),
        ),
      ],
    },
    'one',
    'two:22',
    'reachable',
  ],
  [
    'an internal passthrough balancer',
    {
      ...base,
      instances: [one, vm('near', 'n/a', '10.0.1.5')],
      firewalls: [firewall('web', 'allow tcp:80 from 10.0.0.0/8')],
      others: balancer('INTERNAL'),
    },
    'near',
    'fr:80',
    'reachable',
  ],
  [
    'its members see the client',
    {
      ...base,
      instances: [one, vm('near', 'n/a', '10.0.1.5')],
      firewalls: [fromProxies],
      others: balancer('INTERNAL'),
    },
    'near',
    'fr:80',
    'unreachable',
  ],
  [
    'it is for its region',
    {
      ...base,
      instances: [one, two],
      firewalls: [firewall('web', 'allow tcp:80 from 10.0.0.0/8')],
      others: balancer('INTERNAL'),
    },
    'two',
    'fr:80',
    'unreachable',
    'fr',
  ],
  [
    'unless global access is on',
    {
      ...base,
      instances: [one, two],
      firewalls: [firewall('web', 'allow tcp:80 from 10.0.0.0/8')],
      others: balancer('INTERNAL', { allowGlobalAccess: true }),
    },
    'two',
    'fr:80',
    'reachable',
  ],
  [
    'another port of it',
    {
      ...base,
      instances: [one, vm('near', 'n/a', '10.0.1.5')],
      firewalls: [firewall('web', 'allow tcp from 10.0.0.0/8')],
      others: balancer('INTERNAL'),
    },
    'near',
    'fr:81',
    'unreachable',
    'fr',
  ],
  [
    'an external passthrough balancer needs no route for its replies',
    {
      ...base,
      routes: [],
      instances: [one],
      firewalls: [firewall('web', 'allow tcp:80 from 0.0.0.0/0')],
      others: balancer('EXTERNAL', { IPAddress: '203.0.113.5', network: undefined, subnetwork: undefined }),
    },
    'internet',
    'fr:80',
    'reachable',
  ],
  [
    'a proxy balancer',
    { ...base, instances: [one], firewalls: [fromProxies], others: proxy },
    'internet',
    'fr:80',
    'reachable',
  ],
  [
    'a proxy balancer whose probes are shut out',
    { ...base, instances: [one], firewalls: [firewall('web', 'allow tcp from 198.51.100.0/24')], others: proxy },
    'internet',
    'fr:80',
    'unreachable',
    'fr',
  ],
  [
    'the metadata server',
    { ...base, instances: [one], firewalls: [firewall('no', 'deny all to 0.0.0.0/0')] },
    'one',
    '169.254.169.254:80',
    'reachable',
  ],
];

describe('Google Cloud', () => {
  test.each(CASES.map(([title, ...rest]) => ({ title, rest })))(
    '$title',
    async ({ rest: [estate, src, dst, verdict, by] }) => {
      const answer = await reach(estate, src, dst);
      expect({ verdict: answer.verdict, missing: verdict === 'undetermined' ? [] : answer.missing }).toEqual({
        verdict,
        missing: [],
      });
      if (by !== undefined) expect(answer.blockers.map(({ resource }) => resource)).toContain(by);
    },
  );
});
