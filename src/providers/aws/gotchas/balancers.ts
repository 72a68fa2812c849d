/** Traps of load balancers: their targets' groups, health and zones, and the client's address. */
import { type GotchaRule, ELB, trap, trapOf } from './rule.ts';

export const BALANCER_GOTCHAS: readonly GotchaRule[] = [
  trapOf(
    { code: 'aws-nlb-hairpin' },
    {
      code: 'nlb-hairpin',
      severity: 'medium',
      title: 'A target cannot reach itself through its balancer',
      why: "With the client's address preserved, the packet comes back to the host that sent it, with its own address as source.",
      fix: 'Switch client IP preservation off, or call the service locally.',
      source: `${ELB}network/load-balancer-troubleshooting.html`,
    },
    ({ resource }) => `${resource} may hand the packet back to the host that sent it`,
  ),
  trap(
    {
      code: 'lb-target-sg',
      severity: 'high',
      title: "The targets' group does not let the balancer in",
      why: 'The balancer opens a connection of its own to the target port: the rule has to name the balancer, not the clients.',
      fix: "Allow the target port from the balancer's group.",
      source: `${ELB}application/load-balancer-update-security-groups.html`,
    },
    ({ answer }) =>
      answer.blockers
        .filter(({ connection, code }) => connection > 0 && code === 'aws-security-group-ingress')
        .map(({ resource }) => ({ resource, message: `${resource} does not let the balancer in on the target port` })),
  ),
  trap(
    {
      code: 'nlb-client-ip-preserved',
      severity: 'high',
      title: "Targets see the client's address, not the balancer's",
      why: "With client IP preservation the target's rules are asked about the client; a rule for the balancer's addresses does not match.",
      fix: "Allow the clients in the targets' group, or refer to the balancer's group.",
      source: `${ELB}network/edit-target-group-attributes.html`,
    },
    (context, { balancers }) =>
      balancers.usedIn(context).some(({ keepsClient }) => keepsClient)
        ? context.answer.blockers
            .filter(
              ({ connection, code, leg }) =>
                connection === 0 && leg === 'forward' && code === 'aws-security-group-ingress',
            )
            .filter(({ resource }) => !balancers.usedIn(context).some(({ groups }) => groups.includes(resource)))
            .map(({ resource }) => ({ resource, message: `${resource} is asked about the client's own address` }))
        : [],
  ),
  trap(
    {
      code: 'lb-no-healthy-target',
      severity: 'high',
      title: 'No target is healthy',
      why: 'With nobody healthy a balancer sends to everybody (it fails open), so the network is fine and the service is not.',
      fix: "Look at the targets' health: a health check on another port needs a rule of its own.",
      source: `${ELB}application/target-group-health-checks.html`,
    },
    (context, { balancers }) =>
      balancers
        .usedIn(context)
        .flatMap(({ sick }) => sick.map((resource) => ({ resource, message: `no target of ${resource} is healthy` }))),
  ),
  trap(
    {
      code: 'lb-zone-without-target',
      severity: 'high',
      title: 'A zone of the balancer has no target',
      why: 'Without cross-zone balancing each node sends to targets in its own zone only; clients that get the address of a zone without targets fail.',
      fix: 'Switch cross-zone balancing on, or register a target in each zone.',
      source: `${ELB}network/edit-target-group-attributes.html`,
    },
    (context, { balancers }) =>
      balancers.usedIn(context).flatMap(({ emptyNodes }) =>
        emptyNodes.map(({ node, zone }) => ({
          resource: node,
          message: `${node} in ${zone} has no target in its zone`,
        })),
      ),
  ),
];
