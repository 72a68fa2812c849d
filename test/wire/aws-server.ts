/**
 * A loopback server that speaks EC2's Query XML, and as much of STS, load balancing, Organizations, Network Firewall and
 * Direct Connect as it takes to be asked everything. Who asks is told by the access key, as the real ones do.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Record<string, unknown>;

/** One request as the server understood it. */
export interface AwsAsked {
  readonly service: string;
  readonly action: string;
  readonly account: string;
  readonly region: string;
  readonly parameters: URLSearchParams;
  /** How often this very call was made, this one included. */
  readonly times: number;
}

/** What goes wrong: a status with an error code, or something done to the connection. */
export type Fault = { readonly status: number; readonly code: string } | 'cut' | 'slow' | 'gone';

export interface AwsServerOptions {
  /** Lists by account and region: { Vpcs: […] } in the CLI's own words. */
  readonly estate: (account: string, region: string) => Json;
  readonly regions?: readonly string[];
  /** What calls of the JSON services answer, by service and action: "ecs ListClusters", "eks Get /clusters". */
  readonly answers?: Readonly<Record<string, Json>>;
  /** Accounts of the organisation; the first is the caller's own. */
  readonly accounts?: readonly string[];
  readonly fault?: (asked: AwsAsked) => Fault | undefined;
  /** Every page names the next one, the same one in the end. */
  readonly endless?: boolean;
  /** Records on a page, where the caller does not say. */
  readonly page?: number;
  /** Milliseconds until the credentials of a role expire. */
  readonly lifetime?: number;
}

export interface AwsServer {
  readonly url: string;
  readonly asked: AwsAsked[];
  close(): Promise<void>;
}

/** Names in the XML that are not the field's own with a small first letter. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/ */
const XML_NAMES: Readonly<Record<string, string>> = {
  Vpcs: 'vpcSet',
  Subnets: 'subnetSet',
  RouteTables: 'routeTableSet',
  NetworkAcls: 'networkAclSet',
  SecurityGroups: 'securityGroupInfo',
  NetworkInterfaces: 'networkInterfaceSet',
  Reservations: 'reservationSet',
  Instances: 'instancesSet',
  InternetGateways: 'internetGatewaySet',
  NatGateways: 'natGatewaySet',
  NatGatewayAddresses: 'natGatewayAddressSet',
  VpnConnections: 'vpnConnectionSet',
  Routes: 'routeSet',
  PropagatingVgws: 'propagatingVgwSet',
  Associations: 'associationSet',
  Entries: 'entrySet',
  Egress: 'egress',
  Tags: 'tagSet',
  Groups: 'groupSet',
  Attachments: 'attachmentSet',
  PrivateIpAddresses: 'privateIpAddressesSet',
  Ipv6Addresses: 'ipv6AddressesSet',
  UserIdGroupPairs: 'groups',
  Description: 'description',
  State: 'state',
  TransitGatewayRouteTables: 'transitGatewayRouteTables',
};
/** The same field, named otherwise inside another. */
const XML_NAMES_INSIDE: Readonly<Record<string, string>> = {
  'SecurityGroups.Description': 'groupDescription',
  'SecurityGroups.Tags': 'tagSet',
  'Instances.SecurityGroups': 'groupSet',
  'Instances.State': 'instanceState',
  'Instances.Monitoring': 'monitoring',
  'NetworkInterfaces.Groups': 'groupSet',
  'Entries.PortRange': 'portRange',
  'Entries.IcmpTypeCode': 'icmpTypeCode',
  'Routes.GatewayId': 'gatewayId',
  'NetworkAcls.IsDefault': 'default',
};

