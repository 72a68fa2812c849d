/**
 * What policies about flows find in rows of the matrix. Everything is cut out of the row's exact sets; ends that fare alike
 * stay together. Makes no sentences.
 */
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import { ALL_V4, ALL_V6 } from '../net/address.ts';
import { type Span, intersect, normalise } from '../net/spans.ts';
import type { Compiler } from '../engine/compile.ts';
import type { MatrixEnd } from '../engine/matrix-ends.ts';
import type { MatrixNetwork, Party, Row, Sight, Toward } from '../engine/matrix-row.ts';
import type { Ports } from '../engine/ports.ts';
import type { Assumption, Missing } from '../model/origin.ts';
import type { FlowPattern, Policy } from './policy.ts';
import type { Selectors } from './selector.ts';
import { isAnySpread, wideEnough } from './spread.ts';

/** Ends of one sort, or the outside. */
export type Ends = readonly MatrixEnd[] | 'internet';

/** Alike sources and alike destinations, with what between them offends a policy. */
export interface Offence {
  readonly policy: Policy;
  readonly from: Ends;
  readonly to: Ends;
  /** In the addresses of both, of `space`; what every source port has in common. */
  readonly packets: PacketSet;
  readonly space: PacketSpace;
  readonly compiler: Compiler;
  /** `lacking`: what is required does not work. */
  readonly is: 'working' | 'lacking';
  /** Where balancers stand between the two: what is sent to them, and what they are. `packets` are those that `to` gets. */
  readonly through?: { readonly asked: PacketSet; readonly ends: readonly MatrixEnd[] };
}

/** What is found of one policy. */
export interface Judgement {
  readonly policy: Policy;
  /** Something that is not known could change the outcome; `lacking` says what, where that can be told. */
  undetermined: boolean;
  readonly lacking: Set<string>;
  /** Parts that were too big to be worked out, with the reason. */
  readonly unanswered: Set<string>;
}

type Spans = readonly Span<bigint>[];

/** What policies say of some senders: which of them concern these, and whom they are about. */
interface Concern {
  readonly policies: readonly FlowPolicy[];
  readonly targets: ReadonlySet<Party>;
}

/** What the rows of a network offend. */
export class PolicyRows {
  private readonly ready: MatrixNetwork;
  private readonly toward: Toward;
  readonly missing = new Map<string, Missing>();
  readonly assumptions = new Map<string, Assumption>();
  readonly judgements: readonly Judgement[];
  private readonly policies: readonly FlowPolicy[];
  private readonly selectors: Selectors;
  private readonly concerns = new Map<string, Concern>();
  private readonly bySender = new Map<Party, Concern>();
  /** The row in hand: its compiler, and the senders that each pattern means. */
  private inHand: { readonly compiler: Compiler; readonly sources: Map<FlowPattern, readonly Spans[]> } | undefined;

  constructor({ ready, toward }: Sight, policies: readonly Policy[], selectors: Selectors) {
    this.ready = ready;
    this.toward = toward;
    this.selectors = selectors;
    this.policies = policies.flatMap((policy) => {
      const { demand } = policy;
      if (demand.is === 'flaw') return [];
      const judgement: Judgement = { policy, undetermined: false, lacking: new Set(), unanswered: new Set() };
      return [
        {
          policy,
          judgement,
          pattern: demand,
          except: demand.is === 'forbidden' ? demand.except : [],
          isRequired: demand.is === 'required',
        },
      ];
    });
    this.judgements = this.policies.map(({ judgement }) => judgement);
  }

  /**
   * Whom a sender's policies are about; the same set for senders with the same policies, unless each is looked at for itself.
   */
  targets(from: Party): ReadonlySet<Party> {
    return this.concernOf(from).targets;
  }

  looksBehind(from: Party): boolean {
    return this.concernOf(from).policies.some(isAboutPorts);
  }

  /** Every offence of a row. Sets belong to the compiler's space. */
  *offencesIn(row: Row, compiler: Compiler): Generator<Offence> {
    this.inHand = { compiler, sources: new Map() };
    const { policies, targets } = this.concernOf(row.from[0]!);
    for (const policy of policies) {
      yield* this.judged(policy, row, targets);
      if (isAboutPorts(policy)) yield* this.judgedBehind(policy, row, targets);
    }
  }

