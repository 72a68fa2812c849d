/**
 * Records as rows of a table: of each record the bytes of the parts that a shape takes are kept, packed, and made into
 * values only when somebody looks at them. A large list takes a third of the memory that objects would, the collector of
 * garbage has nothing to walk in it, and most values are never made. Knows nothing of files.
 */
import { ByteReader, type Keys, type Plan } from './byte-json.ts';
import { SnapshotError } from './documents.ts';

const [COMMA, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = [0x2c, 0x7b, 0x7d, 0x5b, 0x5d] as const;

/** Bytes of a chunk; what is longer gets a chunk of its own. */
const CHUNK_BITS = 18;
const CHUNK = 1 << CHUNK_BITS;
const MOST_CHUNKS = (1 << (32 - CHUNK_BITS)) - 1;

interface Found {
  readonly places: readonly number[] | undefined;
}

/** Packed values of all tables of one load, each followed by a comma. A place is 32 bits: the chunk and where in it. */
export class PackedValues {
  private readonly chunks: Buffer[] = [];
  /** Where the values of each chunk but the last end. */
  private readonly ends: number[] = [];
  private readonly reader = new ByteReader(Buffer.alloc(1), 0);
  private chunk: Buffer = Buffer.alloc(0);
  /** In the last chunk: where the value starts that is being put, and where it goes on. */
  private start = 0;
  private at = 0;
  private keptChunks = 0;
  private keptAt = 0;
  /** Places by what was looked for last; complete as nothing is put any more by then. */
  private readonly found = new Map<string, Found>();
  private escapes: Found | undefined;

  begin(): void {
    this.start = this.at;
    // A place has room for so many bytes only; behind a long value a chunk goes on beyond them.
    if (this.at >= CHUNK) this.grow(0);
  }

  /** A place before that of what is put next, and behind all that was put. */
  get next(): number {
    return Math.max(this.chunks.length - 1, 0) * CHUNK + Math.min(this.at, CHUNK);
  }

  /**
   * Where a string may stand, ascending: everywhere it does, and some places where it does not. Undefined where that can't be
   * told, as bytes that are no characters are read as something else than they are, or where there are too many to list.
   */
  placesOf(text: string): readonly number[] | undefined {
    if (text.includes('\uFFFD')) return undefined;
    // The same is asked of every table in turn.
    const known = this.found.get(text);
    if (known !== undefined) return known.places;
    // What is written with an escape is not written as it is read.
    this.escapes ??= { places: this.search(ESCAPE) };
    const [plain, escaped] = [this.search(Buffer.from(`"${text}"`)), this.escapes.places];
    const places =
      plain === undefined || escaped === undefined ? undefined : [...plain, ...escaped].sort((a, b) => a - b);
    if (this.found.size >= MOST_FOUND) this.found.clear();
    this.found.set(text, { places });
    return places;
  }

  private search(bytes: Buffer): number[] | undefined {
    const places: number[] = [];
    for (const [i, whole] of this.chunks.entries()) {
      const chunk = whole.subarray(0, i === this.chunks.length - 1 ? this.at : this.ends[i]);
      for (let at = chunk.indexOf(bytes); at !== -1; at = chunk.indexOf(bytes, at + 1)) {
        if (places.length === MOST_PLACES) return undefined;
        places.push(i * CHUNK + Math.min(at, CHUNK - 1));
      }
    }
    return places;
  }

  put(byte: number): void {
    if (this.at === this.chunk.length) this.grow(1);
    this.chunk[this.at++] = byte;
  }

  copy(bytes: Uint8Array, from: number, end: number): void {
    if (this.chunk.length - this.at < end - from) this.grow(end - from);
    const { chunk } = this;
    // Most values are short: a loop beats a call for them.
    if (end - from > 64) {
      chunk.set(bytes.subarray(from, end), this.at);
      this.at += end - from;
    } else for (let i = from; i < end; i++) chunk[this.at++] = bytes[i]!;
  }

  /** The place of the value that was put since `begin`. */
  end(): number {
    this.put(COMMA);
    return (this.chunks.length - 1) * CHUNK + this.start;
  }

  valueAt(place: number, plan: Plan): unknown {
    const { reader } = this;
    reader.bytes = this.chunks[place >>> CHUNK_BITS]!;
    reader.at = place & (CHUNK - 1);
    reader.end = reader.bytes.length;
    return reader.take(plan);
  }

  /** Where things stand, for `backTo`, which forgets all that was put since. */
  get mark(): readonly [chunks: number, at: number] {
    return [this.chunks.length, this.at];
  }

  /** The same for one record after the other: `backToKept` forgets what was put since. */
  keep(): void {
    this.keptChunks = this.chunks.length;
    this.keptAt = this.at;
  }

  backToKept(): void {
    this.backTo([this.keptChunks, this.keptAt]);
  }

  backTo([chunks, at]: readonly [number, number]): void {
    this.chunks.length = chunks;
    this.chunk = this.chunks.at(-1) ?? this.chunk.subarray(0, 0);
    this.at = at;
  }

  /** A new chunk, to which the value begun moves; a value never lies in two. */
  private grow(more: number): void {
    if (this.chunks.length === MOST_CHUNKS)
      throw new SnapshotError({
        file: '(the snapshot)',
        what: 'holds more interfaces and instances than one run can keep in memory',
        hint: 'Ask about a part of it, for example one account or Region at a time',
      });
    const begun = this.chunk.subarray(this.start, this.at);
    if (this.chunks.length > 0) this.ends[this.chunks.length - 1] = this.start;
    this.chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK, 2 * (begun.length + more)));
    this.chunk.set(begun);
    this.chunks.push(this.chunk);
    this.start = 0;
    this.at = begun.length;
  }
}

