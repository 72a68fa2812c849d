/**
 * Asks the questions that words resolve to: one compiled network for all rows that lay nothing over it, both address
 * families where the internet is an end, and the traps that those who read the network know of.
 */
import { PacketSpace } from '../net/packet-space.ts';
import type { Change, ChangeSteps } from '../model/change.ts';
import type { GotchaContext } from '../model/finding.ts';
import type { Network } from '../model/network.ts';
import { type Missing, nameAndId } from '../model/origin.ts';
import type { Question } from '../model/query.ts';
import type { Answer, Blocker, Gotcha } from '../model/results.ts';
import { Compiler } from './compile.ts';
import type { Row } from './endpoints.ts';
import { overlay } from './overlay.ts';
import { type ReachOptions, reach } from './reach.ts';

/** Who knows traps, and how people make a change; a provider's view fits. */
export interface Adviser {
  gotchas(context: GotchaContext): readonly Gotcha[];
  stepsOf?(change: Change): ChangeSteps | undefined;
}

/** A space this full is dropped between two rows: the next one compiles what it needs again. */
const FULL = 2_000_000;
/** What so many parts take, some 30 MB, may be kept from one call to the next. */
const KEPT = 2_000_000;

/**
 * A loaded network is asked again and again: what was compiled for one question serves the next, which then takes a
 * fraction of the time. Gone with the network.
 */
const KEPT_COMPILERS = new WeakMap<Network, Compiler>();

function compilerOf(network: Network): Compiler {
  const kept = KEPT_COMPILERS.get(network);
  if (kept !== undefined && kept.space.weight <= KEPT) return kept;
  const made = new Compiler(new PacketSpace(), network);
  KEPT_COMPILERS.set(network, made);
  return made;
}

/** One answer a row, in their order, made as it is asked for. */
export function* answersTo(
  network: Network,
  rows: Iterable<Row>,
  advisers: readonly Adviser[],
  options: Pick<ReachOptions, 'strict'>,
): Generator<Answer> {
  let shared = compilerOf(network);
  for (const { question, adds, otherFamily } of rows) {
    if (shared.space.nodeCount > FULL) shared = new Compiler(new PacketSpace(), network);
    const over = overlay(network, adds);
    const compiler = adds.length === 0 ? shared : new Compiler(new PacketSpace(), over);
    const answer = (one: Question): Answer => {
      const plain = reach(over, one, { ...(options.strict === undefined ? {} : { strict: options.strict }), compiler });
      const known =
        one.unresolved !== undefined
          ? unanswered(one.unresolved, plain)
          : lacksAddress(one)
            ? withoutAddress(one, plain)
            : ofPrivateEnd(one, plain);
      return {
        ...known,
        gotchas: advisers.flatMap((adviser) => adviser.gotchas({ network: over, question: one, answer: known })),
      };
    };
    const first = answer(question);
    const both = otherFamily === undefined ? first : ofBothFamilies(first, question, answer(otherFamily), otherFamily);
    const unique = new Map(both.gotchas.map((gotcha) => [`${gotcha.code} ${gotcha.resource}`, gotcha]));
    yield withSteps({ ...both, gotchas: [...unique.values()] }, advisers);
  }
}

/** Each change with the steps that its provider knows. */
function withSteps(answer: Answer, advisers: readonly Adviser[]): Answer {
  const known = new Map<Change, Change>();
  const advised = (change: Change): Change => {
    const same = known.get(change);
    if (same !== undefined) return same;
    const steps = advisers.map((adviser) => adviser.stepsOf?.(change)).find((one) => one !== undefined);
    const told = steps === undefined ? change : { ...change, steps };
    known.set(change, told);
    return told;
  };
  return {
    ...answer,
    blockers: answer.blockers.map((blocker) =>
      blocker.fix === null ? blocker : { ...blocker, fix: { ...blocker.fix, change: advised(blocker.fix.change) } },
    ),
    fixes: { ...answer.fixes, changes: answer.fixes.changes.map(advised) },
  };
}

/**
 * The internet speaks both families. The answer is that of the first (IPv4) unless it has no way there at all and the
 * other has one; that they differ is a trap of its own.
 */
function ofBothFamilies(a: Answer, first: Question, b: Answer, second: Question): Answer {
  if (a.verdict === b.verdict && hasWay(a)) return a;
  const [told, other, family] = hasWay(a) || !hasWay(b) ? [a, b, second.family] : [b, a, first.family];
  if (told.verdict === other.verdict) return told;
  const end = first.src.id === 'internet' ? first.dst : first.src;
  const differs: Gotcha = {
    code: 'address-family-differs',
    severity: 'medium',
    resource: end.id,
    ...(end.name === undefined ? {} : { resourceName: end.name }),
    message: `over IPv${family} it is ${other.verdict}`,
    source: 'https://www.rfc-editor.org/rfc/rfc4213',
  };
  return { ...told, gotchas: [...told.gotchas, differs, ...other.gotchas] };
}

/** Whether routes and addresses lead there, whatever filters say: blockers are those of every round of repair. */
function hasWay(answer: Answer): boolean {
  if (answer.verdict !== 'unreachable') return true;
  return !answer.blockers.some((one) => one.connection === 0 && one.leg === 'forward' && one.layer === 'network');
}

/** What has no public address decides that the internet has no way to it, not the internet. */
function ofPrivateEnd({ dst, target }: Question, answer: Answer): Answer {
  if (target === undefined) return answer;
  const blockers = answer.blockers.map((blocker) =>
    blocker.code !== 'private-address-on-internet' || blocker.connection > 0
      ? blocker
      : {
          ...blocker,
          resource: dst.id,
          ...(dst.name === undefined ? {} : { resourceName: dst.name }),
          message: `${nameAndId(dst.id, dst.name)} has no public address, and the internet routes no other`,
        },
  );
  return { ...answer, blockers };
}

/** An end that is known by name only: nothing of the network can be asked. */
function unanswered(missing: Missing, answer: Answer): Answer {
  return {
    ...answer,
    verdict: 'undetermined',
    allowed: [],
    blockers: [],
    fixes: { outcome: 'none', changes: [] },
    missing: [missing],
  };
}

function lacksAddress({ srcAddresses, dstAddresses }: Question): boolean {
  return srcAddresses.length === 0 || dstAddresses.length === 0;
}

/** An end without an address of the family: nothing can be sent, which is an answer and no error. */
function withoutAddress(question: Question, answer: Answer): Answer {
  const end = question.srcAddresses.length === 0 ? question.src : question.dst;
  const blocker: Blocker = {
    code: 'no-address-in-family',
    resource: end.id,
    ...(end.name === undefined ? {} : { resourceName: end.name }),
    provider: 'netaudit',
    connection: 0,
    leg: 'forward',
    layer: 'network',
    symptom: 'unreachable',
    packets: 'everything that was asked',
    message: `${end.name === undefined || end.name === end.id ? end.id : `${end.name} (${end.id})`} has no IPv${question.family} address`,
    fix: null,
    whyNoFix: `give it an IPv${question.family} address, or ask for the other family`,
    origin: { file: '', pointer: '' },
  };
  return {
    ...answer,
    verdict: 'unreachable',
    allowed: [],
    blockers: [blocker],
    fixes: { outcome: 'none', changes: [] },
  };
}
