/**
 * Random requests, made from the server's own OpenAPI document.
 *
 * @module
 */
import { deflateSync, gzipSync } from "node:zlib";
import { bodyText, once, pick, type Random, valueFor } from "./values.ts";

/** What is sent. */
export interface FuzzRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  /** The path of the document that it was made from. */
  readonly template: string;
}

/** An endpoint and a method of the document, as far as requests are made from it. */
export interface Operation {
  readonly template: string;
  readonly method: string;
  readonly parameters: readonly string[];
  readonly bodyMembers: readonly string[];
  readonly bodyTypes: readonly string[];
}

/** The parts of a document that are read. */
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
}

interface OpenApiOperation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: {
    readonly content: Readonly<
      Record<
        string,
        { readonly schema?: { readonly properties?: Readonly<Record<string, unknown>> } }
      >
    >;
  };
}

/** The operations of a document. */
export function operationsOf(document: OpenApi): readonly Operation[] {
  return Object.entries(document.paths).flatMap(([template, byMethod]) =>
    Object.entries(byMethod).map(([method, { parameters = [], requestBody }]) => {
      const content = requestBody?.content ?? {};
      return {
        template,
        method: method.toUpperCase(),
        parameters: parameters.filter((each) => each.in === "query").map(({ name }) => name),
        bodyMembers: Object.values(content).flatMap(({ schema }) =>
          Object.keys(schema?.properties ?? {}),
        ),
        bodyTypes: Object.keys(content),
      };
    }),
  );
}

/** What requests are made for. */
export interface Target {
  readonly operations: readonly Operation[];
  /** Values that name something there is, by the name of a parameter. */
  readonly known: Readonly<Record<string, string>>;
  /** Headers that prove something, one of them nothing. */
  readonly authorizations: readonly (string | undefined)[];
}

const METHODS: readonly string[] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/** Odd things in front of a body. */
const CONTENT_TYPES: readonly string[] = [
  "application/json",
  "application/json; charset=utf-16",
  "application/x-www-form-urlencoded",
  "application/x-ndjson",
  "text/plain",
  "multipart/form-data; boundary=x",
  "application/octet-stream",
  "",
  "a/b/c;;=",
];

/** Makes a request. */
export function makeRequest(random: Random, target: Target): FuzzRequest {
  const operation = pick(random, target.operations);
  const method = once(random, 12) ? pick(random, METHODS) : operation.method;
  const members = chosen(random, operation.bodyMembers, target);
  const body = method === "GET" || method === "HEAD" ? undefined : makeBody(random, members);
  const authorization = pick(random, target.authorizations);
  return {
    method,
    url: `${makePath(random, operation.template, target)}${makeQuery(random, operation, target)}`,
    headers: {
      ...(authorization !== undefined && { authorization }),
      ...body?.headers,
      ...oddHeaders(random),
    },
    body: body?.bytes,
    template: operation.template,
  };
}

function makePath(random: Random, template: string, { known }: Target): string {
  const path = template.replaceAll(/\{(\w+)\}/g, (_part, name: string) => {
    const found = known[name];
    if (found !== undefined && !once(random, 4)) return found;
    // Without a text the path would be that of another endpoint.
    const text = String(valueFor(random, name)).toWellFormed().slice(0, 100);
    return encodeURIComponent(text) || "x";
  });
  if (once(random, 40)) return `${path}/`;
  return once(random, 60) ? path.toUpperCase() : path;
}

function makeQuery(random: Random, { parameters }: Operation, target: Target): string {
  const pairs = Object.entries(chosen(random, parameters, target)).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodePart(random, value)}`,
  );
  if (once(random, 20)) pairs.push(...pairs.slice(0, 1));
  if (once(random, 20)) pairs.push(pick(random, ["&", "=", "a[]=1", "%", "a=%zz", "=b", "?"]));
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

function encodePart(random: Random, value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  // A request line holds no more than the server reads.
  const part = encodeURIComponent(text.toWellFormed().slice(0, 2_000));
  return once(random, 30) ? part.replaceAll("%", "%25") : part;
}

function chosen(
  random: Random,
  names: readonly string[],
  { known }: Target,
): Readonly<Record<string, unknown>> {
  const members: Record<string, unknown> = {};
  for (const name of names) {
    const found = known[name];
    if (found !== undefined && !once(random, 10)) members[name] = found;
    else if (once(random, 5)) members[name] = valueFor(random, name);
  }
  if (once(random, 15)) members[pick(random, ["extra", "__proto__x", "", "where"])] = "1";
  return members;
}

interface Body {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

function makeBody(random: Random, members: Readonly<Record<string, unknown>>): Body {
  const isForm = once(random, 3);
  const text = isForm
    ? new URLSearchParams(
        Object.entries(members).map(([name, value]): [string, string] => [
          name,
          (typeof value === "string" ? value : JSON.stringify(value)).toWellFormed(),
        ]),
      ).toString()
    : bodyText(random, members);
  const usual = isForm ? "application/x-www-form-urlencoded" : "application/json";
  const type = once(random, 8) ? pick(random, CONTENT_TYPES) : usual;
  const plain = damaged(random, Buffer.from(text));
  const { bytes, encoding } = compressed(random, plain);
  return {
    bytes,
    headers: {
      ...(type !== "" && { "content-type": type }),
      ...(encoding !== undefined && { "content-encoding": encoding }),
    },
  };
}

/** Now and then a byte is another one, or the end is missing. */
function damaged(random: Random, bytes: Buffer): Buffer {
  if (bytes.length === 0) return bytes;
  if (once(random, 30)) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
  return once(random, 30) ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes;
}

function compressed(
  random: Random,
  bytes: Buffer,
): { readonly bytes: Buffer; readonly encoding: string | undefined } {
  if (!once(random, 8)) return { bytes, encoding: undefined };
  const encoding = pick(random, ["gzip", "deflate", "br", "identity", "gzip, gzip", "x"]);
  const packed = encoding === "deflate" ? deflateSync(bytes) : gzipSync(bytes);
  return { bytes: once(random, 4) ? packed.subarray(0, 10) : packed, encoding };
}

function oddHeaders(random: Random): Readonly<Record<string, string>> {
  if (!once(random, 6)) return {};
  return pick<Readonly<Record<string, string>>>(random, [
    { "x-http-method-override": "DELETE" },
    { accept: "text/csv" },
    { accept: "*/*;q=0" },
    { "accept-encoding": "gzip" },
    { "accept-encoding": "zstd, identity;q=0" },
    { "x-request-id": "a".repeat(300) },
    { "x-request-id": "ok-1" },
    { origin: "https://example.com" },
    { cookie: "a=b; __proto__=1" },
    { "if-none-match": "*", range: "bytes=0-1" },
    { expect: "200-ok" },
    { forwarded: "for=1.1.1.1", "x-forwarded-for": "1.1.1.1, 2.2.2.2" },
  ]);
}
