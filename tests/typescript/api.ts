// What the journeys of all services share.
import assert from "node:assert/strict";
import createClient, { type Client } from "openapi-fetch";

/** The environment that test_journeys.py sets: tokens of new callers, and one with all scopes of the service. */
export const [first, second] = JSON.parse(variable("CALLERS")) as [string, string];
export const administrator = variable("ADMINISTRATOR");

function variable(name: string): string {
  const value = process.env[name];
  assert(value, `${name} is not set`);
  return value;
}

/** Return a client of the deployed API; without a token it is anonymous. */
export function client<Paths extends object>(token?: string): Client<Paths> {
  return createClient<Paths>({
    baseUrl: variable("API_URL"),
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
  });
}

interface Result {
  response: Response;
}

/** Return what a successful response contains. */
export function succeeded<Data>(result: Result & { data?: Data; error?: unknown }, status: number): Data {
  assert.equal(result.response.status, status, JSON.stringify(result.error));
  return result.data as Data;
}

/** Return the problem of a rejected request. `Failure` is every body that the document declares for a failure. */
export function rejected<Failure>(
  result: Result & { error?: Failure },
  status: number,
  code: string,
): Extract<Failure, { type: string }> {
  assert.equal(result.response.status, status);
  const problem = result.error;
  assert(typeof problem === "object" && problem !== null && "type" in problem);
  const { type } = problem as { type: string };
  assert(type.endsWith(`:${code}`), type);
  return problem as Extract<Failure, { type: string }>;
}

/** Return a response's entity tag. */
export function etag(result: Result): string {
  const found = result.response.headers.get("etag");
  assert(found);
  return found;
}

/** Return the items of all pages, each read with the cursor in the `next` of the page before. */
export async function toTheEnd<Item>(
  read: (cursor: string | undefined) => Promise<Result & { data?: { items: Item[]; next: string | null } }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = succeeded(await read(cursor), 200);
    items.push(...page.items);
    cursor = page.next === null ? undefined : (new URL(page.next, "http://api").searchParams.get("cursor") ?? undefined);
  } while (cursor !== undefined);
  return items;
}

/** Read until a list, which is eventually consistent, has what is expected. */
export async function eventually(read: () => Promise<unknown>, expected: unknown): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      assert.deepEqual(await read(), expected);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
