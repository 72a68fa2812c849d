/**
 * How people make a change in Google Cloud: where to click, the gcloud command, the Terraform. Knows what a change is, not
 * why it is needed.
 * Source: https://docs.cloud.google.com/sdk/gcloud/reference/compute
 */
import type { AddRouteChange, AllowChange, AmendChange, Change, ChangeSteps } from '../../model/change.ts';
import type { Flow } from '../../model/flow.ts';
import { type HclValue, commandLine, hcl, terraformBlock } from '../../model/step-text.ts';
import { isPublic, parseCidr } from '../../net/address.ts';
import { hasPorts, protocolNumber } from '../../net/protocol.ts';
import type { Estate, NetworkFacts, NicFacts } from './estate.ts';
import type { Firewalls } from './firewall.ts';
import type { Entry } from './inventory.ts';
import { integer, nameIn, objects, regionOf, text } from './record.ts';
import type { SenderTables } from './routing/sender-tables.ts';

export interface StepFacts {
  readonly estate: Estate;
  readonly firewalls: Firewalls;
  readonly tables: SenderTables;
}

/** The steps of one change; undefined for a resource that Google Cloud has no command for. */
export function stepsOf(change: Change, facts: StepFacts): ChangeSteps | undefined {
  if (change.provider !== 'gcp') return undefined;
  if (change.op === 'add-route') return routeSteps(change, facts);
  if (change.op === 'amend') return AMENDMENTS[change.attribute]?.(change, facts);
  const nic = facts.estate.nics.get(change.filter.replace(/^firewall-(in|out):/, ''));
  if (nic === undefined) return undefined;
  const policy = facts.estate.inventory.all('firewallPolicy').find(({ origin }) => origin.id === change.resource);
  return policy === undefined ? ruleSteps(change, nic, facts) : policySteps(change, policy, nic);
}

/** "tcp:22", "udp:53,tcp:53", "icmp", "all" as gcloud writes it. */
function layer4(flows: readonly Flow[]): { readonly words: readonly string[]; readonly blocks: readonly Block[] } {
  const blocks = new Map<string, Set<string>>();
  for (const { protocol, ports } of flows) {
    const number = protocol === '*' ? undefined : (protocolNumber(protocol) ?? Number(protocol.slice('proto:'.length)));
    const name =
      number === undefined
        ? 'all'
        : ['tcp', 'udp', 'icmp', 'esp', 'ah', 'sctp'].includes(protocol)
          ? protocol
          : String(number);
    const known = blocks.get(name) ?? new Set<string>();
    blocks.set(name, known);
    if (number !== undefined && hasPorts(number) && ports !== '*') for (const port of ports.split(',')) known.add(port);
  }
  const list = [...blocks].map(([protocol, ports]): Block => ({ protocol, ports: [...ports] }));
  return {
    blocks: list,
    words: list.flatMap(({ protocol, ports }) =>
      ports.length === 0 ? [protocol] : ports.map((port) => `${protocol}:${port}`),
    ),
  };
}

interface Block {
  readonly protocol: string;
  readonly ports: readonly string[];
}

/** Ranges as Google takes them; what holds all of the internet is 0.0.0.0/0 or ::/0. */
function ranges(list: readonly string[]): string[] {
  const cidrs = [...new Set(list)].map((one) =>
    one === 'any' ? '0.0.0.0/0' : one.includes('/') ? one : `${one}/${one.includes(':') ? 128 : 32}`,
  );
  const wide = cidrs.filter((cidr) => {
    const span = parseCidr(cidr);
    return span !== undefined && isPublic(span[0]);
  });
  if (wide.length < 16) return cidrs;
  return [...new Set(wide.map((cidr) => (cidr.includes(':') ? '::/0' : '0.0.0.0/0')))];
}

/** Names in Google Cloud are of small letters, digits and dashes. */
function ruleName(nic: NicFacts, words: readonly string[]): string {
  return `allow-${nic.instance.name}-${words[0] ?? 'all'}`.replaceAll(/[^a-z0-9-]/g, '-').slice(0, 60);
}

