/**
 * What lies behind a gateway: an outside that is taken to permit and answer, reached by the gateway alone. Shared by the
 * gateways of virtual networks and those of virtual hubs; knows nothing of how a gateway learned its routes.
 */
import type { Origin } from '../../model/origin.ts';
import { nameOf } from '../../model/origin.ts';
import { type Span, contains } from '../../net/spans.ts';
import type { Estate } from './estate.ts';
import type { Entry } from './inventory.ts';
import { wordsOf } from './network-interface.ts';

/** The interface by which packets leave a gateway for what lies behind it. */
export const beyond = (gateway: string) => `onprem:${gateway}`;

export interface Beyond {
  readonly gateway: Entry;
  /** The ranges on this side that it answers to, and the interface by which its packets come in. */
  readonly served: readonly Span<bigint>[];
  readonly back: string;
  /** Addresses that stand there for certain. */
  readonly foreign: readonly Span<bigint>[];
  /** Addresses that may stand there. */
  readonly possible: readonly Span<bigint>[];
}

/** Defines the outside behind a gateway, and the gateway as a place that stands for it. */
export function defineBeyond({ builder }: Estate, { gateway, served, back, foreign, possible }: Beyond): void {
  const { id, origin } = gateway;
  const at = beyond(id);
  const outside: Origin = {
    ...origin,
    kind: 'on-premises network',
    id: `${origin.id}#on-premises`,
    name: `behind ${origin.name}`,
    implicit: true,
  };
  builder.node(at, () => ({
    id: at,
    origin: outside,
    role: 'outside',
    interfaces: [at],
    assumes: [
      {
        code: 'on-premises-permits',
        resource: origin.id,
        message: `what lies behind ${nameOf(origin)} listens, permits this traffic and answers`,
      },
    ],
  }));
  builder.interface(at, () => ({ id: at, origin: outside, node: at, addresses: [], steps: [], table: at }));
  builder.table(at, () => ({
    id: at,
    origin: outside,
    code: 'azure-no-route',
    entries: [
      {
        origin: outside,
        match: { dst: served },
        next: { to: 'hop', in: back },
        rank: [0],
        text: 'over the connection',
      },
      { origin: outside, match: { dst: possible }, next: { to: 'local' }, rank: [1], text: 'on-premises' },
    ],
  }));
  builder.standing((address) => (contains(foreign, address) ? [{ origin: outside, interface: at }] : []));
  builder.place(id, wordsOf(gateway), () => ({ id, origin, aliases: [], tags: gateway.tags, interfaces: [at] }));
}