/** A record of a table: to readers an object with the members that its shape takes, each made when it is looked at. */
class Row {
  readonly #table: RecordTable;
  readonly #index: number;

  constructor(table: RecordTable, index: number) {
    this.#table = table;
    this.#index = index;
  }

  static valueOf(row: Row, column: number): unknown {
    return row.#table.valueOf(row.#index, column);
  }

  static tableOf(row: Row): RecordTable {
    return row.#table;
  }

  static keysOf(row: Row): readonly string[] {
    return row.#table.keysOf(row.#index);
  }
}

/** The table that a record is a row of. */
export function tableOf(record: object): RecordTable | undefined {
  return record instanceof Row ? Row.tableOf(record) : undefined;
}

/** The members of a record, also of one that is a row of a table. */
export function keysOfRecord(record: object): readonly string[] {
  return record instanceof Row ? Row.keysOf(record) : Object.keys(record);
}

interface TableMark {
  readonly count: number;
  readonly ranges: number;
  readonly inner: readonly (TableMark | undefined)[];
}

/** Records of one shape, of any number of lists. */
export class RecordTable {
  private readonly keys: Keys;
  private readonly values: PackedValues;
  private readonly RowOfTable: new (
    table: RecordTable,
    index: number,
  ) => Row;
  /** One for each member of each record; 0 where it has none, else one more than `valueOf` needs. */
  private cells: Uint32Array;
  /** By row: a place before all of its values and behind those of the row before. */
  private starts = new Uint32Array(64);
  private count = 0;
  private keptCount = 0;
  private keptRanges = 0;
  /** By member: the table of the records inside it, where its shape says so. */
  private readonly inner: readonly (RecordTable | undefined)[];
  /**
   * Records inside records, two numbers a value: the first row of their table, and how many; `ONE` for an object without a
   * list.
   */
  private readonly ranges: number[] = [];
  /** What stands where records are expected and is something else, by its place in `ranges`. */
  private readonly odd = new Map<number, unknown>();

  constructor(keys: Keys, values: PackedValues) {
    this.keys = keys;
    this.values = values;
    this.cells = new Uint32Array(64 * keys.members.length);
    this.inner = keys.members.map(({ plan }) =>
      plan.isTable && plan.keys !== undefined ? new RecordTable(plan.keys, values) : undefined,
    );
    this.RowOfTable = class extends Row {};
    for (const { key, column } of keys.members)
      Object.defineProperty(this.RowOfTable.prototype, key, {
        get(this: Row) {
          return Row.valueOf(this, column);
        },
      });
  }

  /** Where things stand with one record after the other: `backToKept` forgets what was added since. */
  keep(): void {
    this.keptCount = this.count;
    this.keptRanges = this.ranges.length;
    for (const table of this.inner) table?.keep();
  }

  backToKept(): void {
    this.count = this.keptCount;
    this.cutRanges(this.keptRanges);
    for (const table of this.inner) table?.backToKept();
  }

  /** Where things stand, for `backTo`, which forgets all rows that were added since. */
  get mark(): TableMark {
    const { count, ranges, inner } = this;
    return { count, ranges: ranges.length, inner: inner.map((table) => table?.mark) };
  }

  backTo({ count, ranges, inner }: TableMark): void {
    this.count = count;
    this.cutRanges(ranges);
    for (const [i, mark] of inner.entries()) if (mark !== undefined) this.inner[i]!.backTo(mark);
  }

  private cutRanges(length: number): void {
    this.ranges.length = length;
    for (const place of this.odd.keys()) if (place >= length) this.odd.delete(place);
  }

  /**
   * Passes one value; a record becomes a row, anything else is itself. What throws may leave rows of records inside it
   * behind.
   */
  take(reader: ByteReader): unknown {
    if (reader.peek() === OPEN) return this.row(this.add(reader));
    const from = reader.at;
    reader.skip();
    return reader.parsed(from);
  }

  private row(index: number): Row {
    return new this.RowOfTable(this, index);
  }

