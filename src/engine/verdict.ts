/** From what a walk found to a verdict: which quantifiers the question asks for, and what two moods say together. */
import type { PacketSet, PacketSpace } from '../net/packet-space.ts';
import type { Question } from '../model/query.ts';
import type { Verdict } from '../model/results.ts';
import type { Outcome } from './outcome.ts';

/** Everything that was asked, as one packet set. */
export function askedPackets(space: PacketSpace, question: Question): PacketSet {
  const { traffic, srcAddresses: src, dstAddresses: dst } = question;
  const all = space.of({ ...traffic, mark: [[0, 1]], src, dst });
  const withPorts = space.of({ ...traffic, mark: [[0, 1]], src, dst, sport: question.sports });
  const portless = traffic.dport === undefined ? space.minus(all, space.of({ sport: [[0, 65536]] })) : space.none;
  return space.or(withPorts, portless);
}

/**
 * The packets that work whatever source port the client takes. Source ports are the client's free choice, so a packet
 * counts only if it works with every one of them.
 */
export function workingPackets(space: PacketSpace, asked: PacketSet, outcome: Outcome): PacketSet {
  const certain = space.and(asked, space.minus(outcome.ok, outcome.fail));
  const lost = space.minus(asked, certain);
  return space.minus(asked, space.forget(lost, ['sport']));
}

/** Reachable if what works covers the question, unreachable if nothing does, else partial. */
export function verdictOf(space: PacketSpace, question: Question, asked: PacketSet, outcome: Outcome): Verdict {
  if (space.isEmpty(outcome.ok)) return 'unreachable';
  const works = workingPackets(space, asked, outcome);
  const covered = question.srcQuantifier === 'every' ? works : space.forget(works, ['src', 'sport']);
  return space.isSubset(asked, covered) ? 'reachable' : 'partial';
}
