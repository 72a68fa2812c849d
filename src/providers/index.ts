/** All providers and the recognisers of their documents. A new cloud is one line in each list. */
import type { Provider } from '../model/finding.ts';
import type { Recogniser } from '../snapshot/documents.ts';
import { awsProvider, awsRecogniser } from './aws/index.ts';

export const PROVIDERS: readonly Provider[] = [awsProvider];
export const RECOGNISERS: readonly Recogniser[] = [awsRecogniser];
