/**
 * Every resource of the documents once, by kind and link: duplicates merged, contradictions judged, bad records noted.
 * Knows what is not complete. Knows nothing of what records mean for packets.
 */
import type { NetworkBuilder } from '../../model/builder.ts';
import type { ProviderDocument } from '../../model/finding.ts';
import type { Missing, Origin } from '../../model/origin.ts';
import { type Json, isRecord, linkOf, object, projectOf, text } from './record.ts';

/** What people call each kind. */
const CALLED: Readonly<Record<string, string>> = {
  network: 'network',
  subnetwork: 'subnet',
  instance: 'VM',
  firewall: 'firewall rule',
  firewallPolicy: 'firewall policy',
  route: 'route',
  router: 'Cloud Router',
  vpnTunnel: 'VPN tunnel',
  interconnectAttachment: 'interconnect attachment',
  forwardingRule: 'forwarding rule',
  backendService: 'backend service',
  instanceGroup: 'instance group',
  networkEndpointGroup: 'network endpoint group',
  policyBasedRoute: 'policy-based route',
  addressGroup: 'address group',
};

/** One resource with its place. */
export interface Entry {
  /** Its link without host and version. */
  readonly id: string;
  readonly name: string;
  readonly project: string | undefined;
  readonly record: Json;
  readonly origin: Origin;
  readonly tags: Readonly<Record<string, string>>;
}

/** An answer that is about something named in its request. */
export interface Answer {
  readonly request: Json;
  readonly records: readonly Json[];
  readonly document: ProviderDocument;
}

export class Inventory {
  private readonly kinds = new Map<string, Map<string, Entry>>();
  private readonly documents: readonly ProviderDocument[];
  private readonly builder: NetworkBuilder;

  constructor(documents: readonly ProviderDocument[], builder: NetworkBuilder) {
    this.documents = documents;
    this.builder = builder;
    for (const document of documents) {
      if (UNNAMED.has(document.kind)) continue;
      for (const [index, record] of document.records.entries())
        this.add(document, record, document.placeOf?.(index) ?? `${document.pointer}/${index}`);
    }
  }

  /** All entries of a kind, sorted by link. */
  all(kind: string): readonly Entry[] {
    return [...(this.kinds.get(kind)?.values() ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** By any spelling of its link. */
  get(kind: string, url: string | undefined): Entry | undefined {
    return url === undefined ? undefined : this.kinds.get(kind)?.get(linkOf(url));
  }

  /** Whether any document of the kind is there, even an empty one. */
  knows(kind: string): boolean {
    return this.documents.some((document) => document.kind === kind);
  }

  /** Whether a kind was listed for a project: something of it is there, or a document says that there is none. */
  knowsFor(kind: string, project: string | undefined): boolean {
    if (project === undefined || this.documents.some((one) => one.kind === kind && one.askedNone === true))
      return this.knows(kind);
    for (const entry of this.kinds.get(kind)?.values() ?? [])
      if (entry.project === project || entry.project === undefined) return true;
    return false;
  }

  /** Whether the documents of a kind hold everything they were asked for. */
  isComplete(kind: string): boolean {
    return this.knows(kind) && !this.documents.some((document) => document.kind === kind && isCut(document));
  }

  answers(kind: string): readonly Answer[] {
    return this.documents
      .filter((document) => document.kind === kind)
      .map((document) => ({ request: document.request ?? {}, records: document.records.filter(isRecord), document }));
  }

  private add(document: ProviderDocument, record: unknown, pointer: string): void {
    const called = CALLED[document.kind] ?? document.kind;
    const name = isRecord(record) ? (text(record, 'name') ?? text(record, 'projectId')) : undefined;
    if (!isRecord(record) || name === undefined) {
      this.builder.note({ file: document.file, pointer, message: `this ${called} has no name and was left out` });
      return;
    }
    const self = text(record, 'selfLink') ?? (name.includes('/') ? name : undefined);
    const id = self === undefined ? `${document.kind}/${name}` : linkOf(self);
    const short = name.slice(name.lastIndexOf('/') + 1);
    const shown = text(record, 'displayName') ?? text(record, 'shortName') ?? short;
    const origin: Origin = {
      provider: 'gcp',
      kind: called,
      id: document.kind === 'firewallPolicy' ? shown : short,
      name: shown,
      ...(self === undefined ? {} : { link: self }),
      file: document.file,
      pointer,
    };
    const entry: Entry = { id, name: short, project: projectOf(id), record, origin, tags: labelsOf(record) };
    const entries = this.kinds.get(document.kind) ?? new Map<string, Entry>();
    this.kinds.set(document.kind, entries);
    const known = entries.get(id);
    if (known === undefined) entries.set(id, entry);
    else if (canonical(known.record) !== canonical(record))
      if (isPartOf(known.record, record))
        // A list and a description of one thing may differ in detail: the fuller record counts.
        entries.set(id, entry);
      else if (!isPartOf(record, known.record))
        this.builder.contradiction(`${called} ${short}`, [known.origin.file, document.file]);
  }
}

/** Documents whose records have no name of their own. */
const UNNAMED = new Set([
  'effectiveFirewalls',
  'instanceGroupMembers',
  'routerStatus',
  'peeringRoutes',
  'tagBinding',
  'networkEndpoints',
  'ancestors',
  'folder',
  'organization',
  'backendHealth',
]);

function isCut(document: ProviderDocument & { readonly incomplete?: boolean }): boolean {
  return document.incomplete === true;
}

/** The command that fetches something. */
export function missing(what: string, command: string | null): Missing {
  return { what, fetch: command === null ? null : `gcloud ${command} --format=json` };
}

function labelsOf(record: Json): Record<string, string> {
  const tags: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [key, value] of Object.entries(object(record, 'labels') ?? {}))
    if (typeof value === 'string') tags[key] = value;
  return tags;
}

/** Whether everything that one record says the other says too. */
function isPartOf(a: Json, b: Json): boolean {
  return Object.entries(a).every(
    ([key, value]) => key === 'fingerprint' || key === 'kind' || canonical(b[key]) === canonical(value),
  );
}

function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_, one: unknown) =>
    isRecord(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one,
  );
}
