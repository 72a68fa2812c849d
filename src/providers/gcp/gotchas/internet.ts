/** Traps on the way to and from the internet: external addresses, Cloud NAT, default routes, mail, Google's APIs. */
import type { GotchaContext } from '../../../model/finding.ts';
import { familyOf, isPublic } from '../../../net/address.ts';
import { INTERNET } from '../../../model/builder.ts';
import { TCP } from '../../../net/protocol.ts';
import { contains } from '../../../net/spans.ts';
import { routerRegion } from '../cloud-nat.ts';
import type { NicFacts } from '../estate.ts';
import { strings } from '../record.ts';
import { GOOGLE_APIS } from '../routing/static-routes.ts';
import { isInternet } from '../routing/static-routes.ts';
import { lookAt } from './look.ts';
import { bestRoute, routesFor } from './route-look.ts';
import { DOCS, type GcpFacts, type GotchaRule, about, aboutBlocker, trap } from './rule.ts';

const REQUIREMENTS = `${DOCS}vpc/docs/vpc#internet_access_reqs`;
const NAT = `${DOCS}nat/docs/public-nat`;

function hasExternal(nic: NicFacts, family: 4 | 6): boolean {
  return nic.addresses.some(
    ({ address, public: outside }) =>
      outside !== undefined || (family === 6 && familyOf(address) === 6 && isPublic(address)),
  );
}

/** The interface that tries to reach the internet, where the question is about that. */
function leaver(context: GotchaContext, facts: GcpFacts): NicFacts | undefined {
  const { from, isToPublic } = lookAt(context, facts);
  return from !== undefined && isToPublic ? from : undefined;
}

/** The interface that somebody on the internet wants to reach. */
function wanted(context: GotchaContext, facts: GcpFacts): NicFacts | undefined {
  const { to } = lookAt(context, facts);
  return context.question.start === INTERNET.interface ? to : undefined;
}

