/**
 * Elastic addresses: whose they are. Those that only apply will choose are made up.
 * Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/eip
 */
import type { Family } from '../family.ts';
import type { Resource, Side } from '../side.ts';
import { text } from '../values.ts';

export const elasticAddressFamily: Family = { types: ['aws_eip', 'aws_eip_association'], read: () => [] };

/** What an address may be bound to: a machine or an interface, and which private address of it. */
interface Holder {
  readonly instance?: string | undefined;
  readonly eni?: string | undefined;
  readonly inside?: string | undefined;
  readonly isPrimary: boolean;
}

/** The elastic address of an interface, or of one of its private addresses. */
export function elasticAddressOf(side: Side, holder: Holder): string | undefined {
  const links = [
    ...[
      ...side.naming('aws_eip', 'instance', holder.instance),
      ...side.naming('aws_eip', 'network_interface', holder.eni),
    ]
      .filter((eip) => !isMirror(side, eip))
      .map((eip) => ({ eip, inside: text(eip.values, 'associate_with_private_ip') })),
    ...[
      ...side.naming('aws_eip_association', 'instance_id', holder.instance),
      ...side.naming('aws_eip_association', 'network_interface_id', holder.eni),
    ].map((link) => ({
      eip: addressNamed(side, text(link.values, 'allocation_id')) ?? link,
      inside: text(link.values, 'private_ip_address'),
    })),
  ];
  const link = links.find(({ inside }) => (inside === undefined ? holder.isPrimary : inside === holder.inside));
  return link === undefined ? undefined : outsideOf(side, link.eip);
}

/** Whether an address has its holder from an association of its own: then its own attributes only mirror that. */
function isMirror(side: Side, eip: Resource): boolean {
  const own = [eip.id, text(eip.values, 'allocation_id')];
  return (
    !side.writes(eip, 'instance') &&
    !side.writes(eip, 'network_interface') &&
    side.either('aws_eip_association').some(({ values }) => {
      const named = text(values, 'allocation_id');
      return named !== undefined && own.includes(named);
    })
  );
}

/** What either side binds to any of these machines and interfaces: how much, and which addresses they are. */
export function elasticAddressesEver(
  side: Side,
  holders: readonly (string | undefined)[],
): { readonly count: number; readonly addresses: ReadonlySet<string> } {
  const isHeld = ({ values }: Resource, ...keys: readonly string[]) =>
    keys.some((key) => text(values, key) !== undefined && holders.includes(text(values, key)));
  const own = side.either('aws_eip').filter((one) => isHeld(one, 'instance', 'network_interface'));
  const links = side.either('aws_eip_association').filter((one) => isHeld(one, 'instance_id', 'network_interface_id'));
  const linked = links.flatMap((one) => {
    const allocation = text(one.values, 'allocation_id');
    const eips = side
      .either('aws_eip')
      .filter((eip) => allocation !== undefined && [eip.id, text(eip.values, 'allocation_id')].includes(allocation));
    return [one, ...eips];
  });
  const all = [...own, ...linked];
  return { count: all.length, addresses: new Set(all.flatMap((one) => text(one.values, 'public_ip') ?? [])) };
}

/** The public address of an allocation; undefined where the plan does not hold it. */
export function elasticAddress(side: Side, allocation: string | undefined): string | undefined {
  const eip = addressNamed(side, allocation);
  return eip === undefined ? undefined : outsideOf(side, eip);
}

function addressNamed(side: Side, allocation: string | undefined): Resource | undefined {
  if (allocation === undefined) return undefined;
  return (
    side.all('aws_eip').find(({ id }) => id === allocation) ?? side.naming('aws_eip', 'allocation_id', allocation)[0]
  );
}

function outsideOf(side: Side, eip: Resource): string {
  return text(eip.values, 'public_ip') ?? side.madeUp.public(eip.id);
}
