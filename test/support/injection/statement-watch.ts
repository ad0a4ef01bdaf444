/**
 * Whether hostile texts are in what is said to the engine.
 *
 * @module
 */
import { isTainted } from "./corpus.ts";
import { listenToEngine, type Told } from "./engine-tap.ts";

/** The columns of a Parquet file are called as properties are, in quotes. */
const PARQUET = /^copy \(select /;
const QUOTED_NAME = /"(?:[^"\0]|"")*"/g;

/** The operator's own folders have the names they have: in quotes, or as a setting. */
const ATTACH = /^attach '(?:[^'\0]|'')*' as (?:whom|fresh|copied)(?: \([a-z_', ]*\))?$/;
const SETTING = "set_config";

const SHOWN_LENGTH_MAX = 300;

/** What is said to the engine while it is watched. */
export class StatementWatch {
  textCount = 0;
  readonly violations: string[] = [];
  readonly #stop: () => void;

  constructor() {
    this.#stop = listenToEngine((told) => this.#look(told));
  }

  stop(): void {
    this.#stop();
  }

  #look({ through, text }: Told): void {
    this.textCount++;
    if (through !== SETTING && statementFault(text))
      this.violations.push(`${through} was told: ${text.slice(0, SHOWN_LENGTH_MAX)}`);
  }
}

/** Whether a hostile text is where only the program's own words should be. */
export function statementFault(text: string): boolean {
  if (!isTainted(text) || ATTACH.test(text)) return false;
  return !PARQUET.test(text) || isTainted(text.replaceAll(QUOTED_NAME, ""));
}
