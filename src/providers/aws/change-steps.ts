/**
 * How people make a change in AWS: where to click, the command, the Terraform. Knows what a change is, not why it is needed.
 */
import type { AddRouteChange, AllowChange, AmendChange, Change, ChangeSteps } from '../../model/change.ts';
import type { Flow } from '../../model/flow.ts';
import { commandLine, terraformBlock } from '../../model/step-text.ts';
import { familyOf, isPublic, parseCidr } from '../../net/address.ts';
import { ICMP, ICMPV6, hasPorts, protocolNumber } from '../../net/protocol.ts';
import type { Inventory } from './inventory.ts';
import { integer, objects, text } from './record.ts';

/** The steps of one change; undefined for a resource that AWS has no command for. */
export function stepsOf(change: Change, inventory: Inventory): ChangeSteps | undefined {
  if (change.provider !== 'aws') return undefined;
  if (change.op === 'add-route') return routeSteps(change);
  if (change.op === 'amend') return amendmentSteps(change);
  if (change.filter.startsWith('sg-')) return groupSteps(change);
  if (change.filter.startsWith('bpa-')) return exclusionSteps(change);
  if (change.filter.startsWith('ipv6:')) return ipv6Steps(change);
  return change.filter.startsWith('nacl-') ? aclSteps(change, inventory) : undefined;
}

/** One line of a group or ACL: EC2's own protocol word, port range (ICMP: type and code), peer. */
interface Line {
  readonly protocol: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly cidr: string;
  readonly six: boolean;
}

/** More lines than this are one wide line too few: the text names the first ones. */
const MOST_LINES = 20;

function linesOf(flows: readonly Flow[], direction: 'in' | 'out'): Line[] {
  const lines = flows.flatMap((flow) =>
    peersOf(direction === 'in' ? flow.from : flow.to).flatMap((cidr) =>
      rangesOf(flow).map((range): Line => ({ ...range, cidr, six: cidr.includes(':') })),
    ),
  );
  return lines.slice(0, MOST_LINES);
}

/** CIDRs as EC2 takes them; what holds all of the internet is 0.0.0.0/0 or ::/0, since a group has room for sixty lines. */
function peersOf(list: readonly string[]): string[] {
  if (list.includes('any')) return ['0.0.0.0/0', '::/0'];
  const cidrs = list.map((one) => (one.includes('/') ? one : `${one}/${one.includes(':') ? 128 : 32}`));
  const wide = cidrs.filter((cidr) => {
    const span = parseCidr(cidr);
    return span !== undefined && isPublic(span[0]);
  });
  if (wide.length < 16) return cidrs;
  const families = new Set(wide.map((cidr) => familyOf(parseCidr(cidr)![0])));
  return [...families].map((family) => (family === 4 ? '0.0.0.0/0' : '::/0'));
}

function rangesOf({ protocol, ports }: Flow): Pick<Line, 'protocol' | 'from' | 'to'>[] {
  if (protocol === '*') return [{ protocol: '-1', from: undefined, to: undefined }];
  const number = protocolNumber(protocol) ?? Number(protocol.slice('proto:'.length));
  if (number === ICMP || number === ICMPV6) {
    const echo = { 'echo-request': number === ICMP ? 8 : 128, 'echo-reply': number === ICMP ? 0 : 129 }[ports];
    const type = echo ?? Number(/^type (\d+)/.exec(ports)?.[1] ?? -1);
    return [{ protocol: number === ICMP ? 'icmp' : 'icmpv6', from: type, to: -1 }];
  }
  if (!hasPorts(number)) return [{ protocol: String(number), from: undefined, to: undefined }];
  const name = number === 6 ? 'tcp' : number === 17 ? 'udp' : String(number);
  if (ports === '*') return [{ protocol: name, from: 0, to: 65535 }];
  return ports.split(',').map((range) => {
    const [from, to = from] = range.split('-').map(Number);
    return { protocol: name, from, to };
  });
}

