/** What the user can mend: printed as one paragraph, exit 2. */
export class Problem extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Problem';
  }
}

/** By name, so that asking loads none of the rooms that throw them. */
const MENDABLE = new Set([
  'Problem',
  'SnapshotError',
  'QuestionError',
  'ContradictionError',
  'SpaceBudgetError',
  'WalkBudgetError',
  'PlanError',
  'PolicyError',
  'CollectError',
  'HistoryError',
  'ScheduleError',
]);

/** Whether the user can mend this; every other error is a bug. */
export function isMendable(error: unknown): error is Error {
  return error instanceof Error && MENDABLE.has(error.name);
}
