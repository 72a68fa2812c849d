/**
 * A made-up Google Cloud estate of any size: projects of up to a thousand VMs, each with one network of three subnets and
 * rules by tag and by range, as the API lists them. Knows nothing of netaudit.
 */
import { type AnswerFile, dotted } from './estate.ts';

const PER_PROJECT = 1000;
const API = 'https://www.googleapis.com/compute/v1/projects';
const TIERS = ['web', 'app', 'data'] as const;
type Tier = (typeof TIERS)[number];
const SHARE: Record<Tier, number> = { web: 200, app: 500, data: 300 };

export function* gcpEstateOf(interfaces: number): Iterable<AnswerFile> {
  for (let project = 0; project * PER_PROJECT < interfaces; project++) {
    const folder = `acme-${project}`;
    const file = (name: string, records: Iterable<object>): AnswerFile => ({
      folder,
      name,
      key: 'items',
      head: { kind: `compute#${name.slice(0, -1)}List` },
      records,
    });
    yield file('networks', [networkOf(project)]);
    yield file(
      'subnetworks',
      TIERS.map((tier) => subnetOf(project, tier)),
    );
    yield file('routes', routesOf(project));
    yield file('firewalls', rulesOf(project));
    yield file('instances', instancesOf(project, Math.min(PER_PROJECT, interfaces - project * PER_PROJECT)));
  }
}

/** Questions that the estate's own rules settle. */
export const GCP_QUESTIONS = [
  { src: 'app-0-0', dst: 'data-0-0:5432' },
  { src: 'web-0-0', dst: 'data-0-0:5432' },
  { src: 'internet', dst: 'web-0-0:443' },
];

const home = (project: number) => `${API}/acme-${project}`;
const network = (project: number) => `${home(project)}/global/networks/net-${project}`;
const subnet = (project: number, tier: Tier) => `${home(project)}/regions/europe-west1/subnetworks/${tier}-${project}`;
/** Each project has a /20, each tier a /22 of it. */
const baseOf = (project: number, tier: Tier) => (10 << 24) + (project % 4096) * 4096 + TIERS.indexOf(tier) * 1024;
const rangeOf = (project: number, tier: Tier) => `${dotted(baseOf(project, tier))}/22`;

function networkOf(project: number): object {
  return {
    kind: 'compute#network',
    id: String(1e15 + project),
    name: `net-${project}`,
    autoCreateSubnetworks: false,
    networkFirewallPolicyEnforcementOrder: 'AFTER_CLASSIC_FIREWALL',
    routingConfig: { routingMode: 'REGIONAL' },
    selfLink: network(project),
    subnetworks: TIERS.map((tier) => subnet(project, tier)),
  };
}

function subnetOf(project: number, tier: Tier): object {
  return {
    kind: 'compute#subnetwork',
    id: String(2e15 + project * 4 + TIERS.indexOf(tier)),
    name: `${tier}-${project}`,
    network: network(project),
    region: `${home(project)}/regions/europe-west1`,
    ipCidrRange: rangeOf(project, tier),
    gatewayAddress: dotted(baseOf(project, tier) + 1),
    privateIpGoogleAccess: false,
    purpose: 'PRIVATE',
    stackType: 'IPV4_ONLY',
    selfLink: subnet(project, tier),
  };
}

function routesOf(project: number): object[] {
  const route = (name: string, destRange: string, next: object, priority: number) => ({
    kind: 'compute#route',
    id: String(3e15 + project * 8 + priority),
    name: `default-route-${name}-${project}`,
    network: network(project),
    destRange,
    priority,
    ...next,
    selfLink: `${home(project)}/global/routes/default-route-${name}-${project}`,
  });
  const out = { nextHopGateway: `${home(project)}/global/gateways/default-internet-gateway` };
  return [
    route('out', '0.0.0.0/0', out, 1000),
    ...TIERS.map((tier) => route(tier, rangeOf(project, tier), { nextHopNetwork: network(project) }, 0)),
  ];
}

function rulesOf(project: number): object[] {
  const rule = (name: string, from: object, target: Tier | undefined, ports: string[]) => ({
    kind: 'compute#firewall',
    id: String(4e15 + project),
    name: `${name}-${project}`,
    network: network(project),
    direction: 'INGRESS',
    priority: 1000,
    disabled: false,
    allowed: [{ IPProtocol: 'tcp', ports }],
    ...from,
    ...(target === undefined ? {} : { targetTags: [target] }),
    selfLink: `${home(project)}/global/firewalls/${name}-${project}`,
  });
  return [
    rule('https', { sourceRanges: ['0.0.0.0/0'] }, 'web', ['80', '443']),
    rule('app', { sourceTags: ['web'] }, 'app', ['8080']),
    rule('app-peers', { sourceTags: ['app'] }, 'app', ['8081-8090']),
    rule('sql', { sourceTags: ['app'] }, 'data', ['5432']),
    rule('bastion', { sourceRanges: [`${dotted(baseOf(project, 'app') + 10)}/32`] }, undefined, ['22']),
    rule('office', { sourceRanges: [`203.0.${113 + (project % 8)}.0/24`] }, 'web', ['22']),
    rule('metrics', { sourceRanges: ['10.0.0.0/8'] }, undefined, ['9100']),
  ];
}

function* instancesOf(project: number, count: number): Iterable<object> {
  let left = count;
  for (const tier of TIERS)
    for (let i = 0; i < SHARE[tier] && left > 0; i++, left--) {
      const name = `${tier}-${project}-${i}`;
      const zone = `${home(project)}/zones/europe-west1-b`;
      const outside = tier === 'web' && i % 4 === 0;
      yield {
        kind: 'compute#instance',
        id: String(5e15 + project * PER_PROJECT + count - left),
        name,
        zone,
        machineType: `${zone}/machineTypes/e2-standard-4`,
        status: 'RUNNING',
        canIpForward: false,
        tags: { items: [tier], fingerprint: '42WmSpB8rSM=' },
        labels: { team: `team-${project % 37}` },
        serviceAccounts: [{ email: `${tier}@acme-${project}.iam.gserviceaccount.com`, scopes: [] }],
        disks: [{ kind: 'compute#attachedDisk', boot: true, deviceName: name, source: `${zone}/disks/${name}` }],
        networkInterfaces: [
          {
            kind: 'compute#networkInterface',
            name: 'nic0',
            network: network(project),
            subnetwork: subnet(project, tier),
            networkIP: dotted(baseOf(project, tier) + 4 + i),
            stackType: 'IPV4_ONLY',
            ...(outside
              ? {
                  accessConfigs: [
                    {
                      kind: 'compute#accessConfig',
                      name: 'External NAT',
                      type: 'ONE_TO_ONE_NAT',
                      natIP: dotted((34 << 24) + project * 64 + i / 4),
                      networkTier: 'PREMIUM',
                    },
                  ],
                }
              : {}),
          },
        ],
        selfLink: `${zone}/instances/${name}`,
      };
    }
}
