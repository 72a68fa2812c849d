import { expect, test } from 'vitest';
import { nearest } from '../../src/engine/nearest.ts';

test('the nearest words come first, and no far ones at all', () => {
  expect(nearest('wbe-1', ['db-1', 'web-1', 'web-2', 'cache'])).toEqual(['web-1']);
  expect(nearest('WEB-1', ['web-1'])).toEqual(['web-1']);
  expect(nearest('zzzz', ['web-1'])).toEqual([]);
});

test('a part of a name finds the name', () => {
  expect(nearest('billing', ['prod-billing-api-1', 'prod-web-1'])).toEqual(['prod-billing-api-1']);
});

test('every single edit is found, wherever it is', () => {
  const word = 'database-primary';
  for (let i = 0; i < word.length; i++) {
    expect(nearest(word.slice(0, i) + word.slice(i + 1), [word])).toEqual([word]);
    expect(nearest(`${word.slice(0, i)}x${word.slice(i)}`, [word])).toEqual([word]);
    expect(nearest(`${word.slice(0, i)}x${word.slice(i + 1)}`, [word])).toEqual([word]);
  }
});

test('two hundred thousand names are no trouble', () => {
  const names = Array.from({ length: 200_000 }, (_, i) => `instance-${i.toString(36)}-prod`);
  expect(nearest('instance-zzz-prdo', names)).toHaveLength(3);
});
