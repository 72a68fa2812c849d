/**
 * Where Google itself sends from: front ends of proxies and their probes, probes of passthrough balancers, IAP, Cloud DNS;
 * and the proxies of a network's proxy-only subnets. They need no route: their replies take a special path. One node
 * with an interface a network, so that a reply may come back by any of them.
 * Sources: https://docs.cloud.google.com/vpc/docs/routes#special_return_paths,
 * https://docs.cloud.google.com/load-balancing/docs/firewall-rules, https://docs.cloud.google.com/iap/docs/using-tcp-forwarding
 */
import type { Filter, RouteEntry } from '../../../model/network.ts';
import type { Origin } from '../../../model/origin.ts';
import { parseCidr } from '../../../net/address.ts';
import { type Span, contains, normalise } from '../../../net/spans.ts';
import { type Estate, type NetworkFacts, rangesOf } from '../estate.ts';
import { fabric } from '../interface.ts';

const spans = (...cidrs: readonly string[]) => cidrs.map((cidr) => parseCidr(cidr)!);

/** Front ends of proxies, and health probes of all but external passthrough balancers. */
export const FRONT_ENDS = spans('35.191.0.0/16', '130.211.0.0/22', '2600:2d00:1:b029::/64', '2600:2d00:1:1::/64');
/** Health probes of external passthrough balancers. */
export const PASSTHROUGH_PROBES = spans('35.191.0.0/16', '209.85.152.0/22', '209.85.204.0/22', '2600:1901:8001::/48');
/** Everything that has a special way back: the above, IAP, and Cloud DNS for forwarding zones. */
export const GOOGLE_SOURCES = normalise([
  ...FRONT_ENDS,
  ...PASSTHROUGH_PROBES,
  ...spans('35.235.240.0/20', '35.199.192.0/19', '2600:2d00:1:7::/64'),
]);

const NODE = 'google-sources';
const ANY_NETWORK = 'google-sources#anywhere';
/** The interface by which Google's own senders meet a network. */
export const googleSources = (network: string) => `google-sources:${network}`;
/** The interface of the proxies of a proxy-only subnet. */
export const proxies = (subnet: string) => `proxies:${subnet}`;

const ORIGIN: Origin = {
  provider: 'gcp',
  kind: 'Google senders',
  id: 'Google senders',
  file: '',
  pointer: '',
  implicit: true,
};

export function defineGoogleSources(estate: Estate): void {
  const { builder } = estate;
  const networks = [...estate.networks.values()];
  builder.node(NODE, () => ({
    id: NODE,
    origin: ORIGIN,
    role: 'outside',
    interfaces: [ANY_NETWORK, ...networks.map(({ entry }) => googleSources(entry.id))],
  }));
  builder.filter(`${NODE}#in`, () => sessionFilter(`${NODE}#in`, 'deny'));
  builder.filter(`${NODE}#out`, () => sessionFilter(`${NODE}#out`, 'allow'));
  const local: RouteEntry = {
    origin: ORIGIN,
    match: { dst: GOOGLE_SOURCES },
    next: { to: 'local' },
    rank: [-1],
    text: 'Google itself',
  };
  const into = ({ entry }: NetworkFacts, match: RouteEntry['match']): RouteEntry => ({
    origin: ORIGIN,
    match,
    next: { to: 'link', link: fabric(entry.id) },
    rank: [0],
    text: `into ${entry.name}`,
  });
  const define = (id: string, entries: () => readonly RouteEntry[]) => {
    builder.interface(id, () => ({
      id,
      origin: ORIGIN,
      node: NODE,
      addresses: [],
      prefixes: id === ANY_NETWORK ? GOOGLE_SOURCES : FRONT_ENDS,
      steps: [
        { at: 'in', filter: `${NODE}#in` },
        { at: 'out', filter: `${NODE}#out` },
      ],
      table: id,
    }));
    builder.table(id, () => ({ id, origin: ORIGIN, entries: entries(), ties: 'unknown' }));
  };
  define(ANY_NETWORK, () => [local, ...networks.map((network) => into(network, { dst: everythingIn(network) }))]);
  for (const network of networks) define(googleSources(network.entry.id), () => [local, into(network, {})]);
  if (networks.length > 0) for (const span of GOOGLE_SOURCES) builder.publicRange(span, ANY_NETWORK);
  builder.standing((address) =>
    networks.length > 0 && contains(GOOGLE_SOURCES, address) ? [{ origin: ORIGIN, interface: ANY_NETWORK }] : [],
  );
  for (const network of networks)
    for (const subnet of network.subnets.filter(isProxyOnly)) {
      const id = proxies(subnet.entry.id);
      const { origin } = subnet.entry;
      builder.node(id, () => ({ id, origin, role: 'outside', interfaces: [id] }));
      builder.interface(id, () => ({
        id,
        origin,
        node: id,
        addresses: [],
        prefixes: subnet.primary,
        steps: [],
        table: id,
      }));
      builder.table(id, () => ({
        id,
        origin,
        entries: [{ ...local, match: { dst: subnet.primary }, text: 'the proxies' }, into(network, {})],
      }));
    }
}

/** The way back to Google's own senders, which needs no route of the network. */
export function specialReturnPath(network: NetworkFacts): RouteEntry {
  return {
    origin: { ...network.entry.origin, implicit: true },
    match: { dst: GOOGLE_SOURCES },
    next: { to: 'hop', in: googleSources(network.entry.id) },
    rank: [1, 0],
    text: "special path to Google's front ends, probes and IAP",
  };
}

/** Whether a subnet holds the proxies of Envoy balancers: of its region, or of all. */
export function isProxyOnly({ purpose }: { readonly purpose: string }): boolean {
  return ['REGIONAL_MANAGED_PROXY', 'GLOBAL_MANAGED_PROXY', 'INTERNAL_HTTPS_LOAD_BALANCER'].includes(purpose);
}

/** They answer nobody: what comes in must belong to a connection that they opened. */
function sessionFilter(id: string, otherwise: 'allow' | 'deny'): Filter {
  return {
    id,
    origin: ORIGIN,
    code: 'gcp-front-end-answers-nobody',
    rules: [],
    order: 'first-match',
    otherwise,
    defaultText: 'nothing is listening at',
    state: `${NODE}#session`,
    whyNoMend: "these addresses are Google's own: nothing listens there",
  };
}

function everythingIn(network: NetworkFacts): readonly Span<bigint>[] {
  return normalise([
    ...network.subnets.flatMap(rangesOf),
    ...network.nics.flatMap(({ addresses }) => addresses.map(({ address }) => [address, address + 1n] as const)),
  ]);
}
