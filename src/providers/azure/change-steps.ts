/**
 * How people make a change in Azure: where to click in the portal, the az command, the Terraform. Knows what a change is, not
 * why it is needed.
 */
import type { AddRouteChange, AllowChange, AmendChange, Change, ChangeSteps } from '../../model/change.ts';
import type { Flow } from '../../model/flow.ts';
import { type HclValue, commandLine, terraformBlock } from '../../model/step-text.ts';
import { familyOf, isPublic, parseCidr } from '../../net/address.ts';
import type { Entry, Inventory } from './inventory.ts';
import { type Json, integer, nameIn, objects, parentOf, reference, text } from './record.ts';

/** The steps of one change; undefined for a resource that there is no command for. */
export function stepsOf(change: Change, inventory: Inventory): ChangeSteps | undefined {
  if (change.provider !== 'azure') return undefined;
  if (change.op === 'add-route') return routeSteps(change);
  if (change.op === 'amend') return amendmentSteps(change, inventory);
  const id = change.resource.toLowerCase();
  if (change.filter.endsWith('#guard-in')) return newGroupSteps(change);
  if (id.includes('/networksecuritygroups/')) return groupSteps(change, inventory);
  if (id.includes('/securityadminconfigurations/')) return adminSteps(change, inventory);
  return id.includes('/azurefirewalls/') ? firewallSteps(change, inventory) : undefined;
}

/** The parts of a resource id that commands name. */
function partsOf(id: string): { subscription: string; group: string; name: string } {
  const at = (key: string) => new RegExp(`/${key}/([^/]+)`, 'i').exec(id)?.[1] ?? '';
  return { subscription: at('subscriptions'), group: at('resourceGroups'), name: nameIn(id) };
}

/** `--resource-group G --subscription S` of a resource. */
function scopeOf(id: string): string[] {
  const { subscription, group } = partsOf(id);
  return ['--resource-group', group, ...(subscription === '' ? [] : ['--subscription', subscription])];
}