function groupSteps({ resource, direction, flows }: AllowChange): ChangeSteps {
  const lines = linesOf(flows, direction);
  const permissions = lines.map(({ protocol, from, to, cidr, six }) => ({
    IpProtocol: protocol,
    ...(from === undefined ? {} : { FromPort: from }),
    ...(to === undefined ? {} : { ToPort: to }),
    ...(six ? { Ipv6Ranges: [{ CidrIpv6: cidr }] } : { IpRanges: [{ CidrIp: cidr }] }),
  }));
  const side = direction === 'in' ? 'inbound' : 'outbound';
  const rule = direction === 'in' ? 'ingress' : 'egress';
  return {
    console: `VPC > Security groups > ${resource} > Edit ${side} rules > Add rule: ${lines.map(wordsOf).join('; ')}`,
    command: commandLine([
      'aws',
      'ec2',
      `authorize-security-group-${rule}`,
      '--group-id',
      resource,
      '--ip-permissions',
      JSON.stringify(permissions),
    ]),
    terraform: lines
      .map(({ protocol, from, to, cidr, six }, i) =>
        terraformBlock(`aws_vpc_security_group_${rule}_rule`, `allow_${protocol}_${from ?? 'all'}_${i + 1}`, {
          security_group_id: resource,
          ip_protocol: protocol,
          from_port: from,
          to_port: to,
          [six ? 'cidr_ipv6' : 'cidr_ipv4']: cidr,
        }),
      )
      .join('\n\n'),
  };
}

function aclSteps({ resource, direction, flows }: AllowChange, inventory: Inventory): ChangeSteps | undefined {
  const acl = inventory.get('NetworkAcls', resource);
  if (acl === undefined) return undefined;
  const mine = objects(acl.record, 'Entries').filter((entry) => (entry['Egress'] === true) === (direction === 'out'));
  const numbers = freeNumbers(
    mine.flatMap((entry) => integer(entry, 'RuleNumber') ?? []),
    mine.flatMap((entry) => (text(entry, 'RuleAction') === 'deny' ? (integer(entry, 'RuleNumber') ?? []) : [])),
  );
  const lines = linesOf(flows, direction).map((line, i) => ({ ...line, number: numbers(i) }));
  const side = direction === 'in' ? 'inbound' : 'outbound';
  const protocolOf = ({ protocol }: Line) => ({ tcp: '6', udp: '17', icmp: '1', icmpv6: '58' })[protocol] ?? protocol;
  const isIcmp = ({ protocol }: Line) => protocol.startsWith('icmp');
  return {
    console: `VPC > Network ACLs > ${resource} > Edit ${side} rules > Add new rule: ${lines.map((line) => `${line.number}: ${wordsOf(line)}, allow`).join('; ')}`,
    command: lines
      .map((line) =>
        commandLine([
          'aws',
          'ec2',
          'create-network-acl-entry',
          '--network-acl-id',
          resource,
          direction === 'in' ? '--ingress' : '--egress',
          '--rule-number',
          String(line.number),
          '--protocol',
          protocolOf(line),
          ...(line.from === undefined
            ? []
            : isIcmp(line)
              ? ['--icmp-type-code', `Type=${line.from},Code=${line.to}`]
              : ['--port-range', `From=${line.from},To=${line.to}`]),
          line.six ? '--ipv6-cidr-block' : '--cidr-block',
          line.cidr,
          '--rule-action',
          'allow',
        ]),
      )
      .join('\n'),
    terraform: lines
      .map((line) =>
        terraformBlock('aws_network_acl_rule', `allow_${line.number}`, {
          network_acl_id: resource,
          egress: direction === 'out',
          rule_number: line.number,
          rule_action: 'allow',
          protocol: protocolOf(line),
          from_port: isIcmp(line) ? undefined : line.from,
          to_port: isIcmp(line) ? undefined : line.to,
          icmp_type: isIcmp(line) ? line.from : undefined,
          icmp_code: isIcmp(line) ? line.to : undefined,
          [line.six ? 'ipv6_cidr_block' : 'cidr_block']: line.cidr,
        }),
      )
      .join('\n\n'),
  };
}

