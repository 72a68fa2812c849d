/** What a provider's own block sets for resources that say nothing of it. */
import { Configuration } from './configuration.ts';
import type { Plan } from './plan.ts';
import { isObject } from './values.ts';

export interface Setting {
  readonly project?: string;
  readonly region?: string;
  readonly zone?: string;
}

/** The settings of the root module's provider block of this name; what can't be told is left out. */
export function settingOf(plan: Plan, provider: string): Setting {
  const block = plan.providers[provider];
  const expressions = isObject(block) && isObject(block['expressions']) ? block['expressions'] : {};
  const configuration = new Configuration(plan);
  const value = (key: string) => {
    const found = configuration.valueOf(expressions[key], { module: '' });
    return typeof found === 'string' && found !== '' ? { [key]: found } : {};
  };
  return { ...value('project'), ...value('region'), ...value('zone') };
}