  private concernOf(from: Party): Concern {
    const known = this.bySender.get(from);
    if (known !== undefined) return known;
    const policies = this.policies.filter(({ pattern }) => this.selectors.of(pattern.from).concerns(from));
    const isAlone = from === 'internet' || this.toward(from) !== 'everybody';
    const key = policies.map((policy) => this.policies.indexOf(policy)).join();
    const concern = (isAlone ? undefined : this.concerns.get(key)) ?? { policies, targets: this.meant(policies, from) };
    if (!isAlone) this.concerns.set(key, concern);
    this.bySender.set(from, concern);
    return concern;
  }

  private meant(policies: readonly FlowPolicy[], from: Party): ReadonlySet<Party> {
    const selectors = policies.map(({ pattern }) => this.selectors.of(pattern.to));
    const scope = this.toward(from);
    const everybody: Party[] = [...this.ready.kinds, ...(from === 'internet' ? [] : ['internet' as const])];
    const parties = scope === 'everybody' ? everybody : [...scope];
    return new Set(parties.filter((party) => selectors.some((selector) => selector.concerns(party))));
  }

  private get compiler(): Compiler {
    if (this.inHand === undefined) throw new Error('no row is in hand');
    return this.inHand.compiler;
  }

  private *judged(policy: FlowPolicy, row: Row, targets: ReadonlySet<Party>): Generator<Offence> {
    const { space } = this.compiler;
    const { judgement } = policy;
    const { from } = row;
    // Where nothing gets to, only what is required is amiss.
    for (const to of policy.isRequired ? targets : [...row.unanswered.keys(), ...row.to.keys()]) {
      if (!targets.has(to) || !this.selectors.of(policy.pattern.to).concerns(to)) continue;
      const zone = this.zone(policy, from, to);
      if (space.isEmpty(zone)) continue;
      const why = row.unanswered.get(to);
      if (why !== undefined) {
        judgement.unanswered.add(why);
        continue;
      }
      const { firm = space.none, possible = space.none } = row.to.get(to) ?? {};
      const offending = policy.isRequired ? this.lacking(policy, from, zone, possible) : space.and(zone, firm);
      const open = space.and(zone, space.minus(possible, firm));
      if (!space.isEmpty(open) && this.couldOffend(policy, space.and(zone, firm), space.and(zone, possible), to))
        this.doubt(judgement, row.missing(open));
      if (space.isEmpty(offending)) continue;
      const { demand } = policy.policy;
      const plain = space.forget(offending, ['mark', 'sport']);
      const wide =
        demand.is === 'forbidden' ? wideEnough(space, plain, demand.spread, to === 'internet' ? 'dst' : 'src') : plain;
      if (space.isEmpty(wide)) continue;
      for (const one of row.assumptions(wide)) this.assumptions.set(`${one.code} ${one.resource}`, one);
      for (const one of from) yield* this.divided(policy, one, to, from.length === 1 ? wide : this.sentBy(one, wide));
    }
  }

  /**
   * Whether what is perhaps open offends where what is surely open does not: one port more of sixty thousand changes nothing.
   */
  private couldOffend({ policy: { demand } }: FlowPolicy, sure: PacketSet, perhaps: PacketSet, to: Party): boolean {
    if (demand.is !== 'forbidden' || isAnySpread(demand.spread)) return true;
    const { space } = this.compiler;
    const { spread } = demand;
    const [offends, might] = [sure, perhaps].map((packets) => {
      const plain = space.forget(packets, ['mark', 'sport']);
      const wide = wideEnough(space, plain, spread, to === 'internet' ? 'dst' : 'src');
      return spread.ports > 1 ? space.forget(wide, ['protocol', 'dport', 'sport', 'icmpType', 'icmpCode']) : wide;
    });
    return !space.isSubset(might!, offends!);
  }

  private doubt(judgement: Judgement, missing: readonly Missing[]): void {
    judgement.undetermined = true;
    for (const one of missing) {
      this.missing.set(one.what, one);
      judgement.lacking.add(one.what);
    }
  }

