/**
 * The one comment of this action on a pull request: found again by a hidden marker, edited in place. Only a comment that the
 * token's own account wrote is edited; the same marker in somebody else's is text. A token that may not comment, or a
 * limit that does not pass soon, is a warning: the result of the run stands in the step summary all the same.
 */
import { createHash } from 'node:crypto';
import { getOctokit } from '@actions/github';
import { throttling } from '@octokit/plugin-throttling';

/** Where comments go. */
export interface PullRequest {
  readonly owner: string;
  readonly repo: string;
  readonly number: number;
}

export interface CommentResult {
  readonly url?: string;
  readonly warning?: string;
}

/** Tries again this often, after at most so many seconds. */
const MOST_RETRIES = 3;
const LONGEST_WAIT = 60;
const MOST_PAGES = 30;

/** The marker of one configuration in one repository: several may be planned in the same pull request. */
export function markerOf(workingDirectory: string): string {
  return `<!-- netaudit ${createHash('sha256').update(workingDirectory).digest('hex').slice(0, 16)} -->`;
}

/**
 * Writes `body` below the marker: into the comment that is there, else into a new one unless `onlyEdit`. The marker has to be
 * the body's first line.
 */
export async function putComment(
  token: string,
  where: PullRequest,
  comment: { readonly marker: string; readonly body: string; readonly onlyEdit: boolean },
): Promise<CommentResult> {
  const { rest, paginate } = clientOf(token);
  const { owner, repo, number: issue_number } = where;
  try {
    const me = await loginOf(rest);
    let known: { id: number; body?: string | undefined; html_url: string } | undefined;
    let pages = 0;
    for await (const { data } of paginate.iterator(rest.issues.listComments, {
      owner,
      repo,
      issue_number,
      per_page: 100,
    })) {
      known ??= data.find(
        ({ body, user }) =>
          body?.startsWith(comment.marker) === true && (me === undefined ? isBot(user) : user?.login === me),
      );
      if (known !== undefined || ++pages >= MOST_PAGES) break;
    }
    if (known === undefined) {
      if (comment.onlyEdit) return {};
      const { data } = await rest.issues.createComment({ owner, repo, issue_number, body: comment.body });
      return { url: data.html_url };
    }
    if (known.body !== comment.body)
      await rest.issues.updateComment({ owner, repo, comment_id: known.id, body: comment.body });
    return { url: known.html_url };
  } catch (error) {
    return { warning: warningOf(error) };
  }
}

type Client = ReturnType<typeof clientOf>;

function clientOf(token: string) {
  const again = (retryAfter: number, _options: object, _octokit: unknown, retries: number): boolean =>
    retries < MOST_RETRIES && retryAfter <= LONGEST_WAIT;
  return getOctokit(
    token,
    { log: SILENT, throttle: { onRateLimit: again, onSecondaryRateLimit: again, fallbackSecondaryRateRetryAfter: 10 } },
    throttling,
  );
}

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** The account behind a personal token; an installation's token (the runner's own) may not ask. */
async function loginOf(rest: Client['rest']): Promise<string | undefined> {
  try {
    return (await rest.users.getAuthenticated()).data.login;
  } catch (error) {
    if (statusOf(error) === 403 || statusOf(error) === 404) return undefined;
    throw error;
  }
}

function isBot(user: { readonly type?: string } | null): boolean {
  return user?.type === 'Bot';
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : undefined;
}

function warningOf(error: unknown): string {
  const status = statusOf(error);
  if (status === 401) return 'the token is not accepted, so the pull request has no comment.';
  if (status === 403 || status === 404)
    return 'the token may not comment on the pull request (or its limit is reached). Give the job "permissions: pull-requests: write"; a pull request from a fork has no such token.';
  if (status === 422) return 'the pull request does not take the comment (is it locked?).';
  return `the comment could not be written (${status ?? (error instanceof Error ? error.name : 'unknown error')}).`;
}
