/**
 * The command line of the benchmark, read and checked.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { USUAL_PROPERTIES } from "./data/profiles.ts";
import { PEER_KINDS } from "./peers/all.ts";
import type { PeerName } from "./questions/question.ts";

/** What the commands are told. */
export interface Flags {
  readonly profiles: number;
  readonly properties: number;
  readonly events: number;
  readonly rounds: number;
  readonly question: string | undefined;
  readonly peers: readonly PeerName[];
  readonly data: string | undefined;
  readonly profilesFile: string | undefined;
  readonly eventsFile: string | undefined;
  readonly fresh: boolean;
  readonly save: boolean;
  readonly seconds: number | undefined;
  readonly rate: number;
  readonly connections: number | undefined;
  readonly batch: number | undefined;
  readonly ids: string | undefined;
  readonly format: string | undefined;
  readonly sizes: readonly number[];
  readonly sessions: number;
  readonly updates: number;
}

/** A flag as `--help` tells it: its value, what it is without it, and what it says. */
interface FlagRow {
  readonly value?: string;
  readonly usual?: string;
  readonly says: string;
}

const FLAGS = {
  profiles: { value: "N", usual: "100000", says: "profiles of the sample" },
  properties: {
    value: "N",
    usual: String(USUAL_PROPERTIES),
    says: "distinct properties of the sample: 20, 220 or more",
  },
  events: { value: "N", usual: "0", says: "classes: events too, and what people did" },
  rounds: { value: "N", usual: "9", says: "how often each is asked" },
  question: { value: "TEXT", says: "only questions whose name holds the text" },
  peers: {
    value: "LIST",
    usual: "hand,json,postgres,clickhouse",
    says: "classes: who is asked besides Whom",
  },
  data: { value: "FOLDER", says: "keeps what is loaded there, or takes it from there" },
  "profiles-file": { value: "FILE", says: "a sample of your own, of --profiles profiles" },
  "events-file": { value: "FILE", says: "events of your own" },
  fresh: { says: "loads Whom's data again" },
  save: { says: "writes the lines to bench/results/<version>.json" },
  seconds: { value: "N", says: "updates, lookups: how long (20, 60)" },
  rate: { value: "N", usual: "2000", says: "lookups: requests a second" },
  connections: { value: "N", says: "updates, lookups: at most so many (4, 64)" },
  batch: { value: "N", says: "updates: records of a request (both 2000 and 50)" },
  ids: { value: "KIND", says: "updates: random or skewed (both)" },
  format: { value: "NAME", says: "export: ndjson, csv or parquet (all)" },
  sizes: { value: "LIST", usual: "100000,1000000", says: "growth rows: profiles of the samples" },
  sessions: { value: "N", usual: "500", says: "growth sessions: how many are open" },
  updates: { value: "N", usual: "8640000", says: "growth day: a day of 100 a second" },
  help: { says: "prints this" },
} as const satisfies Readonly<Record<string, FlagRow>>;

/** What stands on the command line besides flags, and the flags; undefined when help is asked for. */
export function readFlags(
  words: readonly string[],
): { readonly names: readonly string[]; readonly flags: Flags } | undefined {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: Object.fromEntries(
      Object.entries<FlagRow>(FLAGS).map(([name, { value }]) => [
        name,
        { type: value === undefined ? ("boolean" as const) : ("string" as const) },
      ]),
    ),
  });
  const text = (name: keyof typeof FLAGS): string | undefined => {
    const row: FlagRow = FLAGS[name];
    const given = values[name] ?? row.usual;
    return typeof given === "string" ? given : undefined;
  };
  const list = (name: keyof typeof FLAGS): readonly string[] => (text(name) ?? "").split(",");
  const maybe = (name: keyof typeof FLAGS): number | undefined => {
    const given = text(name);
    return given === undefined ? undefined : wholeNumber(name, given);
  };
  const number = (name: keyof typeof FLAGS): number => maybe(name) ?? 0;
  if (values["help"] === true) return undefined;
  const flags: Flags = {
    profiles: number("profiles"),
    properties: number("properties"),
    events: number("events"),
    rounds: number("rounds"),
    question: text("question"),
    peers: list("peers").map(peerName),
    data: text("data"),
    profilesFile: text("profiles-file"),
    eventsFile: text("events-file"),
    fresh: values["fresh"] === true,
    save: values["save"] === true,
    seconds: maybe("seconds"),
    rate: number("rate"),
    connections: maybe("connections"),
    batch: maybe("batch"),
    ids: oneOf("ids", text("ids"), ["random", "skewed"]),
    format: oneOf("format", text("format"), ["ndjson", "csv", "parquet"]),
    sizes: list("sizes").map((size) => wholeNumber("sizes", size)),
    sessions: number("sessions"),
    updates: number("updates"),
  };
  return { names: positionals, flags };
}

/** The flags as a table for people. */
export function describeFlags(): string {
  return Object.entries<FlagRow>(FLAGS)
    .map(([name, { value = "", usual, says }]) => {
      const otherwise = usual === undefined ? "" : ` (${usual})`;
      return `  ${`--${name} ${value}`.padEnd(22)}${says}${otherwise}`;
    })
    .join("\n");
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text.replaceAll("_", ""));
  if (!Number.isSafeInteger(number) || number < 0) {
    throw new Error(`--${name} is ${text}: give a whole number`);
  }
  return number;
}

function oneOf(
  name: string,
  text: string | undefined,
  allowed: readonly string[],
): string | undefined {
  if (text !== undefined && !allowed.includes(text)) {
    throw new Error(`--${name} is ${text}: give one of ${allowed.join(", ")}`);
  }
  return text;
}

function peerName(text: string): PeerName {
  const kind = PEER_KINDS.find(({ name }) => name === text);
  if (kind === undefined) throw new Error(`--peers has ${text}: give ${FLAGS.peers.usual}`);
  return kind.name;
}
