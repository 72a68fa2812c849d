/**
 * Which rules let a flow pass, by resource: the rules of the filter nearest to what is protected, that of the destination's
 * own interface, or of the source's where the flow leaves for the outside. Read off the same split as everything else.
 */
import type { PacketSet } from '../net/packet-space.ts';
import { splitByFilter } from '../engine/split.ts';
import type { FindingPlace } from '../model/audit.ts';
import type { Filter, Network, Rule } from '../model/network.ts';
import type { Origin } from '../model/origin.ts';
import { normalise } from '../net/spans.ts';
import type { MatrixEnd } from '../engine/matrix-ends.ts';
import type { Offence } from './rows.ts';
import { wideEnough } from './spread.ts';
import { type Responsible, originAs, placeOf } from './story.ts';

/**
 * A share of an offence and what lets it pass: nothing where no rule of the filter speaks of it and the default lets it pass.
 */
export interface Share {
  readonly packets: PacketSet;
  readonly responsible?: Responsible;
  readonly rules?: readonly string[];
  readonly places?: readonly FindingPlace[];
}

/** Tells ends apart by whose rules their own filters hold, which makes no difference to packets. */
export class Owners {
  private readonly network: Network;
  /** By template, or by interface where there is none. */
  private readonly known = new Map<string, number>();
  private readonly numbers = new Map<string, number>();

  constructor(network: Network) {
    this.network = network;
  }

  /**
   * An offence in parts by whose rules the ends have: those that fare alike may carry groups of their own that say the same.
   */
  parts(offence: Offence): readonly Offence[] {
    const { to, packets, space, is } = offence;
    const [side, near] = to === 'internet' ? (['from', 'src'] as const) : (['to', 'dst'] as const);
    const ends = offence[side];
    if (is === 'lacking' || ends === 'internet' || ends.length === 1) return [offence];
    const groups = Map.groupBy(ends, (end) => this.of(end, side));
    if (groups.size === 1) return [offence];
    return [...groups.values()].flatMap((some) => {
      const own = normalise(some.flatMap(({ spans, outward }) => [...spans, ...outward]));
      const part = { ...offence, [side]: some, packets: space.and(packets, space.of({ [near]: own })) };
      const told = some.length === 1 ? withoutItself(part, some[0]!) : part;
      return space.isEmpty(told.packets) ? [] : [told];
    });
  }

  private of(end: MatrixEnd, side: 'from' | 'to'): number {
    const key = `${side} ${end.template ?? end.interfaceId}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const filter = filterAt(this.network, [end], side === 'from' ? 'out' : 'in');
    const all = filter === undefined ? [] : [filter.origin, ...(filter.owners ?? []), ...filter.rules.map(writerOf)];
    const ids = [...new Set(all.map(({ id }) => id))].join(' ');
    const number = this.numbers.get(ids) ?? this.numbers.size;
    this.numbers.set(ids, number);
    this.known.set(key, number);
    return number;
  }
}

/** Nobody offends by speaking to itself. */
function withoutItself(part: Offence, end: MatrixEnd): Offence {
  const { from, to, packets, space } = part;
  if (from === 'internet' || to === 'internet' || !from.includes(end)) return part;
  const others = from.filter((one) => one !== end);
  return { ...part, from: others, packets: space.minus(packets, space.of({ src: end.spans })) };
}

function writerOf({ by, origin }: Rule): Origin {
  return by ?? origin;
}

/**
 * The shares of an offence by responsible resource, without those that are too narrow to offend by themselves where others are
 * not: the rule for one office is not to blame for the one that lets everybody in. None where the ends have no filter of their
 * own that allows it.
 */
export function sharesOf(
  network: Network,
  { policy, from, to, packets, space, compiler, is }: Offence,
): readonly Share[] {
  if (is === 'lacking') return [];
  const isOutward = to === 'internet';
  const filter = isOutward ? filterAt(network, from, 'out') : filterAt(network, to, 'in');
  if (filter === undefined) return [];
  // Addresses of the near side may be translated on the way, those of the far side are the same here.
  const near = isOutward ? 'src' : 'dst';
  const known = space.forget(packets, ['mark', 'sport', near]);
  const byResource = new Map<string, { by: Origin; packets: PacketSet; rules: Set<string>; places: FindingPlace[] }>();
  let unasked = space.none;
  for (const { rule, packets: part } of splitByFilter(space, compiler.filter(filter, 'forward'), filter, known)
    .allowed) {
    if (rule === undefined) {
      unasked = space.and(packets, space.forget(part, ['mark', 'sport', near]));
      continue;
    }
    const owner = filter.owners?.find(({ id }) => id === rule.origin.id);
    const by = rule.by ?? owner ?? (rule.origin.implicit === true ? filter.origin : rule.origin);
    const share = space.and(packets, space.forget(part, ['mark', 'sport', near]));
    if (space.isEmpty(share)) continue;
    const place = placeOf(rule.origin);
    const same = byResource.get(by.id) ?? { by, packets: space.none, rules: new Set<string>(), places: [] };
    same.packets = space.or(same.packets, share);
    same.rules.add(rule.text);
    if (place !== undefined) same.places.push(place);
    byResource.set(by.id, same);
  }
  const shares: Share[] = [...byResource.values()].map(({ by, packets: share, rules, places }) => ({
    packets: share,
    responsible: originAs(by),
    rules: [...rules],
    places,
  }));
  if (!space.isEmpty(unasked)) shares.push({ packets: unasked });
  const { demand } = policy;
  if (demand.is !== 'forbidden') return shares;
  const wide = shares.filter(
    (share) => !space.isEmpty(wideEnough(space, share.packets, demand.spread, isOutward ? 'dst' : 'src')),
  );
  return wide.length === 0 ? shares : wide;
}

/** The last incoming filter of an inside end, or its first outgoing one, of those in which somebody may write what passes. */
function filterAt(network: Network, ends: Offence['from'], side: 'in' | 'out'): Filter | undefined {
  if (ends === 'internet') return undefined;
  const steps = ends[0]!.interface.steps.flatMap((step) =>
    'filter' in step && step.at === side ? (network.filter(step.filter) ?? []) : [],
  );
  const real = steps.filter((filter) => filter.origin.implicit !== true && isToBlame(filter));
  return side === 'in' ? real.at(-1) : real[0];
}

/** Not one of the provider's own that only ever stops what can't work, or watches who answers. */
function isToBlame({ otherwise, defaultText, rules }: Filter): boolean {
  return otherwise === 'deny' || defaultText !== undefined || rules.some(({ action }) => action === 'allow');
}