/** VPC Block Public Access takes no rules: what is meant to be public is excluded. */
function exclusionSteps({ resource }: AllowChange): ChangeSteps {
  return {
    console: `VPC > Settings > Block public access > Create exclusion: ${resource}, allow bidirectional`,
    command: commandLine([
      'aws',
      'ec2',
      'create-vpc-block-public-access-exclusion',
      '--vpc-id',
      resource,
      '--internet-gateway-exclusion-mode',
      'allow-bidirectional',
    ]),
    terraform: terraformBlock('aws_vpc_block_public_access_exclusion', `exclude_${resource}`, {
      vpc_id: resource,
      internet_gateway_exclusion_mode: 'allow-bidirectional',
    }),
  };
}

function ipv6Steps({ resource }: AllowChange): ChangeSteps {
  return {
    console: `VPC > Transit gateway attachments > ${resource} > Modify > IPv6 support: enable`,
    command: commandLine([
      'aws',
      'ec2',
      'modify-transit-gateway-vpc-attachment',
      '--transit-gateway-attachment-id',
      resource,
      '--options',
      'Ipv6Support=enable',
    ]),
  };
}

/** Rule numbers that nobody uses, before the first rule that denies: tens after the last rule there, else what is free. */
function freeNumbers(taken: readonly number[], denying: readonly number[]): (index: number) => number {
  const end = Math.min(...denying, 32767);
  const last = Math.max(0, ...taken.filter((number) => number < end));
  const free: number[] = [];
  for (let number = last + 10; number < end && free.length < MOST_LINES; number += 10) free.push(number);
  for (let number = end - 1; number >= 1 && free.length < MOST_LINES; number--)
    if (!taken.includes(number) && !free.includes(number)) free.push(number);
  return (index) => free[index % Math.max(1, free.length)] ?? 1;
}

function wordsOf({ protocol, from, to, cidr }: Line): string {
  const ports = from === undefined ? '' : ` ${from === to || to === -1 ? from : `${from}-${to}`}`;
  return `${protocol === '-1' ? 'all traffic' : protocol}${ports}, ${cidr}`;
}

/** Which parameter of create-route, and which Terraform argument, names a target. */
const TARGETS: Readonly<Record<string, readonly [string, string]>> = {
  igw: ['--gateway-id', 'gateway_id'],
  vgw: ['--gateway-id', 'gateway_id'],
  nat: ['--nat-gateway-id', 'nat_gateway_id'],
  pcx: ['--vpc-peering-connection-id', 'vpc_peering_connection_id'],
  tgw: ['--transit-gateway-id', 'transit_gateway_id'],
  eigw: ['--egress-only-internet-gateway-id', 'egress_only_gateway_id'],
  eni: ['--network-interface-id', 'network_interface_id'],
  vpce: ['--vpc-endpoint-id', 'vpc_endpoint_id'],
};

function routeSteps({ resource, destination, target, replaces }: AddRouteChange): ChangeSteps | undefined {
  const six = destination.includes(':');
  if (resource.startsWith('tgw-rtb-')) {
    const verb = replaces === undefined ? 'create' : 'replace';
    return {
      console: `VPC > Transit gateway route tables > ${resource} > Routes > ${replaces === undefined ? 'Create' : 'Replace'} static route: ${destination} to ${target}`,
      command: commandLine([
        'aws',
        'ec2',
        `${verb}-transit-gateway-route`,
        '--transit-gateway-route-table-id',
        resource,
        '--destination-cidr-block',
        destination,
        '--transit-gateway-attachment-id',
        target,
      ]),
      terraform: terraformBlock('aws_ec2_transit_gateway_route', `to_${target}`, {
        transit_gateway_route_table_id: resource,
        destination_cidr_block: destination,
        transit_gateway_attachment_id: target,
      }),
    };
  }
  if (target.startsWith('vpce-'))
    return {
      console: `VPC > Endpoints > ${target} > Manage route tables > ${resource}`,
      command: commandLine([
        'aws',
        'ec2',
        'modify-vpc-endpoint',
        '--vpc-endpoint-id',
        target,
        '--add-route-table-ids',
        resource,
      ]),
      terraform: terraformBlock('aws_vpc_endpoint_route_table_association', `to_${target}`, {
        route_table_id: resource,
        vpc_endpoint_id: target,
      }),
    };
  const [parameter, argument] = TARGETS[target.split('-')[0] ?? ''] ?? [];
  if (parameter === undefined || argument === undefined) return undefined;
  return {
    console: `VPC > Route tables > ${resource} > Edit routes > ${replaces === undefined ? 'Add route' : 'change the target'}: ${destination}, target ${target}`,
    command: commandLine([
      'aws',
      'ec2',
      replaces === undefined ? 'create-route' : 'replace-route',
      '--route-table-id',
      resource,
      six ? '--destination-ipv6-cidr-block' : '--destination-cidr-block',
      destination,
      parameter,
      target,
    ]),
    terraform: terraformBlock('aws_route', `to_${target}`, {
      route_table_id: resource,
      [six ? 'destination_ipv6_cidr_block' : 'destination_cidr_block']: destination,
      [argument]: target,
    }),
  };
}

