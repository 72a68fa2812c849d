/** Each trap fires where it is laid, and stays silent where the same estate lacks it. */
import { describe, expect, test } from 'vitest';
import { GOTCHA_CODES } from '../../src/providers/gcp/gotchas/index.ts';
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

interface Sample {
  readonly code: string;
  readonly estate: Parts;
  readonly ask: readonly [src: string, dst: string];
  /** The same without the trap: what differs, and what is asked then. */
  readonly silent: { readonly estate?: Parts; readonly ask?: readonly [src: string, dst: string] };
}

const base = {
  networks: [network('n')],
  subnets: [subnet('n/a', '10.0.1.0/24'), subnet('n/b@us-east1', '10.0.2.0/24')],
  routes: [toInternet()],
};
const [one, two] = [vm('one', 'n/a', '10.0.1.4'), vm('two', 'n/b@us-east1', '10.0.2.4')];
const near = vm('near', 'n/a', '10.0.1.5');
const ssh = firewall('ssh', 'allow tcp:22 from 10.0.0.0/8');
const open = firewall('open', 'allow all from 0.0.0.0/0');
const web = (ip?: string) => vm('web', 'n/a', '10.0.1.7', { tags: ['web'], ...(ip === undefined ? {} : { ip }) });
const both = { ...base, instances: [one, near] };
const inM = { network: url('global/networks/m') };
const tunnelUrl = url('regions/us-central1/vpnTunnels/t');

/** Networks n and m with these sides of their peering; "three" is in m. */
const peers = (a: Json = {}, b: Json = {}, more: Parts = {}): Parts => ({
  networks: [network('n', { peerings: [peering('m', a)] }), network('m', { peerings: [peering('n', b)] })],
  subnets: [subnet('n/a', '10.0.1.0/24'), subnet('m/c', '10.1.1.0/24')],
  instances: [one, vm('three', 'm/c', '10.1.1.4')],
  firewalls: [firewall('m-in', 'allow tcp:22 from 0.0.0.0/0', inM), open],
  routes: [],
  ...more,
});
const toDc = (net: string, more: Json = {}) =>
  route(`dc-${net}`, net, '192.168.0.0/16', { nextHopVpnTunnel: tunnelUrl, ...more });
const six = (name: string, net: string, address: string, ipv6: string): Json => {
  const made = vm(name, net, address);
  return {
    ...made,
    networkInterfaces: (made['networkInterfaces'] as Json[]).map((nic) => ({ ...nic, ipv6Address: ipv6 })),
  };
};
const endpoint = (status: string): unknown =>
  list(
    'forwardingRule',
    forwardingRule('psc', '10.0.1.50', {
      loadBalancingScheme: '',
      backendService: undefined,
      target: 'https://www.googleapis.com/compute/v1/projects/q/regions/us-central1/serviceAttachments/sa',
      pscConnectionStatus: status,
    }),
  );
const probes = firewall('probes', 'allow tcp:8080 from 35.191.0.0/16', {
  sourceRanges: ['35.191.0.0/16', '130.211.0.0/22'],
});
const secure = (value: string) => [{ name: `tagValues/${value}`, state: 'EFFECTIVE' }];

