/** What Google Cloud does at its edges: special senders, balancers, hybrid doors, cut lists. */
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
import {
  bgpRouter,
  external,
  forwardingRule,
  internal,
  list,
  nat,
  policy,
  policyRule,
  routerStatus,
  tunnel,
} from './parts.ts';

type Case = readonly [title: string, estate: Parts, src: string, dst: string, verdict: string, by?: string];

const base = {
  networks: [network('n')],
  subnets: [subnet('n/a', '10.0.1.0/24'), subnet('n/b@us-east1', '10.0.2.0/24')],
  routes: [toInternet()],
};
const [one, two] = [vm('one', 'n/a', '10.0.1.4'), vm('two', 'n/b@us-east1', '10.0.2.4')];
const near = vm('near', 'n/a', '10.0.1.5');
const open = firewall('open', 'allow all from 0.0.0.0/0');
const probes = firewall('probes', 'allow tcp:8080 from 35.191.0.0/16', {
  sourceRanges: ['35.191.0.0/16', '130.211.0.0/22'],
});
const inM = { network: url('global/networks/m') };
const tag = (name: string) => [{ name: `tagValues/${name}`, state: 'EFFECTIVE' }];
const bindings = (vmName: string, ...values: readonly string[]): Json => ({
  $request: { parent: `//compute.googleapis.com/projects/p/zones/us-central1-a/instances/${vmName}` },
  tagBindings: values.map((value) => ({
    parent: `//compute.googleapis.com/projects/p/zones/us-central1-a/instances/${vmName}`,
    tagValue: `tagValues/${value}`,
  })),
});

const SENDERS: readonly Case[] = [
  [
    'IAP reaches a VM without an external address',
    { ...base, instances: [one], firewalls: [firewall('iap', 'allow tcp:22 from 35.235.240.0/20')] },
    '35.235.240.7',
    'one:22',
    'reachable',
  ],
  ['IAP needs a rule like anybody', { ...base, instances: [one] }, '35.235.240.7', 'one:22', 'unreachable', 'n'],
  [
    'probes need no route back',
    {
      ...base,
      routes: [route('none', 'n', '192.0.2.0/24', { nextHopGateway: url('global/gateways/default-internet-gateway') })],
      instances: [one],
      firewalls: [probes],
    },
    '35.191.3.4',
    'one:8080',
    'reachable',
  ],
  [
    'a VM with several interfaces reaches its metadata server',
    {
      ...base,
      networks: [network('n'), network('m')],
      subnets: [...base.subnets, subnet('m/c', '10.1.1.0/24')],
      instances: [
        {
          ...one,
          networkInterfaces: [
            ...(one['networkInterfaces'] as Json[]),
            {
              name: 'nic1',
              network: url('global/networks/m'),
              subnetwork: url('regions/us-central1/subnetworks/c'),
              networkIP: '10.1.1.9',
            },
          ],
        },
      ],
      firewalls: [firewall('no', 'deny all to 0.0.0.0/0')],
    },
    'one',
    '169.254.169.254:80',
    'reachable',
  ],
  [
    'mail leaves in few projects, and nobody can tell in which',
    { ...base, instances: [vm('one', 'n/a', '10.0.1.4', { ip: '34.1.1.1' })] },
    'one',
    '198.51.100.9:25',
    'undetermined',
  ],
  ['mail stays possible inside', { ...base, instances: [one, two], firewalls: [open] }, 'one', 'two:25', 'reachable'],
  [
    'mail that a rule denies is certainly denied',
    {
      ...base,
      instances: [vm('one', 'n/a', '10.0.1.4', { ip: '34.1.1.1' })],
      firewalls: [firewall('no', 'deny tcp:25 to 0.0.0.0/0')],
    },
    'one',
    '198.51.100.9:25',
    'unreachable',
    'no',
  ],
  [
    'mail comes in like anything',
    { ...base, instances: [vm('one', 'n/a', '10.0.1.4', { ip: '34.1.1.1' })], firewalls: [open] },
    'internet',
    'one:25',
    'reachable',
  ],
  [
    'external addresses carry some protocols only',
    { ...base, instances: [vm('one', 'n/a', '10.0.1.4', { ip: '34.1.1.1' })], firewalls: [open] },
    'internet',
    'one:proto:4',
    'unreachable',
  ],
  [
    'ESP is one of them',
    { ...base, instances: [vm('one', 'n/a', '10.0.1.4', { ip: '34.1.1.1' })], firewalls: [open] },
    'internet',
    'one:esp',
    'reachable',
  ],
  [
    'a VM that is being suspended answers nothing',
    { ...base, instances: [one, { ...two, status: 'REPAIRING' }], firewalls: [open] },
    'one',
    'two:22',
    'unreachable',
    'two',
  ],
];

