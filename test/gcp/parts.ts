/** Parts of Google Cloud estates that many tests need: balancers, tunnels, routers, policies. */
import { type Json, url } from './estate.ts';

export const list = (kind: string, ...items: readonly Json[]): Json => ({ kind: `compute#${kind}List`, items });
const one = (kind: string, path: string, more: Json): Json => ({
  kind: `compute#${kind}`,
  name: path.split('/').at(-1)!,
  selfLink: url(path),
  ...more,
});

export const policyRule = (priority: number, action: string, ports: string, more: Json = {}): Json => {
  const { match, ...rest } = more as Json & { match?: Json };
  return {
    priority,
    action,
    direction: 'INGRESS',
    match: { srcIpRanges: ['0.0.0.0/0'], layer4Configs: [{ ipProtocol: 'tcp', ports: [ports] }], ...match },
    ...rest,
  };
};

export const policy = (name: string, target: string, ...rules: readonly Json[]): Json =>
  list('firewallPolicy', {
    ...one('firewallPolicy', `global/firewallPolicies/${name}`, {}),
    associations: [{ attachmentTarget: target }],
    rules,
  });

export const group = (name: string, ...members: readonly string[]): Json[] => [
  list(
    'instanceGroup',
    one('instanceGroup', `zones/us-central1-a/instanceGroups/${name}`, {
      namedPorts: [{ name: 'http', port: 8080 }],
      size: members.length,
    }),
  ),
  {
    $request: { instanceGroup: name, zone: 'us-central1-a' },
    kind: 'compute#instanceGroupsListInstances',
    items: members.map((member) => ({ instance: url(`zones/us-central1-a/instances/${member}`), status: 'RUNNING' })),
  },
];

export const service = (name: string, groupName: string, more: Json = {}): Json =>
  list(
    'backendService',
    one('backendService', `regions/us-central1/backendServices/${name}`, {
      portName: 'http',
      backends: [{ group: url(`zones/us-central1-a/instanceGroups/${groupName}`) }],
      healthChecks: [url('global/healthChecks/hc')],
      ...more,
    }),
  );

export const healthCheck = (port: number): Json =>
  list('healthCheck', one('healthCheck', 'global/healthChecks/hc', { tcpHealthCheck: { port } }));

export const forwardingRule = (name: string, address: string, more: Json = {}): Json =>
  one('forwardingRule', `regions/us-central1/forwardingRules/${name}`, {
    region: url('regions/us-central1'),
    IPAddress: address,
    IPProtocol: 'TCP',
    ports: ['80'],
    loadBalancingScheme: 'INTERNAL',
    network: url('global/networks/n'),
    subnetwork: url('regions/us-central1/subnetworks/a'),
    backendService: url('regions/us-central1/backendServices/bs'),
    ...more,
  });

/** An internal passthrough balancer "fr" at 10.0.1.100:80 with these members, probed at tcp 8080. */
export const internal = (members: readonly string[], more: Json = {}, ofService: Json = {}): unknown[] => [
  list('forwardingRule', forwardingRule('fr', '10.0.1.100', more)),
  service('bs', 'ig', ofService),
  ...group('ig', ...members),
  healthCheck(8080),
];

/** A global external HTTP balancer at 203.0.113.5, ports 80 (fr) and 443 (fr-tls). */
export const external = (members: readonly string[], ofService: Json = {}): unknown[] => {
  const rule = (name: string, port: string) => {
    const {
      region: _r,
      network: _n,
      subnetwork: _s,
      backendService: _b,
      ports: _p,
      ...rest
    } = forwardingRule(name, '203.0.113.5', {
      loadBalancingScheme: 'EXTERNAL_MANAGED',
      portRange: `${port}-${port}`,
      target: url('global/targetHttpProxies/px'),
    });
    return { ...rest, selfLink: url(`global/forwardingRules/${name}`) };
  };
  return [
    list('forwardingRule', rule('fr', '80'), rule('fr-tls', '443')),
    list(
      'targetHttpProxy',
      one('targetHttpProxy', 'global/targetHttpProxies/px', { urlMap: url('global/urlMaps/um') }),
    ),
    list(
      'urlMap',
      one('urlMap', 'global/urlMaps/um', { defaultService: url('regions/us-central1/backendServices/bs') }),
    ),
    service('bs', 'ig', ofService),
    ...group('ig', ...members),
    healthCheck(8080),
  ];
};

export const nat = (more: Json = {}, router: Json = {}): Json =>
  list(
    'router',
    one('router', 'regions/us-central1/routers/r', {
      network: url('global/networks/n'),
      region: url('regions/us-central1'),
      nats: [
        {
          name: 'nat',
          natIpAllocateOption: 'AUTO_ONLY',
          sourceSubnetworkIpRangesToNat: 'ALL_SUBNETWORKS_ALL_IP_RANGES',
          ...more,
        },
      ],
      ...router,
    }),
  );

export const tunnel = (status: string, more: Json = {}): Json[] => [
  list(
    'vpnTunnel',
    one('vpnTunnel', 'regions/us-central1/vpnTunnels/t', {
      status,
      targetVpnGateway: url('regions/us-central1/targetVpnGateways/g'),
      ...more,
    }),
  ),
  list(
    'targetVpnGateway',
    one('targetVpnGateway', 'regions/us-central1/targetVpnGateways/g', { network: url('global/networks/n') }),
  ),
];

export const bgpRouter = (more: Json = {}): Json =>
  list(
    'router',
    one('router', 'regions/us-central1/routers/cr', {
      network: url('global/networks/n'),
      region: url('regions/us-central1'),
      bgp: { asn: 64514, advertiseMode: 'DEFAULT' },
      interfaces: [{ name: 'if0', linkedVpnTunnel: url('regions/us-central1/vpnTunnels/t') }],
      bgpPeers: [{ name: 'peer0', interfaceName: 'if0', peerIpAddress: '169.254.0.2' }],
      ...more,
    }),
  );

export const routerStatus = (routes: readonly Json[], more: Json = {}): Json => ({
  $request: { router: 'cr', region: 'us-central1' },
  kind: 'compute#routerStatusResponse',
  result: { network: url('global/networks/n'), bestRoutes: routes, ...more },
});
