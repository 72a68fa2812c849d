/**
 * JSON read from bytes: checks a value against the grammar and takes only the parts that were asked for, without making
 * text or objects of the rest. Several times as fast as parsing all of it. Knows nothing of files; where something is not
 * plain JSON it says so by an exception, and whoever called reads the text the thorough way.
 */

/**
 * What to take of a value: `true` is all of it; an object names the members to take, of an object or of every object in a
 * list. `share` says that few different values occur: equal ones become one and the same.
 */
export type Shape = true | Members | Share | Records;

/** The members to take of an object, or of every object in a list. */
export interface Members {
  readonly [key: string]: Shape;
}

class Share {
  readonly shape: Shape;
  /** Made once, so that everything that uses this part shares it. */
  plan: Plan | undefined;

  constructor(shape: Shape) {
    this.shape = shape;
  }
}

/** See `records`. */
class Records {
  readonly shape: Members;
  constructor(shape: Members) {
    this.shape = shape;
  }
}

/** A list of records inside a record, as large and as many as the outer ones. */
export function records(shape: Members): Records {
  return new Records(shape);
}

/** A part of which few different values occur. */
export function share(shape: Shape): Share {
  return new Share(shape);
}

/** The bytes are no plain JSON at `offset` (of the window). */
export class NotPlain extends Error {
  readonly offset: number;
  constructor(offset: number) {
    super('not plain JSON');
    this.offset = offset;
  }
}

/** The window ends inside a value: normal where a file is read piece by piece, so it is made once and has no stack. */
export class NeedsMore extends Error {
  static readonly one = new NeedsMore();
}

/** Deeper values are left to the thorough way, which says what is wrong with them. */
const MOST_DEPTH = 100;
const MOST_SHARED = 1 << 17;
/** After so many different values a part must have repeated as often to be kept on. */
const ENOUGH_TO_JUDGE = 1 << 11;

