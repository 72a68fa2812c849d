/**
 * Managed services by the names that people use (a database, a cache, a function, a task): which network interfaces in the
 * VPC are theirs. The interfaces behave like any others; this file only names them. A service whose interfaces the
 * snapshot does not hold, or does not tell apart, keeps its name and has no answer.
 * Sources: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/requester-managed-eni.html,
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
import type { Missing, Origin } from '../../model/origin.ts';
import { parseAddress } from '../../net/address.ts';
import type { Estate, InterfaceFacts } from './estate.ts';
import { type Json, object, objects, strings, tagsOf, text } from './record.ts';

/** One service: what it is called, and how its interfaces are found. */
interface Service {
  readonly id: string;
  readonly words: readonly (string | undefined)[];
  readonly interfaces: readonly InterfaceFacts[];
  /** Several interfaces are one each a node or zone, each asked for itself; else they are one machine's. */
  readonly why?: string;
}

interface Kind {
  /** Of the document. */
  readonly kind: string;
  readonly called: string;
  readonly read: (record: Json, finder: Finder) => Service | undefined;
}

/** Looks for interfaces by what little AWS writes on them. */
class Finder {
  readonly estate: Estate;
  private readonly described = new Map<string, InterfaceFacts[]>();

  constructor(estate: Estate) {
    this.estate = estate;
    for (const eni of estate.interfaces.values()) {
      if (eni.instance !== undefined) continue;
      const description = text(eni.entry.brief, 'Description') ?? '';
      const list = this.described.get(description);
      if (list === undefined) this.described.set(description, [eni]);
      else list.push(eni);
    }
  }

  ids(ids: readonly string[]): InterfaceFacts[] {
    return ids.flatMap((id) => this.estate.interfaces.get(id) ?? []);
  }

  addresses(words: readonly (string | undefined)[], vpc?: string): InterfaceFacts[] {
    const wanted = new Set(words.flatMap((word) => parseAddress(word ?? '') ?? []));
    if (wanted.size === 0) return [];
    return [...this.estate.interfaces.values()].filter(
      (eni) => (vpc === undefined || eni.vpc === vpc) && eni.addresses.some(({ address }) => wanted.has(address)),
    );
  }

  /** Interfaces of nobody's instance whose description fits. */
  whoseText(fits: (description: string) => boolean): InterfaceFacts[] {
    return [...this.described].flatMap(([description, list]) => (fits(description) ? list : []));
  }

  /** Of these, the ones in the subnets and with the groups that the service names. */
  placed(enis: readonly InterfaceFacts[], subnets: readonly string[], groups: readonly string[]): InterfaceFacts[] {
    const wanted = [...new Set(groups)].sort().join();
    return enis.filter(
      (eni) => (subnets.length === 0 || subnets.includes(eni.subnet)) && (eni.groups ?? []).join() === wanted,
    );
  }
}

const ids = (record: Json, key: string, id: string): string[] =>
  objects(record, key).flatMap((one) => text(one, id) ?? []);
const last = (arn: string | undefined): string | undefined => arn?.split(/[:/]/).at(-1);

