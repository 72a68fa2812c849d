/** Traps of public addresses and of services that no filter sees. */
import { familyOf } from '../../../net/address.ts';
import { INTERNET } from '../../../model/builder.ts';
import { objects, text } from '../record.ts';
import { type AwsFacts, type GotchaRule, UG, gotcha } from './rule.ts';

function hasGatewayRoute(facts: AwsFacts, subnetId: string): boolean {
  const subnet = facts.estate.subnets.get(subnetId);
  const table = subnet === undefined ? undefined : facts.tables.of(subnet);
  return (
    table !== undefined &&
    objects(table.record, 'Routes').some((route) => text(route, 'GatewayId')?.startsWith('igw-') === true)
  );
}

export const ADDRESS_GOTCHAS: readonly GotchaRule[] = [
  {
    info: gotcha({
      code: 'public-ip-without-igw-route',
      severity: 'high',
      title: 'A public address does not make a subnet public',
      why: "The subnet's route table does not lead replies to the internet gateway.",
      fix: 'Add a default route to the internet gateway.',
      source: `${UG}VPC_Internet_Gateway.html`,
    }),
    find: ({ question, answer }, facts) =>
      answer.verdict === 'reachable'
        ? []
        : (question.start === INTERNET.interface ? (question.target ?? []) : [question.start]).flatMap((id) => {
            const eni = facts.estate.interfaces.get(id);
            const subnet = facts.estate.subnets.get(eni?.subnet ?? '');
            return eni !== undefined &&
              subnet !== undefined &&
              eni.addresses.some((a) => a.public !== undefined) &&
              facts.tables.of(subnet) !== undefined &&
              !hasGatewayRoute(facts, eni.subnet) &&
              answer.blockers.some((b) => b.code === 'aws-no-route')
              ? [
                  {
                    resource: id,
                    message: `${id} has a public address, but the route table of ${eni.subnet} has no route to an internet gateway`,
                  },
                ]
              : [];
          }),
  },
  {
    info: gotcha({
      code: 'igw-route-without-public-ip',
      severity: 'high',
      title: 'A route to the internet gateway needs a public address',
      why: 'The gateway translates only addresses that have a public one; it is no NAT gateway.',
      fix: 'Give the host an Elastic IP or use a NAT gateway.',
      source: `${UG}VPC_Internet_Gateway.html`,
    }),
    find: ({ question, answer }, facts) =>
      answer.verdict === 'reachable'
        ? []
        : [question.start, ...(question.start === INTERNET.interface ? (question.target ?? []) : [])].flatMap((id) => {
            const eni = facts.estate.interfaces.get(id);
            return eni !== undefined &&
              question.family === 4 &&
              eni.addresses.every((a) => a.public === undefined) &&
              hasGatewayRoute(facts, eni.subnet) &&
              answer.blockers.some(
                (b) => b.code === 'aws-no-public-address' || b.code === 'private-address-on-internet',
              )
              ? [
                  {
                    resource: id,
                    message: `${id} stands in a subnet with a route to an internet gateway, but has no public address`,
                  },
                ]
              : [];
          }),
  },
  {
    info: gotcha({
      code: 'link-local-always-open',
      severity: 'info',
      title: 'No filter sees link-local services',
      why: 'Security groups and ACLs do not filter instance metadata, Amazon DNS and time; DNS can carry data out.',
      fix: 'Turn the metadata endpoint off where it is not needed; use DNS Firewall.',
      source: `${UG}vpc-network-acls.html`,
    }),
    find: ({ answer }) =>
      answer.verdict === 'reachable' &&
      answer.forward.hops.length === 1 &&
      answer.forward.hops[0]!.steps.every((step) => step.kind === 'arrive' || step.kind === 'route')
        ? [
            {
              resource: answer.query.src.id,
              message: 'this service of the VPC is reached past every security group and network ACL',
            },
          ]
        : [],
  },
  {
    info: gotcha({
      code: 'vpc-cidr-overlap',
      severity: 'high',
      title: 'Both VPCs use the same addresses',
      why: "The local route swallows the packets: they never leave the sender's VPC.",
      fix: 'Renumber one VPC, or use PrivateLink.',
      source: 'https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html',
    }),
    find: ({ question }, { estate }) => {
      const from = estate.interfaces.get(question.start);
      return from === undefined
        ? []
        : (question.target ?? []).flatMap((id) => {
            const to = estate.interfaces.get(id);
            if (to === undefined || to.vpc === from.vpc || question.dstAddresses.length !== 1) return [];
            const [lo] = question.dstAddresses[0]!;
            const own = estate.vpcs.get(from.vpc)?.cidrs ?? [];
            return familyOf(lo) === question.family && own.some(([a, b]) => a <= lo && lo < b)
              ? [
                  {
                    resource: from.vpc,
                    message: `${from.vpc} has the destination's address in its own CIDR, so packets for it stay there`,
                  },
                ]
              : [];
          });
    },
  },
];
