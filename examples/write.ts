/**
 * Writes profiles from standard input, one JSON object with an `id` a line, in batches.
 *
 * Run: npx tsx examples/write.ts < customers.ndjson
 */
import { createInterface } from "node:readline";

interface Answer {
  readonly status: number;
  readonly error: string | null;
  readonly failed_records?: readonly { readonly index: number; readonly message: string }[];
}

interface Customer {
  readonly id: string;
  readonly [property: string]: unknown;
}

const BATCH_RECORD_COUNT = 2000;

const server = process.env["WHOM_URL"] ?? "http://127.0.0.1:8274";
const token = process.env["WHOM_TOKEN"];
if (token === undefined) throw new Error("set the variable WHOM_TOKEN");

/** Writes customers. A 200 means that they are on disk, but for the records it names. */
export async function write(customers: readonly Customer[]): Promise<void> {
  const records = customers.map(({ id, ...properties }) => ({
    $token: token,
    $distinct_id: id,
    $set: properties,
  }));
  const reply = await fetch(`${server}/engage?verbose=1&strict=1`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(records),
  });
  if (!reply.ok) throw new Error(`${reply.status}: ${await reply.text()}`);
  const answer = (await reply.json()) as Answer;
  for (const { index, message } of answer.failed_records ?? []) {
    process.stderr.write(`${customers[index]?.id}: ${message}\n`);
  }
}

/** The customer of a line; a line that is not JSON is reported and left out. */
function parse(line: string, lineNumber: number): Customer | undefined {
  try {
    return JSON.parse(line) as Customer;
  } catch {
    process.stderr.write(`line ${lineNumber}: not JSON\n`);
    return undefined;
  }
}

let lineNumber = 0;
let batch: Customer[] = [];
for await (const line of createInterface({ input: process.stdin })) {
  lineNumber += 1;
  const customer = line.trim() === "" ? undefined : parse(line, lineNumber);
  if (customer !== undefined) batch.push(customer);
  if (batch.length < BATCH_RECORD_COUNT) continue;
  await write(batch);
  batch = [];
}
if (batch.length > 0) await write(batch);