const BALANCERS: readonly Case[] = [
  [
    'two forwarding rules share an address',
    { ...base, instances: [one], firewalls: [probes], others: external(['one']) },
    'internet',
    '203.0.113.5:443',
    'reachable',
  ],
  [
    'and the first of them still answers',
    { ...base, instances: [one], firewalls: [probes], others: external(['one']) },
    'internet',
    'fr:80',
    'reachable',
  ],
  [
    'a port of neither',
    { ...base, instances: [one], firewalls: [probes], others: external(['one']) },
    'internet',
    '203.0.113.5:8080',
    'unreachable',
    'fr',
  ],
  [
    'a proxy without its URL map is not known',
    {
      ...base,
      instances: [one],
      firewalls: [probes],
      others: external(['one']).filter((document) => (document as Json)['kind'] !== 'compute#urlMapList'),
    },
    'internet',
    'fr:80',
    'undetermined',
  ],
  [
    'a group whose members nobody listed is not known',
    {
      ...base,
      instances: [one],
      firewalls: [probes],
      others: external(['one']).filter((document) => (document as Json)['$request'] === undefined),
    },
    'internet',
    'fr:80',
    'undetermined',
  ],
  [
    'a port name that the group does not define',
    { ...base, instances: [one], firewalls: [probes], others: external(['one'], { portName: 'https' }) },
    'internet',
    'fr:80',
    'unreachable',
    'fr',
  ],
  [
    'a bucket answers by itself',
    {
      ...base,
      instances: [one],
      others: external(['one']).map((document) =>
        (document as Json)['kind'] === 'compute#urlMapList'
          ? list('urlMap', {
              kind: 'compute#urlMap',
              name: 'um',
              selfLink: url('global/urlMaps/um'),
              defaultService: url('global/backendBuckets/bb'),
            })
          : document,
      ),
    },
    'internet',
    'fr:80',
    'undetermined',
  ],
  [
    'passthrough: a member that probes do not reach gets nothing while another lives',
    {
      ...base,
      instances: [vm('one', 'n/a', '10.0.1.4', { tags: ['live'] }), near, vm('c', 'n/a', '10.0.1.6')],
      firewalls: [
        firewall('web', 'allow tcp:80 from 10.0.0.0/8', { targetTags: ['live'] }),
        { ...probes, targetTags: ['live'] },
      ],
      others: internal(['one', 'near']),
    },
    'c',
    'fr:80',
    'reachable',
  ],
  [
    'passthrough: with all probes shut out everybody gets traffic',
    {
      ...base,
      instances: [one, near],
      firewalls: [firewall('web', 'allow tcp:80 from 10.0.0.0/8')],
      others: internal(['one']),
    },
    'near',
    'fr:80',
    'reachable',
  ],
  [
    'passthrough: unless its failover policy drops then',
    {
      ...base,
      instances: [one, near],
      firewalls: [firewall('web', 'allow tcp:80 from 10.0.0.0/8')],
      others: internal(['one'], {}, { failoverPolicy: { dropTrafficIfUnhealthy: true } }),
    },
    'near',
    'fr:80',
    'unreachable',
    'fr',
  ],
  [
    'an internal proxy needs a proxy-only subnet',
    {
      ...base,
      instances: [one, near],
      firewalls: [probes],
      others: [
        ...internal(['one'], {
          loadBalancingScheme: 'INTERNAL_MANAGED',
          backendService: undefined,
          target: url('regions/us-central1/targetHttpProxies/px'),
        }),
        list('targetHttpProxy', {
          kind: 'compute#targetHttpProxy',
          name: 'px',
          selfLink: url('regions/us-central1/targetHttpProxies/px'),
          urlMap: url('regions/us-central1/urlMaps/um'),
        }),
        list('urlMap', {
          kind: 'compute#urlMap',
          name: 'um',
          selfLink: url('regions/us-central1/urlMaps/um'),
          defaultService: url('regions/us-central1/backendServices/bs'),
        }),
      ],
    },
    'near',
    'fr:80',
    'unreachable',
    'fr',
  ],
  [
    'an internal proxy sends from its proxy-only subnet',
    {
      ...base,
      subnets: [...base.subnets, subnet('n/px', '10.0.9.0/24', { purpose: 'REGIONAL_MANAGED_PROXY', role: 'ACTIVE' })],
      instances: [one, near],
      firewalls: [probes, firewall('from-proxies', 'allow tcp:8080 from 10.0.9.0/24')],
      others: [
        ...internal(['one'], {
          loadBalancingScheme: 'INTERNAL_MANAGED',
          backendService: undefined,
          target: url('regions/us-central1/targetHttpProxies/px'),
        }),
        list('targetHttpProxy', {
          kind: 'compute#targetHttpProxy',
          name: 'px',
          selfLink: url('regions/us-central1/targetHttpProxies/px'),
          urlMap: url('regions/us-central1/urlMaps/um'),
        }),
        list('urlMap', {
          kind: 'compute#urlMap',
          name: 'um',
          selfLink: url('regions/us-central1/urlMaps/um'),
          defaultService: url('regions/us-central1/backendServices/bs'),
        }),
      ],
    },
    'near',
    'fr:80',
    'reachable',
  ],
  [
    'endpoints of a zonal group are spoken to at their own addresses',
    {
      ...base,
      subnets: [
        subnet('n/a', '10.0.1.0/24', { secondaryIpRanges: [{ rangeName: 'pods', ipCidrRange: '10.8.0.0/16' }] }),
      ],
      instances: [
        {
          ...one,
          networkInterfaces: (one['networkInterfaces'] as Json[]).map((nic) => ({
            ...nic,
            aliasIpRanges: [{ ipCidrRange: '10.8.1.0/24', subnetworkRangeName: 'pods' }],
          })),
        },
      ],
      firewalls: [{ ...probes, allowed: [{ IPProtocol: 'tcp', ports: ['9376'] }] }],
      others: [
        ...external([], {
          backends: [{ group: url('zones/us-central1-a/networkEndpointGroups/neg') }],
          healthChecks: [],
        }),
        {
          $request: { networkEndpointGroup: 'neg', zone: 'us-central1-a' },
          kind: 'compute#networkEndpointGroupsListNetworkEndpoints',
          items: [{ networkEndpoint: { instance: 'one', ipAddress: '10.8.1.7', port: 9376 } }],
        },
      ],
    },
    'internet',
    'fr:80',
    'reachable',
  ],
  [
    'an endpoint that is accepted: what the producer does is not known',
    {
      ...base,
      instances: [one],
      others: [
        list(
          'forwardingRule',
          forwardingRule('psc', '10.0.1.50', {
            loadBalancingScheme: '',
            backendService: undefined,
            target: 'https://www.googleapis.com/compute/v1/projects/q/regions/us-central1/serviceAttachments/sa',
            pscConnectionStatus: 'ACCEPTED',
          }),
        ),
      ],
    },
    'one',
    'psc:443',
    'undetermined',
  ],
  [
    'an endpoint that is pending answers nothing',
    {
      ...base,
      instances: [one],
      others: [
        list(
          'forwardingRule',
          forwardingRule('psc', '10.0.1.50', {
            loadBalancingScheme: '',
            backendService: undefined,
            target: 'https://www.googleapis.com/compute/v1/projects/q/regions/us-central1/serviceAttachments/sa',
            pscConnectionStatus: 'PENDING',
          }),
        ),
      ],
    },
    'one',
    'psc:443',
    'unreachable',
    'psc',
  ],
  [
    'an endpoint is not for peers',
    {
      networks: [network('n', { peerings: [peering('m')] }), network('m', { peerings: [peering('n')] })],
      subnets: [subnet('n/a', '10.0.1.0/24'), subnet('m/c', '10.1.1.0/24')],
      routes: [],
      instances: [vm('three', 'm/c', '10.1.1.4')],
      others: [
        list(
          'forwardingRule',
          forwardingRule('psc', '10.0.1.50', {
            loadBalancingScheme: '',
            backendService: undefined,
            target: 'https://www.googleapis.com/compute/v1/projects/q/regions/us-central1/serviceAttachments/sa',
            pscConnectionStatus: 'ACCEPTED',
          }),
        ),
      ],
    },
    'three',
    '10.0.1.50:443',
    'unreachable',
    'psc',
  ],
];

