/**
 * What matches say of addresses that are not known: a stand-in is some public address, so a match that names a part of the
 * public ones may mean it. Knows nothing of whose the addresses are.
 */
import { PUBLIC_V4 } from '../net/address.ts';
import { type Span, contains, intersect, normalise, subtract } from '../net/spans.ts';
import type { AddressField, Match, Network } from '../model/network.ts';
import type { Missing } from '../model/origin.ts';

type Spans = readonly Span<bigint>[];

/** A match, or what it may hold besides, with what would tell. */
export interface Reading {
  readonly match: Match;
  readonly unresolved?: Missing;
}

const PUBLIC = normalise([...PUBLIC_V4]);
const FIELDS: readonly AddressField[] = ['dst', 'src'];

/** The stand-ins of a network, by what would tell them. */
export class StandIns {
  private readonly network: Network;
  private readonly groups: readonly { readonly spans: Spans; readonly missing: Missing }[];
  private readonly all: Spans;
  private others: Spans | undefined;

  constructor(network: Network) {
    this.network = network;
    const byWhat = Map.groupBy(network.standIns(), ({ missing }) => missing.what);
    this.groups = [...byWhat.values()].map((list) => ({
      spans: normalise(list.map(({ address }) => [address, address + 1n] as const)),
      missing: list[0]!.missing,
    }));
    this.all = normalise(this.groups.flatMap(({ spans }) => [...spans]));
  }

  /** A match in parts: what it surely holds, and what it may hold. Itself where it is sure of every address. */
  read(match: Match): readonly Reading[] {
    if (this.groups.length === 0) return [{ match }];
    return FIELDS.reduce<readonly Reading[]>(
      (readings, field) => readings.flatMap((reading) => this.readField(reading, field)),
      [{ match }],
    );
  }

  /** What would tell the address that a match names a stand-in for, where it names one. */
  namedBy(match: Match): Missing | undefined {
    for (const field of FIELDS) {
      const value = match[field];
      if (value === undefined || 'set' in value) continue;
      const named = value.filter((span) => isAmong(span, this.all));
      const group = this.groups.find(({ spans }) => intersect(named, spans).length > 0);
      if (group !== undefined) return group.missing;
    }
    return undefined;
  }

  private readField(reading: Reading, field: AddressField): readonly Reading[] {
    const value = reading.match[field];
    if (value === undefined) return [reading];
    const spans = normalise('set' in value ? (this.network.set(value.set)?.spans ?? []) : value);
    // Most rules name private addresses, or everybody.
    if (intersect(spans, PUBLIC).length === 0 || subtract(PUBLIC, spans).length === 0) return [reading];
    const named = subtract(spans, this.all);
    if (subtract(this.elsewhere, named).length === 0) return [reading];
    const rest = reading.match;
    // Whoever names nothing but stand-ins in a range means these and no others.
    const meant = normalise(spans.filter((span) => isAmong(span, this.all)));
    const maybes = intersect(named, this.elsewhere).length === 0 ? [] : this.groups;
    return [
      { ...reading, match: { ...rest, [field]: normalise([...named, ...meant]) } },
      ...maybes.flatMap(({ spans: own, missing }): Reading[] => {
        const open = subtract(own, meant);
        return open.length === 0
          ? []
          : [{ unresolved: reading.unresolved ?? missing, match: { ...rest, [field]: open } }];
      }),
    ];
  }

  /** The public addresses that an unknown one may be: nobody in the snapshot has them. */
  private get elsewhere(): Spans {
    return (this.others ??= subtract(PUBLIC, normalise([...this.network.publicAddresses(), ...this.all])));
  }
}

function isAmong([lo, end]: Span<bigint>, spans: Spans): boolean {
  return contains(spans, lo) && subtract([[lo, end]], spans).length === 0;
}
