/**
 * SQL text with its parameters apart.
 *
 * In a `sql` template a nested fragment joins; every other value becomes a parameter. Text that came
 * from a user can therefore never become SQL.
 *
 * @module
 */

import { Unsupported } from "./unsupported.ts";

/** Characters and parameters of one statement: parts that use an operand twice could double without end. */
const FRAGMENT_LENGTH_MAX = 262_144;
const FRAGMENT_PARAMETERS_MAX = 30_000;

/** A value bound to a parameter: text, a 64-bit float, a truth value, a 32-bit key, or a list. */
export type Parameter =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "truth"; readonly value: boolean }
  | { readonly kind: "seconds"; readonly value: number }
  | { readonly kind: "key"; readonly value: number }
  | { readonly kind: "integers"; readonly value: readonly bigint[] }
  | { readonly kind: "keys"; readonly value: readonly number[] }
  | { readonly kind: "numbers"; readonly value: readonly number[] }
  | { readonly kind: "texts"; readonly value: readonly string[] };

/** A piece of SQL. `texts` has one more item than `parameters`. */
export class Fragment {
  readonly texts: readonly string[];
  readonly parameters: readonly Parameter[];

  constructor(texts: readonly string[], parameters: readonly Parameter[]) {
    this.texts = texts;
    this.parameters = parameters;
  }

  /** The whole text, with parameters as `$1`, `$2`, … */
  get text(): string {
    let text = this.texts[0] ?? "";
    for (let index = 1; index < this.texts.length; index++) text += `$${index}${this.texts[index]}`;
    return text;
  }
}

/** Builds a fragment; a string or number in the template is a parameter, a fragment is SQL. */
export function sql(
  texts: TemplateStringsArray,
  ...values: readonly (Fragment | Parameter | string | number | boolean)[]
): Fragment {
  const builder = new Builder(texts[0] ?? "");
  values.forEach((value, index) => {
    if (value instanceof Fragment) builder.join(value);
    else builder.bind(parameter(value));
    builder.write(texts[index + 1] ?? "");
  });
  return builder.fragment();
}

/** SQL that the program itself wrote, such as a table's name made of a number. Never user text. */
export function raw(text: string): Fragment {
  return new Fragment([text], []);
}

/** Fragments with a separator of our own between them. */
export function join(fragments: readonly Fragment[], separator: string): Fragment {
  const builder = new Builder("");
  fragments.forEach((fragment, index) => {
    if (index > 0) builder.write(separator);
    builder.join(fragment);
  });
  return builder.fragment();
}

/** An instant as a parameter, in epoch seconds. */
export function seconds(value: number): Fragment {
  return sql`${{ kind: "seconds", value }}`;
}

/** Texts as one list parameter. */
export function texts(value: readonly string[]): Fragment {
  return sql`${{ kind: "texts", value }}`;
}

function parameter(value: Parameter | string | number | boolean): Parameter {
  if (typeof value === "string") return { kind: "text", value };
  if (typeof value === "number") return { kind: "number", value };
  if (typeof value === "boolean") return { kind: "truth", value };
  return value;
}

class Builder {
  #length = 0;
  readonly #texts: string[];
  readonly #parameters: Parameter[] = [];

  constructor(text: string) {
    this.#texts = [text];
  }

  write(text: string): void {
    this.#length += text.length;
    if (this.#length > FRAGMENT_LENGTH_MAX) throw new Unsupported("statement too long");
    this.#texts[this.#texts.length - 1] += text;
  }

  bind(value: Parameter): void {
    if (this.#parameters.length >= FRAGMENT_PARAMETERS_MAX) {
      throw new Unsupported("too many parameters");
    }
    this.#parameters.push(value);
    this.#texts.push("");
  }

  join(fragment: Fragment): void {
    this.write(fragment.texts[0] ?? "");
    fragment.parameters.forEach((value, index) => {
      this.bind(value);
      this.write(fragment.texts[index + 1] ?? "");
    });
  }

  fragment(): Fragment {
    return new Fragment(this.#texts, this.#parameters);
  }
}