const dynamic = (cidr: string, more: Json = {}): Json => ({
  kind: 'compute#route',
  destRange: cidr,
  network: url('global/networks/n'),
  nextHopIp: '169.254.0.2',
  priority: 100,
  ...more,
});

const HYBRID: readonly Case[] = [
  [
    'a route that BGP taught, found by its peer',
    {
      ...base,
      instances: [one],
      others: [...tunnel('ESTABLISHED'), bgpRouter(), routerStatus([dynamic('192.168.0.0/16')])],
    },
    'one',
    '192.168.1.1:443',
    'reachable',
  ],
  [
    'regional routing: not for other regions',
    {
      ...base,
      instances: [two],
      others: [...tunnel('ESTABLISHED'), bgpRouter(), routerStatus([dynamic('192.168.0.0/16')])],
    },
    'two',
    '192.168.1.1:443',
    'unreachable',
  ],
  [
    'global routing: for all regions',
    {
      ...base,
      networks: [network('n', { routingConfig: { routingMode: 'GLOBAL' } })],
      instances: [two],
      others: [...tunnel('ESTABLISHED'), bgpRouter(), routerStatus([dynamic('192.168.0.0/16')])],
    },
    'two',
    '192.168.1.1:443',
    'reachable',
  ],
  [
    'a router whose learned routes nobody listed may know the way',
    { ...base, instances: [one], others: [...tunnel('ESTABLISHED'), bgpRouter()] },
    'one',
    '192.168.1.1:443',
    'undetermined',
  ],
  [
    'and nobody doubts the internet for it',
    {
      ...base,
      instances: [vm('one', 'n/a', '10.0.1.4', { ip: '34.1.1.1' })],
      others: [...tunnel('ESTABLISHED'), bgpRouter()],
    },
    'one',
    '8.8.8.8:443',
    'reachable',
  ],
  [
    'by default a regional router advertises its own region only',
    {
      ...base,
      instances: [one, two],
      firewalls: [open],
      routes: [route('dc', 'n', '192.168.0.0/16', { nextHopVpnTunnel: url('regions/us-central1/vpnTunnels/t') })],
      others: [...tunnel('ESTABLISHED'), bgpRouter(), routerStatus([dynamic('192.168.0.0/16')])],
    },
    '192.168.1.1',
    'two:22',
    'unreachable',
    'cr',
  ],
  [
    'what it advertises is reached',
    {
      ...base,
      instances: [one, two],
      firewalls: [open],
      others: [...tunnel('ESTABLISHED'), bgpRouter(), routerStatus([dynamic('192.168.0.0/16')])],
    },
    '192.168.1.1',
    'one:22',
    'reachable',
  ],
  [
    'a stopped appliance with another way behind it: not known which',
    {
      ...base,
      instances: [one, vm('nva', 'n/a', '10.0.1.9', { canIpForward: true, status: 'TERMINATED' })],
      routes: [
        route('by-nva', 'n', '192.168.1.0/24', { nextHopInstance: url('zones/us-central1-a/instances/nva') }),
        route('dc', 'n', '192.168.0.0/16', { nextHopVpnTunnel: url('regions/us-central1/vpnTunnels/t') }),
      ],
      others: tunnel('ESTABLISHED'),
    },
    'one',
    '192.168.1.1:443',
    'undetermined',
  ],
  [
    'a stopped appliance without another way: certainly nothing',
    {
      ...base,
      instances: [one, vm('nva', 'n/a', '10.0.1.9', { canIpForward: true, status: 'TERMINATED' })],
      routes: [route('by-nva', 'n', '192.168.1.0/24', { nextHopInstance: url('zones/us-central1-a/instances/nva') })],
    },
    'one',
    '192.168.1.1:443',
    'unreachable',
    'by-nva',
  ],
  [
    'an appliance that does not forward',
    {
      ...base,
      instances: [one, vm('nva', 'n/a', '10.0.1.9')],
      routes: [route('by-nva', 'n', '192.168.1.0/24', { nextHopIp: '10.0.1.9' })],
      firewalls: [open],
    },
    'one',
    '192.168.1.1:443',
    'unreachable',
    'nva',
  ],
  [
    'equal routes of different kinds: nobody knows which is taken',
    {
      ...base,
      instances: [vm('one', 'n/a', '10.0.1.4', { ip: '34.1.1.1' }), vm('nva', 'n/a', '10.0.1.9')],
      routes: [toInternet(), route('by-nva', 'n', '0.0.0.0/0', { nextHopIp: '10.0.1.9' })],
    },
    'one',
    '8.8.8.8:443',
    'undetermined',
  ],
  [
    'a policy-based route goes before a subnet route',
    {
      ...base,
      instances: [one, two, vm('fw', 'n/a', '10.0.1.9', { tags: ['fw'] })],
      firewalls: [open],
      others: [
        ...internal(['fw'], { IPAddress: '10.0.1.200', allowGlobalAccess: true, allPorts: true, ports: undefined }),
        {
          policyBasedRoutes: [
            {
              kind: 'networkconnectivity#policyBasedRoute',
              name: 'projects/p/locations/global/policyBasedRoutes/inspect',
              network: url('global/networks/n'),
              priority: 100,
              filter: { protocolVersion: 'IPV4', ipProtocol: 'ALL', srcRange: '10.0.1.0/24', destRange: '10.0.2.0/24' },
              nextHopIlbIp: '10.0.1.200',
            },
          ],
        },
      ],
    },
    'one',
    'two:22',
    'unreachable',
    'fw',
  ],
  [
    'a policy-based route to the ordinary routes leaves the others unread',
    {
      ...base,
      instances: [one, two, vm('fw', 'n/a', '10.0.1.9', { tags: ['fw'] })],
      firewalls: [open],
      others: [
        ...internal(['fw'], { IPAddress: '10.0.1.200', allowGlobalAccess: true, allPorts: true, ports: undefined }),
        {
          policyBasedRoutes: [
            {
              name: 'projects/p/locations/global/policyBasedRoutes/skip',
              network: url('global/networks/n'),
              priority: 50,
              filter: { protocolVersion: 'IPV4', ipProtocol: 'TCP', srcRange: '10.0.1.0/24', destRange: '10.0.2.0/24' },
              nextHopOtherRoutes: 'DEFAULT_ROUTING',
            },
            {
              name: 'projects/p/locations/global/policyBasedRoutes/inspect',
              network: url('global/networks/n'),
              priority: 100,
              filter: { protocolVersion: 'IPV4', ipProtocol: 'ALL', srcRange: '10.0.1.0/24', destRange: '10.0.2.0/24' },
              nextHopIlbIp: '10.0.1.200',
            },
          ],
        },
      ],
    },
    'one',
    'two:22',
    'reachable',
  ],
  [
    'two peers offer one prefix: Google picks one, nobody knows which',
    {
      networks: [
        network('n', {
          peerings: [peering('m', { importCustomRoutes: true }), peering('o', { importCustomRoutes: true })],
        }),
        network('m', { peerings: [peering('n', { exportCustomRoutes: true })] }),
        network('o', { peerings: [peering('n', { exportCustomRoutes: true })] }),
      ],
      subnets: [subnet('n/a', '10.0.1.0/24'), subnet('m/c', '10.1.1.0/24'), subnet('o/d', '10.2.1.0/24')],
      instances: [one, vm('no', 'o/d', '10.2.1.9')],
      firewalls: [
        firewall('m', 'allow all from 0.0.0.0/0', inM),
        firewall('o', 'allow all from 0.0.0.0/0', { network: url('global/networks/o') }),
      ],
      routes: [
        route('rm', 'm', '172.20.0.0/16', { nextHopVpnTunnel: url('regions/us-central1/vpnTunnels/t') }),
        route('ro', 'o', '172.20.0.0/16', { nextHopIp: '10.2.1.9' }, 10),
      ],
      others: tunnel('ESTABLISHED'),
    },
    'one',
    '172.20.1.1:443',
    'undetermined',
  ],
];