const SAMPLES: readonly Sample[] = [
  {
    code: 'gcp-implied-deny-ingress',
    estate: both,
    ask: ['one', 'near:22'],
    silent: { estate: { ...both, firewalls: [ssh] } },
  },
  {
    code: 'gcp-same-subnet-filtered',
    estate: both,
    ask: ['one', 'near:22'],
    silent: { estate: { ...base, instances: [one, two] }, ask: ['one', 'two:22'] },
  },
  {
    code: 'gcp-firewall-applies-network-wide',
    estate: { ...base, instances: [one, two], firewalls: [ssh] },
    ask: ['one', 'two:22'],
    silent: {
      estate: {
        ...base,
        instances: [one, vm('two', 'n/b@us-east1', '10.0.2.4', { tags: ['ssh'] })],
        firewalls: [{ ...ssh, targetTags: ['ssh'] }],
      },
    },
  },
  {
    code: 'gcp-deny-wins-at-equal-priority',
    estate: { ...both, firewalls: [ssh, firewall('no', 'deny tcp:22 from 10.0.1.0/24')] },
    ask: ['one', 'near:22'],
    silent: {
      estate: { ...both, firewalls: [ssh, firewall('no', 'deny tcp:22 from 10.0.1.0/24', { priority: 900 })] },
    },
  },
  {
    code: 'gcp-target-specificity-ignored',
    estate: {
      ...both,
      firewalls: [
        firewall('wide', 'deny all from 10.0.0.0/8', { priority: 900 }),
        firewall('exact', 'allow tcp:22 from 10.0.1.4/32'),
      ],
    },
    ask: ['one', 'near:22'],
    silent: {
      estate: {
        ...both,
        firewalls: [
          firewall('wide', 'deny all from 10.0.0.0/8', { priority: 900 }),
          firewall('all', 'allow all from 0.0.0.0/0'),
        ],
      },
    },
  },
  {
    code: 'gcp-target-tag-missing',
    estate: { ...base, instances: [one, web()], firewalls: [{ ...ssh, targetTags: ['webs'] }] },
    ask: ['one', 'web:22'],
    silent: {
      estate: {
        ...base,
        instances: [one, web(), vm('x', 'n/a', '10.0.1.9', { tags: ['database'] })],
        firewalls: [{ ...ssh, targetTags: ['database'] }],
      },
    },
  },
  {
    code: 'gcp-disabled-rule',
    estate: { ...both, firewalls: [{ ...ssh, disabled: true }] },
    ask: ['one', 'near:22'],
    silent: { estate: { ...both, firewalls: [{ ...ssh, disabled: true }] }, ask: ['one', 'near:443'] },
  },
  {
    code: 'gcp-source-tag-internal-only',
    estate: {
      ...base,
      instances: [
        vm('app', 'n/a', '10.0.1.4', { tags: ['app'], ip: '34.1.1.1' }),
        vm('db', 'n/a', '10.0.1.5', { ip: '34.1.1.2' }),
      ],
      firewalls: [firewall('db', 'allow tcp:5432 from tags', { sourceTags: ['app'] })],
    },
    ask: ['app', '34.1.1.2:5432'],
    silent: { ask: ['app', 'db:5432'] },
  },
  {
    code: 'gcp-ipv4-rule-ignores-ipv6',
    estate: {
      ...base,
      subnets: [subnet('n/a', '10.0.1.0/24', { internalIpv6Prefix: 'fd20:1:2:3::/64' })],
      instances: [six('one', 'n/a', '10.0.1.4', 'fd20:1:2:3::4'), six('near', 'n/a', '10.0.1.5', 'fd20:1:2:3::5')],
      firewalls: [open],
    },
    ask: ['one', '[fd20:1:2:3::5]:22'],
    silent: { ask: ['one', '10.0.1.5:22'] },
  },
  {
    code: 'gcp-egress-deny-does-not-stop-replies',
    estate: {
      ...base,
      instances: [one, web()],
      firewalls: [ssh, firewall('quiet', 'deny all to 0.0.0.0/0', { targetTags: ['web'] })],
    },
    ask: ['one', 'web:22'],
    silent: { estate: { ...base, instances: [one, web()], firewalls: [ssh] } },
  },
  {
    code: 'gcp-open-to-world',
    estate: {
      ...base,
      instances: [web('34.1.1.3')],
      firewalls: [firewall('default-allow-ssh', 'allow tcp:22 from 0.0.0.0/0')],
    },
    ask: ['internet', 'web:443'],
    silent: {
      estate: {
        ...base,
        instances: [web('34.1.1.3')],
        firewalls: [firewall('office', 'allow tcp:22 from 198.51.100.0/24')],
      },
    },
  },
  {
    code: 'gcp-hierarchical-policy-overrides',
    estate: { ...both, firewalls: [ssh], others: [policy('org', 'organizations/1', policyRule(1, 'deny', '22'))] },
    ask: ['one', 'near:22'],
    silent: { ask: ['one', 'near:443'] },
  },
  {
    code: 'gcp-goto-next-is-not-allow',
    estate: { ...both, others: [policy('org', 'organizations/1', policyRule(1, 'goto_next', '22'))] },
    ask: ['one', 'near:22'],
    silent: { ask: ['one', 'near:443'] },
  },
  {
    code: 'gcp-goto-next-skips-rest',
    estate: {
      ...both,
      others: [policy('org', 'organizations/1', policyRule(1, 'goto_next', '22'), policyRule(2, 'allow', '22'))],
    },
    ask: ['one', 'near:22'],
    silent: {
      estate: {
        ...both,
        others: [policy('org', 'organizations/1', policyRule(1, 'goto_next', '22'), policyRule(2, 'allow', '80'))],
      },
    },
  },
  {
    code: 'gcp-network-policy-shadowed-by-vpc-rules',
    estate: {
      ...both,
      firewalls: [ssh],
      others: [policy('np', url('global/networks/n'), policyRule(1, 'deny', '22'))],
    },
    ask: ['one', 'near:22'],
    silent: {
      estate: {
        ...both,
        networks: [network('n', { networkFirewallPolicyEnforcementOrder: 'BEFORE_CLASSIC_FIREWALL' })],
        firewalls: [ssh],
        others: [policy('np', url('global/networks/n'), policyRule(1, 'deny', '22'))],
      },
    },
  },
  {
    code: 'gcp-policy-not-associated',
    estate: {
      ...both,
      others: [
        list('firewallPolicy', {
          kind: 'compute#firewallPolicy',
          name: 'np',
          selfLink: url('global/firewallPolicies/np'),
          rules: [policyRule(1, 'allow', '22')],
        }),
      ],
    },
    ask: ['one', 'near:22'],
    silent: { estate: { ...both, others: [policy('np', url('global/networks/n'), policyRule(1, 'allow', '22'))] } },
  },
  {
    code: 'gcp-network-tag-is-not-secure-tag',
    estate: {
      ...base,
      instances: [one, web(), near],
      others: [
        policy('np', url('global/networks/n'), policyRule(1, 'allow', '22', { targetSecureTags: secure('9') })),
        {
          $request: { parent: '//compute.googleapis.com/projects/p/zones/us-central1-a/instances/near' },
          tagBindings: [{ tagValue: 'tagValues/9', namespacedTagValue: '1/role/web' }],
        },
        {
          $request: { parent: '//compute.googleapis.com/projects/p/zones/us-central1-a/instances/web' },
          tagBindings: [],
        },
      ],
    },
    ask: ['one', 'web:22'],
    silent: { ask: ['one', 'near:22'] },
  },
  {
    code: 'gcp-no-external-address',
    estate: { ...base, instances: [one] },
    ask: ['one', '8.8.8.8:443'],
    silent: { estate: { ...base, instances: [vm('one', 'n/a', '10.0.1.4', { ip: '34.1.1.1' })] } },
  },
  {
    code: 'gcp-nat-egress-only',
    estate: { ...base, instances: [one], firewalls: [open], others: [nat()] },
    ask: ['internet', 'one:443'],
    silent: { ask: ['one', '8.8.8.8:443'] },
  },
  {
    code: 'gcp-nat-wrong-region',
    estate: { ...base, instances: [two], others: [nat()] },
    ask: ['two', '8.8.8.8:443'],
    silent: { estate: { ...base, instances: [one], others: [nat()] }, ask: ['one', '8.8.8.8:443'] },
  },
  {
    code: 'gcp-nat-subnet-not-covered',
    estate: {
      ...base,
      instances: [one],
      others: [
        nat({
          sourceSubnetworkIpRangesToNat: 'LIST_OF_SUBNETWORKS',
          subnetworks: [{ name: url('regions/us-central1/subnetworks/other'), sourceIpRangesToNat: ['ALL_IP_RANGES'] }],
        }),
      ],
    },
    ask: ['one', '8.8.8.8:443'],
    silent: { estate: { ...base, instances: [one], others: [nat()] } },
  },
  {
    code: 'gcp-nat-bypassed-by-route',
    estate: {
      ...base,
      instances: [one, vm('nva', 'n/a', '10.0.1.9')],
      routes: [toInternet(), route('half', 'n', '0.0.0.0/1', { nextHopIp: '10.0.1.9' })],
      others: [nat()],
    },
    ask: ['one', '8.8.8.8:443'],
    silent: { ask: ['one', '198.51.100.1:443'] },
  },
  {
    code: 'gcp-default-route-missing',
    estate: { ...base, instances: [web('34.1.1.3')], firewalls: [open], routes: [] },
    ask: ['internet', 'web:443'],
    silent: { estate: { ...base, instances: [web('34.1.1.3')], firewalls: [open] } },
  },
  {
    code: 'gcp-route-tag-missing',
    estate: { ...base, instances: [one], routes: [{ ...toInternet(), tags: ['out'] }], others: [nat()] },
    ask: ['one', '8.8.8.8:443'],
    silent: {
      estate: {
        ...base,
        instances: [vm('one', 'n/a', '10.0.1.4', { tags: ['out'] })],
        routes: [{ ...toInternet(), tags: ['out'] }],
        others: [nat()],
      },
    },
  },
  {
    code: 'gcp-private-destination-to-internet-gateway',
    estate: { ...base, instances: [one] },
    ask: ['one', '192.168.7.7:443'],
    silent: { estate: { ...base, instances: [one], routes: [] } },
  },
  {
    code: 'gcp-smtp-25-blocked',
    estate: { ...base, instances: [web('34.1.1.3')] },
    ask: ['web', '198.51.100.9:25'],
    silent: { ask: ['web', '198.51.100.9:587'] },
  },
  {
    code: 'gcp-private-google-access-off',
    estate: { ...base, instances: [one] },
    ask: ['one', '199.36.153.8:443'],
    silent: {
      estate: { ...base, subnets: [subnet('n/a', '10.0.1.0/24', { privateIpGoogleAccess: true })], instances: [one] },
    },
  },
  {
    code: 'gcp-subnet-route-wins',
    estate: {
      ...base,
      instances: [one, two],
      firewalls: [open],
      routes: [route('detour', 'n', '10.0.0.0/16', { nextHopIp: '10.0.1.9' }, 0)],
    },
    ask: ['one', 'two:22'],
    silent: { ask: ['one', '10.0.77.1:22'] },
  },
  {
    code: 'gcp-longest-prefix-beats-priority',
    estate: {
      ...base,
      instances: [one, vm('nva', 'n/a', '10.0.1.9')],
      routes: [toDc('n', { priority: 10 }), route('old', 'n', '192.168.1.0/24', { nextHopIp: '10.0.1.9' }, 900)],
      others: tunnel('ESTABLISHED'),
    },
    ask: ['one', '192.168.1.1:443'],
    silent: { ask: ['one', '192.168.2.1:443'] },
  },
  {
    code: 'gcp-next-hop-cannot-forward',
    estate: {
      ...base,
      instances: [one, vm('nva', 'n/a', '10.0.1.9')],
      firewalls: [open],
      routes: [route('by-nva', 'n', '192.168.1.0/24', { nextHopIp: '10.0.1.9' })],
    },
    ask: ['one', '192.168.1.1:443'],
    silent: { ask: ['one', 'nva:443'] },
  },
  {
    code: 'gcp-vpn-tunnel-down',
    estate: { ...base, instances: [one], routes: [toDc('n')], others: tunnel('NO_INCOMING_PACKETS') },
    ask: ['one', '192.168.1.1:443'],
    silent: { estate: { ...base, instances: [one], routes: [toDc('n')], others: tunnel('ESTABLISHED') } },
  },
  {
    code: 'gcp-multi-nic-not-a-router',
    estate: {
      networks: [network('n'), network('m')],
      subnets: [subnet('n/a', '10.0.1.0/24'), subnet('m/c', '10.1.1.0/24')],
      instances: [
        one,
        vm('three', 'm/c', '10.1.1.4'),
        {
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
        },
      ],
      routes: [toInternet()],
      firewalls: [open],
    },
    ask: ['one', 'three:22'],
    silent: { ask: ['one', 'duo:22'] },
  },
  {
    code: 'gcp-multi-nic-asymmetric-return',
    estate: {
      networks: [network('n'), network('m')],
      subnets: [subnet('n/a', '10.0.1.0/24'), subnet('m/c', '10.1.1.0/24'), subnet('m/d', '10.1.2.0/24')],
      instances: [
        vm('four', 'm/d', '10.1.2.4'),
        vm('five', 'm/c', '10.1.1.5'),
        {
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
        },
      ],
      routes: [toInternet()],
      firewalls: [firewall('m', 'allow all from 0.0.0.0/0', inM)],
    },
    ask: ['four', '10.1.1.9:22'],
    silent: { ask: ['five', '10.1.1.9:22'] },
  },
  {
    code: 'gcp-vm-not-running',
    estate: { ...base, instances: [one, { ...near, status: 'SUSPENDED' }], firewalls: [ssh] },
    ask: ['one', 'near:22'],
    silent: { estate: { ...both, firewalls: [ssh] } },
  },
  {
    code: 'peering-not-transitive',
    estate: {
      networks: [
        network('n', { peerings: [peering('m')] }),
        network('m', { peerings: [peering('n'), peering('o')] }),
        network('o', { peerings: [peering('m')] }),
      ],
      subnets: [subnet('n/a', '10.0.1.0/24'), subnet('m/c', '10.1.1.0/24'), subnet('o/e', '10.2.1.0/24')],
      instances: [one, vm('far', 'o/e', '10.2.1.4'), vm('three', 'm/c', '10.1.1.4')],
      firewalls: [firewall('o-in', 'allow all from 0.0.0.0/0', { network: url('global/networks/o') })],
      routes: [],
    },
    ask: ['one', 'far:22'],
    silent: { ask: ['one', 'three:22'] },
  },
  {
    code: 'peering-inactive',
    estate: peers({ state: 'INACTIVE' }),
    ask: ['one', 'three:22'],
    silent: { estate: peers() },
  },
  {
    code: 'gcp-custom-routes-not-exported',
    estate: peers({}, { importCustomRoutes: true }, { routes: [toDc('n')], others: tunnel('ESTABLISHED') }),
    ask: ['three', '192.168.1.1:443'],
    silent: {
      estate: peers(
        { exportCustomRoutes: true },
        { importCustomRoutes: true },
        { routes: [toDc('n')], others: tunnel('ESTABLISHED') },
      ),
    },
  },
  {
    code: 'gcp-custom-routes-not-imported',
    estate: peers({ exportCustomRoutes: true }, {}, { routes: [toDc('n')], others: tunnel('ESTABLISHED') }),
    ask: ['three', '192.168.1.1:443'],
    silent: {
      estate: peers(
        { exportCustomRoutes: true },
        { importCustomRoutes: true },
        { routes: [toDc('n')], others: tunnel('ESTABLISHED') },
      ),
    },
  },
  {
    code: 'gcp-tagged-or-internet-route-never-exchanged',
    estate: peers(
      { exportCustomRoutes: true },
      { importCustomRoutes: true },
      { routes: [toInternet()], others: [nat()] },
    ),
    ask: ['three', '8.8.8.8:443'],
    silent: {
      estate: peers(
        { exportCustomRoutes: true },
        { importCustomRoutes: true },
        { routes: [toDc('n')], others: tunnel('ESTABLISHED') },
      ),
      ask: ['three', '192.168.1.1:443'],
    },
  },
  {
    code: 'gcp-pupi-routes-not-imported',
    estate: peers(
      {},
      {},
      {
        subnets: [subnet('n/a', '10.0.1.0/24'), subnet('m/c', '10.1.1.0/24'), subnet('m/p', '45.10.0.0/16')],
        instances: [one, vm('pub', 'm/p', '45.10.0.4')],
      },
    ),
    ask: ['one', 'pub:22'],
    silent: {
      estate: peers(
        { importSubnetRoutesWithPublicIp: true },
        {},
        {
          subnets: [subnet('n/a', '10.0.1.0/24'), subnet('m/p', '45.10.0.0/16')],
          instances: [one, vm('pub', 'm/p', '45.10.0.4')],
        },
      ),
    },
  },
  {
    code: 'gcp-peering-ipv4-only',
    estate: peers(
      { stackType: 'IPV4_IPV6' },
      { stackType: 'IPV4_ONLY' },
      {
        subnets: [
          subnet('n/a', '10.0.1.0/24', { internalIpv6Prefix: 'fd20:1:2:3::/64' }),
          subnet('m/c', '10.1.1.0/24', { internalIpv6Prefix: 'fd20:1:2:4::/64' }),
        ],
        instances: [six('one', 'n/a', '10.0.1.4', 'fd20:1:2:3::4'), six('three', 'm/c', '10.1.1.4', 'fd20:1:2:4::4')],
      },
    ),
    ask: ['one', '[fd20:1:2:4::4]:22'],
    silent: { ask: ['one', '10.1.1.4:22'] },
  },
  {
    code: 'gcp-firewall-not-shared-with-peer',
    estate: peers({}, {}, { firewalls: [ssh] }),
    ask: ['one', 'three:22'],
    silent: { estate: peers() },
  },
  {
    code: 'gcp-tag-does-not-cross-peering',
    estate: peers(
      {},
      {},
      {
        instances: [vm('one', 'n/a', '10.0.1.4', { tags: ['app'] }), vm('three', 'm/c', '10.1.1.4')],
        firewalls: [firewall('by-tag', 'allow tcp:22 from tags', { sourceTags: ['app'], ...inM })],
      },
    ),
    ask: ['one', 'three:22'],
    silent: { estate: peers() },
  },
  {
    code: 'gcp-peer-range-not-advertised',
    estate: peers(
      { exportCustomRoutes: true },
      { importCustomRoutes: true },
      {
        routes: [],
        others: [
          ...tunnel('ESTABLISHED'),
          bgpRouter(),
          routerStatus([{ destRange: '192.168.0.0/16', nextHopIp: '169.254.0.2', priority: 100 }]),
        ],
      },
    ),
    ask: ['192.168.1.1', 'three:22'],
    silent: { ask: ['192.168.1.1', 'one:22'] },
  },
  {
    code: 'gcp-health-check-range-blocked',
    estate: { ...base, instances: [one], firewalls: [ssh], others: external(['one']) },
    ask: ['internet', 'fr:80'],
    silent: { estate: { ...base, instances: [one], firewalls: [probes], others: external(['one']) } },
  },
  {
    code: 'gcp-passthrough-lb-client-not-allowed',
    estate: { ...both, firewalls: [{ ...probes, allowed: [{ IPProtocol: 'tcp' }] }], others: internal(['one']) },
    ask: ['near', 'fr:80'],
    silent: { estate: { ...both, firewalls: [open], others: internal(['one']) } },
  },
  {
    code: 'gcp-proxy-lb-client-range-useless',
    estate: {
      ...base,
      instances: [one],
      firewalls: [firewall('clients', 'allow tcp:8080 from 198.51.100.0/24')],
      others: external(['one']),
    },
    ask: ['198.51.100.7', 'fr:80'],
    silent: { estate: { ...base, instances: [one], firewalls: [probes], others: external(['one']) } },
  },
  {
    code: 'gcp-ilb-global-access-off',
    estate: { ...base, instances: [one, two], firewalls: [open], others: internal(['one']) },
    ask: ['two', 'fr:80'],
    silent: {
      estate: {
        ...base,
        instances: [one, two],
        firewalls: [open],
        others: internal(['one'], { allowGlobalAccess: true }),
      },
    },
  },
  {
    code: 'gcp-psc-not-accepted',
    estate: { ...both, others: [endpoint('PENDING')] },
    ask: ['one', 'psc:443'],
    silent: { estate: { ...both, others: [endpoint('ACCEPTED')] } },
  },
  {
    code: 'gcp-psc-not-over-peering',
    estate: peers({}, {}, { others: [endpoint('ACCEPTED')] }),
    ask: ['three', '10.0.1.50:443'],
    silent: { ask: ['one', '10.0.1.50:443'] },
  },
  {
    code: 'gcp-named-port-missing',
    estate: { ...base, instances: [one], firewalls: [probes], others: external(['one'], { portName: 'https' }) },
    ask: ['internet', 'fr:80'],
    silent: { estate: { ...base, instances: [one], firewalls: [probes], others: external(['one']) } },
  },
];

describe('traps of Google Cloud', () => {
  test.each(SAMPLES.map((sample) => [sample.code, sample] as const))('%s', async (code, { estate, ask, silent }) => {
    const codesOf = async (parts: Parts, [src, dst]: readonly [string, string]) =>
      (await reach(parts, src, dst)).gotchas.map((gotcha) => gotcha.code);
    expect(await codesOf(estate, ask)).toContain(code);
    expect(await codesOf(silent.estate ?? estate, silent.ask ?? ask)).not.toContain(code);
  });

  test('every trap has its sample here', () => {
    expect([...new Set(SAMPLES.map(({ code }) => code))].sort()).toEqual(GOTCHA_CODES.map(({ code }) => code).sort());
  });
});
