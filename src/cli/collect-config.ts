/** `collect` in netaudit.yaml: which accounts, projects and subscriptions `--live` and `schedule` collect. */
import type { z } from 'zod';
import type { CloudName, Scopes } from './collecting.ts';

/** What `collect` in netaudit.yaml may hold: the names are those of the command line, as lists. */
export type CollectConfig = { readonly [C in CloudName]?: Scopes[C] | null };

/** Shape of `collect` in netaudit.yaml. */
export function collectShape(zod: typeof z): z.ZodType<CollectConfig> {
  const texts = zod.array(zod.string());
  return zod
    .strictObject({
      aws: zod
        .strictObject({
          profiles: texts,
          regions: texts,
          organization: zod.boolean(),
          accounts: texts,
          role: zod.string(),
          externalId: zod.string(),
        })
        .partial()
        .nullable(),
      gcp: zod
        .strictObject({ projects: texts, folders: texts, organizations: texts, client: zod.enum(['rest', 'sdk']) })
        .partial()
        .nullable(),
      azure: zod
        .strictObject({ subscriptions: texts, managementGroups: texts, tenant: zod.string(), endpoint: zod.string() })
        .partial()
        .nullable(),
    })
    .partial() as unknown as z.ZodType<CollectConfig>;
}
