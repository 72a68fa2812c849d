/** The provider plugins whose resources are read, and which of them a type belongs to. */
import { awsPlugin } from './aws/index.ts';
import { azurermPlugin } from './azurerm/index.ts';
import type { Family, Plugin } from './family.ts';
import { googlePlugin } from './google/index.ts';

interface Known extends Plugin {
  readonly types: ReadonlySet<string>;
  readonly ids: NonNullable<Family['ids']>;
}

export const PLUGINS: readonly Known[] = [awsPlugin, googlePlugin, azurermPlugin].map((plugin) => ({
  ...plugin,
  types: new Set(plugin.families.flatMap(({ types }) => types)),
  ids: Object.assign(Object.create(null), ...plugin.families.map(({ ids }) => ids)) as NonNullable<Family['ids']>,
}));

/** The plugin of a resource type; undefined for those of other clouds. */
export function pluginOf(type: string): Known | undefined {
  return PLUGINS.find(({ prefix }) => type.startsWith(prefix));
}