const duo = {
  ...vm('duo', 'n/a', '10.0.1.9'),
  networkInterfaces: [
    {
      name: 'nic0',
      network: url('global/networks/n'),
      subnetwork: url('regions/us-central1/subnetworks/a'),
      networkIP: '10.0.1.9',
    },
    {
      name: 'nic1',
      network: url('global/networks/m'),
      subnetwork: url('regions/us-central1/subnetworks/c'),
      networkIP: '10.1.1.9',
    },
  ],
};
const twoNetworks = {
  networks: [network('n'), network('m')],
  subnets: [subnet('n/a', '10.0.1.0/24'), subnet('m/c', '10.1.1.0/24'), subnet('m/d', '10.1.2.0/24')],
  routes: [toInternet()],
  instances: [one, duo, vm('three', 'm/c', '10.1.1.4'), vm('four', 'm/d', '10.1.2.4')],
  firewalls: [open, firewall('m-in', 'allow all from 0.0.0.0/0', inM)],
};

const dc = route('dc', 'n', '192.168.0.0/16', { nextHopVpnTunnel: url('regions/us-central1/vpnTunnels/t') });
const narrow = tunnel('ESTABLISHED', {
  localTrafficSelector: ['10.0.9.0/24'],
  remoteTrafficSelector: ['192.168.0.0/16'],
});
const withApis = [subnet('n/a', '10.0.1.0/24', { privateIpGoogleAccess: true })];
const ofService = (name: string, kind: string) => `https://www.googleapis.com/compute/v1/projects/svc/${kind}/${name}`;
const shared = { ...vm('svc', 'n/a', '10.0.1.9'), selfLink: ofService('svc', 'zones/us-central1-a/instances') };