/** A rule of the network, for exactly these packets, with a number before whatever denies them now. */
function ruleSteps(change: AllowChange, nic: NicFacts, { firewalls }: StepFacts): ChangeSteps {
  const { direction, flows, before } = change;
  const { words, blocks } = layer4(flows);
  const network = nic.network.entry;
  const denied = firewalls.rulesOf(network.id).find(({ origin }) => origin.id === before);
  const limit = denied === undefined ? undefined : (integer(denied.record, 'priority') ?? 1000);
  const priority = limit === undefined ? 1000 : Math.max(0, limit - 1);
  const [sources, destinations] = [ranges(flows.flatMap(({ from }) => from)), ranges(flows.flatMap(({ to }) => to))];
  const name = ruleName(nic, words);
  const isIn = direction === 'in';
  const tag = nic.tags[0] ?? `netaudit-${nic.instance.name}`.slice(0, 60);
  const project = network.project === undefined ? [] : ['--project', network.project];
  const command = commandLine([
    'gcloud',
    'compute',
    'firewall-rules',
    'create',
    name,
    '--network',
    network.name,
    ...project,
    '--direction',
    isIn ? 'INGRESS' : 'EGRESS',
    '--action',
    'ALLOW',
    '--rules',
    words.join(','),
    isIn ? '--source-ranges' : '--destination-ranges',
    (isIn ? sources : destinations).join(','),
    '--priority',
    String(priority),
    '--target-tags',
    tag,
  ]);
  const zone = /zones\/([^/]+)/.exec(nic.instance.id)?.[1] ?? 'ZONE';
  const tagging = nic.tags.includes(tag)
    ? []
    : [commandLine(['gcloud', 'compute', 'instances', 'add-tags', nic.instance.name, '--zone', zone, '--tags', tag])];
  return {
    console: `VPC network > Firewall > Create firewall rule: network ${network.name}, ${isIn ? 'ingress' : 'egress'}, allow, priority ${priority}, target tag ${tag}, ${isIn ? `source ${sources.join(', ')}` : `destination ${destinations.join(', ')}`}, ${words.join(', ')}${limit === 0 ? `; ${before} has priority 0 and wins a tie: change it first` : ''}`,
    command: [...tagging, command].join('\n'),
    terraform: withBlocks(
      'google_compute_firewall',
      name,
      {
        name,
        network: network.name,
        direction: isIn ? 'INGRESS' : 'EGRESS',
        priority,
        [isIn ? 'source_ranges' : 'destination_ranges']: isIn ? sources : destinations,
        target_tags: [tag],
      },
      'allow',
      blocks,
    ),
  };
}

/** A rule of a firewall policy, before the one that decides now. */
function policySteps(change: AllowChange, policy: Entry, nic: NicFacts): ChangeSteps {
  const { direction, flows, before } = change;
  const { words, blocks } = layer4(flows);
  const isIn = direction === 'in';
  const taken = new Set(objects(policy.record, 'rules').map((rule) => integer(rule, 'priority')));
  let priority = Number(before?.slice(before.lastIndexOf('/') + 1) ?? 1000) - 1;
  while (priority > 0 && taken.has(priority)) priority--;
  const peers = ranges(flows.flatMap(({ from, to }) => (isIn ? from : to)));
  const own = ranges(flows.flatMap(({ from, to }) => (isIn ? to : from)));
  const region = regionOf(`${policy.id}/`);
  const isOfNetwork = policy.id.startsWith('projects/');
  const where = !isOfNetwork
    ? ['--firewall-policy', policy.name]
    : [
        '--firewall-policy',
        policy.name,
        ...(region === undefined ? ['--global-firewall-policy'] : ['--firewall-policy-region', region]),
      ];
  const both = isIn
    ? ['--src-ip-ranges', peers.join(','), '--dest-ip-ranges', own.join(',')]
    : ['--dest-ip-ranges', peers.join(','), '--src-ip-ranges', own.join(',')];
  const kind = !isOfNetwork
    ? 'google_compute_firewall_policy_rule'
    : region === undefined
      ? 'google_compute_network_firewall_policy_rule'
      : 'google_compute_region_network_firewall_policy_rule';
  return {
    console: `VPC network > Firewall policies > ${policy.origin.id} > Add rule: priority ${priority}, ${isIn ? 'ingress' : 'egress'}, allow, ${isIn ? 'source' : 'destination'} ${peers.join(', ')}, ${words.join(', ')} (for VM ${nic.instance.name})`,
    command: commandLine([
      'gcloud',
      'compute',
      isOfNetwork ? 'network-firewall-policies' : 'firewall-policies',
      'rules',
      'create',
      String(priority),
      ...where,
      '--direction',
      isIn ? 'INGRESS' : 'EGRESS',
      '--action',
      'allow',
      '--layer4-configs',
      words.join(','),
      ...both,
    ]),
    terraform: withBlocks(
      kind,
      `allow_${priority}`,
      {
        firewall_policy: policy.name,
        ...(region === undefined ? {} : { region }),
        priority,
        direction: isIn ? 'INGRESS' : 'EGRESS',
        action: 'allow',
      },
      'match',
      blocks,
      isIn ? { src_ip_ranges: peers, dest_ip_ranges: own } : { dest_ip_ranges: peers, src_ip_ranges: own },
    ),
  };
}

