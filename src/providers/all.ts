/** The readers of every provider, for the library, which has them all at hand. In the order of the other list. */
import type { Provider } from '../model/finding.ts';
import { awsProvider } from './aws/index.ts';
import { azureProvider } from './azure/index.ts';
import { gcpProvider } from './gcp/index.ts';

export const PROVIDERS: readonly Provider[] = [awsProvider, azureProvider, gcpProvider];
