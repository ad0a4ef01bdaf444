/**
 * What a writing client did to the profiles, and when: enough to say what a query must, may and must not give.
 *
 * The server is watched from outside, so a write took effect at some moment between its request and its
 * answer. A query under way at the same time may see it or not; every other query has one right answer.
 *
 * @module
 */

/** A stretch of time, in milliseconds of `performance.now()`. */
export interface Interval {
  readonly startMs: number;
  /** Infinity until it has ended. */
  endMs: number;
}

/** A profile from its creation to its deletion; the same id made anew is another life. */
export interface Life {
  readonly id: string;
  /** Stands in the property `born`, which tells the lives of one id apart. */
  readonly born: number;
  readonly created: Interval;
  deleted: Interval | undefined;
  /** When the selector began or ceased to select it, in order; the first is its creation. */
  readonly turns: { readonly matches: boolean; readonly at: Interval }[];
}

/** A record that writes, without its token. */
export type ChurnRecord = Readonly<Record<string, unknown>>;

/** Selects the lives whose last turn matches. */
export const MATCHING_SELECTOR = 'properties["plan"] == "pro"';

/** Records of one request. */
const BATCH_RECORD_COUNT = 40;

/** Profiles are made with an id in between those of two others. */
const ID_DIGIT_COUNT = 7;

/** How often each thing is done to a profile, in hundredths. */
const ACTIONS: readonly (readonly [number, Action])[] = [
  [30, "touch"],
  [12, "leave"],
  [12, "join"],
  [24, "create"],
  [14, "delete"],
  [8, "recreate"],
];

type Action = "touch" | "leave" | "join" | "create" | "delete" | "recreate";

/** The id of a profile that is there from the start. */
function firstId(index: number): string {
  return `p${String(index).padStart(ID_DIGIT_COUNT, "0")}`;
}

/** The properties of a profile. */
function propertiesOf(born: number, matches: boolean): ChurnRecord {
  return { born, plan: matches ? "pro" : "free" };
}

/** Mulberry32: numbers from 0 up to 1, the same ones for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The lives of all profiles, and the batches that change them. */
export class History {
  readonly lives: Life[] = [];
  readonly counts: Record<Action, number> = {
    touch: 0,
    leave: 0,
    join: 0,
    create: 0,
    delete: 0,
    recreate: 0,
  };
  readonly #random: () => number;
  /** Those not deleted. */
  readonly #living: Life[] = [];
  #bornCount = 0;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  /** Adds the profiles that are there from the start, and gives their records. */
  *begin(matchingCount: number, otherCount: number): Generator<ChurnRecord> {
    const count = matchingCount + otherCount;
    const everyNth = otherCount === 0 ? Number.POSITIVE_INFINITY : Math.floor(count / otherCount);
    const before: Interval = { startMs: Number.NEGATIVE_INFINITY, endMs: Number.NEGATIVE_INFINITY };
    let others = 0;
    for (let index = 0; index < count; index++) {
      const isOther = others < otherCount && index % everyNth === everyNth - 1;
      if (isOther) others++;
      yield this.#beBorn(firstId(index), !isOther, before);
    }
  }

  /** Makes up a batch and writes it; the history has it from the moment it is under way. */
  async writeBatch(write: (records: readonly ChurnRecord[]) => Promise<void>): Promise<void> {
    const at: Interval = { startMs: performance.now(), endMs: Number.POSITIVE_INFINITY };
    const records: ChurnRecord[] = [];
    const touched = new Set<string>();
    while (records.length < BATCH_RECORD_COUNT) {
      const life = this.#pick();
      // One batch does one thing to an id, so that what is done to it has an order.
      if (touched.has(life.id)) continue;
      touched.add(life.id);
      const action = this.#chooseAction();
      this.counts[action]++;
      records.push(...this.#act(action, life, at));
    }
    await write(records);
    at.endMs = performance.now();
  }

  #act(action: Action, life: Life, at: Interval): readonly ChurnRecord[] {
    switch (action) {
      case "touch":
        return [{ $distinct_id: life.id, $set: { touched: at.startMs } }];
      case "leave":
      case "join": {
        const matches = action === "join";
        life.turns.push({ matches, at });
        return [{ $distinct_id: life.id, $set: { plan: matches ? "pro" : "free" } }];
      }
      case "create":
        return [this.#beBorn(`${life.id}-${this.#bornCount}`, true, at)];
      case "delete":
        return [this.#die(life, at)];
      case "recreate":
        return [this.#die(life, at), this.#beBorn(life.id, true, at)];
    }
  }

  #beBorn(id: string, matches: boolean, at: Interval): ChurnRecord {
    const born = this.#bornCount++;
    const life: Life = { id, born, created: at, deleted: undefined, turns: [{ matches, at }] };
    this.lives.push(life);
    this.#living.push(life);
    return { $distinct_id: id, $set: propertiesOf(born, matches) };
  }

  #die(life: Life, at: Interval): ChurnRecord {
    life.deleted = at;
    const index = this.#living.indexOf(life);
    const last = this.#living.pop();
    if (last !== undefined && last !== life) this.#living[index] = last;
    return { $distinct_id: life.id, $delete: "" };
  }

  #pick(): Life {
    const life = this.#living[Math.floor(this.#random() * this.#living.length)];
    if (life === undefined) throw new Error("no profile is left");
    return life;
  }

  #chooseAction(): Action {
    let left = this.#random() * 100;
    for (const [share, action] of ACTIONS) {
      left -= share;
      if (left < 0) return action;
    }
    return "touch";
  }
}

/** Whether a query that was answered within an interval must, may or cannot have selected a life. */
export function wasSelected(life: Life, during: Interval): "certain" | "possible" | "impossible" {
  const { created, deleted, turns } = life;
  if (created.startMs > during.endMs) return "impossible";
  if (deleted !== undefined && deleted.endMs < during.startMs) return "impossible";
  let before: boolean | undefined;
  let mayMatch = false;
  let isOpen = overlaps(created, during) || (deleted !== undefined && overlaps(deleted, during));
  for (const { matches, at } of turns) {
    if (at.endMs < during.startMs) {
      before = matches;
    } else if (at.startMs <= during.endMs) {
      isOpen = true;
      mayMatch ||= matches;
    }
  }
  if (before !== true && !mayMatch) return "impossible";
  return isOpen ? "possible" : "certain";
}

function overlaps(left: Interval, right: Interval): boolean {
  return left.startMs <= right.endMs && left.endMs >= right.startMs;
}
