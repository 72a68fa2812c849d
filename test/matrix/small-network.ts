/** Networks of a few hosts and routers, written down by hand: every interface is a node of its own. */
import { NetworkBuilder } from '../../src/model/builder.ts';
import type { Filter, InterfaceStep, Match, Network, NextHop, Translation } from '../../src/model/network.ts';
import { V4_BASE } from '../../src/net/address.ts';

/** First match decides. */
type Routes = readonly (readonly [match: Match, next: NextHop])[];

interface Small {
  /** With the last numbers of its addresses 10.0.0.x. */
  readonly hosts: Readonly<
    Record<
      string,
      { readonly at: number | readonly number[]; readonly steps?: readonly InterfaceStep[]; readonly routes: Routes }
    >
  >;
  readonly routers: Readonly<Record<string, { readonly steps?: readonly InterfaceStep[]; readonly routes: Routes }>>;
  readonly filters?: Readonly<Record<string, Pick<Filter, 'rules' | 'otherwise'>>>;
  readonly translations?: Readonly<Record<string, Omit<Translation, 'id' | 'origin'>>>;
}

export const origin = (id: string) => ({ provider: 'test', kind: 'thing', id, file: '', pointer: '' });

/** 10.0.0.x as a number, and as the one address of a match. */
export const host = (x: number): bigint => V4_BASE + 0x0a000000n + BigInt(x);
export const onlyHost = (x: number): readonly (readonly [bigint, bigint])[] => [[host(x), host(x) + 1n]];

export function smallNetwork({ hosts, routers, filters = {}, translations = {} }: Small): Network {
  const b = new NetworkBuilder();
  const define = (
    id: string,
    at: number | readonly number[] | undefined,
    steps: readonly InterfaceStep[],
    routes: Routes,
  ) => {
    b.node(`node ${id}`, () => ({
      id: `node ${id}`,
      origin: origin(id),
      role: at === undefined ? 'router' : 'endpoint',
      interfaces: [id],
    }));
    b.interface(id, () => ({
      id,
      origin: origin(id),
      node: `node ${id}`,
      addresses: (at === undefined ? [] : [at].flat()).map((x, i) => ({
        address: host(x),
        ...(i === 0 ? { primary: true } : {}),
      })),
      steps,
      table: id,
    }));
    b.table(id, () => ({
      id,
      origin: origin(id),
      entries: routes.map(([match, next], i) => ({ origin: origin(id), match, next, rank: [i], text: `route ${i}` })),
    }));
  };
  for (const [id, { at, steps = [], routes }] of Object.entries(hosts)) {
    define(id, at, steps, routes);
    b.place(id, [], () => ({ id, origin: origin(id), aliases: [], interfaces: [id] }));
  }
  for (const [id, { steps = [], routes }] of Object.entries(routers)) define(id, undefined, steps, routes);
  for (const [id, one] of Object.entries(filters))
    b.filter(id, () => ({ id, origin: origin(id), code: 'test-filter', order: 'first-match', ...one }));
  for (const [id, one] of Object.entries(translations)) b.translation(id, () => ({ id, origin: origin(id), ...one }));
  return b.build();
}
