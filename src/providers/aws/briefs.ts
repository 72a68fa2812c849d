/**
 * What must stand in memory of every record of the largest lists: the parts that indexes, names and neighbours are made
 * of. Everything else of a record is read from its file when a question comes to it, so nothing here decides what counts.
 */
import { type Members, records, share } from '../../snapshot/byte-json.ts';

const SHARED = share(true);
const GROUPS = share({ GroupId: true });
const ASSOCIATION = { PublicIp: true } as const;

/** Also what tells account and Region of a list; `scopeOfRecords` reads briefs. */
const WHOSE = { OwnerId: SHARED, AvailabilityZone: SHARED, OutpostArn: SHARED } as const;

const INTERFACE: Members = {
  ...WHOSE,
  NetworkInterfaceId: true,
  SubnetId: SHARED,
  VpcId: SHARED,
  Groups: GROUPS,
  PrivateIpAddress: true,
  PrivateIpAddresses: { PrivateIpAddress: true, Primary: true, Association: ASSOCIATION },
  Association: ASSOCIATION,
  Ipv6Addresses: true,
  Ipv4Prefixes: true,
  Ipv6Prefixes: true,
  PrivateDnsName: true,
  Description: true,
  InterfaceType: SHARED,
  Status: SHARED,
  Attachment: records({ InstanceId: true, DeviceIndex: SHARED }),
  SourceDestCheck: true,
  DenyAllIgwTraffic: true,
  TagSet: true,
  Tags: true,
};

const INSTANCE: Members = {
  ...WHOSE,
  InstanceId: true,
  Placement: share({ AvailabilityZone: true }),
  NetworkInterfaces: records({ NetworkInterfaceId: true, OwnerId: SHARED }),
  PrivateIpAddress: true,
  PrivateDnsName: true,
  PublicDnsName: true,
  State: share({ Name: true }),
  MetadataOptions: share({ HttpEndpoint: true }),
  Tags: true,
};

/** By list key. */
export const AWS_BRIEFS: Readonly<Record<string, Members>> = {
  NetworkInterfaces: INTERFACE,
  Reservations: { OwnerId: SHARED, Instances: records(INSTANCE) },
};
