/** All providers and the recognisers of their documents. A new cloud is one line in each list. */
import type { Provider } from '../model/finding.ts';
import type { Recogniser } from '../snapshot/documents.ts';
import { awsProvider, awsRecogniser } from './aws/index.ts';
import { azureProvider, azureRecogniser } from './azure/index.ts';
import { gcpProvider, gcpRecogniser } from './gcp/index.ts';

export const PROVIDERS: readonly Provider[] = [awsProvider, azureProvider, gcpProvider];
export const RECOGNISERS: readonly Recogniser[] = [awsRecogniser, azureRecogniser, gcpRecogniser];
