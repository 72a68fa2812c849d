/** What the user can mend: printed as one paragraph, exit 2. */
export class Problem extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Problem';
  }
}
