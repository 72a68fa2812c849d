/**
 * All providers. Their documents are told apart by all recognisers; what reads them is much, so it can be loaded for the
 * providers that a snapshot holds alone. A new cloud is one line in each list.
 */
import type { Provider } from '../model/finding.ts';
import type { Recogniser, SnapshotDocument } from '../snapshot/documents.ts';
import { awsRecogniser } from './aws/envelopes.ts';
import { azureRecogniser } from './azure/envelopes.ts';
import { gcpRecogniser } from './gcp/envelopes.ts';

export const RECOGNISERS: readonly Recogniser[] = [awsRecogniser, azureRecogniser, gcpRecogniser];

const READERS: readonly (readonly [name: string, load: () => Promise<Provider>])[] = [
  ['aws', async () => (await import('./aws/index.ts')).awsProvider],
  ['azure', async () => (await import('./azure/index.ts')).azureProvider],
  ['gcp', async () => (await import('./gcp/index.ts')).gcpProvider],
];

/** The providers that some documents are of, in the order of the list. */
export function providersOf(documents: readonly Pick<SnapshotDocument, 'provider'>[]): Promise<readonly Provider[]> {
  const named = new Set(documents.map(({ provider }) => provider));
  return Promise.all(READERS.filter(([name]) => named.has(name)).map(([, load]) => load()));
}
