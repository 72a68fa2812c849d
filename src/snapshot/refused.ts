/**
 * Calls that came to nothing when a snapshot was collected: `{"$request":{…},"$error":{"code","message","what","silent"}}`.
 * What such a call lists is missing, not none. Where nothing else in a snapshot would point at the gap (`silent`), no
 * firm answer is given about what stands in the same account, region, project or subscription. Knows no cloud's words.
 */
import type { ProviderView } from '../model/finding.ts';
import type { Missing } from '../model/origin.ts';
import type { Answer } from '../model/results.ts';
import type { RecognisedDocument, Recognition, Scope, SnapshotDocument } from './documents.ts';

/** The kind of documents that stand for such a call: without records, so that no reader makes anything of them. */
export const REFUSED = 'refused call';

type Json = Readonly<Record<string, unknown>>;

/** The document of a failed call; undefined for anything else. */
export function refusedCall(
  value: unknown,
): { readonly provider: string; readonly recognition: Recognition } | undefined {
  if (!isObject(value) || !isObject(value['$error']) || !isObject(value['$request'])) return undefined;
  const { $error: error, $request: request } = value;
  const provider = text(request, 'provider');
  if (provider === undefined) return undefined;
  const what = wordsOf(error, request);
  const document: RecognisedDocument = {
    kind: REFUSED,
    pointer: '',
    records: [],
    scope: scopeOf(request),
    request: { ...request, what, silent: error['silent'] === true },
    incomplete: true,
  };
  return {
    provider,
    recognition: {
      documents: [document],
      notUnderstood: [
        { why: `${what} failed (${text(error, 'code') ?? 'unknown'}): what it lists is missing, not none` },
      ],
    },
  };
}

/** What the failed calls of a snapshot leave open; lists them as missing. */
export class Refusals implements ProviderView {
  readonly missing: readonly Missing[];
  private readonly silent: readonly SnapshotDocument[];
  private readonly scopes: ReadonlyMap<string, readonly Scoped[]>;

  constructor(documents: readonly SnapshotDocument[]) {
    const refused = documents.filter(({ kind }) => kind === REFUSED);
    this.missing = refused.map(missingOf);
    this.silent = refused.filter(({ request }) => request?.['silent'] === true);
    this.scopes =
      this.silent.length === 0
        ? new Map()
        : Map.groupBy(
            documents
              .filter(({ kind }) => kind !== REFUSED)
              .map((document) => ({ document, scope: scopeOfDocument(document) })),
            ({ document }) => document.file,
          );
  }

  /** Whether something may be missing that nothing points at. */
  get isSilent(): boolean {
    return this.silent.length > 0;
  }

  gotchas(): readonly [] {
    return [];
  }

  /** The answer, undetermined where something that was not collected may change it. */
  about(answer: Answer): Answer {
    if (this.silent.length === 0) return answer;
    if (answer.rows !== undefined) {
      const rows = answer.rows.map((row) => this.about(row));
      const missing = distinct(rows.flatMap((row) => row.missing));
      const isOpen = rows.some((row) => row.verdict === 'undetermined');
      return { ...answer, rows, missing, verdict: isOpen ? 'undetermined' : answer.verdict };
    }
    const touched = [...filesOf(answer)].flatMap((file) => this.scopes.get(file) ?? []);
    const open = this.silent.filter((gap) => touched.some((one) => covers(gap, one)));
    if (open.length === 0) return answer;
    return { ...answer, verdict: 'undetermined', missing: distinct([...answer.missing, ...open.map(missingOf)]) };
  }
}

interface Scoped {
  readonly document: SnapshotDocument;
  readonly scope: Scope;
}

function missingOf({ request }: SnapshotDocument): Missing {
  const what = text(request ?? {}, 'what') ?? 'a call';
  return { what: `what ${what} lists: the call failed when the snapshot was collected`, fetch: what };
}

/** A gap that names no region stands for all of its account; one that names nothing for all of its cloud. */
function covers(gap: SnapshotDocument, { document, scope }: Scoped): boolean {
  return (
    gap.provider === document.provider &&
    (['account', 'region', 'project'] as const).every(
      (key) => gap.scope[key] === undefined || scope[key] === undefined || gap.scope[key] === scope[key],
    )
  );
}

function scopeOfDocument(document: SnapshotDocument): Scope {
  return { ...scopeOf(document.request ?? {}), ...document.scope };
}

function scopeOf(request: Json): Scope {
  const [account, region] = [text(request, 'account') ?? text(request, 'subscription'), text(request, 'region')];
  const project = text(request, 'project');
  return {
    ...(account === undefined ? {} : { account }),
    ...(region === undefined ? {} : { region }),
    ...(project === undefined ? {} : { project }),
  };
}

/** Files that something on the way was read from. */
function filesOf(answer: Answer): ReadonlySet<string> {
  const steps = answer.connections.flatMap(({ traces }) =>
    traces.flatMap(({ hops }) => hops.flatMap((hop) => hop.steps)),
  );
  return new Set([
    ...steps.flatMap(({ origin }) => origin?.file ?? []),
    ...answer.blockers.map(({ origin }) => origin.file),
  ]);
}

function wordsOf(error: Json, request: Json): string {
  const words = text(error, 'what') ?? text(request, 'operation') ?? text(request, 'call') ?? 'a call';
  return words.slice(0, 300);
}

function distinct(missing: readonly Missing[]): readonly Missing[] {
  return [...new Map(missing.map((one) => [one.what, one])).values()];
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: Json, key: string): string | undefined {
  const found = value[key];
  return typeof found === 'string' && found !== '' ? found : undefined;
}
