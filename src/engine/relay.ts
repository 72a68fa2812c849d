/**
 * Relays: a balancer or proxy ends a connection and opens another. The first connection is worth as much as the second
 * ones, each of which is a question of its own.
 */
import { cidrsOf, familyOf, formatAddress } from '../net/address.ts';
import { protocolName } from '../net/protocol.ts';
import type { PacketSet } from '../net/packet-space.ts';
import type { Backend, Listener, Network, Node } from '../model/network.ts';
import { nameOf } from '../model/origin.ts';
import type { Question } from '../model/query.ts';
import type { Verdict } from '../model/results.ts';
import { type Flight, asAsked } from './flight.ts';
import { amendedBy } from './losses.ts';
import type { RelayOutcome, Walk } from './outcome.ts';

const MOST_CONNECTIONS = 6;

/** What the relay's own connections are worth to the packets that reached it; `ask` answers for one of them. */
export function relayed(walk: Walk, node: Node, flight: Flight, ask: (question: Question) => Verdict): RelayOutcome {
  const { compiler, recorder, connection, mood } = walk;
  const { space, network } = compiler;
  let flying = flight.set;
  let some = space.none;
  let lost = space.none;
  const fail = (packets: PacketSet, { code, why, owners = [], mend }: Listener['empty']) => {
    recorder.drops.push({
      code,
      by: node.origin,
      owners,
      leg: 'forward',
      connection,
      layer: 'application',
      packets: asAsked(space, flight.frames, packets, walk.asked),
      why,
      ...amendedBy(mend),
    });
    lost = space.or(lost, packets);
  };
  for (const listener of node.relay?.listeners ?? []) {
    const share = space.and(flying, compiler.matches(listener.match, 'forward'));
    if (space.isEmpty(share)) continue;
    flying = space.minus(flying, share);
    if (listener.unresolved !== undefined) {
      recorder.doubt({
        missing: listener.unresolved,
        by: listener.origin,
        leg: 'forward',
        connection,
        packets: asAsked(space, flight.frames, share, walk.asked),
      });
      if (mood === 'optimistic') some = space.or(some, share);
      else lost = space.or(lost, share);
    } else if (listener.backends.length === 0) {
      if (listener.answers === true) some = space.or(some, share);
      else fail(share, listener.empty);
    } else if (connection + 1 >= MOST_CONNECTIONS)
      fail(share, { code: 'too-many-connections', why: `more than ${MOST_CONNECTIONS} relays one after another` });
    else {
      const already = recorder.handed?.length ?? 0;
      const pools = Map.groupBy([...listener.backends].sort(inOrder), (backend) => backend.pool);
      const judged = [...pools.values()].map((backends) =>
        poolVerdict(
          backends.flatMap((backend) =>
            [...backend.from].sort().map((from) => ask(backendQuestion(network, node, backend, from))),
          ),
          listener.choose,
          mood,
        ),
      );
      // Whoever takes something behind this listener takes it for what the listener took.
      const isSure = listener.choose !== 'unknown' || listener.backends.length < 2 || mood === 'optimistic';
      const asked = asAsked(space, flight.frames, share, walk.asked);
      const taken = recorder.handed?.splice(already) ?? [];
      if (isSure) recorder.handed?.push(...taken.map((one) => ({ ...one, asked })));
      if (listener.answers === true || judged.some((pool) => pool.works)) some = space.or(some, share);
      if (judged.some((pool) => pool.fails)) lost = space.or(lost, share);
    }
  }
  if (!space.isEmpty(flying))
    fail(flying, {
      code: 'no-listener',
      why: `${nameOf(node.origin)} does not listen for this`,
    });
  return { some, lost };
}

/** Backends by pool, address and port: who lists them in another order asks the same questions in the same order. */
function inOrder(a: Backend, b: Backend): number {
  const [one, other] = [a.pool ?? '', b.pool ?? ''];
  if (one !== other) return one < other ? -1 : 1;
  return a.address === b.address ? a.port - b.port : a.address < b.address ? -1 : 1;
}

/** What a pool is worth: whether some of it works, and whether some of it fails. */
function poolVerdict(
  verdicts: readonly Verdict[],
  choose: Listener['choose'],
  mood: Walk['mood'],
): { readonly works: boolean; readonly fails: boolean } {
  const working = verdicts.filter((verdict) => verdict !== 'unreachable');
  // Members whose probe fails drop out of a health-checked pool, unless all do: then all of them are tried.
  const alive = choose === 'one-works' && working.length > 0 ? working : verdicts;
  const sure = choose === 'unknown' && mood === 'pessimistic';
  return {
    works: sure ? working.length === verdicts.length : working.length > 0,
    fails: alive.some((verdict) => verdict !== 'reachable'),
  };
}

/** "Can the relay, from this interface, reach this backend?" */
function backendQuestion(network: Network, relay: Node, backend: Backend, from: string): Question {
  const family = familyOf(backend.address);
  const own = (network.interface(from)?.addresses ?? []).filter(({ address }) => familyOf(address) === family);
  const ranges = (network.interface(from)?.prefixes ?? []).filter(([lo]) => familyOf(lo) === family);
  const sources = [...own.map(({ address }) => [address, address + 1n] as const), ...ranges];
  return {
    src: {
      id: relay.origin.id,
      ...(relay.origin.name === undefined ? {} : { name: relay.origin.name }),
      addresses: [...own.map(({ address }) => formatAddress(address)), ...ranges.flatMap(cidrsOf)],
    },
    dst: {
      id: backend.origin.id,
      ...(backend.origin.name === undefined ? {} : { name: backend.origin.name }),
      addresses: [formatAddress(backend.address)],
    },
    start: from,
    srcAddresses: sources,
    srcQuantifier: 'every',
    dstAddresses: [[backend.address, backend.address + 1n]],
    traffic: { protocol: [[backend.protocol, backend.protocol + 1]], dport: [[backend.port, backend.port + 1]] },
    sports: backend.sports,
    family,
    protocolText: protocolName(backend.protocol),
    portsText: String(backend.port),
  };
}
