/**
 * What must hold of every answer, whatever was asked.
 *
 * @module
 */
import type { Answer } from "../server.ts";

/** Types that a browser neither renders nor runs as a page of ours. */
const INERT =
  /^(?:application\/(?:json|x-ndjson|octet-stream|vnd\.apache\.parquet)|text\/(?:plain|csv)|image\/gif)\b/;
/** What a call of a function, asked for by `callback`, may look like. */
const SCRIPT = /^[A-Za-z_$][\w$.]*\(/;
const CONTROL = /\p{Cc}/u;

/** What is wrong with an answer. */
export function answerFaults(
  { status, headers, text }: Answer,
  isDocumentation: boolean,
): readonly string[] {
  const faults: string[] = [];
  if (status >= 500) faults.push(`status ${status}: ${text.slice(0, 200)}`);
  for (const [name, value] of Object.entries(headers)) {
    if (CONTROL.test(`${name}${String(value)}`)) faults.push(`a control character in ${name}`);
    if (/forged|set-cookie/i.test(name)) faults.push(`the header ${name}`);
  }
  if (headers["x-content-type-options"] !== "nosniff") faults.push("no nosniff");
  const type = String(headers["content-type"] ?? "");
  const policy = String(headers["content-security-policy"] ?? "");
  if (text !== "" && !isDocumentation) faults.push(...contentFaults(type, policy, text));
  // The page about the API is the same for everybody.
  if (isDocumentation && status === 200 && /qzqz/i.test(text))
    faults.push("the page repeats a text");
  if (isDocumentation && /html/.test(type) && !/script-src/.test(policy)) {
    faults.push("a page without a policy for scripts");
  }
  return faults;
}

function contentFaults(type: string, policy: string, text: string): readonly string[] {
  const faults: string[] = [];
  const isScript = type.startsWith("text/javascript") && SCRIPT.test(text);
  if (!INERT.test(type) && !isScript) faults.push(`content type ${type}`);
  if (!policy.includes("default-src 'none'")) faults.push("no content security policy");
  if (type.startsWith("application/json")) faults.push(...jsonFaults(text));
  return faults;
}

function jsonFaults(text: string): readonly string[] {
  try {
    JSON.parse(text);
    return [];
  } catch {
    return [`no JSON: ${text.slice(0, 100)}`];
  }
}

/** What is wrong with lines of a log: each is one JSON object, without a character that steers a terminal. */
export function logFaults(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => {
    const faults: string[] = [];
    const text = line.endsWith("\n") ? line.slice(0, -1) : line;
    if (CONTROL.test(text)) faults.push(`a control character in the log: ${JSON.stringify(text)}`);
    return [...faults, ...jsonFaults(text)];
  });
}

/** What is wrong with the counters: a line is a comment or a metric of ours, and no label holds a text of a user. */
export function metricsFaults(text: string): readonly string[] {
  return text
    .split("\n")
    .filter(
      (line) =>
        (line !== "" && !/^(?:# |whom_|nodejs_|process_)/.test(line)) || /qzqz|forged/i.test(line),
    )
    .map((line) => `a line of the metrics: ${line.slice(0, 100)}`);
}

/** What was added to, or changed of, the prototypes of all objects since. */
export function watchPrototypes(): () => readonly string[] {
  const watched: readonly object[] = [
    Object.prototype,
    Array.prototype,
    Function.prototype,
    String.prototype,
    Map.prototype,
    Promise.prototype,
  ];
  const shape = (): readonly string[] =>
    watched.flatMap((prototype, index) =>
      Reflect.ownKeys(prototype).map((key) => `${index} ${String(key)}`),
    );
  const before = new Set(shape());
  return () =>
    shape()
      .filter((key) => !before.has(key))
      .map((key) => `a prototype has a new member: ${key}`);
}
