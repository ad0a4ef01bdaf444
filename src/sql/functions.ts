/**
 * Calls over readings.
 *
 * A function that is missing here, or a use of one that SQL cannot say exactly, is left to the
 * reference evaluator.
 *
 * @module
 */
import type { Call, Expression, FunctionName } from "../selector/syntax.ts";
import { INSTANT_SECONDS_MAX, UNIX_SECONDS_MAX } from "../values/time.ts";
import { type Kind, kindOf } from "../values/value.ts";
import type { SqlContext } from "./context.ts";
import type { Dialect } from "./dialect.ts";
import { type Fragment, join, raw, sql } from "./fragment.ts";
import {
  can,
  FALSE,
  isDefined,
  maybe,
  nullReading,
  type Readings,
  reading,
  SQL_KINDS,
  type SqlKind,
  textInstant,
  truth,
  UNDEFINED,
} from "./readings.ts";
import { Unsupported } from "./unsupported.ts";

type Compile = (parts: readonly Readings[], dialect: Dialect) => Readings;

const STRICT: Partial<Readonly<Record<FunctionName, Compile>>> = {
  defined: ([value = UNDEFINED]) => truth(isDefined(value)),
  number: ([value = UNDEFINED, fallback], dialect) =>
    withFallback(value, maybe("number", castNumber(value, dialect)), fallback),
  string: ([value = UNDEFINED, fallback]) => withFallback(value, castText(value), fallback),
  boolean: ([value = UNDEFINED, fallback]) => {
    if (fallback !== undefined) throw new Unsupported("boolean() with a default");
    return truth(castTruth(value));
  },
  datetime: ([value = UNDEFINED, ...rest], dialect) => {
    if (rest.length > 0) throw new Unsupported("datetime() of parts");
    return castInstant(value, dialect);
  },
  typeof: ([value = UNDEFINED]) => typeOf(value),
  has_prefix: ([text, part], dialect) => textTest(text, part, dialect.startsWith),
  has_suffix: ([text, part], dialect) => textTest(text, part, dialect.endsWith),
  min: ([left, right], dialect) => extreme(left, right, dialect.least),
  max: ([left, right], dialect) => extreme(left, right, dialect.greatest),
  floor: ([value], dialect) => rounded(value, dialect.floor),
  ceil: ([value], dialect) => rounded(value, dialect.ceil),
  round: ([value], dialect) => rounded(value, dialect.round),
  left: ([text, count], dialect) => part(text, ONE, count, dialect),
  right: ([text, count], dialect) => lastPart(text, count, dialect),
  mid: ([text, start, count], dialect) => part(text, start, count, dialect),
  lower: ([value = UNDEFINED]) => {
    const text = reading(value, "string");
    return text === undefined ? UNDEFINED : maybe("string", text);
  },
  len: ([value = UNDEFINED], dialect) => length(value, dialect),
};

/** A call as readings. */
export function callReadings(call: Call, context: SqlContext): Readings {
  switch (call.name) {
    case "if":
      return choose(call.arguments, context);
    case "regex_match":
      return regexMatch(call, context);
    default: {
      const compile = STRICT[call.name];
      if (compile === undefined) throw new Unsupported(call.name);
      return compile(
        call.arguments.map((argument) => context.readings(argument, context)),
        context.dialect,
      );
    }
  }
}

/** The first case whose guard is a fragment that can be non-null. */
function cases(branches: readonly (readonly [Fragment | undefined, Fragment])[]): Fragment {
  const written = branches.flatMap(([guard, result]) =>
    guard === undefined ? [] : [sql`when ${guard} is not null then ${result}`],
  );
  return written.length === 0 ? raw("null") : sql`case ${join(written, " ")} end`;
}

function castNumber(value: Readings, dialect: Dialect): Fragment {
  const [number, text, truthValue, instant] = [
    reading(value, "number"),
    reading(value, "string"),
    reading(value, "boolean"),
    reading(value, "datetime"),
  ];
  return sql`cast(${cases([
    [number, number ?? FALSE],
    [text, text === undefined ? FALSE : dialect.textToNumber(text)],
    [truthValue, sql`case when ${truthValue ?? FALSE} then 1 else 0 end`],
    [instant, instant === undefined ? FALSE : dialect.toNumber(instant)],
  ])} as double)`;
}