/** Attribute of an amendment -> where, how, and in which words of Terraform. */
const AMENDMENTS: Readonly<Record<string, (change: AmendChange) => ChangeSteps>> = {
  State: ({ resource }) => ({
    console: `EC2 > Instances > ${resource} > Instance state > Start instance`,
    command: commandLine(['aws', 'ec2', 'start-instances', '--instance-ids', resource]),
    terraform: terraformBlock('aws_ec2_instance_state', `start_${resource}`, {
      instance_id: resource,
      state: 'running',
    }),
  }),
  Status: ({ resource }) => ({
    console: `VPC > Peering connections > ${resource} > Actions > Accept request (in the account that was asked)`,
    command: commandLine(['aws', 'ec2', 'accept-vpc-peering-connection', '--vpc-peering-connection-id', resource]),
    terraform: terraformBlock('aws_vpc_peering_connection_accepter', `accept_${resource}`, {
      vpc_peering_connection_id: resource,
      auto_accept: true,
    }),
  }),
  SubnetIds: ({ resource, to }) => ({
    console: `VPC > Transit gateway attachments > ${resource} > Modify > add subnet ${to}`,
    command: commandLine([
      'aws',
      'ec2',
      'modify-transit-gateway-vpc-attachment',
      '--transit-gateway-attachment-id',
      resource,
      '--add-subnet-ids',
      to,
    ]),
  }),
  Association: ({ resource }) => ({
    console: `VPC > Transit gateway route tables > the table that is meant > Associations > Create association: ${resource}`,
    command: commandLine([
      'aws',
      'ec2',
      'associate-transit-gateway-route-table',
      '--transit-gateway-attachment-id',
      resource,
      '--transit-gateway-route-table-id',
      'TGW_ROUTE_TABLE_ID',
    ]),
    terraform: terraformBlock('aws_ec2_transit_gateway_route_table_association', `of_${resource}`, {
      transit_gateway_attachment_id: resource,
      transit_gateway_route_table_id: 'TGW_ROUTE_TABLE_ID',
    }),
  }),
  PublicIp: () => ({
    console: 'VPC > Elastic IPs > Allocate, then Actions > Associate: the network interface of the host that sends',
    command:
      'aws ec2 allocate-address --domain vpc\naws ec2 associate-address --allocation-id ALLOCATION_ID --network-interface-id NETWORK_INTERFACE_ID',
    terraform: terraformBlock('aws_eip', 'of_sender', { domain: 'vpc', network_interface: 'NETWORK_INTERFACE_ID' }),
  }),
  SourceDestCheck: ({ resource }) => ({
    console: `EC2 > Network interfaces > ${resource} > Actions > Change source/dest. check > Stop`,
    command: commandLine([
      'aws',
      'ec2',
      'modify-network-interface-attribute',
      '--network-interface-id',
      resource,
      '--no-source-dest-check',
    ]),
  }),
};

function amendmentSteps(change: AmendChange): ChangeSteps | undefined {
  return Object.hasOwn(AMENDMENTS, change.attribute) ? AMENDMENTS[change.attribute]!(change) : undefined;
}
