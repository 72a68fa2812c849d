/** Traps of load balancers and endpoints: whom the backend sees, who probes it, and whom the front serves. */
import type { GotchaContext } from '../../../model/finding.ts';
import { TCP } from '../../../net/protocol.ts';
import { contains } from '../../../net/spans.ts';
import { type Member, isMissing } from '../balancing/backend-service.ts';
import { FRONT_ENDS } from '../balancing/google-sources.ts';
import { servicesOf } from '../balancing/proxy.ts';
import type { Entry } from '../inventory.ts';
import { spansOf, strings, text } from '../record.ts';
import { judged, lookAt, matching } from './look.ts';
import { DOCS, type Found, type GcpFacts, type GotchaRule, about, aboutBlocker, trap } from './rule.ts';

const RULES = `${DOCS}load-balancing/docs/firewall-rules`;

interface Served {
  readonly member: Member;
  readonly service: Entry;
  /** The port at the member: the backend's for a proxy, the client's for passthrough. */
  readonly port: number;
  readonly isPassthrough: boolean;
}

/** Who serves the balancer that is asked, with the ports that it speaks to. */
function servedBy(context: GotchaContext, facts: GcpFacts): Served[] {
  const { balancer, packet } = lookAt(context, facts);
  if (balancer === undefined) return [];
  const { balancers, estate } = facts;
  const direct = balancers.membersOf(balancer);
  if (direct !== undefined) {
    const service = estate.inventory.get('backendService', text(balancer.entry.record, 'backendService'));
    const port = packet?.dport ?? balancer.match.dport?.[0]?.[0] ?? 80;
    return service === undefined ? [] : direct.map((member) => ({ member, service, port, isPassthrough: true }));
  }
  const services = servicesOf(estate, balancer.target ?? '');
  if ('what' in services) return [];
  return services.flatMap((service) => {
    const found = balancers.backends.ofService(service, undefined);
    if (isMissing(found)) return [];
    return found.members.flatMap((member) =>
      member.port === undefined ? [] : [{ member, service, port: member.port, isPassthrough: false }],
    );
  });
}