export async function startAws(options: AwsServerOptions): Promise<AwsServer> {
  const asked: AwsAsked[] = [];
  const times = new Map<string, number>();
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const one = understood(request, body, options.accounts ?? ['111111111111']);
      const key = `${one.account} ${one.region} ${one.action} ${one.parameters.toString()}`;
      times.set(key, (times.get(key) ?? 0) + 1);
      const call = { ...one, times: times.get(key)! };
      asked.push(call);
      answer(call, options, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function answer(call: AwsAsked, options: AwsServerOptions, response: ServerResponse): void {
  const fault = options.fault?.(call);
  if (fault === 'gone') return void response.socket?.destroy();
  // An answer that never comes: the connection stays until the caller gives up.
  if (fault === 'slow') return;
  if (fault === 'cut') {
    response.writeHead(200, { 'content-type': 'text/xml' });
    response.end(`<?xml version="1.0"?><${call.action}Response><vpcSet><item><vpcId>vpc-1</vpc`);
    return;
  }
  const isJson = [
    'organizations',
    'network-firewall',
    'directconnect',
    'lambda',
    'elasticfilesystem',
    'es',
    'ecs',
    'eks',
  ].includes(call.service);
  if (fault !== undefined) {
    response.writeHead(fault.status, { 'content-type': isJson ? 'application/x-amz-json-1.1' : 'text/xml' });
    response.end(isJson ? JSON.stringify({ __type: fault.code, message: 'no' }) : errorXml(call.service, fault.code));
    return;
  }
  if (isJson) {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(jsonAnswer(call, options)));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/xml' });
  response.end(
    call.service === 'sts' ? stsXml(call, options) : call.service === 'ec2' ? ec2Xml(call, options) : queryXml(call),
  );
}

function ec2Xml(call: AwsAsked, options: AwsServerOptions): string {
  const { action, account, region, parameters } = call;
  const open = `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId>`;
  if (action === 'DescribeRegions') {
    const items = (options.regions ?? ['eu-west-1']).map(
      (name) =>
        `<item><regionName>${name}</regionName><regionEndpoint>ec2.${name}.amazonaws.com</regionEndpoint></item>`,
    );
    return `${open}<regionInfo>${items.join('')}</regionInfo></${action}Response>`;
  }
  if (action === 'DescribeVpcAttribute')
    return `${open}<vpcId>${parameters.get('VpcId')}</vpcId><enableDnsSupport><value>true</value></enableDnsSupport></${action}Response>`;
  const key = action === 'DescribeInstances' ? 'Reservations' : action.replace(/^(Describe|Get|Search)/, '');
  const all = options.estate(account, region)[key];
  const records = Array.isArray(all) ? (all as unknown[]) : [];
  const from = Number(parameters.get('NextToken')?.split('-')[1] ?? 0);
  const size = options.page ?? Number(parameters.get('MaxResults') ?? 1000);
  const page = records.slice(from, from + size);
  const more =
    options.endless === true || from + size < records.length
      ? `<nextToken>at-${Math.min(from + size, records.length)}</nextToken>`
      : '';
  return `${open}${xmlOf(key, page, '')}${more}</${action}Response>`;
}

/** A value in EC2's XML: lists are <item>s, names begin small. */
function xmlOf(key: string, value: unknown, inside: string): string {
  const name = XML_NAMES_INSIDE[`${inside}.${key}`] ?? XML_NAMES[key] ?? key[0]!.toLowerCase() + key.slice(1);
  if (Array.isArray(value)) {
    const items = value.map(
      (one) => `<item>${typeof one === 'object' ? fieldsOf(one as Json, key) : escaped(String(one))}</item>`,
    );
    return `<${name}>${items.join('')}</${name}>`;
  }
  if (typeof value === 'object' && value !== null) return `<${name}>${fieldsOf(value as Json, key)}</${name}>`;
  return `<${name}>${escaped(String(value))}</${name}>`;
}

function fieldsOf(record: Json, key: string): string {
  return Object.entries(record)
    .map(([field, value]) => xmlOf(field, value, key))
    .join('');
}

function stsXml({ action, account, parameters }: AwsAsked, options: AwsServerOptions): string {
  if (action === 'GetCallerIdentity')
    return `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::${account}:user/auditor</Arn><UserId>AIDA</UserId><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;
  const other = /:(\d{12}):/.exec(parameters.get('RoleArn') ?? '')?.[1] ?? '';
  const until = new Date(Date.now() + (options.lifetime ?? 3_600_000)).toISOString();
  // AssumeRole, AssumeRoleWithWebIdentity.
  return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><AssumedRoleUser><AssumedRoleId>A:netaudit</AssumedRoleId><Arn>arn:aws:sts::${other}:assumed-role/r/netaudit</Arn></AssumedRoleUser><Credentials><AccessKeyId>ASIA${other}</AccessKeyId><SecretAccessKey>not-a-secret</SecretAccessKey><SessionToken>session</SessionToken><Expiration>${until}</Expiration></Credentials></${action}Result></${action}Response>`;
}

/** Query and REST-XML services with nothing to list. */
function queryXml({ action }: AwsAsked): string {
  if (action.startsWith('Get /'))
    return '<ListHostedZonesResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><HostedZones/><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListHostedZonesResponse>';
  return `<${action}Response xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><${action}Result></${action}Result></${action}Response>`;
}

function jsonAnswer({ service, action, parameters }: AwsAsked, options: AwsServerOptions): Json {
  const single = options.answers?.[`${service} ${action}`];
  if (single !== undefined) return single;
  if (service !== 'organizations' || action !== 'ListAccounts') return {};
  const accounts = options.accounts ?? [];
  const from = Number(parameters.get('NextToken') ?? 0);
  const page = accounts
    .slice(from, from + 20)
    .map((Id) => ({ Id, Name: `account ${Id}`, State: 'ACTIVE', Status: 'ACTIVE' }));
  return { Accounts: page, ...(from + 20 < accounts.length ? { NextToken: String(from + 20) } : {}) };
}

function errorXml(service: string, code: string): string {
  return service === 'ec2'
    ? `<Response><Errors><Error><Code>${code}</Code><Message>You are not authorized to perform this operation.</Message></Error></Errors><RequestID>1</RequestID></Response>`
    : `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error><RequestId>1</RequestId></ErrorResponse>`;
}

function understood(request: IncomingMessage, body: string, accounts: readonly string[]): Omit<AwsAsked, 'times'> {
  const scope = /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\//.exec(request.headers.authorization ?? '');
  const [, key = '', region = '', signed = ''] = scope ?? [];
  const account = /^ASIA(\d{12})$/.exec(key)?.[1] ?? accounts[0]!;
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') {
    const fields = JSON.parse(body === '' ? '{}' : body) as Record<string, unknown>;
    const parameters = new URLSearchParams(
      Object.entries(fields).map(([name, value]): [string, string] => [
        name,
        JSON.stringify(value).replace(/^"|"$/g, ''),
      ]),
    );
    return { service: signed, action: target.split('.').at(-1)!, account, region, parameters };
  }
  // REST: the path is the operation.
  if (request.method === 'GET')
    return {
      service: signed,
      action: `Get ${(request.url ?? '').split('?')[0]}`,
      account,
      region,
      parameters: new URLSearchParams(),
    };
  const isJson = String(request.headers['content-type']).includes('json');
  const parameters = new URLSearchParams(isJson ? '' : body);
  const action = isJson ? `Post ${request.url ?? ''}` : (parameters.get('Action') ?? '');
  // Who changes a workload's token for keys has none to sign with.
  return { service: action === 'AssumeRoleWithWebIdentity' ? 'sts' : signed, action, account, region, parameters };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