const [QUOTE, BACKSLASH, COMMA, COLON, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = [
  0x22, 0x5c, 0x2c, 0x3a, 0x7b, 0x7d, 0x5b, 0x5d,
] as const;

/** A shape made ready. */
export interface Plan {
  readonly keys: Keys | undefined;
  readonly pool: Pool | undefined;
  /** What it takes is a list of records. */
  readonly isTable?: true;
}

export interface Member {
  readonly key: string;
  /** Its place among the members of its shape. */
  readonly column: number;
  /** Its key with quotes and colon. */
  readonly quoted: Buffer;
  readonly plan: Plan;
}

/** A key as it stands in objects of one shape. */
export interface KnownKey {
  /** Quotes and colon included. */
  readonly bytes: Buffer;
  /** Undefined where its value is not taken. */
  readonly member: Member | undefined;
  /** The key that came after it last time. */
  next: KnownKey | undefined;
}

/** Hostile input may have any number of different keys: no more are remembered. */
const MOST_KEYS = 256;

/**
 * The keys of the objects of one shape. Records of a list have their keys in one order, so the next key is nearly always
 * the one that came next before: comparing with that takes a third of the time of finding where a key ends and what it is.
 */
export class Keys {
  readonly members: readonly Member[];
  /** Stands before the first key. */
  readonly start: KnownKey = { bytes: Buffer.alloc(0), member: undefined, next: undefined };
  private readonly byLength: KnownKey[][] = [];
  private count = 0;

  constructor(shape: Members) {
    this.members = Object.entries(shape).map(([key, inner], column) => ({
      key,
      column,
      quoted: Buffer.from(`"${key}":`),
      plan: planOf(inner),
    }));
    for (const member of this.members) this.add(member.quoted, member);
  }

  /** Passes a key and its colon; `before` is the key before it in its object. */
  pass(reader: ByteReader, before: KnownKey): KnownKey {
    const guess = before.next;
    if (guess !== undefined && startsWith(reader.bytes, reader.at, guess.bytes)) {
      reader.at += guess.bytes.length;
      return guess;
    }
    const known = this.passAny(reader);
    if (known.bytes.length > 0) before.next = known;
    return known;
  }

  private passAny(reader: ByteReader): KnownKey {
    const from = reader.at;
    const hasEscape = reader.passString();
    const { bytes, at: end } = reader;
    if (hasEscape) {
      const key = reader.parsed(from);
      reader.expect(COLON);
      const member = this.members.find((one) => one.key === key);
      return { bytes: NO_BYTES, member, next: undefined };
    }
    reader.expect(COLON);
    for (const known of this.byLength[end - from] ?? [])
      if (startsWith(known.bytes, 0, bytes.subarray(from, end))) return known;
    const text = Buffer.concat([bytes.subarray(from, end), COLON_BYTE]);
    return this.count < MOST_KEYS ? this.add(text, undefined) : { bytes: text, member: undefined, next: undefined };
  }

  /** By the length of the quoted key. */
  private add(bytes: Buffer, member: Member | undefined): KnownKey {
    const known: KnownKey = { bytes, member, next: undefined };
    (this.byLength[bytes.length - 1] ??= []).push(known);
    this.count++;
    return known;
  }
}

/** A cursor over a window of bytes. Behind the window stands a zero, which no JSON holds, so that loops end by themselves. */
export class ByteReader {
  bytes: Buffer;
  /** The window's valid bytes end here. */
  end: number;
  at = 0;
  /** Whether each open container is a list. */
  private readonly isList = new Uint8Array(MOST_DEPTH);

  constructor(bytes: Buffer, end: number) {
    this.bytes = bytes;
    this.end = end;
  }

  /** The next byte that is no space; it is not passed. */
  peek(): number {
    const c = this.bytes[this.at]!;
    if (c > 0x20) return c;
    this.at = this.pastSpace(this.at);
    return this.bytes[this.at]!;
  }

  private pastSpace(from: number): number {
    const { bytes } = this;
    let at = from;
    for (;;) {
      const c = bytes[at]!;
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) break;
      at++;
    }
    if (at >= this.end) throw NeedsMore.one;
    return at;
  }

  /** Passes one byte that must be there. */
  expect(byte: number): void {
    if (this.peek() !== byte) throw new NotPlain(this.at);
    this.at++;
  }

  /** Passes a string; whether it holds an escape. */
  passString(): boolean {
    if (this.bytes[this.at] !== QUOTE) throw new NotPlain(this.at);
    const end = this.pastString(this.at);
    this.at = Math.abs(end);
    return end < 0;
  }

  /** Passes a key and its colon. */
  key(): string {
    if (this.peek() !== QUOTE) throw new NotPlain(this.at);
    const from = this.at;
    this.skipString();
    const key = this.parsed(from) as string;
    this.expect(COLON);
    return key;
  }

  /** Passes one value, checking it. */
  skip(): void {
    const c = this.peek();
    if (c === QUOTE) this.skipString();
    else if (c === OPEN || c === OPEN_LIST) this.skipContainer();
    else this.at = this.pastLiteral(this.at, c);
  }

  /** Passes one value and makes what the plan takes of it. */
  take(plan: Plan): unknown {
    const c = this.peek();
    if (plan.pool !== undefined) return plan.pool.take(this);
    if (plan.keys === undefined || (c !== OPEN && c !== OPEN_LIST)) {
      const from = this.at;
      this.skip();
      return this.parsed(from);
    }
    return c === OPEN ? this.takeMembers(plan.keys) : this.takeList(plan);
  }

  private takeList(plan: Plan): unknown[] {
    // Most lists have one element: a list that is born with it takes a tenth of the room of one that has to grow.
    let list: unknown[] = [];
    this.eachElement(() => {
      const element = this.take(plan);
      if (list.length === 0) list = [element];
      else list.push(element);
    });
    return list;
  }

  private takeMembers(keys: Keys): Record<string, unknown> {
    const taken: Record<string, unknown> = {};
    this.eachMember(keys, ({ key, plan }) => {
      taken[key] = this.take(plan);
    });
    return taken;
  }

  /** Passes a list; `element` passes one element. */
  eachElement(element: () => void): void {
    this.expect(OPEN_LIST);
    if (this.peek() !== CLOSE_LIST)
      for (;;) {
        element();
        if (this.peek() === CLOSE_LIST) break;
        this.expect(COMMA);
      }
    this.at++;
  }

  /** Passes an object; `take` passes the value of a member that these keys name, all others are passed here. */
  eachMember(keys: Keys, take: (member: Member) => void): void {
    this.expect(OPEN);
    if (this.peek() !== CLOSE)
      for (let known = keys.start; ; ) {
        this.peek();
        known = keys.pass(this, known);
        const { member } = known;
        if (member === undefined) this.skip();
        else take(member);
        if (this.peek() === CLOSE) break;
        this.expect(COMMA);
      }
    this.at++;
  }

  /** The value whose bytes start at `from` and end here. */
  parsed(from: number): unknown {
    const { bytes, at } = this;
    const first = bytes[from]!;
    if (first === QUOTE) {
      let i = from + 1;
      while (ASCII[bytes[i]!] === 1) i++;
      if (i === at - 1) return latin(bytes, from + 1, i);
    } else if (first === 0x74) return true;
    else if (first === 0x66) return false;
    else if (first === OPEN_LIST && at - from === 2) return [];
    else if (at - from === 1) return first - 0x30;
    return JSON.parse(bytes.toString('utf8', from, at));
  }

  private skipString(): void {
    this.at = Math.abs(this.pastString(this.at));
  }

  /** Where the string ends that opens at `open`; negative when it holds an escape. */
  private pastString(open: number): number {
    const { bytes } = this;
    let at = open + 1;
    while (PLAIN[bytes[at]!] === 1) at++;
    return bytes[at] === QUOTE ? at + 1 : -this.pastEscapes(at);
  }

  private pastEscapes(from: number): number {
    const { bytes, end } = this;
    for (let at = from; ; ) {
      while (PLAIN[bytes[at]!] === 1) at++;
      if (at >= end) throw NeedsMore.one;
      if (bytes[at] === QUOTE) return at + 1;
      if (bytes[at] !== BACKSLASH) throw new NotPlain(at);
      const escaped = bytes[at + 1]!;
      const length = escaped === 0x75 ? 6 : 2;
      if (at + length > end) throw NeedsMore.one;
      if (escaped === 0x75) {
        for (let i = 2; i < 6; i++) if (!isHex(bytes[at + i]!)) throw new NotPlain(at);
      } else if (!isEscape(escaped)) throw new NotPlain(at);
      at += length;
    }
  }

  /** One loop with everything at hand: most of a large file passes here. */
  private skipContainer(): void {
    const { bytes, isList } = this;
    let { at } = this;
    let depth = 0;
    for (;;) {
      // A value starts here.
      let c = bytes[at]!;
      if (c <= 0x20) c = bytes[(at = this.pastSpace(at))]!;
      if (c === QUOTE) {
        at++;
        while (PLAIN[bytes[at]!] === 1) at++;
        at = bytes[at] === QUOTE ? at + 1 : this.pastEscapes(at);
      } else if (c === OPEN || c === OPEN_LIST) {
        if (depth >= MOST_DEPTH) throw new NotPlain(at);
        isList[depth++] = c === OPEN_LIST ? 1 : 0;
        at++;
        let next = bytes[at]!;
        if (next <= 0x20) next = bytes[(at = this.pastSpace(at))]!;
        if (next !== (c === OPEN ? CLOSE : CLOSE_LIST)) {
          if (c === OPEN) at = this.pastKey(at);
          continue;
        }
        at++;
        depth--;
      } else at = this.pastLiteral(at, c);
      // A value ends here, and perhaps what it stands in.
      for (;;) {
        if (depth === 0) {
          this.at = at;
          return;
        }
        let next = bytes[at]!;
        if (next <= 0x20) next = bytes[(at = this.pastSpace(at))]!;
        if (next === COMMA) {
          at++;
          if (isList[depth - 1] === 0) at = this.pastKey(at);
          break;
        }
        if (next !== (isList[depth - 1] === 1 ? CLOSE_LIST : CLOSE)) throw new NotPlain(at);
        at++;
        depth--;
      }
    }
  }

  private pastKey(from: number): number {
    const { bytes } = this;
    let at = from;
    if (bytes[at]! <= 0x20) at = this.pastSpace(at);
    if (bytes[at] !== QUOTE) throw new NotPlain(at);
    at++;
    while (PLAIN[bytes[at]!] === 1) at++;
    at = bytes[at] === QUOTE ? at + 1 : this.pastEscapes(at);
    if (bytes[at]! <= 0x20) at = this.pastSpace(at);
    if (bytes[at] !== COLON) throw new NotPlain(at);
    return at + 1;
  }

  private pastLiteral(from: number, first: number): number {
    const { bytes } = this;
    let at = from;
    while (isLiteralByte(bytes[at]!)) at++;
    // A number could go on behind the window's end.
    if (at >= this.end) throw NeedsMore.one;
    if (first === 0x74 || first === 0x66 || first === 0x6e) {
      if (!isWord(bytes, from, at)) throw new NotPlain(from);
    } else if (at - from > 15 || !isInteger(bytes, from, at)) {
      if (!NUMBER.test(latin(bytes, from, at))) throw new NotPlain(from);
    }
    return at;
  }
}

