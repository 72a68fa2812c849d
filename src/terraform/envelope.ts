/** How documents of Terraform are told from all others. Kept small: every snapshot is asked. */
import { type Values, isObject } from './values.ts';

/** Whether a parsed document looks like Terraform's. */
export function isTerraform(value: unknown): value is Values {
  return (
    isObject(value) &&
    'format_version' in value &&
    ('terraform_version' in value || 'planned_values' in value || 'values' in value || 'resource_changes' in value)
  );
}