function castText(value: Readings): Readings {
  if (can(value, "number") || can(value, "datetime")) throw new Unsupported("string() of a number");
  const [text, truthValue] = [reading(value, "string"), reading(value, "boolean")];
  const kinds = new Set<Kind>(["string", "undefined"]);
  const isNull = nullReading(value);
  if (isNull !== undefined) kinds.add("null");
  return {
    kinds,
    string: sql`cast(${cases([
      [text, text ?? FALSE],
      [truthValue, sql`case when ${truthValue ?? FALSE} then 'true' else 'false' end`],
    ])} as varchar)`,
    ...(isNull && { null: isNull }),
  };
}

/** The cast, or the default where the value is null or undefined. */
function withFallback(value: Readings, cast: Readings, fallback: Readings | undefined): Readings {
  if (fallback === undefined) return cast;
  return branch(isDefined(value), cast, fallback);
}

function castTruth(value: Readings): Fragment {
  const text = reading(value, "string");
  const number = reading(value, "number");
  const truthValue = reading(value, "boolean");
  const always = (["datetime", "list", "object"] as const).map(
    (kind) => [reading(value, kind), raw("true")] as const,
  );
  const known = cases([
    [text, sql`${text ?? FALSE} not in ('', 'false')`],
    [number, sql`${number ?? FALSE} <> 0`],
    [truthValue, truthValue ?? FALSE],
    ...always,
  ]);
  return sql`coalesce(${known}, false)`;
}

function castInstant(value: Readings, dialect: Dialect): Readings {
  const number = reading(value, "number");
  const instant = reading(value, "datetime");
  const fragments: Fragment[] = [];
  if (number !== undefined) fragments.push(numberToInstant(number, dialect));
  if (instant !== undefined) fragments.push(instant);
  if (can(value, "string")) fragments.push(textInstant(value));
  if (fragments.length === 0) return UNDEFINED;
  return maybe("datetime", sql`coalesce(${join(fragments, ", ")})`);
}

function numberToInstant(number: Fragment, dialect: Dialect): Fragment {
  const inSeconds = dialect.toSeconds(dialect.floor(number));
  const inMilliseconds = dialect.toSeconds(dialect.floor(sql`(${number} / 1000)`));
  return sql`case when ${number} < 1 then null when ${number} <= ${UNIX_SECONDS_MAX} then ${inSeconds} when ${number} / 1000 <= ${INSTANT_SECONDS_MAX} then ${inMilliseconds} end`;
}

function typeOf(value: Readings): Readings {
  const branches = SQL_KINDS.flatMap((kind) => {
    const fragment = reading(value, kind);
    return fragment === undefined ? [] : [sql`when ${fragment} is not null then ${kindText(kind)}`];
  });
  const isNull = nullReading(value);
  if (isNull !== undefined) branches.push(sql`when ${isNull} then 'null'`);
  if (branches.length === 0) return truthless(kindOf(undefined));
  return {
    kinds: new Set<Kind>(["string"]),
    string: sql`case ${join(branches, " ")} else 'undefined' end`,
  };
}

function truthless(text: string): Readings {
  return { kinds: new Set<Kind>(["string"]), string: sql`${text}` };
}

function kindText(kind: SqlKind): Fragment {
  return raw(`'${kind}'`);
}

function textTest(
  value: Readings = UNDEFINED,
  part: Readings = UNDEFINED,
  test: (text: Fragment, part: Fragment) => Fragment,
): Readings {
  const [text, piece] = [reading(value, "string"), reading(part, "string")];
  if (text === undefined || piece === undefined) return UNDEFINED;
  return maybe("boolean", test(text, piece));
}

function extreme(
  left: Readings = UNDEFINED,
  right: Readings = UNDEFINED,
  pick: (left: Fragment, right: Fragment) => Fragment,
): Readings {
  const [a, b] = [reading(left, "number"), reading(right, "number")];
  if (a === undefined || b === undefined) return UNDEFINED;
  return maybe(
    "number",
    sql`case when ${a} is not null and ${b} is not null then ${pick(a, b)} end`,
  );
}

function rounded(value: Readings = UNDEFINED, round: (number: Fragment) => Fragment): Readings {
  const number = reading(value, "number");
  return number === undefined ? UNDEFINED : maybe("number", round(number));
}

