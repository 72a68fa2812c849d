/** Traps of load balancers and private endpoints. */
import { formatAddress } from '../../../net/address.ts';
import { intersect } from '../../../net/spans.ts';
import { integer, text } from '../record.ts';
import { DOCS, type GotchaRule, about, endsOf, rulesAsked, singleOf, trap, trapOf } from './rule.ts';

const PROBE = `${DOCS}load-balancer/load-balancer-custom-probe-overview`;
const NSG = `${DOCS}virtual-network/network-security-groups-overview`;
const ENDPOINT = `${DOCS}private-link/disable-private-endpoint-network-policy`;

export const BALANCER_GOTCHAS: readonly GotchaRule[] = [
  trap(
    {
      code: 'azure-lb-probe-blocked',
      severity: 'high',
      title: 'The health probe is shut out',
      why: 'A rule denies everything before AllowAzureLoadBalancerInBound: members go down although clients are allowed.',
      fix: 'Allow AzureLoadBalancer to the probe port, before the deny.',
      source: PROBE,
    },
    (context, facts) => {
      const address = singleOf(context.question.dstAddresses);
      return (address === undefined ? [] : facts.balancers.rulesAt(address))
        .filter(({ service, down }) => down.length > 0 && takes(service.match.dport, context.question.traffic.dport))
        .map(({ service, down }) =>
          about(
            service.frontend.balancer,
            `the probe of rule ${service.origin.name} on port ${integer(service.probe, 'port')} does not reach ${down
              .slice(0, 3)
              .map(({ nic }) => nic.entry.origin.name)
              .join(', ')}`,
          ),
        );
    },
  ),
  trap(
    {
      code: 'azure-nsg-names-frontend-port',
      severity: 'high',
      title: 'The rule names the port of the frontend',
      why: 'A security group sees the backend port, after the balancer has rewritten it.',
      fix: 'Allow the backend port.',
      source: NSG,
    },
    (context, facts) => {
      const address = singleOf(context.question.dstAddresses);
      const { dport } = context.question.traffic;
      if (address === undefined || dport === undefined) return [];
      return facts.balancers.rulesAt(address).flatMap(({ service }) => {
        const { backendPort, match, members } = service;
        if (backendPort === undefined || !takes(match.dport, dport) || takes([[backendPort, backendPort + 1]], dport))
          return [];
        return members.flatMap(({ nic }) => {
          const side = { nic, direction: 'in', own: [], other: [] } as const;
          const allow = (ports: typeof dport) => rulesAsked(side, context, facts, ports).filter(({ allows }) => allows);
          const front = allow(dport).filter((one) => !allow([[backendPort, backendPort + 1]]).includes(one));
          const back = allow([[backendPort, backendPort + 1]]).map(({ record }) => record);
          return front
            .filter(({ record }) => !back.includes(record))
            .map(({ group, name }) =>
              about(group, `rule ${name} names the frontend port, and packets arrive at port ${backendPort}`),
            );
        });
      });
    },
  ),
  trapOf(
    { code: 'azure-basic-lb-global-peering' },
    {
      code: 'azure-basic-lb-global-peering',
      severity: 'high',
      title: 'A Basic frontend is not reached from another region',
      why: 'It works inside the region, and peering across regions carries everything else.',
      fix: 'Use a Standard balancer.',
      source: `${DOCS}virtual-network/virtual-network-manage-peering`,
    },
    ({ resourceName, resource }) => `${resourceName ?? resource} is Basic and in another region`,
  ),
  trap(
    {
      code: 'azure-private-endpoint-nsg-ignored',
      severity: 'medium',
      title: 'The security group does not hold for the private endpoint',
      why: "The subnet's privateEndpointNetworkPolicies are Disabled, which is the default: the group only looks effective.",
      fix: 'Set privateEndpointNetworkPolicies to NetworkSecurityGroupEnabled or Enabled.',
      source: ENDPOINT,
    },
    (context, facts) => {
      const { to } = endsOf(context, facts);
      if (to?.privateEndpoint === undefined || to.subnet.nsg === undefined) return [];
      const policies = text(to.subnet.entry.record, 'privateEndpointNetworkPolicies')?.toLowerCase();
      return policies === 'enabled' || policies === 'networksecuritygroupenabled'
        ? []
        : [
            about(
              to.subnet.entry,
              `the group of ${to.subnet.entry.origin.name} does not filter what goes to ${addressOf(to.configurations)}`,
            ),
          ];
    },
  ),
  trapOf(
    { code: 'azure-private-endpoint-not-approved' },
    {
      code: 'azure-private-endpoint-not-approved',
      severity: 'high',
      title: 'The private endpoint is not approved',
      why: 'It has an address and a name, and carries nothing until the service approves the connection.',
      fix: 'Approve the connection at the service.',
      source: `${DOCS}private-link/private-endpoint-overview`,
    },
    ({ message }) => message,
  ),
];

/** Whether two port lists have one in common; a missing one means all. */
function takes(
  a: readonly (readonly [number, number])[] | undefined,
  b: readonly (readonly [number, number])[] | undefined,
): boolean {
  return a === undefined || b === undefined || intersect(a, b).length > 0;
}

function addressOf(configurations: readonly { readonly address: { readonly address: bigint } }[]): string {
  return configurations.map(({ address }) => formatAddress(address.address)).join(', ');
}
