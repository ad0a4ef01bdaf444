/**
 * What a hostile text must still mean once it is stored: itself, and nothing else.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import type { TestServer } from "../server.ts";

/** What the roads wrote of a profile. */
interface Row {
  readonly $distinct_id: string;
  readonly $properties: Readonly<Record<string, unknown>>;
}

/** Names that the ingestion API has a meaning of its own for begin so. */
const RESERVED = /^\$/;
/** Longer names are cut. */
const NAME_LENGTH_MAX = 255;

/** What is wrong with the profile that was written with a text as its id, as names and as values. */
export async function meaningFaults(server: TestServer, text: string): Promise<readonly string[]> {
  const stored = text.toWellFormed();
  if (text === "" || RESERVED.test(text) || Array.from(`p${text}`).length > NAME_LENGTH_MAX)
    return [];
  const faults: string[] = [];
  const expect = (isRight: boolean, what: string, found: unknown): void => {
    if (!isRight)
      faults.push(`${what} of ${JSON.stringify(text)}: ${JSON.stringify(found).slice(0, 400)}`);
  };
  const wanted = {
    [text]: text,
    [`p${text}`]: { [text]: [text, null, { [text]: text }] },
    text,
    list: [text],
  };
  const read = await rows(server, { distinct_id: text });
  expect(read.length === 1 && read[0]?.$distinct_id === stored, "the id", read);
  expect(
    isDeepStrictEqual(owned(read[0]?.$properties), owned(wellFormed(wanted))),
    "the profile",
    read,
  );
  const literal = JSON.stringify(text);
  const selected = await rows(server, {
    where: `properties[${literal}] == ${literal} and properties["text"] == ${literal}`,
  });
  expect(
    selected.some(({ $distinct_id: id }) => id === stored),
    "the selection",
    selected,
  );
  expect(
    selected.every(
      ({ $properties: properties }) =>
        String(properties["text"]).toLowerCase() === stored.toLowerCase(),
    ),
    "the selection",
    selected,
  );
  const picked = await rows(server, { distinct_id: text, output_properties: [text] });
  expect(
    Object.keys(picked[0]?.$properties ?? {}).some((name) => name === stored),
    "the property",
    picked,
  );
  const nested = await rows(server, {
    distinct_id: text,
    where: `properties[${JSON.stringify(`p${text}`)}][${literal}] == [${literal}, null, properties["none"]] or ${literal} in properties["list"]`,
  });
  expect(nested.length === 1, "the list", nested);
  return faults;
}

async function rows(server: TestServer, parameters: object): Promise<readonly Row[]> {
  const { json } = await server.query(parameters as Readonly<Record<string, unknown>>);
  return Array.isArray(json.results) ? (json.results as Row[]) : [];
}

/** Own members alone, as entries: `__proto__` is a name like another. */
function owned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(owned);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .filter(([name]) => name !== "$last_seen")
    .map(([name, member]): [string, unknown] => [name, owned(member)])
    .sort(([left], [right]) => (left < right ? -1 : 1));
}

function wellFormed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(/\\ud[89a-f][0-9a-f]{2}/g, "\\ufffd"));
}