const SERVICES: readonly Case[] = [
  [
    'Shared VPC: rules of the host project hold for VMs of others',
    { ...base, instances: [one, shared], firewalls: [firewall('ssh', 'allow tcp:22 from 10.0.0.0/8')] },
    'one',
    'svc:22',
    'reachable',
  ],
  [
    "Shared VPC: rules of the service project's own network do not",
    {
      ...base,
      instances: [one, shared],
      firewalls: [
        firewall('other', 'allow tcp:80 from 10.0.0.0/8'),
        firewall('own', 'allow tcp:22 from 10.0.0.0/8', {
          selfLink: ofService('own', 'global/firewalls'),
          network: ofService('n', 'global/networks'),
        }),
      ],
    },
    'one',
    'svc:22',
    'unreachable',
    'n',
  ],
  [
    'traffic selectors that do not cover the sender',
    { ...base, instances: [one], routes: [dc], others: narrow },
    'one',
    '192.168.1.1:443',
    'unreachable',
    't',
  ],
  [
    'traffic selectors that do not cover the reply',
    { ...base, instances: [one], firewalls: [open], routes: [dc], others: narrow },
    '192.168.1.1',
    'one:443',
    'unreachable',
    't',
  ],
  [
    'Private Google Access, without an external address',
    { ...base, subnets: withApis, instances: [one] },
    'one',
    '199.36.153.8:443',
    'reachable',
  ],
  [
    'Private Google Access is for nothing else',
    { ...base, subnets: withApis, instances: [one] },
    'one',
    '8.8.8.8:443',
    'unreachable',
  ],
  [
    'Private Google Access needs a route, too',
    { ...base, subnets: withApis, instances: [one], routes: [] },
    'one',
    '199.36.153.8:443',
    'unreachable',
  ],
  [
    'a subnet that Cloud NAT serves reaches the APIs unasked',
    { ...base, instances: [one], others: [nat()] },
    'one',
    '199.36.153.8:443',
    'reachable',
  ],
];