  private sentBy(party: Party, packets: PacketSet): PacketSet {
    const { space } = this.compiler;
    return party === 'internet' ? packets : space.and(packets, space.of({ src: party.spans }));
  }

  /**
   * The same for what a balancer passes on to a target, as the target gets it; what is told of the balancer is not told again.
   */
  private *judgedBehind(policy: FlowPolicy, row: Row, targets: ReadonlySet<Party>): Generator<Offence> {
    const { space } = this.compiler;
    const { demand } = policy.policy;
    const { from } = row;
    if (demand.is !== 'forbidden') return;
    for (const [to, { firm, possible, ways }] of row.behind) {
      if (to === 'internet' || !targets.has(to) || !this.selectors.of(policy.pattern.to).concerns(to)) continue;
      const zone = this.zone(policy, from, to, true);
      const [sure, perhaps] = [space.and(zone, firm), space.and(zone, possible)];
      if (sure !== perhaps && this.couldOffend(policy, sure, perhaps, to)) this.doubt(policy.judgement, row.missing());
      for (const { asked, packets, through } of ways) {
        const told = through.map((gate) =>
          space.and(this.zone(policy, from, gate), row.to.get(gate)?.firm ?? space.none),
        );
        const untold = space.minus(asked, space.orAll(told));
        const offending = space.forget(space.and(zone, packets), ['mark', 'sport']);
        if (space.isEmpty(untold) || space.isEmpty(offending)) continue;
        const wide = wideEnough(space, offending, demand.spread, 'src');
        const ends = through.flatMap((gate) => gate.ends);
        for (const one of from) {
          const mine = this.sentBy(one, untold);
          if (space.isEmpty(mine)) continue;
          for (const offence of this.divided(policy, one, to, this.sentBy(one, wide), true))
            yield { ...offence, through: { asked: mine, ends } };
        }
      }
    }
  }

  /** What is required and does not work. Of the internet some address suffices, as in a question. */
  private lacking({ pattern }: FlowPolicy, from: readonly Party[], zone: PacketSet, possible: PacketSet): PacketSet {
    const { space } = this.compiler;
    const isSome = from[0] === 'internet' && this.selectors.of(pattern.from).outside;
    const works = space.forget(space.and(zone, possible), isSome ? ['sport', 'src'] : ['sport']);
    return space.minus(zone, works);
  }

  /** Every packet that a policy speaks of between some parties and another one. */
  private zone({ pattern, except }: FlowPolicy, from: readonly Party[], to: Party, isBehind = false): PacketSet {
    const { space } = this.compiler;
    const whole = this.packetsOf(pattern, from, to, isBehind);
    if (space.isEmpty(whole)) return whole;
    return except.reduce((rest, one) => space.minus(rest, this.packetsOf(one, from, to, isBehind)), whole);
  }

  /** `isBehind`: in the target's own addresses, wherever the packets were sent first. */
  private packetsOf(pattern: FlowPattern, from: readonly Party[], to: Party, isBehind: boolean): PacketSet {
    const { ready, selectors } = this;
    const { space } = this.compiler;
    const [sender = 'internet'] = from;
    const outward = sender === 'internet' && !isBehind;
    const dst = selectors
      .of(pattern.to)
      .of(to, outward, to === 'internet' ? ready.internet : isBehind ? to.spans : ready.addressesOf(to, sender));
    if (dst.length === 0) return space.none;
    const families = this.sourcesOf(pattern, from);
    return space.orAll(pattern.ports.flatMap((one) => this.traffic(one, families, dst)));
  }

  /** The addresses of a row's parties that a pattern is about, by family. */
  private sourcesOf(pattern: FlowPattern, from: readonly Party[]): readonly Spans[] {
    const known = this.inHand?.sources.get(pattern);
    if (known !== undefined) return known;
    const selector = this.selectors.of(pattern.from);
    const all = from.map((party) =>
      selector.of(party, false, party === 'internet' ? this.ready.internet : party.spans),
    );
    const src = all.length === 1 ? all[0]! : normalise(all.flat());
    const families = [ALL_V4, ALL_V6].map((family) => intersect(src, [family]));
    this.inHand?.sources.set(pattern, families);
    return families;
  }

