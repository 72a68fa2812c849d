/**
 * Tells Terraform's documents in a snapshot. What reads them is loaded when there are any: most snapshots hold none, and a
 * question should start at once.
 */
import type { Recogniser } from '../snapshot/documents.ts';
import type { asSnapshot as AsSnapshot } from './as-snapshot.ts';
import { isTerraform } from './envelope.ts';

let asSnapshot: typeof AsSnapshot | undefined;

export const terraformRecogniser: Recogniser = {
  provider: 'terraform',
  prepare(value) {
    if (asSnapshot !== undefined || !isTerraform(value)) return undefined;
    return import('./as-snapshot.ts').then((loaded) => {
      asSnapshot = loaded.asSnapshot;
    });
  },
  recognise: (value, place) => (isTerraform(value) ? asSnapshot?.(value, place) : undefined),
};
