/**
 * What arrives and gets no reply, by whether a filter or the way back is to blame. Where there are too many pairs of ends, only
 * what goes in and out is looked at, and the result says so.
 */
import type { Compiler } from '../engine/compile.ts';
import type { MatrixNetwork, Party, Row, Sight, Toward } from '../engine/matrix-row.ts';
import { parsePorts } from '../engine/ports.ts';
import type { Network } from '../model/network.ts';
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import { type Found, type Looked, exposureOf, namedEnds, portsOf } from './finding.ts';
import type { RowReader } from './row-pass.ts';
import { Stories } from './story.ts';

/** More pairs of kinds than this, and only what goes in and out is looked at: all pairs would take longer than all the rest. */
const MOST_PAIRS = 1_000_000;
/**
 * More pairs than this are not looked into: one broken list can lose the replies of all, and each takes a walk and a finding.
 */
const MOST_TOLD = 30_000;
/** What one expects an answer to. */
const ANSWERED = ['*/tcp', '*/udp', 'icmp'].map(parsePorts);
const NOBODY: ReadonlySet<Party> = new Set();
const OUTSIDE: ReadonlySet<Party> = new Set(['internet']);

/** Looks for lost replies, row by row. */
export class LostReplies implements RowReader {
  private readonly ready: MatrixNetwork;
  private readonly toward: Toward;
  private readonly isAll: boolean;
  private readonly stories: Stories;
  private readonly kinds: ReadonlySet<Party>;
  private readonly everybody: ReadonlySet<Party>;
  private readonly found = { filtered: [] as Found[], misrouted: [] as Found[] };
  private readonly unanswered = new Set<string>();
  private pairs = 0;

  constructor(network: Network, { ready, toward }: Sight) {
    this.ready = ready;
    this.toward = toward;
    this.stories = new Stories(network);
    const sizes = ready.senders.map(toward).map((some) => (some === 'everybody' ? ready.kinds.length : some.size));
    this.isAll = sizes.reduce((sum, size) => sum + size, 0) <= MOST_PAIRS;
    this.kinds = new Set(ready.kinds);
    this.everybody = new Set<Party>([...ready.kinds, 'internet']);
  }

  targets(from: Party): ReadonlySet<Party> {
    const some = this.toward(from);
    if (from === 'internet') return some === 'everybody' ? this.kinds : some;
    if (this.isAll) return some === 'everybody' ? this.everybody : some;
    return some === 'everybody' || some.has('internet') ? OUTSIDE : NOBODY;
  }

  looksBehind(): boolean {
    return false;
  }

  read(row: Row, { space }: Compiler): void {
    const targets = this.targets(row.from[0]!);
    for (const [to, why] of row.unanswered) if (targets.has(to)) this.unanswered.add(why);
    const asked = space.orAll(
      ([4, 6] as const).flatMap((family) => ANSWERED.map((one) => space.of(one.traffic(family)))),
    );
    for (const [to, all] of row.lost()) {
      if (!targets.has(to)) continue;
      const lost = space.and(all, asked);
      if (space.isEmpty(lost)) continue;
      for (const from of row.from)
        this.add(space, from, to, from === 'internet' ? lost : space.and(lost, space.of({ src: from.spans })));
    }
  }

  /** What was found, once all rows are read. */
  looked(): { readonly filtered: Looked; readonly misrouted: Looked } {
    const left = [
      ...(this.isAll
        ? []
        : [`only flows from and to the internet were looked at: there are ${this.ready.kinds.length} kinds of ends`]),
      ...(this.pairs <= MOST_TOLD
        ? []
        : [`${this.pairs - MOST_TOLD} more pairs of kinds lose replies, by what was not looked into`]),
      ...(this.unanswered.size === 0 ? [] : [`not all of it could be worked out: ${[...this.unanswered].join('; ')}`]),
    ].join('; ');
    const more = left === '' ? {} : { left };
    return {
      filtered: { found: this.found.filtered, ...more },
      misrouted: { found: this.found.misrouted, ...more },
    };
  }

  private add(space: PacketSpace, from: Party, to: Party, lost: PacketSet): void {
    if (space.isEmpty(lost) || ++this.pairs > MOST_TOLD) return;
    const [source, target] = [from, to].map((party) => (party === 'internet' ? party : party.ends));
    const story = this.stories.of(space, lost, source!, target!);
    const blocker = story?.answer.blockers.find(({ leg }) => leg === 'return');
    if (story === undefined || blocker === undefined) return;
    const { resource, resourceName, provider, rule, origin } = blocker;
    const ports = portsOf(space, lost);
    this.found[blocker.layer === 'transport' && blocker.code !== 'no-session' ? 'filtered' : 'misrouted'].push({
      responsible: {
        id: resource,
        kind: '',
        provider,
        ...(resourceName === undefined ? {} : { name: resourceName }),
      },
      from: namedEnds(source!),
      to: namedEnds(target!),
      ports,
      message: (a, b) =>
        `${a} can get to ${b} on ${ports}, at least from some source ports, but no reply comes back: ${blocker.message}`,
      exposure: exposureOf(space, lost, from === 'internet'),
      witness: story.witness,
      path: story.path,
      ...(blocker.fix === null ? {} : { fix: blocker.fix.text }),
      ...(origin.file === '' ? {} : { places: [origin] }),
      detail: rule?.text ?? '',
    });
  }
}
