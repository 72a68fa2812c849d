/**
 * Proxying balancers: they end the client's connection and open another to a healthy member, from Google's front ends or
 * from the proxies of the network's proxy-only subnet. Members that probes do not reach serve nobody.
 * Sources: https://docs.cloud.google.com/load-balancing/docs/https, https://docs.cloud.google.com/load-balancing/docs/proxy-only-subnets
 */
import { INTERNET } from '../../../model/builder.ts';
import type { Backend, Listener, Puts, Rule, RouteEntry } from '../../../model/network.ts';
import { type Missing, type Origin, nameOf } from '../../../model/origin.ts';
import { PUBLIC_V4, PUBLIC_V6, familyOf } from '../../../net/address.ts';
import { TCP } from '../../../net/protocol.ts';
import { type Span, normalise } from '../../../net/spans.ts';
import { type Estate, type NetworkFacts, rangesOf } from '../estate.ts';
import { fabric } from '../interface.ts';
import { type Entry, missing } from '../inventory.ts';
import { type Json, nameIn, text } from '../record.ts';
import { type Backends, type Member, addressIn, isMissing } from './backend-service.ts';
import { type RuleFacts, door } from './forwarding-rule.ts';
import { FRONT_ENDS, googleSources, isProxyOnly, proxies } from './google-sources.ts';
import type { Shut } from './health-probe.ts';

const CLIENT_PORTS: readonly Span[] = [[1024, 65536]];

/** Who shuts the probes of a service out of a member, and the filter that does. */
export interface Blocked {
  readonly shut: Shut;
  readonly port: number;
  readonly filter: string;
}

export interface ProxyNeeds {
  readonly estate: Estate;
  readonly backends: Backends;
  /** Undefined where probes get through or nobody can know it. */
  readonly blockedProbe: (member: Member, service: Entry, serving: number) => Blocked | undefined;
}

const PROXY_KINDS: Readonly<Record<string, string>> = {
  targetHttpProxies: 'targetHttpProxy',
  targetHttpsProxies: 'targetHttpsProxy',
  targetTcpProxies: 'targetTcpProxy',
  targetSslProxies: 'targetSslProxy',
  targetGrpcProxies: 'targetGrpcProxy',
};

export function isProxy(target: string): boolean {
  return Object.hasOwn(PROXY_KINDS, target.split('/').at(-2) ?? '');
}

/** Whether Envoy proxies of the network serve a rule, and not Google's front ends. */
export function isEnvoy({ isInternal, scheme, region }: RuleFacts): boolean {
  return isInternal || (scheme === 'EXTERNAL_MANAGED' && region !== undefined);
}

export function defineProxy(needs: ProxyNeeds, rule: RuleFacts): void {
  const { builder } = needs.estate;
  const { entry, address } = rule;
  const { id, origin } = entry;
  let made: Listener | undefined;
  const relay = {
    get listeners(): readonly Listener[] {
      return [(made ??= listenerOf(needs, rule))];
    },
  };
  // Cloud Armor and IAP filter clients of the front end; what their rules say of one is not read here.
  const armored = servicesOf(needs.estate, rule.target ?? '');
  const armor = isMissingServices(armored)
    ? undefined
    : armored.find(({ record }) => text(record, 'securityPolicy') !== undefined);
  builder.node(id, () => ({
    id,
    origin,
    role: 'relay',
    interfaces: [door(id)],
    relay,
    ...(armor === undefined
      ? {}
      : {
          assumes: [
            {
              code: 'gcp-cloud-armor-permits',
              resource: nameIn(text(armor.record, 'securityPolicy')!),
              message: `Cloud Armor policy ${nameIn(text(armor.record, 'securityPolicy')!)} lets these clients through`,
            },
          ],
        }),
  }));
  builder.interface(door(id), () => ({
    id: door(id),
    origin,
    node: id,
    addresses: [{ address }],
    steps: [],
    table: `${id}#table`,
  }));
  builder.table(`${id}#table`, () => ({
    id: `${id}#table`,
    origin: { ...origin, implicit: true },
    entries: waysBack(needs, rule),
  }));
}

