/** A Terraform state, or the planned end of a plan, as a snapshot: the documents of all its providers. */
import type { Recogniser, Recognition } from '../snapshot/documents.ts';
import { TerraformPlan } from './index.ts';
import { isTerraform, planOf } from './plan.ts';

export const terraformRecogniser: Recogniser = {
  provider: 'terraform',
  recognise(value, place): Recognition | undefined {
    if (!isTerraform(value)) return undefined;
    const plan = new TerraformPlan(planOf(value, place.file), place.file);
    const { documents } = plan.after();
    const notUnderstood = plan.unread.map(({ type, count }) => ({
      why: `${count} ${type}: says nothing of flows, or netaudit does not know it`,
    }));
    return { documents: documents.map(({ file: _, ...document }) => document), notUnderstood };
  },
};