function length(value: Readings, dialect: Dialect): Readings {
  const [text, list] = [reading(value, "string"), reading(value, "list")];
  const counts: Fragment[] = [];
  if (text !== undefined) counts.push(dialect.textLength(text));
  if (list !== undefined) counts.push(dialect.listLength(list));
  if (counts.length === 0) return UNDEFINED;
  return maybe("number", dialect.toNumber(sql`coalesce(${join(counts, ", ")})`));
}

/** The first position of a text. */
const ONE: Readings = { kinds: new Set<Kind>(["number"]), number: raw("1") };

/** More code points than any text has; engines count them in 32 bits. */
const WHOLE_TEXT = raw("2147483647");

/** A number of code points as a whole one that engines take, null when it is negative. */
function wholeCount(number: Fragment, dialect: Dialect): Fragment {
  return sql`cast(case when ${number} >= 0 then ${dialect.least(dialect.floor(number), WHOLE_TEXT)} end as bigint)`;
}

/** `mid(text, start, count)`, and `left` from the first position. */
function part(
  text: Readings = UNDEFINED,
  start: Readings = UNDEFINED,
  count: Readings = UNDEFINED,
  dialect: Dialect,
): Readings {
  const [value, from, length] = [
    reading(text, "string"),
    reading(start, "number"),
    reading(count, "number"),
  ];
  if (value === undefined || from === undefined || length === undefined) return UNDEFINED;
  const cut = dialect.substring(value, wholeCount(from, dialect), wholeCount(length, dialect));
  return maybe("string", sql`case when ${from} >= 1 then ${cut} end`);
}

function lastPart(
  text: Readings = UNDEFINED,
  count: Readings = UNDEFINED,
  dialect: Dialect,
): Readings {
  const [value, length] = [reading(text, "string"), reading(count, "number")];
  if (value === undefined || length === undefined) return UNDEFINED;
  const skipped = sql`${dialect.textLength(value)} - ${wholeCount(length, dialect)}`;
  const start = sql`${dialect.greatest(sql`(${skipped})`, raw("0"))} + 1`;
  const cut = dialect.substring(value, start, WHOLE_TEXT);
  return maybe("string", sql`case when ${length} >= 0 then ${cut} end`);
}

/** `if(condition, a, b)` */
function choose(parts: readonly Expression[], context: SqlContext): Readings {
  const [condition, yes, no] = parts;
  if (condition === undefined || yes === undefined || no === undefined) return UNDEFINED;
  return branch(
    sql`coalesce(${context.condition(condition, context)}, false)`,
    context.readings(yes, context),
    context.readings(no, context),
  );
}

/** One value or the other, by a condition that is never null. */
function branch(condition: Fragment, yes: Readings, no: Readings): Readings {
  const result: { -readonly [Key in keyof Readings]: Readings[Key] } = {
    kinds: new Set<Kind>([...yes.kinds, ...no.kinds]),
  };
  for (const kind of SQL_KINDS) {
    const [a, b] = [reading(yes, kind), reading(no, kind)];
    if (a !== undefined || b !== undefined) {
      result[kind] =
        sql`case when ${condition} then ${a ?? raw("null")} else ${b ?? raw("null")} end`;
    }
  }
  const [yesNull, noNull] = [nullReading(yes), nullReading(no)];
  if (yesNull !== undefined || noNull !== undefined) {
    result.null = sql`case when ${condition} then ${yesNull ?? FALSE} else ${noNull ?? FALSE} end`;
  }
  return result;
}

/** Patterns are matched against the text as it was written, because they may ask for case. */
function regexMatch(call: Call, context: SqlContext): Readings {
  const [subject, pattern] = call.arguments;
  if (subject === undefined || pattern === undefined) return UNDEFINED;
  const value = context.readings(subject, context);
  const text = reading(value, "string");
  if (text === undefined) return UNDEFINED;
  const constant = context.readings(pattern, context).constant?.value;
  if (value.rawText === undefined || typeof constant !== "string") throw new Unsupported("regex");
  const matches = context.dialect.matches(value.rawText, sql`${constant}`);
  return maybe("boolean", sql`case when ${text} is not null then ${matches} end`);
}