  /** Passes a record. */
  private add(reader: ByteReader): number {
    const width = this.keys.members.length;
    const base = this.count * width;
    if (base + width > this.cells.length) {
      this.cells = twice(this.cells);
      this.starts = twice(this.starts);
    }
    this.starts[this.count] = this.values.next;
    // Something may be there of a try that needed more of the file.
    this.cells.fill(0, base, base + width);
    reader.eachMember(this.keys, ({ column, plan }) => {
      this.cells[base + column] = 1 + this.cellOf(reader, column, plan);
    });
    return this.count++;
  }

  /**
   * The rows in which this string may stand, in a part that is not shared: all that hold it, and some that don't. Looks through
   * packed bytes, which takes a hundredth of the time of making values of them.
   */
  *holding(text: string): Iterable<object> {
    const places = this.values.placesOf(text);
    if (places === undefined) for (let row = 0; row < this.count; row++) yield this.row(row);
    let last = -1;
    for (const place of places ?? []) {
      const row = this.rowAt(place);
      if (row !== last && row >= 0) yield this.row((last = row));
    }
  }

  /** The last row that starts at a place or before; -1 for none. */
  private rowAt(place: number): number {
    let [lo, end] = [0, this.count];
    while (lo < end) {
      const middle = (lo + end) >>> 1;
      if (this.starts[middle]! <= place) lo = middle + 1;
      else end = middle;
    }
    return lo - 1;
  }

  valueOf(index: number, column: number): unknown {
    const { members } = this.keys;
    const cell = this.cells[index * members.length + column]!;
    if (cell === 0) return undefined;
    const { plan } = members[column]!;
    const inner = this.inner[column];
    if (inner !== undefined) return this.recordsAt(cell - 1, inner);
    return plan.pool === undefined ? this.values.valueAt(cell - 1, plan) : plan.pool.numbered[cell - 1];
  }

  keysOf(index: number): readonly string[] {
    const { members } = this.keys;
    return members.filter(({ column }) => this.cells[index * members.length + column] !== 0).map(({ key }) => key);
  }

  private cellOf(reader: ByteReader, column: number, plan: Plan): number {
    const inner = this.inner[column];
    if (inner !== undefined) return this.addRecords(reader, inner);
    if (plan.pool !== undefined) return plan.pool.takeNumber(reader);
    this.values.begin();
    this.pack(reader, plan);
    return this.values.end();
  }

  /** Passes a record, a list of them, or whatever stands in their place. */
  private addRecords(reader: ByteReader, inner: RecordTable): number {
    const { ranges } = this;
    const first = inner.count;
    let count = 0;
    let odd: unknown[] | undefined;
    const kind = reader.peek();
    if (kind === OPEN) {
      inner.add(reader);
      count = ONE;
    } else if (kind === OPEN_LIST)
      reader.eachElement(() => {
        if (odd === undefined && reader.peek() === OPEN) {
          inner.add(reader);
          count++;
        } else (odd ??= inner.rows(first, count)).push(inner.take(reader));
      });
    const place = ranges.push(first, count) - 2;
    if (odd !== undefined) this.odd.set(place, odd);
    else if (kind !== OPEN && kind !== OPEN_LIST) this.odd.set(place, inner.take(reader));
    return place;
  }

  private recordsAt(place: number, inner: RecordTable): unknown {
    if (this.odd.has(place)) return this.odd.get(place);
    const [first, count] = [this.ranges[place]!, this.ranges[place + 1]!];
    return count === ONE ? inner.row(first) : inner.rows(first, count);
  }

  private rows(first: number, count: number): unknown[] {
    return Array.from({ length: count }, (_, i) => this.row(first + i));
  }

  /** Passes one value and puts what the plan takes of it. */
  private pack(reader: ByteReader, given: Plan): void {
    const { values } = this;
    const plan = given.pool?.plan ?? given;
    const first = reader.peek();
    if (plan.keys === undefined || (first !== OPEN && first !== OPEN_LIST)) {
      const from = reader.at;
      reader.skip();
      values.copy(reader.bytes, from, reader.at);
    } else if (first === OPEN_LIST) {
      let isFirst = true;
      values.put(OPEN_LIST);
      reader.eachElement(() => {
        if (!isFirst) values.put(COMMA);
        isFirst = false;
        this.pack(reader, plan);
      });
      values.put(CLOSE_LIST);
    } else {
      let isFirst = true;
      values.put(OPEN);
      reader.eachMember(plan.keys, (member) => {
        if (!isFirst) values.put(COMMA);
        isFirst = false;
        values.copy(member.quoted, 0, member.quoted.length);
        this.pack(reader, member.plan);
      });
      values.put(CLOSE);
    }
  }
}

const ESCAPE = Buffer.from('\\');
const MOST_FOUND = 16;
/** Where a text stands more often than this, all records are looked at: hostile input may be full of it. */
const MOST_PLACES = 1 << 16;
const ONE = -1;

function twice(numbers: Uint32Array): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(numbers.length * 2);
  grown.set(numbers);
  return grown;
}