export const INTERNET_GOTCHAS: readonly GotchaRule[] = [
  trap(
    {
      code: 'gcp-no-external-address',
      severity: 'high',
      title: 'No external address, and no NAT',
      why: 'Routes and rules alone look fine: the internet gateway carries only what has an external address or is translated by Cloud NAT.',
      fix: 'Give the VM an external address; to go out only, add a Cloud NAT in its region.',
      source: REQUIREMENTS,
      aliases: ['NO_EXTERNAL_ADDRESS'],
    },
    (context, facts) => {
      if (context.answer.verdict === 'reachable') return [];
      const nic = wanted(context, facts) ?? leaver(context, facts);
      if (nic === undefined || hasExternal(nic, context.question.family)) return [];
      const isStopped = context.answer.blockers.some(({ code }) =>
        ['gcp-no-external-address', 'private-address-on-internet'].includes(code),
      );
      return isStopped ? about(nic.instance, `VM ${nic.instance.name} has no external address`) : [];
    },
  ),
  trap(
    {
      code: 'gcp-nat-egress-only',
      severity: 'medium',
      title: 'Cloud NAT lets nobody in',
      why: 'It translates connections that VMs open and knows no others: there is no address on the outside to connect to.',
      fix: 'Give the VM an external address, or put a balancer in front of it.',
      source: NAT,
    },
    (context, facts) => {
      const nic = wanted(context, facts);
      if (nic?.subnet === undefined || hasExternal(nic, 4) || context.answer.verdict === 'reachable') return [];
      const [nat] = facts.nats.serving(nic.subnet);
      return nat === undefined
        ? []
        : about(nat, `Cloud NAT ${nat.name} serves VM ${nic.instance.name} on its way out; nobody comes in by it`);
    },
  ),
  trap(
    {
      code: 'gcp-nat-wrong-region',
      severity: 'medium',
      title: 'The Cloud NAT is in another region',
      why: 'A NAT gateway serves VMs of its own network and region only.',
      fix: "Add a Cloud NAT in the VM's region.",
      source: NAT,
    },
    (context, facts) => {
      const nic = leaver(context, facts);
      if (nic?.subnet === undefined || hasExternal(nic, 4) || context.answer.verdict === 'reachable') return [];
      const near = facts.nats.near(nic.subnet);
      const far = facts.nats.inNetwork(nic.subnet).filter((nat) => !near.includes(nat));
      return near.length > 0
        ? []
        : far
            .slice(0, 1)
            .flatMap(({ router, name }) =>
              about(
                router,
                `Cloud NAT ${name} is for ${routerRegion(router)}; VM ${nic.instance.name} is in ${nic.region}`,
              ),
            );
    },
  ),
  trap(
    {
      code: 'gcp-nat-subnet-not-covered',
      severity: 'medium',
      title: 'The Cloud NAT does not serve this range',
      why: 'A NAT gateway may list subnets, and of them the primary range only: others, and alias ranges, are left out.',
      fix: 'Add the subnet, or its secondary range, to the NAT gateway.',
      source: NAT,
    },
    (context, facts) => {
      const nic = leaver(context, facts);
      const { packet } = lookAt(context, facts);
      if (nic?.subnet === undefined || packet === undefined || context.answer.verdict === 'reachable') return [];
      const isPrimary = nic.addresses.some(({ address }) => address === packet.src);
      if (isPrimary && hasExternal(nic, 4)) return [];
      const serving = facts.nats.serving(nic.subnet);
      if (serving.some(({ sources }) => contains(sources, packet.src))) return [];
      return facts.nats
        .near(nic.subnet)
        .slice(0, 1)
        .flatMap(({ router, name }) =>
          about(
            router,
            `Cloud NAT ${name} does not serve ${isPrimary ? `subnet ${nic.subnet!.entry.name}` : 'this alias range'}`,
          ),
        );
    },
  ),
  trap(
    {
      code: 'gcp-nat-bypassed-by-route',
      severity: 'medium',
      title: 'Another route goes past the Cloud NAT',
      why: 'NAT acts only on packets whose route is the default internet gateway: a longer or better route (even 0.0.0.0/1) takes them elsewhere.',
      fix: 'Remove the route, or leave the translation to where it leads.',
      source: `${DOCS}nat/docs/nat-product-interactions`,
    },
    (context, facts) => {
      const nic = leaver(context, facts);
      const { packet } = lookAt(context, facts);
      if (nic?.subnet === undefined || packet === undefined || hasExternal(nic, 4)) return [];
      const [nat] = facts.nats.serving(nic.subnet);
      const best = bestRoute(routesFor(facts, nic, packet.dst));
      return nat === undefined || best === undefined || isInternet(best.entry.record)
        ? []
        : about(best.entry, `route ${best.entry.name} (${best.shown}) takes the packet past Cloud NAT ${nat.name}`);
    },
  ),
  trap(
    {
      code: 'gcp-default-route-missing',
      severity: 'high',
      title: 'No route to the internet',
      why: 'An external address alone is not enough: without a default route neither requests nor replies find the internet gateway.',
      fix: 'Add a route 0.0.0.0/0 (or ::/0) to default-internet-gateway.',
      source: REQUIREMENTS,
    },
    (context, facts) =>
      context.answer.blockers.flatMap((blocker) => {
        if (blocker.code !== 'gcp-no-route') return [];
        const nic = leaver(context, facts) ?? wanted(context, facts);
        const { family } = context.question;
        if (nic === undefined) return [];
        const routes = facts.routes.listedFor(nic.network.entry.id);
        const isThere = routes.some(
          ({ record }) =>
            isInternet(record) &&
            strings(record, 'tags').length === 0 &&
            record['destRange'] === (family === 4 ? '0.0.0.0/0' : '::/0'),
        );
        return isThere
          ? []
          : aboutBlocker(
              blocker,
              `network ${nic.network.entry.name} has no route ${family === 4 ? '0.0.0.0/0' : '::/0'} to the internet gateway that holds for VM ${nic.instance.name}`,
            );
      }),
  ),
  trap(
    {
      code: 'gcp-route-tag-missing',
      severity: 'medium',
      title: 'The route is for VMs with a tag',
      why: 'A static route with tags holds only for VMs that have one of them.',
      fix: 'Put the tag on the VM, or take it off the route.',
      source: `${DOCS}vpc/docs/static-routes`,
    },
    (context, facts) => {
      if (context.answer.verdict === 'reachable') return [];
      const { from, to, packet } = lookAt(context, facts);
      if (packet === undefined) return [];
      const ways = [
        ...(from === undefined ? [] : [[from, packet.dst] as const]),
        ...(to === undefined ? [] : [[to, packet.src] as const]),
      ];
      return ways.flatMap(([nic, dst]) => {
        const all = routesFor(facts, nic, dst, true);
        const best = bestRoute(all);
        return best === undefined ||
          best.holds ||
          all.some(({ holds, span }) => holds && span[1] - span[0] <= best.span[1] - best.span[0])
          ? []
          : about(
              best.entry,
              `route ${best.entry.name} (${best.shown}) is for tag ${strings(best.entry.record, 'tags').join(', ')}, which VM ${nic.instance.name} does not have`,
            );
      });
    },
  ),
  trap(
    {
      code: 'gcp-private-destination-to-internet-gateway',
      severity: 'high',
      title: 'Only the default route covers a private address',
      why: 'It looks routed, and is dropped: the internet gateway carries public destinations only.',
      fix: 'Peer the networks, or route the range to a tunnel or appliance.',
      source: `${DOCS}vpc/docs/routes`,
      aliases: ['PRIVATE_TRAFFIC_TO_INTERNET'],
    },
    (context) =>
      context.answer.blockers.flatMap((blocker) =>
        blocker.code === 'gcp-private-traffic-to-internet'
          ? aboutBlocker(blocker, `${blocker.resource} leads to the internet gateway, and the destination is private`)
          : [],
      ),
  ),
  trap(
    {
      code: 'gcp-smtp-25-blocked',
      severity: 'high',
      title: 'Mail to port 25 is blocked',
      why: 'Google blocks TCP port 25 to external addresses in most projects, and no rule opens it. Which projects are exempt no API says.',
      fix: 'Relay mail by port 587 or 465.',
      source: `${DOCS}compute/docs/tutorials/sending-mail`,
    },
    (context, facts) => {
      const nic = leaver(context, facts);
      const { protocol, dport } = context.question.traffic;
      const isMail = (protocol === undefined || contains(protocol, TCP)) && dport !== undefined && contains(dport, 25);
      return nic === undefined || !isMail
        ? []
        : about(nic.instance, `VM ${nic.instance.name} sends to TCP port 25 of an external address`);
    },
  ),
  trap(
    {
      code: 'gcp-private-google-access-off',
      severity: 'high',
      title: 'Private Google Access is off in the subnet',
      why: "Without an external address a VM reaches Google's APIs only if its subnet says so: it is a switch of each subnet.",
      fix: 'Switch Private Google Access on for the subnet.',
      source: `${DOCS}vpc/docs/configure-private-google-access`,
      aliases: ['PRIVATE_GOOGLE_ACCESS_DISALLOWED'],
    },
    (context, facts) => {
      const { from, packet } = lookAt(context, facts);
      if (from?.subnet === undefined || packet === undefined || context.answer.verdict === 'reachable') return [];
      const { subnet } = from;
      return contains(GOOGLE_APIS, packet.dst) &&
        !hasExternal(from, 4) &&
        !subnet.googleAccess &&
        facts.nats.serving(subnet).length === 0
        ? about(
            subnet.entry,
            `subnet ${subnet.entry.name} does not let VMs without an external address use Google's APIs`,
          )
        : [];
    },
  ),
];