/** How a proxy answers its clients: inside its network and the peers, and on the internet where it is external. */
function waysBack(needs: ProxyNeeds, rule: RuleFacts): RouteEntry[] {
  const { origin } = rule.entry;
  const home = homeOf(needs, rule);
  const inside = !rule.isInternal || home === undefined ? [] : [home, ...needs.estate.peersOf(home)];
  return [
    ...inside.map(
      (one): RouteEntry => ({
        origin,
        match: { dst: normalise(one.subnets.flatMap(rangesOf)) },
        next: { to: 'link', link: fabric(one.entry.id) },
        rank: [0],
        text: `into ${one.entry.name}`,
      }),
    ),
    ...(rule.isInternal
      ? []
      : [
          {
            origin,
            match: { dst: [...PUBLIC_V6, ...PUBLIC_V4] },
            next: { to: 'hop' as const, in: INTERNET.interface },
            rank: [1],
            text: 'the internet',
          },
        ]),
  ];
}

function homeOf({ estate, backends }: ProxyNeeds, rule: RuleFacts): NetworkFacts | undefined {
  if (rule.network !== undefined) return rule.network;
  const services = servicesOf(estate, rule.target ?? '');
  if (isMissingServices(services)) return undefined;
  for (const service of services) {
    const found = backends.ofService(service, undefined);
    if (!isMissing(found) && found.members.length > 0) return found.members[0]!.nic.network;
  }
  return undefined;
}

function listenerOf(needs: ProxyNeeds, rule: RuleFacts): Listener {
  const { entry } = rule;
  const listen = { origin: entry.origin, match: [rule.match], choose: 'one-works' as const };
  const nobody = { code: 'gcp-lb-no-backend', why: `${nameOf(entry.origin)} has no member` };
  const unknown = (unresolved: Missing): Listener => ({ ...listen, backends: [], empty: nobody, unresolved });
  const services = servicesOf(needs.estate, rule.target ?? '');
  if (isMissingServices(services)) return unknown(services);
  const home = homeOf(needs, rule);
  const pool = isEnvoy(rule) ? proxySubnetOf(home, rule.region) : undefined;
  if (isEnvoy(rule) && pool === undefined && home !== undefined && home.subnets.length > 0)
    return {
      ...listen,
      backends: [],
      empty: {
        code: 'gcp-lb-no-proxy-subnet',
        why: `network ${home.entry.name} has no proxy-only subnet in ${rule.region ?? 'any region'}, so ${nameOf(entry.origin)} has no proxies`,
      },
    };
  const backends: Backend[] = [];
  const blocked: { backend: Backend; by: Blocked }[] = [];
  let trouble: Listener['empty'] | undefined;
  for (const service of services) {
    const found = needs.backends.ofService(service, undefined);
    if (isMissing(found)) return unknown(found);
    if (found.unnamedPort !== undefined)
      trouble ??= {
        code: 'gcp-lb-named-port-missing',
        why: `instance group ${found.unnamedPort}, which backend service ${service.name} speaks to`,
      };
    for (const member of found.members) {
      if (member.port === undefined) continue;
      const address = addressIn(member, familyOf(rule.address));
      const backend: Backend = {
        origin: member.nic.instance.origin,
        from: [pool === undefined ? googleSources(member.nic.network.entry.id) : proxies(pool.entry.id)],
        protocol: TCP,
        address,
        port: member.port,
        sports: CLIENT_PORTS,
      };
      if (member.health === 'UNHEALTHY')
        trouble ??= {
          code: 'gcp-lb-unhealthy',
          why: `no member of ${nameOf(entry.origin)} is healthy: its health checks fail`,
        };
      else {
        const by = needs.blockedProbe({ ...member, address }, service, member.port);
        if (by === undefined) backends.push(backend);
        else blocked.push({ backend, by });
      }
    }
  }
  if (backends.length > 0) return { ...listen, backends, empty: nobody };
  const [first] = blocked;
  if (first === undefined) return { ...listen, backends, empty: trouble ?? nobody };
  return { ...listen, backends, empty: blockedProbes(needs, rule, blocked) };
}