/** 1 for bytes that are a character of a string each. */
const ASCII = Uint8Array.from({ length: 256 }, (_, c) =>
  c < 0x20 || c >= 0x80 || c === QUOTE || c === BACKSLASH ? 0 : 1,
);

/** 1 for bytes that stand for themselves in a string. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, c) => (c < 0x20 || c === QUOTE || c === BACKSLASH ? 0 : 1));

const [TRUE, FALSE, NULL] = ['true', 'false', 'null'].map((word) => Buffer.from(word)) as [Buffer, Buffer, Buffer];

function isWord(bytes: Buffer, from: number, end: number): boolean {
  const first = bytes[from];
  const word = first === 0x74 ? TRUE : first === 0x66 ? FALSE : NULL;
  return word.length === end - from && startsWith(bytes, from, word);
}

/** Node's own fast path of `toString('latin1')`, which a hundred thousand short strings feel. */
function latin(bytes: Buffer, from: number, end: number): string {
  return (bytes as Buffer & { latin1Slice(from: number, end: number): string }).latin1Slice(from, end);
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function isInteger(bytes: Uint8Array, from: number, end: number): boolean {
  if (from === end || (bytes[from] === 0x30 && end - from > 1)) return false;
  for (let i = from; i < end; i++) if (bytes[i]! < 0x30 || bytes[i]! > 0x39) return false;
  return true;
}

function isLiteralByte(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x7a) || c === 0x2d || c === 0x2b || c === 0x2e || c === 0x45;
}