  private traffic(ports: Ports, sources: readonly Spans[], dst: Spans): PacketSet[] {
    const { space } = this.compiler;
    return ([4, 6] as const).map((family, i) => {
      const to = intersect(dst, [family === 4 ? ALL_V4 : ALL_V6]);
      const from = sources[i] ?? [];
      if (from.length === 0 || to.length === 0) return space.none;
      return space.of({ ...ports.traffic(family), mark: [[0, 1]], src: from, dst: to });
    });
  }

  /** By ends that fare alike: the sorts of both parties, and within them whoever has the same ports. */
  private *divided(
    policy: FlowPolicy,
    from: Party,
    to: Party,
    packets: PacketSet,
    isBehind = false,
  ): Generator<Offence> {
    const { space } = this.compiler;
    if (space.isEmpty(packets)) return;
    const rest = {
      policy: policy.policy,
      space,
      compiler: this.compiler,
      is: policy.isRequired ? ('lacking' as const) : ('working' as const),
    };
    for (const target of this.parted(to, packets, 'dst', from === 'internet' && !isBehind))
      for (const source of this.parted(from, target.packets, 'src', false)) {
        // Nobody offends by speaking to itself.
        const { ends } = source;
        if (ends !== 'internet' && ends.length === 1 && target.ends !== 'internet' && target.ends.length === 1)
          if (ends[0]!.node === target.ends[0]!.node) continue;
        // Only now do all sources fare alike: before, each was wide where one of them was.
        const { demand } = policy.policy;
        const wide =
          demand.is === 'forbidden'
            ? wideEnough(space, source.packets, demand.spread, to === 'internet' ? 'dst' : 'src', true)
            : source.packets;
        if (!space.isEmpty(wide)) yield { ...rest, from: ends, to: target.ends, packets: wide };
      }
  }

  private parted(
    party: Party,
    packets: PacketSet,
    field: 'src' | 'dst',
    outward: boolean,
  ): { ends: Ends; packets: PacketSet }[] {
    const { space } = this.compiler;
    if (party === 'internet') return [{ ends: 'internet', packets }];
    const ranges = party.sorts
      .flatMap((sort, i) =>
        sort.flatMap((end) => (outward ? end.outward : end.spans).map((span) => ({ span, end, sort: i }))),
      )
      .sort((a, b) => (a.span[0] < b.span[0] ? -1 : 1));
    const spans = ranges.map(({ span }) => span);
    // What the set says of each range: equal keys mean the same ports and the same other ends.
    const keys = ranges.map(() => '');
    const known = space.forget(packets, field === 'src' ? ['mark', 'dst'] : ['mark']);
    for (const [i, rest] of [...space.factors(known, field).keys()].entries())
      for (const [j, kid] of space.slicesAt(rest, field, spans).entries())
        if (kid !== space.none) keys[j] += ` ${i}:${kid?.id ?? `part of ${j}`}`;
    const groups = new Map<string, { ends: Set<MatrixEnd>; spans: Span<bigint>[] }>();
    for (const [j, { span, end, sort }] of ranges.entries()) {
      if (keys[j] === '') continue;
      const key = `${sort}${keys[j]}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { ends: new Set([end]), spans: [span] });
      else {
        group.ends.add(end);
        group.spans.push(span);
      }
    }
    return [...groups.values()].map((group) => ({
      ends: [...group.ends],
      packets: space.and(packets, space.of({ [field]: normalise(group.spans) })),
    }));
  }
}

/** Whether a policy forbids some ports: that somebody is behind a balancer is what balancers are for, his database is not. */
function isAboutPorts({ policy: { demand }, pattern }: FlowPolicy): boolean {
  return demand.is === 'forbidden' && pattern.ports.every((ports) => ports.traffic(4).dport !== undefined);
}

interface FlowPolicy {
  readonly policy: Policy;
  readonly judgement: Judgement;
  readonly pattern: FlowPattern;
  readonly except: readonly FlowPattern[];
  readonly isRequired: boolean;
}
