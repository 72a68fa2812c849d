/** The port part of a question: "443", "53/udp", "8000-8100", "443,8443", "icmp", "esp", "proto:47", "*". */
import { ICMP, ICMPV6, TCP, protocolName, protocolNumber, hasPorts } from '../net/protocol.ts';
import { type Span, normalise } from '../net/spans.ts';
import { portsText } from '../net/describe.ts';
import type { Traffic } from '../model/query.ts';

/** What is asked for, for each address family, and how it is printed. */
export interface Ports {
  readonly traffic: (family: 4 | 6) => Traffic;
  readonly protocolText: string;
  readonly portsText: string;
}

/** A question that can't be asked as it was written: exit 2. */
export class QuestionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'QuestionError';
  }
}

const EVERYTHING: Ports = { traffic: () => ({}), protocolText: '*', portsText: '*' };
const FORMS = 'Write 443, 53/udp, 8000-8100, 443,8443, icmp, esp, proto:47 or *.';

/** Reads the text behind the last colon. Throws QuestionError for what is none of the forms. */
export function parsePorts(text: string): Ports {
  const word = text.trim().toLowerCase();
  if (word === '*') return EVERYTHING;
  // Ping: an echo request, whose reply is an echo reply.
  if (word === 'icmp')
    return {
      traffic: (family) => ({
        protocol: one(family === 4 ? ICMP : ICMPV6),
        icmpType: one(family === 4 ? 8 : 128),
        icmpCode: one(0),
      }),
      protocolText: 'icmp',
      portsText: 'echo-request',
    };
  const numbered = /^proto:(\d+)$/.exec(word);
  if (numbered !== null) return whole(numberIn(numbered[1]!, 0, 255, 'protocol'));
  const named = protocolNumber(word);
  if (named !== undefined) return whole(named);
  const [list, name, ...rest] = word.split('/');
  if (list === undefined || rest.length > 0) throw new QuestionError(`"${text}" is not a port. ${FORMS}`);
  const protocol = name === undefined ? TCP : protocolNumber(name);
  if (protocol === undefined)
    throw new QuestionError(`"${name}" in "${text}" is not a protocol that netaudit knows. ${FORMS}`);
  if (!hasPorts(protocol)) throw new QuestionError(`${name} has no ports. Write "${name}" alone.`);
  if (list === '*') return whole(protocol);
  const spans = normalise(list.split(',').map((part) => portSpan(part, text)));
  return {
    traffic: () => ({ protocol: one(protocol), dport: spans }),
    protocolText: protocolName(protocol),
    portsText: portsText(spans),
  };
}

function portSpan(part: string, text: string): Span {
  const range = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
  if (range === null) throw new QuestionError(`"${text}" is not a port. ${FORMS}`);
  const lo = numberIn(range[1]!, 0, 65535, 'port');
  const hi = range[2] === undefined ? lo : numberIn(range[2], 0, 65535, 'port');
  if (hi < lo) throw new QuestionError(`the port range ${part} runs backwards. Write ${hi}-${lo}.`);
  return [lo, hi + 1];
}

function numberIn(digits: string, least: number, most: number, what: string): number {
  const value = Number(digits);
  if (digits.length > 6 || value < least || value > most)
    throw new QuestionError(`${what} ${digits.slice(0, 12)} is out of range: ${what}s are ${least} to ${most}.`);
  return value;
}

function whole(protocol: number): Ports {
  return { traffic: () => ({ protocol: one(protocol) }), protocolText: protocolName(protocol), portsText: '*' };
}

function one(value: number): readonly Span[] {
  return [[value, value + 1]];
}

/** Everything, for a destination without a port. */
export const EVERY_PORT: Ports = EVERYTHING;
