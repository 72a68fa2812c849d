/** What each blocker of this provider means, why people trip over it, and how to mend it. */
import type { CodeInfo } from '../../model/finding.ts';
import { GOTCHA_CODES } from './gotchas/index.ts';

const DOCS = 'https://learn.microsoft.com/en-us/azure/';
const blocker = (code: string, title: string, why: string, fix: string, page: string): CodeInfo => ({
  code,
  kind: 'blocker',
  severity: 'high',
  title,
  why,
  fix,
  source: `${DOCS}${page}`,
});

const NSG = 'virtual-network/network-security-groups-overview';
const UDR = 'virtual-network/virtual-networks-udr-overview';
const PIP = 'virtual-network/ip-services/public-ip-addresses';
const LB = 'load-balancer/components';

export const AZURE_CODES: readonly CodeInfo[] = [
  blocker(
    'azure-nsg-inbound',
    'A network security group denies it inbound',
    "The subnet's group and the interface's group must both allow it; rules are read by priority.",
    'Add an allow rule with a smaller priority number than the rule that denies, in the group that is named.',
    NSG,
  ),
  blocker(
    'azure-nsg-outbound',
    'A network security group denies it outbound',
    "The interface's group and the subnet's group must both allow it; rules are read by priority.",
    'Add an outbound allow rule with a smaller priority number.',
    NSG,
  ),
  blocker(
    'azure-admin-rule-inbound',
    'A security admin rule denies it inbound',
    'Rules of a network manager come before every security group, and no group can undo them.',
    'Change the admin rule, or take the network out of the network group.',
    'virtual-network-manager/concept-security-admins',
  ),
  blocker(
    'azure-admin-rule-outbound',
    'A security admin rule denies it outbound',
    'Rules of a network manager come before every security group, and no group can undo them.',
    'Change the admin rule, or take the network out of the network group.',
    'virtual-network-manager/concept-security-admins',
  ),
  blocker(
    'azure-no-route',
    'No route leads there',
    'The address is in none of the networks that this one is connected with; private ranges go to None by default.',
    'Peer the networks, or route the range to an appliance or gateway.',
    UDR,
  ),
  blocker(
    'azure-route-none',
    'A route drops it',
    'A user-defined route with next hop None takes the packet.',
    'Delete the route or give it a next hop.',
    UDR,
  ),
  blocker(
    'azure-gateway-no-route',
    'The gateway has no route for it',
    'A route sends it to the gateway, but no connection of the gateway leads there.',
    'Make the route narrower, or add the prefix to the local network gateway.',
    UDR,
  ),
  blocker(
    'azure-lb-own-member',
    'The balancer hands it back to the sender',
    'A member that connects to its own internal frontend may be chosen itself, and that connection fails.',
    'Connect to the other members directly, or take the client out of the pool.',
    'load-balancer/components',
  ),
  blocker(
    'azure-basic-lb-global-peering',
    'A Basic frontend is not reached from another region',
    'Peering across regions carries everything but frontends of Basic internal balancers.',
    'Use a Standard balancer.',
    'virtual-network/virtual-network-manage-peering',
  ),
  blocker(
    'azure-next-hop-missing',
    'The next hop belongs to nothing',
    'The route leads to an address that no interface has: the appliance was deleted or redeployed.',
    "Point the route to the appliance's present address.",
    UDR,
  ),
  blocker(
    'azure-no-such-address',
    'Nothing has this address',
    'The address lies in the virtual network, but no interface owns it.',
    'Check the address, or what happened to the machine.',
    UDR,
  ),
  blocker(
    'azure-ip-forwarding-off',
    'The machine does not forward',
    'Without IP forwarding at its interface Azure drops what is not addressed to the machine.',
    'Enable IP forwarding at the interface, and in the guest.',
    'virtual-network/virtual-network-network-interface',
  ),
  blocker(
    'azure-vm-not-running',
    'The virtual machine is not running',
    'A stopped machine answers nothing.',
    'Start it.',
    'virtual-machines/states-billing',
  ),
  blocker(
    'azure-peering',
    'A peering does not carry this',
    'Flags of the peering decide what crosses it.',
    'Set the flag at both sides.',
    'virtual-network/virtual-network-manage-peering',
  ),
  blocker(
    'azure-peering-not-connected',
    'The peering is not connected',
    'A peering needs a resource in each network, both Connected.',
    'Create the other side, or delete and recreate both.',
    'virtual-network/virtual-network-manage-peering',
  ),
  blocker(
    'azure-private-destination',
    'The internet routes no private address',
    'A route leads a private destination to the internet.',
    'Route private ranges to a peering, appliance or gateway.',
    UDR,
  ),
  blocker(
    'azure-private-subnet-no-egress',
    'The subnet has no way to the internet',
    'Default outbound access is off or does not carry this protocol, and nothing explicit is there.',
    'Add a NAT gateway or a public address.',
    'virtual-network/ip-services/default-outbound-access',
  ),
  blocker(
    'azure-nat-gateway-protocol',
    'A NAT gateway carries TCP and UDP only',
    'ICMP and other protocols do not pass a NAT gateway, and neither does IPv6.',
    'Use a public address for them.',
    'nat-gateway/nat-overview',
  ),
  blocker(
    'azure-standard-public-ip-needs-nsg',
    'A Standard public address is closed without a security group',
    'Secure by default: inbound traffic needs a group that allows it.',
    'Attach a network security group with an allow rule.',
    PIP,
  ),
  blocker(
    'azure-lb-no-rule',
    'The load balancer has no rule for this',
    'Only frontend ports of rules answer.',
    'Add a load balancing rule or inbound NAT rule.',
    LB,
  ),
  blocker(
    'azure-lb-no-healthy-backend',
    'No member is there',
    'The pool of the rule is empty.',
    'Add members to the backend pool.',
    LB,
  ),
  blocker(
    'azure-lb-probe-blocked',
    'The health probe is shut out',
    'A rule denies 168.63.129.16 before AllowAzureLoadBalancerInBound, so every member counts as down.',
    'Allow AzureLoadBalancer to the probe port, before the deny.',
    'load-balancer/load-balancer-custom-probe-overview',
  ),
  blocker(
    'azure-private-endpoint-not-approved',
    'The private endpoint is not approved',
    'A pending or rejected connection has an address and carries nothing.',
    'Approve the connection at the service.',
    'private-link/private-endpoint-overview',
  ),
  blocker(
    'azure-firewall-deny',
    'Azure Firewall denies it',
    'What no rule matches is denied.',
    'Add a network rule.',
    'firewall/rule-processing',
  ),
  blocker(
    'azure-firewall-no-dnat',
    'The firewall has no DNAT rule for this',
    'Its public address answers only what a DNAT rule translates.',
    'Add a DNAT rule.',
    'firewall/tutorial-firewall-dnat',
  ),
  ...GOTCHA_CODES,
];