/** A resource with nested blocks for protocols and ports, which both kinds of rule have. */
function withBlocks(
  kind: string,
  name: string,
  fields: Readonly<Record<string, HclValue>>,
  nested: 'allow' | 'match',
  blocks: readonly Block[],
  around: Readonly<Record<string, HclValue>> = {},
): string {
  const inner =
    nested === 'allow'
      ? blocks.flatMap(({ protocol, ports }) => [
          '  allow {',
          `    protocol = ${hcl(protocol)}`,
          ...(ports.length === 0 ? [] : [`    ports    = ${hcl(ports)}`]),
          '  }',
        ])
      : [
          '  match {',
          ...Object.entries(around).map(([key, value]) => `    ${key} = ${hcl(value)}`),
          ...blocks.flatMap(({ protocol, ports }) => [
            '    layer4_configs {',
            `      ip_protocol = ${hcl(protocol)}`,
            ...(ports.length === 0 ? [] : [`      ports       = ${hcl(ports)}`]),
            '    }',
          ]),
          '  }',
        ];
  return withInner(terraformBlock(kind, name, fields), inner);
}

/** A block with more lines before its end. */
function withInner(block: string, lines: readonly string[]): string {
  return [...block.split('\n').slice(0, -1), ...lines, '}'].join('\n');
}

/** A default route to the internet gateway: the one route that can be added without knowing more. */
function routeSteps({ destination, target, table }: AddRouteChange, { tables }: StepFacts): ChangeSteps | undefined {
  const network = tables.sender(table)?.network;
  if (network === undefined || target !== 'default-internet-gateway') return undefined;
  const range = destination.includes(':') ? '::/0' : '0.0.0.0/0';
  const name = `default-${network.entry.name}${range === '::/0' ? '-ipv6' : ''}`.slice(0, 60);
  return {
    console: `VPC network > Routes > Create route: network ${network.entry.name}, ${range}, next hop default internet gateway`,
    command: commandLine([
      'gcloud',
      'compute',
      'routes',
      'create',
      name,
      '--network',
      network.entry.name,
      ...projectFlag(network.entry),
      '--destination-range',
      range,
      '--next-hop-gateway',
      target,
    ]),
    terraform: terraformBlock('google_compute_route', name, {
      name,
      network: network.entry.name,
      dest_range: range,
      next_hop_gateway: target,
    }),
  };
}

function projectFlag({ project }: Pick<Entry, 'project'>): string[] {
  return project === undefined ? [] : ['--project', project];
}

function zoneOf(vm: Entry | undefined): string {
  return /zones\/([^/]+)/.exec(vm?.id ?? '')?.[1] ?? 'ZONE';
}

/** What follows the last colon of an amendment's id: links of what is changed. */
function linksOf({ amendment }: AmendChange): string[] {
  return amendment.slice(amendment.indexOf(':') + 1).split(' ');
}

function networkAt({ estate }: StepFacts, id: string | undefined): NetworkFacts | undefined {
  return estate.networks.get(id ?? '');
}

