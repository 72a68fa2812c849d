/** The second connection of a relay as a question of its own. */
import { familyOf, formatAddress } from '../net/address.ts';
import { protocolName } from '../net/protocol.ts';
import type { Backend, Network, Node } from '../model/network.ts';
import type { Question } from '../model/query.ts';

/** "Can the relay, from this interface, reach this backend?" */
export function backendQuestion(network: Network, relay: Node, backend: Backend, from: string): Question {
  const family = familyOf(backend.address);
  const own = (network.interface(from)?.addresses ?? []).filter(({ address }) => familyOf(address) === family);
  const sources = own.map(({ address }) => [address, address + 1n] as const);
  return {
    src: { id: relay.origin.id, ...(relay.origin.name === undefined ? {} : { name: relay.origin.name }), addresses: own.map(({ address }) => formatAddress(address)) },
    dst: { id: backend.origin.id, ...(backend.origin.name === undefined ? {} : { name: backend.origin.name }), addresses: [formatAddress(backend.address)] },
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