function isHex(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x66) || (c >= 0x41 && c <= 0x46);
}

/** One of `"\/bfnrt`. */
function isEscape(c: number): boolean {
  return c === 0x22 || c === 0x5c || c === 0x2f || c === 0x62 || c === 0x66 || c === 0x6e || c === 0x72 || c === 0x74;
}

const COLON_BYTE = Buffer.from(':');

/** Whether these bytes stand at a place of a window. */
export function startsWith(bytes: Buffer, from: number, what: Buffer): boolean {
  const { length } = what;
  for (let i = 0; i < length; i++) if (bytes[from + i] !== what[i]) return false;
  return true;
}

/** Makes a shape ready for reading; reuse it, so that shared parts are shared between files. */
export function planOf(shape: Shape): Plan {
  if (shape === true) return { keys: undefined, pool: undefined };
  if (shape instanceof Share) return (shape.plan ??= { keys: undefined, pool: new Pool(planOf(shape.shape)) });
  if (shape instanceof Records) return { keys: new Keys(shape.shape), pool: undefined, isTable: true };
  return { keys: new Keys(shape), pool: undefined };
}

interface Pooled {
  readonly bytes: Buffer;
  readonly value: unknown;
  /** Its place among the numbered values; -1 until somebody asks for it. */
  number: number;
}

/** Values by their bytes. Beyond a bound nothing more is shared, so that hostile input can't fill memory twice. */
export class Pool {
  readonly plan: Plan;
  /** Values that `takeNumber` gave a number. */
  readonly numbered: unknown[] = [];
  private readonly known = new Map<number, Pooled[]>();
  private last: Pooled | undefined;
  private size = 0;
  private repeated = 0;

  constructor(plan: Plan) {
    this.plan = plan;
  }

  /** Passes one value. */
  take(reader: ByteReader): unknown {
    return this.find(reader).value;
  }

  /** Passes one value and says where it stands in `numbered`. */
  takeNumber(reader: ByteReader): number {
    const found = this.find(reader);
    if (found.number < 0) found.number = this.numbered.push(found.value) - 1;
    return found.number;
  }

  private find(reader: ByteReader): Pooled {
    const { bytes, at: from } = reader;
    const { last } = this;
    // A string or container that starts with the bytes of another is that other.
    if (last !== undefined && from + last.bytes.length <= reader.end && startsWith(bytes, from, last.bytes)) {
      reader.at = from + last.bytes.length;
      this.repeated++;
      return last;
    }
    reader.skip();
    const end = reader.at;
    const closing = bytes[end - 1];
    if (closing !== QUOTE && closing !== CLOSE && closing !== CLOSE_LIST)
      return { bytes: NO_BYTES, value: reader.parsed(from), number: -1 };
    let hash = end - from;
    for (let i = from; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    const list = this.known.get(hash);
    const known = list?.find((one) => one.bytes.length === end - from && startsWith(bytes, from, one.bytes));
    if (known !== undefined) {
      this.repeated++;
      return (this.last = known);
    }
    const made = this.made(reader, from, end);
    const isRare = this.size > ENOUGH_TO_JUDGE && this.repeated < this.size;
    if (isRare || this.size >= MOST_SHARED || (list !== undefined && list.length >= 8)) return made;
    this.size++;
    this.last = made;
    if (list === undefined) this.known.set(hash, [made]);
    else list.push(made);
    return made;
  }

  private made(reader: ByteReader, from: number, end: number): Pooled {
    reader.at = from;
    return { bytes: Buffer.from(reader.bytes.subarray(from, end)), value: reader.take(this.plan), number: -1 };
  }
}

const NO_BYTES = Buffer.alloc(0);