const KINDS: readonly Kind[] = [
  {
    kind: 'DBInstances',
    called: 'database instance',
    read: (record, finder) => {
      const id = text(record, 'DBInstanceIdentifier');
      const group = object(record, 'DBSubnetGroup') ?? {};
      const zone = text(record, 'AvailabilityZone');
      const subnets = objects(group, 'Subnets')
        .filter((one) => [undefined, text(object(one, 'SubnetAvailabilityZone') ?? {}, 'Name')].includes(zone))
        .flatMap((one) => text(one, 'SubnetIdentifier') ?? []);
      const found = finder.placed(
        finder.whoseText((one) => one === 'RDSNetworkInterface'),
        subnets,
        ids(record, 'VpcSecurityGroups', 'VpcSecurityGroupId'),
      );
      return id === undefined
        ? undefined
        : {
            id,
            words: [
              text(record, 'DBInstanceArn'),
              text(record, 'DbInstanceArn'),
              text(object(record, 'Endpoint') ?? {}, 'Address'),
            ],
            // Databases of one subnet and one group look alike.
            interfaces: found.length === 1 ? found : [],
            ...(found.length > 1 ? { why: `${found.length} interfaces of databases look alike there` } : {}),
          };
    },
  },
  {
    kind: 'CacheClusters',
    called: 'cache cluster',
    read: (record, finder) => {
      const id = text(record, 'CacheClusterId');
      if (id === undefined) return undefined;
      const endpoints = [
        record['ConfigurationEndpoint'],
        ...objects(record, 'CacheNodes').map((one) => one['Endpoint']),
      ];
      return {
        id,
        words: [text(record, 'ARN'), ...addressesOf(endpoints)],
        interfaces: finder.whoseText((one) => /^ElastiCache[ +]/.test(one) && namesOf(one, id)),
      };
    },
  },
  {
    kind: 'ReplicationGroups',
    called: 'cache replication group',
    read: (record, finder) => {
      const id = text(record, 'ReplicationGroupId');
      if (id === undefined) return undefined;
      const members = strings(record, 'MemberClusters');
      const nodes = objects(record, 'NodeGroups').flatMap((one) => [one['PrimaryEndpoint'], one['ReaderEndpoint']]);
      return {
        id,
        words: [text(record, 'ARN'), ...addressesOf([record['ConfigurationEndpoint'], ...nodes])],
        interfaces: finder.whoseText(
          (one) => /^ElastiCache[ +]/.test(one) && members.some((member) => namesOf(one, member)),
        ),
      };
    },
  },
  {
    kind: 'Functions',
    called: 'Lambda function',
    read: (record, finder) => functionOf(record, finder),
  },
  {
    kind: 'Configuration@get-function',
    called: 'Lambda function',
    read: (record, finder) => functionOf(record, finder),
  },
  {
    kind: 'Clusters@redshift-describe-clusters',
    called: 'Redshift cluster',
    read: (record, finder) => {
      const id = text(record, 'ClusterIdentifier');
      const nodes = objects(record, 'ClusterNodes').map((one) => text(one, 'PrivateIPAddress'));
      return id === undefined
        ? undefined
        : {
            id,
            words: [text(object(record, 'Endpoint') ?? {}, 'Address')],
            interfaces: finder.addresses(nodes, text(record, 'VpcId')),
          };
    },
  },
  {
    kind: 'DomainStatusList',
    called: 'search domain',
    read: (record, finder) => {
      const id = text(record, 'DomainName');
      const vpc = object(record, 'VPCOptions');
      if (id === undefined) return undefined;
      return {
        id,
        words: [text(record, 'ARN'), text(record, 'Endpoint'), text(object(record, 'Endpoints') ?? {}, 'vpc')],
        interfaces: finder.whoseText((one) => one === `ES ${id}`),
        ...(vpc === undefined ? { why: 'it stands outside of every VPC' } : {}),
      };
    },
  },
  {
    kind: 'MountTargets',
    called: 'mount target',
    read: (record, finder) => {
      const id = text(record, 'MountTargetId');
      return id === undefined
        ? undefined
        : { id, words: [], interfaces: finder.ids([text(record, 'NetworkInterfaceId') ?? '']) };
    },
  },
  {
    kind: 'tasks',
    called: 'ECS task',
    read: (record, finder) => {
      const arn = text(record, 'taskArn');
      const details = objects(record, 'attachments').flatMap((one) => objects(one, 'details'));
      const eni = details.find((one) => text(one, 'name') === 'networkInterfaceId');
      return arn === undefined
        ? undefined
        : {
            id: arn,
            words: [
              last(arn),
              text(record, 'group'),
              last(text(record, 'taskDefinitionArn')?.replace(/:(\d+)$/, '_$1')),
            ],
            interfaces: finder.ids([text(eni ?? {}, 'value') ?? '']),
            ...(eni === undefined ? { why: 'it has no interface of its own: it uses those of its host' } : {}),
          };
    },
  },
  {
    kind: 'cluster@eks-describe-cluster',
    called: 'EKS cluster',
    read: (record, finder) => {
      const name = text(record, 'name');
      const endpoint = text(record, 'endpoint')?.replace(/^https:\/\//, '');
      return name === undefined
        ? undefined
        : {
            id: text(record, 'arn') ?? name,
            words: [name, endpoint],
            interfaces: finder.whoseText((one) => one === `Amazon EKS ${name}`),
          };
    },
  },
];

function functionOf(record: Json, finder: Finder): Service | undefined {
  const name = text(record, 'FunctionName');
  const vpc = object(record, 'VpcConfig') ?? {};
  const subnets = strings(vpc, 'SubnetIds');
  if (name === undefined) return undefined;
  const lambda = finder
    .whoseText((one) => one.startsWith('AWS Lambda VPC ENI'))
    .filter((eni) => eni.type === 'lambda' || eni.type === 'interface');
  // Functions with the same subnets and groups share interfaces.
  const shared = finder.placed(lambda, subnets, strings(vpc, 'SecurityGroupIds'));
  return {
    id: text(record, 'FunctionArn') ?? name,
    words: [name],
    interfaces: subnets.length === 0 ? [] : shared,
    ...(subnets.length === 0 ? { why: 'it is attached to no VPC' } : {}),
  };
}

function addressesOf(endpoints: readonly unknown[]): string[] {
  return endpoints.flatMap((one) =>
    typeof one === 'object' && one !== null ? (text(one as Json, 'Address') ?? []) : [],
  );
}

/** "ElastiCache my-cache-001": the cluster's name as a whole word. */
function namesOf(description: string, cluster: string): boolean {
  return description.slice('ElastiCache'.length).trim().replace(/^\+/, '') === cluster;
}

export function readManagedServices(estate: Estate): void {
  let finder: Finder | undefined;
  for (const { kind, called, read } of KINDS)
    for (const { records, document } of estate.inventory.answers(kind))
      for (const [i, record] of records.entries()) {
        const service = read(record, (finder ??= new Finder(estate)));
        if (service === undefined) continue;
        const origin: Origin = {
          provider: 'aws',
          kind: called,
          id: service.id,
          file: document.file,
          pointer: document.placeOf?.(i) ?? `${document.pointer}/${i}`,
        };
        definePlace(estate, origin, service, tagsOf(record));
      }
  fileSystems(estate);
}

function definePlace(estate: Estate, origin: Origin, service: Service, tags: Readonly<Record<string, string>>): void {
  const { id, interfaces } = service;
  const words = [...new Set(service.words.filter((word) => word !== undefined && word !== id))] as string[];
  const members = interfaces.map((eni) => eni.entry.id);
  const unresolved: Missing = {
    what: `the network interfaces of ${origin.kind} ${id}${service.why === undefined ? '' : ` (${service.why})`}`,
    fetch: 'aws ec2 describe-network-interfaces',
  };
  estate.builder.place(id, words, () => ({
    id,
    origin,
    aliases: words,
    tags,
    interfaces: members,
    ...(members.length > 1 ? { members } : {}),
    ...(members.length === 0 ? { unresolved } : {}),
  }));
  for (const word of words) estate.builder.publish(`dns:${word.toLowerCase()}`, id);
}

/** A file system is its mount targets. */
function fileSystems(estate: Estate): void {
  const targets = estate.inventory.answers('MountTargets').flatMap(({ records, document }) =>
    records.map((record, i) => ({
      record,
      file: document.file,
      pointer: document.placeOf?.(i) ?? `${document.pointer}/${i}`,
    })),
  );
  for (const [id, own] of Map.groupBy(targets, ({ record }) => text(record, 'FileSystemId') ?? '')) {
    if (id === '') continue;
    const { file, pointer } = own[0]!;
    const interfaces = own.flatMap(
      ({ record }) => estate.interfaces.get(text(record, 'NetworkInterfaceId') ?? '') ?? [],
    );
    const region = interfaces[0]?.entry.region;
    definePlace(
      estate,
      { provider: 'aws', kind: 'file system', id, file, pointer },
      { id, words: region === undefined ? [] : [`${id}.efs.${region}.amazonaws.com`], interfaces },
      {},
    );
  }
}