/** No member is probed: who shuts the probes out, and the rule that would let them in. */
function blockedProbes(
  { estate }: ProxyNeeds,
  rule: RuleFacts,
  blocked: readonly { backend: Backend; by: Blocked }[],
): Listener['empty'] {
  const { entry } = rule;
  const { origin } = entry;
  const { shut, port } = blocked[0]!.by;
  const mend = `probes:${entry.id}`;
  const ports = normalise(blocked.map(({ by }): Span => [by.port, by.port + 1]));
  const ranges = FRONT_ENDS.filter(([lo]) => familyOf(lo) === familyOf(blocked[0]!.backend.address));
  estate.builder.amendment(mend, () => ({
    id: mend,
    origin: shut.by,
    attribute: 'allow-health-checks',
    to: `tcp:${ports.map(([lo]) => lo).join(',')}`,
    text: `allow tcp ${ports.map(([lo]) => lo).join(', ')} from 35.191.0.0/16 and 130.211.0.0/22 in ${nameOf(shut.by)}`,
    puts: (under): Puts => {
      const node = under.node(entry.id);
      if (node?.relay === undefined) return {};
      const listener: Listener = { ...node.relay.listeners[0]!, backends: blocked.map(({ backend }) => backend) };
      const admit: Rule = {
        origin: { ...shut.by, implicit: true },
        action: 'allow',
        match: [{ protocol: [[TCP, TCP + 1]], dport: ports, src: ranges }],
        text: 'allow health checks',
      };
      const filters = [...new Set(blocked.map(({ by }) => by.filter))].flatMap((id) => under.filter(id) ?? []);
      return {
        nodes: [{ ...node, relay: { listeners: [listener] } }],
        filters: filters.map((filter) => ({ ...filter, rules: [admit, ...filter.rules] })),
      };
    },
  }));
  const owners: Origin[] = [origin, shut.by];
  return {
    code: 'gcp-lb-health-check-blocked',
    why: `the health checks of ${nameOf(origin)} (from 35.191.0.0/16 and 130.211.0.0/22, tcp ${port}) are shut out of every member, so none serves: ${nameOf(shut.by)}, ${shut.text}`,
    owners,
    mend,
  };
}

function proxySubnetOf(network: NetworkFacts | undefined, region: string | undefined) {
  return network?.subnets.find(
    (subnet) =>
      isProxyOnly(subnet) &&
      text(subnet.entry.record, 'role') !== 'BACKUP' &&
      (region === undefined ? subnet.purpose === 'GLOBAL_MANAGED_PROXY' : subnet.region === region),
  );
}

function isMissingServices(services: readonly Entry[] | Missing): services is Missing {
  return 'what' in services;
}

/** The backend services that a target proxy may choose, through its URL map where it has one. */
export function servicesOf({ inventory }: Estate, target: string): readonly Entry[] | Missing {
  const collection = target.split('/').at(-2) ?? '';
  const proxy = inventory.get(PROXY_KINDS[collection] ?? '', target);
  if (proxy === undefined)
    return missing(
      `target proxy ${nameIn(target)}`,
      `compute ${collection.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} list`,
    );
  const direct = text(proxy.record, 'service');
  const map = inventory.get('urlMap', text(proxy.record, 'urlMap'));
  if (direct === undefined && map === undefined)
    return missing(`URL map ${nameIn(text(proxy.record, 'urlMap') ?? '')} of ${proxy.name}`, 'compute url-maps list');
  const urls = direct === undefined ? servicesIn(map!.record) : [direct];
  if (urls.some((url) => url.includes('/backendBuckets/')) && !urls.some((url) => url.includes('/backendServices/')))
    return { what: `what the bucket behind ${proxy.name} answers`, fetch: null };
  const services: Entry[] = [];
  for (const url of urls.filter((one) => one.includes('/backendServices/'))) {
    const service = inventory.get('backendService', url);
    if (service === undefined) return missing(`backend service ${nameIn(url)}`, 'compute backend-services list');
    services.push(service);
  }
  return services;
}

/** Every backend service or bucket that a URL map may choose. */
function servicesIn(map: Json): string[] {
  const found = new Set<string>();
  const visit = (value: unknown, depth: number): void => {
    if (depth > 12) return;
    if (Array.isArray(value)) for (const one of value) visit(one, depth + 1);
    else if (typeof value === 'object' && value !== null)
      for (const [key, one] of Object.entries(value))
        if ((key === 'defaultService' || key === 'service' || key === 'backendService') && typeof one === 'string')
          found.add(one);
        else visit(one, depth + 1);
  };
  visit(map, 0);
  return [...found];
}
