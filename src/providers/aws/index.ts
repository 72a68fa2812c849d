/**
 * Amazon Web Services: reads its documents into the network. One file a resource kind; a new target of routes is one more
 * line here.
 */
import type { NextHop } from '../../model/network.ts';
import type { Provider } from '../../model/finding.ts';
import type { Missing } from '../../model/origin.ts';
import { BlockPublicAccess } from './block-public-access.ts';
import { stepsOf } from './change-steps.ts';
import { AWS_CODES } from './codes.ts';
import { readDnsRecords } from './dns.ts';
import { EdgeTables } from './edge-table.ts';
import { readElasticAddresses } from './elastic-address.ts';
import { Estate } from './estate.ts';
import { factsOf } from './facts.ts';
import { readGatewayEndpoints } from './gateway-endpoint.ts';
import { gotchasOf } from './gotchas/index.ts';
import { readEgressOnlyGateways, readInternetGateways } from './internet-gateway.ts';
import { inspectionDoor, readInspectionEndpoints } from './inspection-endpoint.ts';
import { InterfaceEndpoints } from './interface-endpoint.ts';
import { Inventory } from './inventory.ts';
import { readNatGateways } from './nat-gateway.ts';
import { LoadBalancers } from './load-balancer.ts';
import { readManagedServices } from './managed-service.ts';
import { NetworkAcls } from './network-acl.ts';
import { readInterfaces } from './network-interface.ts';
import { throughSubnet } from './passage.ts';
import { readPeerings } from './peering.ts';
import { RouteTables } from './route-table.ts';
import type { Target, Targets } from './targets.ts';
import { SecurityGroups } from './security-group.ts';
import { text } from './record.ts';
import { readSubnets } from './subnet.ts';
import { readTransitGateways } from './transit-gateway.ts';
import { readVpnGateways } from './vpn-gateway.ts';

export const awsProvider: Provider = {
  name: 'aws',
  codes: AWS_CODES,
  read(documents, builder) {
    const inventory = new Inventory(
      documents.filter((document) => document.provider === 'aws'),
      builder,
    );
    const estate = new Estate(inventory, builder);
    const acls = new NetworkAcls(estate);
    const tables = new RouteTables(estate);
    readSubnets(estate, acls);
    const access = new BlockPublicAccess(estate);
    const balancers = new LoadBalancers(estate, acls);
    readInterfaces(estate, new SecurityGroups(estate), balancers, new InterfaceEndpoints(estate));
    readManagedServices(estate);
    readDnsRecords(estate);
    readElasticAddresses(estate);
    const edges = new EdgeTables(estate, tables, acls);
    const inspection = readInspectionEndpoints(estate, acls);
    const gatewayEndpoints = readGatewayEndpoints(estate);
    const targets: Targets = {
      'GatewayId:igw': readInternetGateways(estate, tables, edges, access),
      'GatewayId:vgw': readVpnGateways(estate, edges),
      'GatewayId:vpce': (id, from, route) =>
        (inspectionDoor(estate, id) === undefined ? gatewayEndpoints : inspection)(id, from, route),
      EgressOnlyInternetGatewayId: readEgressOnlyGateways(estate, tables, access),
      NatGatewayId: readNatGateways(estate, acls, tables),
      VpcPeeringConnectionId: readPeerings(estate),
      TransitGatewayId: readTransitGateways(estate, acls),
      NetworkInterfaceId: toInterface(estate, acls, (id) => id),
      InstanceId: toInterface(estate, acls, (id) => estate.interfaces.of(id)?.[0]?.entry.id),
    };
    tables.define(targets);
    return {
      gotchas: (context) => gotchasOf(context, { estate, acls, tables, access, balancers }),
      missing: missingKinds(inventory),
      stepsOf: (change) => stepsOf(change, inventory),
      facts: () => factsOf(estate),
      accountOf: (id) => text(estate.interfaces.get(id)?.entry.record ?? {}, 'OwnerId'),
      regionOf: (id) => {
        const eni = estate.interfaces.get(id);
        const zone = estate.subnets.get(eni?.subnet ?? '')?.zone ?? '';
        return eni?.entry.region ?? /^[a-z]+(?:-[a-z]+)+-\d+(?=[a-z]$)/.exec(zone)?.[0];
      },
    };
  },
};

/** A route to an interface: the machine behind it is expected to forward. */
function toInterface(estate: Estate, acls: NetworkAcls, find: (id: string) => string | undefined): Target {
  return (id, from, route): NextHop => {
    const eni = estate.interfaces.get(find(id) ?? '');
    const subnet = eni === undefined ? undefined : estate.subnets.get(eni.subnet);
    if (eni === undefined || subnet === undefined)
      return {
        to: 'missing',
        what: estate.missing(`the interface behind route target ${id}`, 'describe-network-interfaces'),
        by: route,
      };
    return throughSubnet(estate, acls, from, subnet, eni.entry.id);
  };
}

const REQUIRED: readonly { readonly kind: string; readonly what: string; readonly command: string }[] = [
  { kind: 'Subnets', what: 'subnets', command: 'describe-subnets' },
  { kind: 'RouteTables', what: 'route tables', command: 'describe-route-tables' },
  { kind: 'NetworkAcls', what: 'network ACLs', command: 'describe-network-acls' },
  { kind: 'SecurityGroups', what: 'security groups', command: 'describe-security-groups' },
];

/** Kinds that most questions need and that no document holds. */
function missingKinds(inventory: Inventory): Missing[] {
  if (!inventory.knows('Vpcs') && !inventory.knows('Subnets')) return [];
  return REQUIRED.filter(({ kind }) => !inventory.knows(kind)).map(({ what, command }) => ({
    what,
    fetch: `aws ec2 ${command}`,
  }));
}