/** Attribute of an amendment -> where, how, and in which words of Terraform. */
const AMENDMENTS: Readonly<Record<string, (change: AmendChange, facts: StepFacts) => ChangeSteps | undefined>> = {
  status: (change, { estate }) => {
    const vm = estate.inventory.get('instance', linksOf(change)[0]);
    return {
      console: `Compute Engine > VM instances > ${change.resource} > Start / Resume`,
      command: commandLine(['gcloud', 'compute', 'instances', 'start', change.resource, '--zone', zoneOf(vm)]),
      terraform: terraformBlock('google_compute_instance', change.resource, {
        desired_status: 'RUNNING',
      }),
    };
  },
  canIpForward: (change, { estate }) => {
    const vm = estate.inventory.get('instance', linksOf(change)[0]);
    const file = `${change.resource}.yaml`;
    return {
      console: `Compute Engine > VM instances > ${change.resource} > Edit > Networking: IP forwarding on (restarts the VM)`,
      command: [
        commandLine([
          'gcloud',
          'compute',
          'instances',
          'export',
          change.resource,
          '--zone',
          zoneOf(vm),
          '--destination',
          file,
        ]),
        `sed -i 's/^canIpForward: .*/canIpForward: true/; t; $a canIpForward: true' ${commandLine([file])}`,
        commandLine([
          'gcloud',
          'compute',
          'instances',
          'update-from-file',
          change.resource,
          '--zone',
          zoneOf(vm),
          '--source',
          file,
          '--most-disruptive-allowed-action',
          'RESTART',
        ]),
      ].join('\n'),
      terraform: terraformBlock('google_compute_instance', change.resource, {
        can_ip_forward: true,
      }),
    };
  },
  allowGlobalAccess: (change) => globalAccessSteps(change, '--allow-global-access', 'allow_global_access'),
  allowPscGlobalAccess: (change) => globalAccessSteps(change, '--allow-psc-global-access', 'allow_psc_global_access'),
  'cloud-nat': (change, { estate }) => {
    const subnet = estate.subnets.get(linksOf(change)[0] ?? '');
    if (subnet === undefined) return undefined;
    const region = subnet.region ?? 'REGION';
    const network = subnet.network.entry;
    const [router, nat] = [`router-${region}`, `nat-${region}`];
    return {
      console: `Network services > Cloud NAT > Create: network ${network.name}, region ${region}, source subnet ${subnet.entry.name}, automatic addresses`,
      command: [
        commandLine([
          'gcloud',
          'compute',
          'routers',
          'create',
          router,
          '--network',
          network.name,
          '--region',
          region,
          ...projectFlag(network),
        ]),
        commandLine([
          'gcloud',
          'compute',
          'routers',
          'nats',
          'create',
          nat,
          '--router',
          router,
          '--region',
          region,
          '--auto-allocate-nat-external-ips',
          '--nat-custom-subnet-ip-ranges',
          `${subnet.entry.name}:ALL`,
          ...projectFlag(network),
        ]),
      ].join('\n'),
      terraform: [
        terraformBlock('google_compute_router', router, {
          name: router,
          network: network.name,
          region,
        }),
        withInner(
          terraformBlock('google_compute_router_nat', nat, {
            name: nat,
            router,
            region,
            nat_ip_allocate_option: 'AUTO_ONLY',
            source_subnetwork_ip_ranges_to_nat: 'LIST_OF_SUBNETWORKS',
          }),
          [
            '  subnetwork {',
            `    name                    = ${hcl(subnet.entry.name)}`,
            '    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]',
            '  }',
          ],
        ),
      ].join('\n\n'),
    };
  },
  'allow-health-checks': (change, { estate }) => {
    const rule = estate.inventory.get('forwardingRule', linksOf(change)[0]);
    const ports = change.to.replace('tcp:', '').split(',');
    const network =
      [...estate.networks.values()].find(({ entry }) => entry.origin.id === change.resource)?.entry.name ??
      nameIn(
        text(estate.inventory.all('firewall').find(({ origin }) => origin.id === change.resource)?.record, 'network') ??
          'NETWORK',
      );
    const name = `allow-health-checks-${rule?.name ?? 'lb'}`.slice(0, 60);
    const sources = ['35.191.0.0/16', '130.211.0.0/22'];
    return {
      console: `VPC network > Firewall > Create firewall rule: network ${network}, ingress, allow, source ${sources.join(', ')}, tcp ${ports.join(', ')}, target: the backends`,
      command: commandLine([
        'gcloud',
        'compute',
        'firewall-rules',
        'create',
        name,
        '--network',
        network,
        '--direction',
        'INGRESS',
        '--action',
        'ALLOW',
        '--rules',
        ports.map((port) => `tcp:${port}`).join(','),
        '--source-ranges',
        sources.join(','),
        '--priority',
        '900',
      ]),
      terraform: withBlocks(
        'google_compute_firewall',
        name,
        { name, network, direction: 'INGRESS', priority: 900, source_ranges: sources },
        'allow',
        [{ protocol: 'tcp', ports }],
      ),
    };
  },
  peering: (change, facts) => {
    const [a, b] = linksOf(change).map((id) => networkAt(facts, id));
    if (a === undefined || b === undefined) return undefined;
    const sides = [
      [a, b],
      [b, a],
    ] as const;
    const nameFor = (from: NetworkFacts, to: NetworkFacts) =>
      from.peerings.find(({ peer }) => peer === to.entry.id)?.name ?? `to-${to.entry.name}`;
    const lacking = sides.filter(([from, to]) => !from.peerings.some(({ peer }) => peer === to.entry.id));
    const made = lacking.length === 0 ? sides : lacking;
    return {
      console: made
        .map(
          ([from, to]) =>
            `VPC network > VPC network peering > Create connection: network ${from.entry.name}, peer ${to.entry.name}`,
        )
        .join('; '),
      command: made
        .map(([from, to]) =>
          commandLine([
            'gcloud',
            'compute',
            'networks',
            'peerings',
            'create',
            nameFor(from, to),
            '--network',
            from.entry.name,
            '--peer-network',
            to.entry.name,
            ...(to.entry.project === from.entry.project ? [] : ['--peer-project', to.entry.project ?? 'PROJECT']),
            ...projectFlag(from.entry),
          ]),
        )
        .join('\n'),
      terraform: made
        .map(([from, to]) =>
          terraformBlock('google_compute_network_peering', nameFor(from, to), {
            name: nameFor(from, to),
            network: from.entry.id,
            peer_network: to.entry.id,
          }),
        )
        .join('\n\n'),
    };
  },
  'custom-routes': (change, facts) => {
    const [to, from] = linksOf(change).map((id) => networkAt(facts, id));
    const here = to?.peerings.find(({ peer }) => peer === from?.entry.id);
    const there = from?.peerings.find(({ peer }) => peer === to?.entry.id);
    if (to === undefined || from === undefined || here === undefined || there === undefined) return undefined;
    const sides = [
      { network: from, peering: there, word: 'export' },
      { network: to, peering: here, word: 'import' },
    ];
    return {
      console: sides
        .map(
          ({ network, peering, word }) =>
            `VPC network > VPC network peering > ${peering.name} (${network.entry.name}) > Edit: ${word} custom routes`,
        )
        .join('; '),
      command: sides
        .map(({ network, peering, word }) =>
          commandLine([
            'gcloud',
            'compute',
            'networks',
            'peerings',
            'update',
            peering.name,
            '--network',
            network.entry.name,
            `--${word}-custom-routes`,
            ...projectFlag(network.entry),
          ]),
        )
        .join('\n'),
      terraform: sides
        .map(({ network, peering, word }) =>
          terraformBlock('google_compute_network_peering_routes_config', `${peering.name}_${word}`, {
            peering: peering.name,
            network: network.entry.name,
            import_custom_routes: word === 'import' || peering.record['importCustomRoutes'] === true,
            export_custom_routes: word === 'export' || peering.record['exportCustomRoutes'] === true,
          }),
        )
        .join('\n\n'),
    };
  },
};

function globalAccessSteps(change: AmendChange, flagWord: string, argument: string): ChangeSteps {
  const region = regionOf(`${linksOf(change)[0] ?? ''}/`) ?? 'REGION';
  return {
    console: `Network services > Load balancing > ${change.resource} > Frontend > Global access: enable`,
    command: commandLine([
      'gcloud',
      'compute',
      'forwarding-rules',
      'update',
      change.resource,
      '--region',
      region,
      flagWord,
    ]),
    terraform: terraformBlock('google_compute_forwarding_rule', change.resource, {
      [argument]: true,
    }),
  };
}
