/**
 * What the provider's codes mean, for `netaudit explain`: here those of machines, filters, routes and the internet. Aliases
 * are the codes of AWS Reachability Analyzer.
 */
import type { CodeInfo } from '../../model/finding.ts';
import { blocker } from './code.ts';
import { CONNECTION_CODES } from './codes-connections.ts';
import { GOTCHA_CODES } from './gotchas/index.ts';

const UG = 'https://docs.aws.amazon.com/vpc/latest/userguide/';
const BLOCKERS: readonly CodeInfo[] = [
  blocker(
    'aws-security-group-ingress',
    'No inbound rule of the security groups allows it',
    'Security groups only allow; what no rule of any group on the interface allows is dropped. A group reference matches private addresses of its members only.',
    'Add an inbound rule for the protocol, port and source to one of the groups.',
    `${UG}security-group-rules.html`,
    ['ENI_SG_RULES_MISMATCH', 'SG_HAS_NO_RULES'],
  ),
  blocker(
    'aws-security-group-egress',
    'No outbound rule of the security groups allows it',
    'Infrastructure as code often leaves a group without the allow-all egress rule that the console creates.',
    'Add an outbound rule for the protocol, port and destination.',
    `${UG}security-group-rules.html`,
    ['ENI_SG_RULES_MISMATCH'],
  ),
  blocker(
    'aws-network-acl-inbound',
    'The network ACL denies it on the way into the subnet',
    "ACLs are stateless and numbered: the first matching rule decides, and a reply needs its own rule for the client's ephemeral ports.",
    'Add an allow rule with a lower number than the deny.',
    `${UG}nacl-rules.html`,
    ['SUBNET_ACL_RESTRICTION'],
  ),
  blocker(
    'aws-network-acl-outbound',
    'The network ACL denies it on the way out of the subnet',
    "ACLs are stateless: the reply from a server leaves to the client's ephemeral port (1024-65535) and needs an outbound rule for it.",
    'Add an outbound allow rule with a lower number than the deny.',
    `${UG}nacl-rules.html`,
    ['SUBNET_ACL_RESTRICTION'],
  ),
  blocker(
    'aws-no-route',
    'The route table has no route to the destination',
    'Only addresses of the VPC are routed by themselves. Both sides of a connection need a route: one for the request, one for the reply.',
    'Add a route to the gateway, peering connection or transit gateway that leads there.',
    `${UG}VPC_Route_Tables.html`,
    ['NO_ROUTE_TO_DESTINATION'],
  ),
  blocker(
    'aws-route-blackhole',
    'The most specific route is a blackhole',
    'Its target is gone. The longest match decides even then: there is no falling back to a wider route.',
    'Delete the route or give it a target that exists.',
    `${UG}VPC_Route_Tables.html`,
    ['BAD_STATE_ROUTE'],
  ),
  blocker(
    'aws-no-such-address',
    'No network interface has the address',
    'The local route delivers only to interfaces that exist; it never leaves the VPC.',
    'Check the address; the instance may have been replaced.',
    `${UG}VPC_Route_Tables.html`,
    ['UNKNOWN_DESTINATION'],
  ),
  blocker(
    'aws-no-public-address',
    'The internet gateway has no translation for the address',
    'An internet gateway translates one private address to one public address. A host without a public address can neither be reached nor reach out through it.',
    'Give the interface an Elastic IP, or route through a NAT gateway.',
    `${UG}VPC_Internet_Gateway.html`,
    ['IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS', 'IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS'],
  ),
  blocker(
    'aws-igw-private-destination',
    'The internet has no route to private addresses',
    'The most specific route for this private address is the default route to the internet gateway: a route to the network that has it is missing.',
    'Add a route to the peering connection, transit gateway or VPN that leads to the address.',
    `${UG}VPC_Internet_Gateway.html`,
    ['IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS'],
  ),
  blocker(
    'aws-igw-detached',
    'The internet gateway is not attached to this VPC',
    'A route to a gateway of another VPC leads nowhere.',
    'Attach the gateway.',
    `${UG}VPC_Internet_Gateway.html`,
    ['BAD_STATE_ATTACHMENT', 'UNASSOCIATED_COMPONENT'],
  ),
  blocker(
    'aws-block-public-access',
    'VPC Block Public Access closes the internet gateway',
    'It is an account-wide switch that no route table, group or ACL shows.',
    'Create an exclusion for the VPC or subnet if it is meant to be public.',
    `${UG}security-vpc-bpa.html`,
    ['VPC_BLOCK_PUBLIC_ACCESS_ENABLED'],
  ),
  blocker(
    'aws-nat-not-available',
    'The NAT gateway is not available',
    'A failed or deleted NAT gateway drops everything.',
    'Create a new one and point the route to it.',
    `${UG}nat-gateway-troubleshooting.html`,
    ['BAD_STATE'],
  ),
  blocker(
    'aws-nat-unsupported-protocol',
    'A NAT gateway translates TCP, UDP and ICMP only',
    'IPsec and SCTP do not pass it.',
    'Use a public address or a VPN.',
    `${UG}nat-gateway-basics.html`,
    ['PROTOCOL_RESTRICTION'],
  ),
  blocker(
    'aws-source-dest-check',
    'The source/destination check drops packets that are not its own',
    'The check is on by default; a router, NAT or firewall instance needs it off.',
    "Disable the source/destination check of the appliance's interface.",
    `${UG}VPC_NAT_Instance.html`,
    ['ENI_SOURCE_DEST_CHECK_RESTRICTION'],
  ),
  blocker(
    'aws-instance-not-running',
    'The instance is not running',
    'A stopped instance answers nothing.',
    'Start it.',
    'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html',
    ['BAD_STATE'],
  ),
  blocker(
    'aws-interface-not-attached',
    'The network interface is attached to nothing',
    'An interface that is "available" has its addresses and groups, but no machine that sends or answers by it.',
    'Attach it to an instance, or ask about another one.',
    'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html',
  ),
  blocker(
    'aws-address-not-associated',
    'The Elastic IP address belongs to nothing',
    'It is allocated, but no interface has it: packets for it go nowhere.',
    'Associate it with a network interface.',
    'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html',
    ['UNASSOCIATED_COMPONENT'],
  ),
  blocker(
    'aws-nat-no-ipv6',
    'A NAT gateway carries no IPv6',
    'IPv6 needs no translation: the counterpart of a NAT gateway is an egress-only internet gateway.',
    'Route ::/0 to an egress-only internet gateway.',
    `${UG}egress-only-internet-gateway.html`,
    ['PROTOCOL_RESTRICTION'],
  ),
  blocker(
    'aws-metadata-disabled',
    'The metadata service of the instance is switched off',
    'Neither groups nor ACLs filter it, but the instance has its own switch.',
    'Set the instance metadata option HttpEndpoint to enabled, if the instance needs it.',
    'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html',
  ),
  blocker(
    'aws-dns-support-off',
    'DNS support of the VPC is switched off',
    'Without enableDnsSupport nothing answers at the address of the Amazon DNS server.',
    'Switch enableDnsSupport on, or use a DNS server of your own.',
    `${UG}AmazonDNS-concepts.html`,
  ),
];

/** Everything that `explain` knows of this provider. */
export const AWS_CODES: readonly CodeInfo[] = [...BLOCKERS, ...CONNECTION_CODES, ...GOTCHA_CODES];