const INTERFACES: readonly Case[] = [
  ['a VM sends by the interface whose subnet it is', twoNetworks, 'duo', 'three:22', 'reachable'],
  ['and by nic0 to the neighbours there', twoNetworks, 'duo', 'one:22', 'reachable'],
  ['it joins no networks by itself', twoNetworks, 'one', 'three:22', 'unreachable'],
  ['a neighbour of nic1 gets its answer', twoNetworks, 'three', '10.1.1.9:22', 'reachable'],
  ['a client beyond the subnet of nic1: the guest decides', twoNetworks, 'four', '10.1.1.9:22', 'undetermined'],
  [
    'an external IPv6 address needs a route ::/0 and a rule for IPv6, and no NAT',
    {
      networks: [network('n')],
      subnets: [subnet('n/a', '10.0.1.0/24', { ipv6CidrRange: '2600:1900:4000::/64', ipv6AccessType: 'EXTERNAL' })],
      routes: [route('six', 'n', '::/0', { nextHopGateway: url('global/gateways/default-internet-gateway') })],
      instances: [
        {
          ...one,
          networkInterfaces: (one['networkInterfaces'] as Json[]).map((nic) => ({
            ...nic,
            ipv6AccessConfigs: [{ externalIpv6: '2600:1900:4000::5', externalIpv6PrefixLength: 96 }],
          })),
        },
      ],
      firewalls: [firewall('six-in', 'allow tcp:443 from ::/0')],
    },
    '2001:4860:4860::8888',
    '[2600:1900:4000::5]:443',
    'reachable',
  ],
  [
    'an internal IPv6 address has no way to the internet',
    {
      networks: [network('n')],
      subnets: [subnet('n/a', '10.0.1.0/24', { internalIpv6Prefix: 'fd20:1:2:3::/64' })],
      routes: [route('six', 'n', '::/0', { nextHopGateway: url('global/gateways/default-internet-gateway') })],
      instances: [
        {
          ...one,
          networkInterfaces: (one['networkInterfaces'] as Json[]).map((nic) => ({
            ...nic,
            ipv6Address: 'fd20:1:2:3::5',
          })),
        },
      ],
    },
    'one',
    '[2001:4860:4860::8888]:443',
    'unreachable',
  ],
];

