/**
 * The addresses that tags and accounts stand for as a source: primary internal addresses of interfaces, never alias ranges,
 * never external addresses, never those of forwarding rules.
 * Sources: https://docs.cloud.google.com/firewall/docs/firewalls#sources, https://docs.cloud.google.com/firewall/docs/tags-firewalls-overview
 */
import { normalise } from '../../../net/spans.ts';
import type { Estate, NetworkFacts, NicFacts } from '../estate.ts';
import { missing } from '../inventory.ts';
import type { Resources } from '../resource-manager.ts';

/** Defines the set of a network tag or service account, for rules of one network: peers do not count. */
export function sourceSet(
  estate: Estate,
  network: NetworkFacts,
  what: string,
  has: (nic: NicFacts) => boolean,
): string {
  const id = `sources:${network.entry.id}:${what}`;
  estate.builder.set(id, () => ({
    id,
    origin: { ...network.entry.origin, kind: 'source', id: what, name: what },
    spans: addressesOf(network.nics.filter(has)),
    ...(estate.inventory.isComplete('instance')
      ? {}
      : { unresolved: missing(`the VMs with ${what}`, 'compute instances list') }),
  }));
  return id;
}

/** Defines the set of secure tags: VMs bound to one of them, here and in peered networks. */
export function secureTagSet(
  estate: Estate,
  resources: Resources,
  network: NetworkFacts,
  tags: readonly string[],
): string {
  const id = `secure:${network.entry.id}:${tags.join(' ')}`;
  estate.builder.set(id, () => {
    const nics = [network, ...estate.peersOf(network)].flatMap((one) => one.nics);
    const bound = nics.map((nic) => ({ nic, has: resources.hasSecureTag(nic.instance, tags) }));
    const unknown = bound.map(({ has }) => has).find((has) => typeof has !== 'boolean');
    return {
      id,
      origin: { ...network.entry.origin, kind: 'secure tag', id: tags.join(', '), name: tags.join(', ') },
      spans: addressesOf(bound.filter(({ has }) => has === true).map(({ nic }) => nic)),
      ...(unknown === undefined ? {} : { unresolved: unknown }),
    };
  });
  return id;
}

function addressesOf(nics: readonly NicFacts[]) {
  return normalise(nics.flatMap(({ addresses }) => addresses.map(({ address }) => [address, address + 1n] as const)));
}
