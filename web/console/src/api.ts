/** Requests to the server as the one who is signed in. */

const ROOT = '/api/v1/staff';

/** The server's no. `text` is for people. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    text: string,
  ) {
    super(text);
  }
}

interface ProblemDetails {
  readonly code?: string;
  readonly detail?: string;
}

export class Api {
  constructor(
    readonly token: string,
    private readonly onSignedOut: () => void,
  ) {}

  get<Answer>(path: string, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const asked = new URLSearchParams(query).toString();
    return this.#asked('GET', asked ? `${path}?${asked}` : path);
  }

  send<Answer>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answer> {
    return this.#asked(method, path, body ?? (method === 'DELETE' ? undefined : {}));
  }

  /** Fetches a file and gives it to the browser to be saved. */
  async download(path: string, name: string): Promise<void> {
    const answer = await this.#fetched('GET', path);
    const address = URL.createObjectURL(await answer.blob());
    const link = document.createElement('a');
    link.href = address;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  async #asked<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await this.#fetched(method, path, body);
    return (answer.status === 204 ? null : await answer.json()) as Answer;
  }

  async #fetched(method: string, path: string, body?: unknown): Promise<Response> {
    const headers: Record<string, string> = { Authorization: `Bearer ${this.token}` };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    let answer: Response;
    try {
      answer = await fetch(ROOT + path, {
        method,
        headers,
        cache: 'no-store',
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch {
      throw new Refused(0, 'OFFLINE', 'The server cannot be reached. Try again in a moment.');
    }
    if (answer.ok) return answer;
    const problem = (await answer.json().catch(() => ({}))) as ProblemDetails;
    if (answer.status === 401) this.onSignedOut();
    throw new Refused(answer.status, problem.code ?? '', problem.detail ?? `The server answered ${answer.status}.`);
  }
}

/** The words of a failure, for people. */
export function wordsOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
