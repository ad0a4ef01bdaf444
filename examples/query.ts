/**
 * Reads every page of a query and prints the profiles as NDJSON.
 *
 * Run: npx tsx examples/query.ts 'properties["plan"] == "premium"'
 */
import { once } from "node:events";

interface Profile {
  readonly $distinct_id: string;
  readonly $properties: Readonly<Record<string, unknown>>;
}

interface Page {
  readonly page: number;
  readonly page_size: number;
  readonly total: number;
  readonly session_id: string;
  readonly results: readonly Profile[];
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`set the variable ${name}`);
  return value;
}

const server = process.env["WHOM_URL"] ?? "http://127.0.0.1:8274";
const login = Buffer.from(`${variable("WHOM_USERNAME")}:${variable("WHOM_SECRET")}`);

async function ask(parameters: Readonly<Record<string, unknown>>): Promise<Page> {
  const reply = await fetch(`${server}/api/query/engage`, {
    method: "POST",
    headers: {
      authorization: `Basic ${login.toString("base64")}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ project_id: variable("WHOM_PROJECT_ID"), ...parameters }),
  });
  if (!reply.ok) throw new Error(`${reply.status}: ${await reply.text()}`);
  return (await reply.json()) as Page;
}

/** The profiles of a query. The session keeps the pages exact while profiles are written. */
export async function* profiles(where: string): AsyncGenerator<Profile> {
  const first = await ask({ where, page_size: 1000 });
  yield* first.results;
  const pageCount = Math.ceil(first.total / first.page_size);
  for (let page = 1; page < pageCount; page++) {
    yield* (await ask({ where, page, session_id: first.session_id })).results;
  }
}

for await (const profile of profiles(process.argv[2] ?? "")) {
  if (!process.stdout.write(`${JSON.stringify(profile)}\n`)) await once(process.stdout, "drain");
}
