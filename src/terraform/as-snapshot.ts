/** A Terraform state, or the planned end of a plan, as a snapshot: the documents of all its providers. */
import type { Place, Recognition } from '../snapshot/documents.ts';
import { TerraformPlan } from './index.ts';
import { planOf } from './plan.ts';

/** Throws PlanError for what looks like Terraform's and can't be read. */
export function asSnapshot(value: unknown, place: Place): Recognition {
  const plan = new TerraformPlan(planOf(value, place.file), place.file);
  const { documents } = plan.after();
  const notUnderstood = plan.unread.map(({ type, count }) => ({
    why: `${count} ${type}: says nothing of flows, or netaudit does not know it`,
  }));
  return { documents: documents.map(({ file: _, ...document }) => document), notUnderstood };
}