const POLICIES: readonly Case[] = [
  [
    'a secure tag that a binding gives to the VM',
    {
      ...base,
      instances: [one, near],
      firewalls: [open],
      others: [
        policy('org', 'organizations/1', policyRule(100, 'deny', '22', { targetSecureTags: tag('9') })),
        bindings('near', '9'),
      ],
    },
    'one',
    'near:22',
    'unreachable',
    'org',
  ],
  [
    'a VM that was asked about and has no tag',
    {
      ...base,
      instances: [one, near],
      firewalls: [open],
      others: [
        policy('org', 'organizations/1', policyRule(100, 'deny', '22', { targetSecureTags: tag('9') })),
        bindings('near'),
      ],
    },
    'one',
    'near:22',
    'reachable',
  ],
  [
    'a binding by the number of the VM',
    {
      ...base,
      instances: [one, { ...near, id: '4711' }],
      firewalls: [open],
      others: [
        policy('org', 'organizations/1', policyRule(100, 'deny', '22', { targetSecureTags: tag('9') })),
        [
          {
            name: 'tagBindings/x',
            parent: '//compute.googleapis.com/projects/99/zones/us-central1-a/instances/4711',
            tagValue: 'tagValues/9',
          },
        ],
      ],
    },
    'one',
    'near:22',
    'unreachable',
    'org',
  ],
  [
    'a secure tag as source reaches over a peering',
    {
      networks: [network('n', { peerings: [peering('m')] }), network('m', { peerings: [peering('n')] })],
      subnets: [subnet('n/a', '10.0.1.0/24'), subnet('m/c', '10.1.1.0/24')],
      routes: [],
      instances: [one, vm('three', 'm/c', '10.1.1.4')],
      others: [
        policy(
          'np',
          url('global/networks/m'),
          policyRule(100, 'allow', '22', { match: { srcIpRanges: [], srcSecureTags: tag('9') } }),
        ),
        bindings('one', '9'),
        bindings('three'),
      ],
    },
    'one',
    'three:22',
    'reachable',
  ],
  [
    'an INEFFECTIVE target tag: the rule is ignored',
    {
      ...base,
      instances: [one, near],
      firewalls: [open],
      others: [
        policy(
          'org',
          'organizations/1',
          policyRule(100, 'deny', '22', { targetSecureTags: [{ name: 'tagValues/9', state: 'INEFFECTIVE' }] }),
        ),
      ],
    },
    'one',
    'near:22',
    'reachable',
  ],
  [
    'an address group',
    {
      ...base,
      instances: [one, near],
      firewalls: [open],
      others: [
        policy(
          'org',
          'organizations/1',
          policyRule(100, 'deny', '22', {
            match: { srcIpRanges: [], srcAddressGroups: ['projects/p/locations/global/addressGroups/g'] },
          }),
        ),
        [{ name: 'projects/p/locations/global/addressGroups/g', type: 'IPV4', items: ['10.0.1.4'] }],
      ],
    },
    'one',
    'near:22',
    'unreachable',
    'org',
  ],
  [
    'an address group that is not there',
    {
      ...base,
      instances: [one, near],
      firewalls: [open],
      others: [
        policy(
          'org',
          'organizations/1',
          policyRule(100, 'deny', '22', {
            match: { srcIpRanges: [], srcAddressGroups: ['projects/p/locations/global/addressGroups/g'] },
          }),
        ),
      ],
    },
    'one',
    'near:22',
    'undetermined',
  ],
  [
    'inspection may pass or drop',
    {
      ...base,
      instances: [one, near],
      firewalls: [open],
      others: [policy('org', 'organizations/1', policyRule(100, 'apply_security_profile_group', '22'))],
    },
    'one',
    'near:22',
    'undetermined',
  ],
  [
    'geography decides nothing that a VPC rule denies anyway',
    {
      ...base,
      instances: [one, near],
      others: [
        policy(
          'org',
          'organizations/1',
          policyRule(100, 'deny', '22', { match: { srcIpRanges: [], srcRegionCodes: ['XX'] } }),
        ),
      ],
    },
    'one',
    'near:22',
    'unreachable',
  ],
  [
    'a policy for the internet says nothing of neighbours',
    {
      ...base,
      instances: [one, near],
      firewalls: [open],
      others: [
        policy('org', 'organizations/1', policyRule(100, 'deny', '22', { match: { srcNetworkContext: 'INTERNET' } })),
      ],
    },
    'one',
    'near:22',
    'reachable',
  ],
  [
    'a folder whose parent is not known is above the project all the same',
    {
      ...base,
      instances: [one, near],
      firewalls: [open],
      others: [
        policy('fold', 'folders/7', policyRule(100, 'deny', '22')),
        [{ projectId: 'p', projectNumber: '1', parent: { type: 'folder', id: '7' } }],
      ],
    },
    'one',
    'near:22',
    'unreachable',
    'fold',
  ],
  [
    'a policy without its rules',
    {
      ...base,
      instances: [one, near],
      firewalls: [open],
      others: [
        list('firewallPolicy', {
          kind: 'compute#firewallPolicy',
          name: 'org',
          selfLink: url('global/firewallPolicies/org'),
          associations: [{ attachmentTarget: 'organizations/1' }],
        }),
      ],
    },
    'one',
    'near:22',
    'undetermined',
  ],
  [
    'a regional policy is for its region',
    {
      ...base,
      instances: [one, two],
      others: [
        list('firewallPolicy', {
          kind: 'compute#firewallPolicy',
          name: 'east',
          region: url('regions/us-east1'),
          selfLink: url('regions/us-east1/firewallPolicies/east'),
          associations: [{ attachmentTarget: url('global/networks/n') }],
          rules: [policyRule(100, 'allow', '22')],
        }),
      ],
    },
    'one',
    'two:22',
    'reachable',
  ],
  [
    'a regional policy is not for others',
    {
      ...base,
      instances: [one, near],
      others: [
        list('firewallPolicy', {
          kind: 'compute#firewallPolicy',
          name: 'east',
          region: url('regions/us-east1'),
          selfLink: url('regions/us-east1/firewallPolicies/east'),
          associations: [{ attachmentTarget: url('global/networks/n') }],
          rules: [policyRule(100, 'allow', '22')],
        }),
      ],
    },
    'one',
    'near:22',
    'unreachable',
  ],
  [
    'destination ranges behind an external address are not documented',
    {
      ...base,
      instances: [vm('one', 'n/a', '10.0.1.4', { ip: '34.1.1.1' })],
      firewalls: [firewall('in', 'allow tcp:22 from 0.0.0.0/0', { destinationRanges: ['10.0.1.0/24'] })],
    },
    'internet',
    'one:22',
    'undetermined',
  ],
  [
    'destination ranges from inside are plain',
    {
      ...base,
      instances: [vm('one', 'n/a', '10.0.1.4', { ip: '34.1.1.1' }), near],
      firewalls: [firewall('in', 'allow tcp:22 from 0.0.0.0/0', { destinationRanges: ['10.0.1.4/32'] })],
    },
    'near',
    'one:22',
    'reachable',
  ],
];