export const BALANCER_GOTCHAS: readonly GotchaRule[] = [
  trap(
    {
      code: 'gcp-health-check-range-blocked',
      severity: 'high',
      title: 'Health checks do not get through',
      why: "Clients are allowed and probes are not: they come from Google's own ranges. A proxy then serves nothing; a passthrough balancer sends traffic to everybody.",
      fix: 'Allow 35.191.0.0/16 and 130.211.0.0/22 (external passthrough: 35.191.0.0/16, 209.85.152.0/22, 209.85.204.0/22) to the port of the health check.',
      source: `${DOCS}load-balancing/docs/health-check-concepts#ip-ranges`,
      aliases: ['FIREWALL_BLOCKING_LOAD_BALANCER_BACKEND_HEALTH_CHECK'],
    },
    (context, facts) => {
      const { balancer } = lookAt(context, facts);
      const seen = new Set<string>();
      return servedBy(context, facts).flatMap(({ member, service, port, isPassthrough }): Found[] => {
        const isExternal = isPassthrough && balancer?.isInternal === false;
        const blocked = facts.balancers.blockedProbe(member, service, port, isExternal);
        if (blocked === undefined || seen.has(blocked.shut.by.id)) return [];
        seen.add(blocked.shut.by.id);
        return about(
          { origin: blocked.shut.by },
          `probes of ${service.name} to ${member.nic.instance.name}, tcp ${blocked.port}, are shut out: ${blocked.shut.text}`,
        );
      });
    },
  ),
  trap(
    {
      code: 'gcp-passthrough-lb-client-not-allowed',
      severity: 'high',
      title: 'Behind a passthrough balancer the client itself must be allowed',
      why: "The client's address arrives unchanged: a rule for the balancer's or the probes' ranges lets no client in.",
      fix: "Allow the clients' ranges at the backends.",
      source: RULES,
    },
    (context, facts) => {
      const { packet } = lookAt(context, facts);
      if (packet === undefined || context.answer.verdict === 'reachable') return [];
      return servedBy(context, facts).flatMap(({ member, isPassthrough, port }): Found[] => {
        if (!isPassthrough || judged(context, member.nic, 'in', packet)?.action !== 'deny') return [];
        const probe = { src: FRONT_ENDS.at(-1)![0] + 1n, dst: member.address, protocol: TCP };
        const only = facts.firewalls.rulesOf(member.nic.network.entry.id).find((rule) => {
          const { spans } = spansOf(strings(rule.record, 'sourceRanges'));
          return (
            spans.some(([lo]) => contains(FRONT_ENDS, lo)) &&
            matching(context, facts, member.nic, 'in', { ...probe, src: spans[0]![0], dport: port }).length > 0
          );
        });
        return about(
          only ?? member.nic.instance,
          only === undefined
            ? `VM ${member.nic.instance.name} serves a passthrough balancer and does not let this client in`
            : `${only.origin.id} allows the balancer's ranges; VM ${member.nic.instance.name} sees the client itself`,
        );
      });
    },
  ),
  trap(
    {
      code: 'gcp-proxy-lb-client-range-useless',
      severity: 'high',
      title: 'Behind a proxy the client is not seen',
      why: "The proxy opens a connection of its own: the backend sees the proxy's address, so rules for clients' ranges do nothing there.",
      fix: "Allow the proxies' ranges at the backends; filter clients with Cloud Armor.",
      source: RULES,
    },
    (context, facts) => {
      const { packet } = lookAt(context, facts);
      if (packet === undefined || context.answer.verdict === 'reachable') return [];
      const seen = new Set<string>();
      return servedBy(context, facts).flatMap(({ member, port, isPassthrough }): Found[] => {
        if (isPassthrough) return [];
        const asClient = { src: packet.src, dst: member.address, protocol: TCP, dport: port };
        return matching(context, facts, member.nic, 'in', asClient)
          .filter(
            ({ rule, record }) => rule.action === 'allow' && !seen.has(record.origin.id) && seen.add(record.origin.id),
          )
          .flatMap(({ record }) =>
            about(
              record,
              `${record.origin.id} allows the client; VM ${member.nic.instance.name} sees the proxy of the balancer instead`,
            ),
          );
      });
    },
  ),
  trap(
    {
      code: 'gcp-ilb-global-access-off',
      severity: 'medium',
      title: 'The balancer serves its own region only',
      why: 'Internal balancers are regional: clients of other regions get no answer unless global access is on.',
      fix: 'Allow global access at the forwarding rule.',
      source: `${DOCS}load-balancing/docs/internal#client_access`,
      aliases: ['FORWARDING_RULE_REGION_MISMATCH'],
    },
    echo('gcp-ilb-region'),
  ),
  trap(
    {
      code: 'gcp-psc-not-accepted',
      severity: 'high',
      title: 'The endpoint is not accepted',
      why: 'A pending or rejected endpoint has an address that answers nothing.',
      fix: 'Have the producer accept the connection.',
      source: `${DOCS}vpc/docs/private-service-connect`,
      aliases: ['PSC_CONNECTION_NOT_ACCEPTED'],
    },
    echo('gcp-psc-not-accepted'),
  ),
  trap(
    {
      code: 'gcp-psc-not-over-peering',
      severity: 'high',
      title: 'Endpoints are not for peers',
      why: 'An endpoint serves clients of its own network: those of a peered network do not reach it.',
      fix: "Create an endpoint in the client's network.",
      source: `${DOCS}vpc/docs/private-service-connect`,
      aliases: ['PSC_ENDPOINT_ACCESSED_FROM_PEERED_NETWORK'],
    },
    echo('gcp-psc-not-over-peering'),
  ),
  trap(
    {
      code: 'gcp-named-port-missing',
      severity: 'high',
      title: 'The instance group does not define the named port',
      why: 'A backend service speaks to a port by its name, which each group must define.',
      fix: 'Define the named port at the instance group.',
      source: `${DOCS}load-balancing/docs/backend-service#named_ports`,
      aliases: ['BACKEND_SERVICE_NAMED_PORT_NOT_DEFINED'],
    },
    echo('gcp-lb-named-port-missing'),
  ),
];

/** A trap that says once more, as a trap, what a blocker says. */
function echo(code: string): GotchaRule['find'] {
  return ({ answer }) =>
    answer.blockers.flatMap((blocker) => (blocker.code === code ? aboutBlocker(blocker, blocker.message) : []));
}
