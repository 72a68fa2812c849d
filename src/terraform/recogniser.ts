/**
 * Tells Terraform's documents in a snapshot. What reads them is loaded when there are any: most snapshots hold none, and a
 * question should start at once.
 */
import type { Recogniser } from '../snapshot/documents.ts';
import { isTerraform } from './envelope.ts';

let reader: typeof import('./as-snapshot.ts') | undefined;

export const terraformRecogniser: Recogniser = {
  provider: 'terraform',
  prepare(value) {
    if (reader !== undefined || !isTerraform(value)) return undefined;
    return import('./as-snapshot.ts').then((loaded) => {
      reader = loaded;
    });
  },
  recognise: (value, place) => (isTerraform(value) ? reader?.asSnapshot(value, place) : undefined),
};