const LISTS: readonly Case[] = [
  [
    'firewall rules that a page cuts off',
    {
      ...base,
      instances: [one, near],
      others: [
        { kind: 'compute#firewallList', items: [firewall('x', 'allow tcp:1 from 0.0.0.0/0')], nextPageToken: 'more' },
      ],
    },
    'one',
    'near:22',
    'undetermined',
  ],
  [
    'the rules of another project say nothing of this one',
    {
      ...base,
      instances: [one, near],
      firewalls: [
        firewall('x', 'allow tcp:22 from 0.0.0.0/0', {
          selfLink: 'https://www.googleapis.com/compute/v1/projects/q/global/firewalls/x',
          network: 'https://www.googleapis.com/compute/v1/projects/q/global/networks/n',
        }),
      ],
    },
    'one',
    'near:22',
    'undetermined',
  ],
  [
    'a router region that was not reached may have a NAT',
    {
      ...base,
      instances: [one],
      others: [
        {
          kind: 'compute#routerAggregatedList',
          items: { 'regions/us-central1': { warning: { code: 'UNREACHABLE', message: 'x' } } },
        },
      ],
    },
    'one',
    '8.8.8.8:443',
    'undetermined',
  ],
  [
    'effective firewalls of a network stand for its rules',
    {
      networks: base.networks,
      subnets: base.subnets,
      routes: base.routes,
      instances: [one, near],
      unlisted: ['firewall'],
      others: [{ firewalls: [firewall('ssh', 'allow tcp:22 from 0.0.0.0/0')], firewallPolicys: [] }],
    },
    'one',
    'near:22',
    'reachable',
  ],
];

for (const [topic, cases] of Object.entries({ SENDERS, BALANCERS, HYBRID, SERVICES, INTERFACES, POLICIES, LISTS }))
  describe(`Google Cloud, ${topic.toLowerCase()}`, () => {
    test.each(cases.map(([title, ...rest]) => ({ title, rest })))(
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