/** One rule: a protocol, ports and the addresses at both ends, of one family. */
interface Line {
  /** As Azure spells it: "Tcp", "Icmp", "*". */
  readonly protocol: string;
  readonly ports: readonly string[];
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** More lines than this are one wide line too few: the text names the first ones. */
const MOST_LINES = 10;
const PROTOCOLS: Readonly<Record<string, string>> = { tcp: 'Tcp', udp: 'Udp', icmp: 'Icmp', esp: 'Esp', ah: 'Ah' };

/** A rule holds addresses of one family only. */
function linesOf(flows: readonly Flow[]): Line[] {
  return flows
    .flatMap((flow) =>
      ([4, 6] as const).flatMap((family): Line[] => {
        const [from, to] = [addressesOf(flow.from, family), addressesOf(flow.to, family)];
        if (from.length === 0 || to.length === 0) return [];
        if (family === 6 && from[0] === '*' && to[0] === '*') return [];
        const protocol = PROTOCOLS[flow.protocol] ?? '*';
        const ported = protocol === 'Tcp' || protocol === 'Udp';
        return [{ protocol, ports: ported && flow.ports !== '*' ? flow.ports.split(',') : ['*'], from, to }];
      }),
    )
    .slice(0, MOST_LINES);
}

/** Prefixes as a rule takes them; what holds all of the internet is the tag. */
function addressesOf(list: readonly string[], family: 4 | 6): string[] {
  if (list.includes('any')) return ['*'];
  const own = list.filter((word) => word.includes(':') === (family === 6));
  const outside = own.filter((word) => {
    const span = parseCidr(word);
    return span !== undefined && isPublic(span[0]) && familyOf(span[0]) === family;
  });
  return outside.length < 16 ? own : ['Internet'];
}

function nameFor({ protocol, ports }: Line, i: number): string {
  const words = ['allow', protocol === '*' ? 'all' : protocol.toLowerCase(), ports[0] === '*' ? '' : ports[0]!];
  return `${words.filter((word) => word !== '').join('-')}${i === 0 ? '' : `-${i + 1}`}`;
}

function wordsOf({ protocol, ports, from, to }: Line): string {
  return `${protocol === '*' ? 'any protocol' : protocol} ${ports[0] === '*' ? '' : `${ports.join(', ')} `}from ${from.join(', ')} to ${to.join(', ')}`;
}

function groupSteps(change: AllowChange, inventory: Inventory): ChangeSteps | undefined {
  const group = inventory.get('nsg', change.resource);
  const rules = rulesOf(group, change.direction, inventory);
  const denied = rules.find((rule) => change.before !== undefined && text(rule, 'name') === nameIn(change.before));
  const lines = linesOf(change.flows);
  const free = freePriorities(
    rules.flatMap((rule) => integer(rule, 'priority') ?? []),
    denied === undefined ? undefined : integer(denied, 'priority'),
    lines.length,
  );
  if (free.length < lines.length || lines.length === 0) return undefined;
  return ruleSteps(change.resource, change.direction, lines, free);
}

function rulesOf(group: Entry | undefined, direction: 'in' | 'out', inventory: Inventory): Json[] {
  const apart = inventory.all('nsgRule').filter(({ id }) => parentOf(id) === group?.id);
  return [...objects(group?.record, 'securityRules'), ...apart.map(({ record }) => record)].filter(
    (rule) => text(rule, 'direction')?.toLowerCase() === (direction === 'in' ? 'inbound' : 'outbound'),
  );
}

/** Priorities that nobody uses: before the rule that denies, as late as possible; else after the last rule. */
function freePriorities(taken: readonly number[], denying: number | undefined, count: number): number[] {
  const used = new Set(taken);
  const free: number[] = [];
  if (denying === undefined)
    for (let at = Math.max(90, ...taken) + 10; at <= 4096 && free.length < count; at += 10) free.push(at);
  for (let at = (denying ?? 4097) - 1; at >= 100 && free.length < count; at--) if (!used.has(at)) free.push(at);
  return free.sort((a, b) => a - b);
}

function ruleSteps(
  group: string,
  direction: 'in' | 'out',
  lines: readonly Line[],
  priorities: readonly number[],
): ChangeSteps {
  const { group: resourceGroup, name } = partsOf(group);
  const side = direction === 'in' ? 'Inbound' : 'Outbound';
  return {
    console: `Network security groups > ${name} > ${side} security rules > Add: ${lines.map((line, i) => `priority ${priorities[i]}, allow ${wordsOf(line)}`).join('; ')}`,
    command: lines
      .map((line, i) =>
        commandLine(
          [
            'az network nsg rule create'.split(' '),
            scopeOf(group),
            ['--nsg-name', name, '--name', nameFor(line, i), '--priority', String(priorities[i])],
            ['--direction', side, '--access', 'Allow', '--protocol', line.protocol],
            ['--source-address-prefixes', ...line.from, '--source-port-ranges', '*'],
            ['--destination-address-prefixes', ...line.to, '--destination-port-ranges', ...line.ports],
          ].flat(),
        ),
      )
      .join('\n'),
    terraform: lines
      .map((line, i) =>
        terraformBlock('azurerm_network_security_rule', nameFor(line, i), {
          name: nameFor(line, i),
          resource_group_name: resourceGroup,
          network_security_group_name: name,
          priority: priorities[i],
          direction: side,
          access: 'Allow',
          protocol: line.protocol,
          source_port_range: '*',
          ...oneOrMany('destination_port_range', line.ports),
          ...oneOrMany('source_address_prefix', line.from),
          ...oneOrMany('destination_address_prefix', line.to, 'destination_address_prefixes'),
        }),
      )
      .join('\n\n'),
  };
}

/** Tags and "*" stand alone in the singular argument; several go into the plural one. */
function oneOrMany(key: string, values: readonly string[], plural = `${key}${key.endsWith('x') ? 'es' : 's'}`) {
  const list: Record<string, HclValue> = values.length === 1 ? { [key]: values[0]! } : { [plural]: values };
  return list;
}

/** A Standard public address that has no group at all: a new one for the subnet, with the rule. */
function newGroupSteps(change: AllowChange): ChangeSteps | undefined {
  const subnet = /^edge:(.*)#guard-in$/.exec(change.filter)?.[1];
  const lines = linesOf(change.flows);
  if (subnet === undefined || lines.length === 0) return undefined;
  const { subscription, group: resourceGroup, name } = partsOf(subnet);
  const group = `/subscriptions/${subscription}/resourceGroups/${resourceGroup}/providers/Microsoft.Network/networkSecurityGroups/nsg-${name}`;
  const rules = ruleSteps(
    group,
    'in',
    lines,
    lines.map((_, i) => 100 + 10 * i),
  );
  return {
    console: `Network security groups > Create: nsg-${name}, with ${lines.map(wordsOf).join('; ')}; then Subnets > Associate: ${name}`,
    command: [
      commandLine(['az', 'network', 'nsg', 'create', ...scopeOf(subnet), '--name', `nsg-${name}`]),
      rules.command,
      commandLine(
        ['az network vnet subnet update'.split(' '), '--ids', subnet, '--network-security-group', group].flat(),
      ),
    ].join('\n'),
    terraform: [
      terraformBlock('azurerm_network_security_group', `nsg_${name}`, {
        name: `nsg-${name}`,
        resource_group_name: resourceGroup,
        location: 'REGION',
      }),
      rules.terraform,
      terraformBlock('azurerm_subnet_network_security_group_association', `nsg_${name}`, {
        subnet_id: subnet,
        network_security_group_id: group,
      }),
    ].join('\n\n'),
  };
}

/** An admin rule is undone by one that goes before it. */
function adminSteps(change: AllowChange, inventory: Inventory): ChangeSteps | undefined {
  const collection = parentOf(change.resource);
  const denied = inventory.get('adminRule', change.resource);
  const taken = inventory
    .all('adminRule')
    .filter(({ id }) => parentOf(id) === collection)
    .flatMap(({ record }) => integer(record, 'priority') ?? []);
  const at = Array.from({ length: (integer(denied?.record, 'priority') ?? 2) - 1 }, (_, i) => i + 1)
    .reverse()
    .find((priority) => !taken.includes(priority));
  const lines = linesOf(change.flows);
  const [line] = lines;
  if (at === undefined || line === undefined || lines.length > 1) return undefined;
  const configuration = parentOf(collection);
  const manager = parentOf(configuration);
  const side = change.direction === 'in' ? 'Inbound' : 'Outbound';
  const ends = (list: readonly string[]) =>
    list.map(
      (word) => `{address-prefix:${word},address-prefix-type:${word === 'Internet' ? 'ServiceTag' : 'IPPrefix'}}`,
    );
  return {
    console: `Network Manager > ${nameIn(manager)} > Configurations > ${nameIn(configuration)} > ${nameIn(collection)} > Add rule: priority ${at}, always allow ${wordsOf(line)}; then deploy`,
    command: commandLine(
      [
        'az network manager security-admin-config rule-collection rule create'.split(' '),
        scopeOf(change.resource),
        ['--network-manager-name', nameIn(manager), '--configuration-name', nameIn(configuration)],
        ['--rule-collection-name', nameIn(collection), '--rule-name', nameFor(line, 0), '--kind', 'Custom'],
        [
          '--priority',
          String(at),
          '--direction',
          side,
          '--access',
          'AlwaysAllow',
          '--protocol',
          line.protocol === '*' ? 'Any' : line.protocol,
        ],
        ['--sources', `[${ends(line.from).join(',')}]`, '--destinations', `[${ends(line.to).join(',')}]`],
        line.ports[0] === '*' ? [] : ['--dest-port-ranges', ...line.ports],
      ].flat(),
    ),
    terraform: terraformBlock('azurerm_network_manager_admin_rule', nameFor(line, 0), {
      name: nameFor(line, 0),
      admin_rule_collection_id: collection,
      action: 'AlwaysAllow',
      direction: side,
      priority: at,
      protocol: line.protocol === '*' ? 'Any' : line.protocol,
      destination_port_ranges: line.ports[0] === '*' ? undefined : line.ports,
    }),
  };
}

function firewallSteps(change: AllowChange, inventory: Inventory): ChangeSteps | undefined {
  const [line, ...more] = linesOf(change.flows);
  if (line === undefined || more.length > 0) return undefined;
  const { name } = partsOf(change.resource);
  const policy = reference(inventory.get('firewall', change.resource)?.record, 'firewallPolicy');
  const common = ['--name', nameFor(line, 0)];
  const match = [
    '--source-addresses',
    ...line.from,
    '--destination-addresses',
    ...line.to,
    '--destination-ports',
    ...line.ports,
  ];
  const protocol = line.protocol === '*' ? 'Any' : line.protocol.toUpperCase();
  if (policy === undefined)
    return {
      console: `Firewalls > ${name} > Rules (classic) > Network rule collection > Add: allow ${wordsOf(line)}`,
      command: commandLine(
        [
          'az network firewall network-rule create'.split(' '),
          scopeOf(change.resource),
          ['--firewall-name', name, '--collection-name', 'netaudit', '--priority', '100', '--action', 'Allow'],
          [...common, '--protocols', protocol, ...match],
        ].flat(),
      ),
      terraform: terraformBlock('azurerm_firewall_network_rule_collection', nameFor(line, 0), {
        name: 'netaudit',
        azure_firewall_name: name,
        resource_group_name: partsOf(change.resource).group,
        priority: 100,
        action: 'Allow',
      }),
    };
  return {
    console: `Firewall Policies > ${nameIn(policy)} > Network rules > Add a rule collection: allow ${wordsOf(line)}`,
    command: commandLine(
      [
        'az network firewall policy rule-collection-group collection add-filter-collection'.split(' '),
        scopeOf(policy),
        ['--policy-name', nameIn(policy), '--rule-collection-group-name', 'DefaultNetworkRuleCollectionGroup'],
        [...common, '--collection-priority', '100', '--action', 'Allow', '--rule-type', 'NetworkRule'],
        ['--rule-name', nameFor(line, 0), '--ip-protocols', protocol, ...match],
      ].flat(),
    ),
  };
}

function routeSteps({ resource, destination, target, replaces }: AddRouteChange): ChangeSteps {
  const { name, group } = partsOf(resource);
  const old = replaces === undefined ? undefined : /^(.+?): /.exec(replaces)?.[1];
  const prefixes = destination.split(',');
  const called = (i: number) => old ?? `to-${target.toLowerCase()}${i === 0 ? '' : `-${i + 1}`}`;
  return {
    console: `Route tables > ${name} > Routes > ${old === undefined ? 'Add' : `change ${old}`}: ${prefixes.join(', ')}, next hop ${target}`,
    command: prefixes
      .map((prefix, i) =>
        commandLine(
          [
            `az network route-table route ${old === undefined ? 'create' : 'update'}`.split(' '),
            scopeOf(resource),
            ['--route-table-name', name, '--name', called(i), '--address-prefix', prefix, '--next-hop-type', target],
          ].flat(),
        ),
      )
      .join('\n'),
    terraform: prefixes
      .map((prefix, i) =>
        terraformBlock('azurerm_route', called(i), {
          name: called(i),
          resource_group_name: group,
          route_table_name: name,
          address_prefix: prefix,
          next_hop_type: target,
        }),
      )
      .join('\n\n'),
  };
}

/** Attribute of an amendment -> where, how, and in which words of Terraform. */
const AMENDMENTS: Readonly<Record<string, (change: AmendChange, inventory: Inventory) => ChangeSteps | undefined>> = {
  powerState: ({ resource }) => ({
    console: `Virtual machines > ${nameIn(resource)} > Start`,
    command: commandLine(['az', 'vm', 'start', '--ids', resource]),
  }),
  enableIPForwarding: ({ resource }) => ({
    console: `Network interfaces > ${nameIn(resource)} > IP configurations > Enable IP forwarding`,
    command: commandLine(['az', 'network', 'nic', 'update', '--ids', resource, '--ip-forwarding', 'true']),
    terraform: terraformBlock('azurerm_network_interface', nameIn(resource), { ip_forwarding_enabled: true }),
  }),
  privateLinkServiceConnectionState: ({ resource }) => ({
    console: `Private Link Center > Pending connections > ${nameIn(resource)} > Approve`,
    command: commandLine(['az', 'network', 'private-endpoint-connection', 'approve', '--id', 'CONNECTION-ID']),
  }),
  natGateway: ({ resource }) => {
    const { group, name } = partsOf(resource);
    const scope = scopeOf(resource);
    return {
      console: `NAT gateways > Create: nat-${name}, with a public IP address, for subnet ${name}`,
      command: [
        commandLine([
          'az',
          'network',
          'public-ip',
          'create',
          ...scope,
          '--name',
          `nat-${name}-ip`,
          '--sku',
          'Standard',
        ]),
        commandLine(
          [
            'az network nat gateway create'.split(' '),
            scope,
            '--name',
            `nat-${name}`,
            '--public-ip-addresses',
            `nat-${name}-ip`,
          ].flat(),
        ),
        commandLine(
          ['az network vnet subnet update'.split(' '), '--ids', resource, '--nat-gateway', `nat-${name}`].flat(),
        ),
      ].join('\n'),
      terraform: [
        terraformBlock('azurerm_nat_gateway', `nat_${name}`, {
          name: `nat-${name}`,
          resource_group_name: group,
          location: 'REGION',
        }),
        terraformBlock('azurerm_subnet_nat_gateway_association', `nat_${name}`, {
          subnet_id: resource,
          nat_gateway_id: `${resource.split('/virtualNetworks/')[0]}/natGateways/nat-${name}`,
        }),
      ].join('\n\n'),
    };
  },
  probe: ({ resource, to }, inventory) => {
    const line: Line = { protocol: 'Tcp', ports: [to], from: ['AzureLoadBalancer'], to: ['*'] };
    const rules = rulesOf(inventory.get('nsg', resource), 'in', inventory);
    const priorities = rules.flatMap((rule) => integer(rule, 'priority') ?? []);
    const denying = rules.flatMap((rule) =>
      text(rule, 'access')?.toLowerCase() === 'deny' ? (integer(rule, 'priority') ?? []) : [],
    );
    const [free] = freePriorities(priorities, denying.length === 0 ? undefined : Math.min(...denying), 1);
    return free === undefined ? undefined : ruleSteps(resource, 'in', [line], [free]);
  },
};

function amendmentSteps(change: AmendChange, inventory: Inventory): ChangeSteps | undefined {
  return Object.hasOwn(AMENDMENTS, change.attribute) ? AMENDMENTS[change.attribute]!(change, inventory) : undefined;
}
