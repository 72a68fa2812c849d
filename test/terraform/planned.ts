/** Plans for tests: resources that are there and resources that come, by address. */
import { expect } from 'vitest';
import { judgePlan, readTerraformPlan } from '../../src/index.ts';

export type Resources = Readonly<Record<string, object>>;

/** What `terraform show -json` writes of a plan that leaves some resources and makes others. */
export function planOf(there: Resources, comes: Resources): string {
  const entry = (address: string, after: object, isNew: boolean) => ({
    address,
    mode: 'managed',
    type: address.split('.')[0],
    name: address.split('.')[1],
    change: { actions: [isNew ? 'create' : 'no-op'], before: isNew ? null : after, after, after_unknown: {} },
  });
  return JSON.stringify({
    format_version: '1.2',
    resource_changes: [
      ...Object.entries(there).map(([address, values]) => entry(address, values, false)),
      ...Object.entries(comes).map(([address, values]) => entry(address, values, true)),
    ],
  });
}

/** "opened a -> b tcp 443", sorted; nothing may be missing. */
export function flowsOf(there: Resources, comes: Resources): string[] {
  const { flows, missing } = judgePlan(readTerraformPlan(planOf(there, comes), 'plan.json')).diff;
  expect(missing).toEqual([]);
  return flows.map((one) => `${one.change} ${one.from.role} -> ${one.to.role} ${one.protocol} ${one.ports}`).sort();
}
