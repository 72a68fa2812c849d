/** Small Google Cloud estates for tests: one project, what is not said is as the API makes it. */
import { type Answer, ask, buildNetwork, combined, loadSnapshot } from '../../src/index.ts';
import { folderOf } from '../snapshot/folder.ts';

export type Json = Record<string, unknown>;
const BASE = 'https://www.googleapis.com/compute/v1/projects/p';
export const url = (path: string) => `${BASE}/${path}`;
const netUrl = (name: string) => url(`global/networks/${name}`);
const regionOf = (subnet: string) => (subnet.includes('@') ? subnet.split('@')[1]! : 'us-central1');

/** Everything of an estate, by kind. */
export interface Parts {
  networks?: readonly Json[];
  subnets?: readonly Json[];
  instances?: readonly Json[];
  firewalls?: readonly Json[];
  routes?: readonly Json[];
  others?: readonly unknown[];
  /** Kinds that nobody listed; all others were, even where nothing of them is there. */
  unlisted?: readonly string[];
}

export const network = (name: string, more: Json = {}): Json => ({
  kind: 'compute#network',
  name,
  selfLink: netUrl(name),
  ...more,
});

export const peering = (to: string, more: Json = {}): Json => ({
  name: `to-${to}`,
  network: netUrl(to),
  state: 'ACTIVE',
  ...more,
});

/** "net/subnet@region". */
export const subnet = (path: string, range: string, more: Json = {}): Json => {
  const [net, rest] = path.split('/') as [string, string];
  const [name] = rest.split('@') as [string];
  return {
    kind: 'compute#subnetwork',
    name,
    network: netUrl(net),
    ipCidrRange: range,
    region: url(`regions/${regionOf(rest)}`),
    selfLink: url(`regions/${regionOf(rest)}/subnetworks/${name}`),
    ...more,
  };
};

export const vm = (
  name: string,
  path: string,
  address: string,
  more: Json & { tags?: readonly string[]; ip?: string; account?: string } = {},
): Json => {
  const [net, rest] = path.split('/') as [string, string];
  const [sub] = rest.split('@') as [string];
  const { tags = [], ip, account, ...fields } = more;
  return {
    kind: 'compute#instance',
    name,
    selfLink: url(`zones/${regionOf(rest)}-a/instances/${name}`),
    status: 'RUNNING',
    canIpForward: false,
    tags: { items: tags },
    serviceAccounts: account === undefined ? [] : [{ email: account }],
    networkInterfaces: [
      {
        name: 'nic0',
        network: netUrl(net),
        subnetwork: url(`regions/${regionOf(rest)}/subnetworks/${sub}`),
        networkIP: address,
        accessConfigs: ip === undefined ? [] : [{ natIP: ip }],
      },
    ],
    ...fields,
  };
};

/** "allow tcp:22 from 0.0.0.0/0": further words as fields. */
export const firewall = (name: string, words: string, more: Json = {}): Json => {
  const [action, what, way, range] = words.split(' ') as [string, string, string, string];
  const [IPProtocol, ports] = what.split(':');
  const entry = [{ IPProtocol, ...(ports === undefined ? {} : { ports: ports.split(',') }) }];
  return {
    kind: 'compute#firewall',
    name,
    selfLink: url(`global/firewalls/${name}`),
    network: netUrl('n'),
    direction: way === 'from' ? 'INGRESS' : 'EGRESS',
    priority: 1000,
    ...(action === 'allow' ? { allowed: entry } : { denied: entry }),
    ...(range === 'tags' ? {} : way === 'from' ? { sourceRanges: [range] } : { destinationRanges: [range] }),
    ...more,
  };
};

export const route = (name: string, net: string, destRange: string, next: Json, priority = 1000): Json => ({
  kind: 'compute#route',
  name,
  selfLink: url(`global/routes/${name}`),
  network: netUrl(net),
  destRange,
  priority,
  ...next,
});
export const toInternet = (net = 'n') =>
  route(`default-${net}`, net, '0.0.0.0/0', { nextHopGateway: url('global/gateways/default-internet-gateway') });

/** The documents of an estate, as files would hold them. */
export function documentsOf(parts: Parts): readonly unknown[] {
  const list = (kind: string, items: readonly Json[] = []) => ({ kind: `compute#${kind}List`, items });
  const listed = [
    list('network', parts.networks),
    list('subnetwork', parts.subnets),
    list('instance', parts.instances),
    list('firewall', parts.firewalls),
    list('route', parts.routes),
  ].filter(({ kind }) => parts.unlisted?.some((one) => kind === `compute#${one}List`) !== true);
  return [...listed, ...(parts.others ?? [])];
}

export async function reach(parts: Parts, src: string, dst: string): Promise<Answer> {
  const files = Object.fromEntries(documentsOf(parts).map((file, i) => [`${i}.json`, file]));
  const estate = buildNetwork(await loadSnapshot([folderOf(files)]));
  return combined(ask(estate, src, dst), src, dst);
}
