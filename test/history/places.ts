/** Opens a history by where it is, for tests that don't care which database it is in. */
import { openPostgresHistory } from '../../src/history/postgres.ts';
import { openHistory } from '../../src/history/sqlite.ts';
import type { Store } from '../../src/history/store.ts';

export function opened(place: string): Promise<Store> {
  return place.startsWith('postgres:') ? openPostgresHistory(place) : openHistory(place);
}
