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
  /** Stands in the property `rank`, which sessions may be sorted by; no two lives have the same. */
  readonly rank: number;
  /** When the selector began or ceased to select it, in order; the first is its creation. */
  readonly turns: { readonly matches: boolean; readonly at: Interval }[];
}

/** A record that writes, without its token. */
export type ChurnRecord = Readonly<Record<string, unknown>>;

/** An event that says of a device whose it is, which merges the profile of the device into that of the user. */
export interface ChurnJoin {
  readonly $device_id: string;
  readonly $user_id: string;
}

/** What is written at about the same time; no id stands in it twice. */
export interface ChurnBatch {
  readonly records: readonly ChurnRecord[];
  readonly joins: readonly ChurnJoin[];
}

/** Selects the lives whose last turn matches. */
export const MATCHING_SELECTOR = 'properties["plan"] == "pro"';

/** Records of one request. */
const BATCH_RECORD_COUNT = 40;

/** Profiles are made with an id in between those of two others. */
const ID_DIGIT_COUNT = 7;

/** Before the id of a device, in the distinct id of its profile. */
const DEVICE_PREFIX = "$device:";

/** One in so many profiles that are made is of a device. */
const DEVICE_EVERY = 3;

/** How often each thing is done to a profile, in hundredths. */
const ACTIONS: readonly (readonly [number, Action])[] = [
  [28, "touch"],
  [12, "leave"],
  [12, "join"],
  [24, "create"],
  [12, "delete"],
  [7, "recreate"],
  [5, "merge"],
];

type Action = "touch" | "leave" | "join" | "create" | "delete" | "recreate" | "merge";

/** The id of a profile that is there from the start. */
function firstId(index: number): string {
  return `p${String(index).padStart(ID_DIGIT_COUNT, "0")}`;
}

/** The properties of a profile. */
function propertiesOf({ born, rank, turns }: Life): ChurnRecord {
  return { born, rank, plan: turns[0]?.matches === true ? "pro" : "free" };
}

/** A number for each life, in no order of theirs: multiplying by an odd number gives no two the same. */
function rankOf(born: number): number {
  return Math.imul(born, 0x9e3779b1) >>> 0;
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

/** A batch that is made up. */
interface Draft {
  readonly records: ChurnRecord[];
  readonly joins: ChurnJoin[];
  /** Ids that other batches must leave alone until this one is answered. */
  readonly touched: string[];
  readonly at: Interval;
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
    merge: 0,
  };
  readonly #random: () => number;
  /** Those not deleted. */
  readonly #living: Life[] = [];
  /** Those that a batch under way does something to: several writers may write at once. */
  readonly #busy = new Set<string>();
  /** Devices whose profile is there, and that are nobody's yet. */
  readonly #devices: Life[] = [];
  /** Ids of users who did something. */
  readonly #withEvents = new Set<string>();
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
  async writeBatch(write: (batch: ChurnBatch) => Promise<void>): Promise<void> {
    const at: Interval = { startMs: performance.now(), endMs: Number.POSITIVE_INFINITY };
    const batch: Draft = { records: [], joins: [], touched: [], at };
    while (batch.records.length + batch.joins.length < BATCH_RECORD_COUNT) {
      const life = this.#pick(batch);
      const action = this.#chooseAction();
      if (this.#act(action, life, batch)) this.counts[action]++;
    }
    await write(batch);
    at.endMs = performance.now();
    for (const id of batch.touched) this.#busy.delete(id);
  }

  /** @returns whether there was anything to do it to */
  #act(action: Action, life: Life, batch: Draft): boolean {
    const { records, at } = batch;
    switch (action) {
      case "touch":
        records.push({ $distinct_id: life.id, $set: { touched: at.startMs } });
        return true;
      case "leave":
      case "join": {
        const matches = action === "join";
        life.turns.push({ matches, at });
        records.push({ $distinct_id: life.id, $set: { plan: matches ? "pro" : "free" } });
        return true;
      }
      case "create":
        records.push(this.#beBorn(this.#newId(life), true, at));
        return true;
      case "delete":
        records.push(this.#die(life, at));
        return true;
      case "recreate":
        records.push(...this.#recreate(life, at));
        return true;
      case "merge":
        return this.#merge(life, batch);
    }
  }

  /** Who has events stays the same one in sessions, whatever becomes of the profile; anybody else is another profile. */
  #recreate(life: Life, at: Interval): readonly ChurnRecord[] {
    if (!this.#withEvents.has(life.id)) {
      return [this.#die(life, at), this.#beBorn(life.id, true, at)];
    }
    life.turns.push({ matches: true, at });
    const $set = { ...propertiesOf(life), plan: "pro" };
    return [
      { $distinct_id: life.id, $delete: "" },
      { $distinct_id: life.id, $set },
    ];
  }

  /** An id beside that of another profile; some are of devices. */
  #newId({ id }: Life): string {
    const own = `${id.replace(DEVICE_PREFIX, "")}-${this.#bornCount}`;
    return this.#bornCount % DEVICE_EVERY === 0 ? `${DEVICE_PREFIX}${own}` : own;
  }

  /** A device turns out to be of a user: its profile goes, and that of the user keeps what it has. */
  #merge(user: Life, batch: Draft): boolean {
    if (user.id.startsWith(DEVICE_PREFIX)) return false;
    const index = this.#devices.findIndex(({ id }) => !this.#busy.has(id));
    const [device] = index < 0 ? [] : this.#devices.splice(index, 1);
    if (device === undefined) return false;
    this.#touch(device, batch);
    this.#die(device, batch.at);
    const $device_id = device.id.slice(DEVICE_PREFIX.length);
    batch.joins.push({ $device_id, $user_id: user.id });
    this.#withEvents.add(user.id);
    return true;
  }

  #beBorn(id: string, matches: boolean, at: Interval): ChurnRecord {
    const born = this.#bornCount++;
    const turns = [{ matches, at }];
    const life: Life = { id, born, rank: rankOf(born), created: at, deleted: undefined, turns };
    this.lives.push(life);
    this.#living.push(life);
    if (id.startsWith(DEVICE_PREFIX)) this.#devices.push(life);
    return { $distinct_id: id, $set: propertiesOf(life) };
  }

  #die(life: Life, at: Interval): ChurnRecord {
    life.deleted = at;
    const index = this.#living.indexOf(life);
    const last = this.#living.pop();
    if (last !== undefined && last !== life) this.#living[index] = last;
    const device = this.#devices.indexOf(life);
    if (device >= 0) this.#devices.splice(device, 1);
    return { $distinct_id: life.id, $delete: "" };
  }

  /** A profile that nothing is done to yet. One batch does one thing to an id, so that what is done to it has an order. */
  #pick(batch: Draft): Life {
    for (;;) {
      const life = this.#living[Math.floor(this.#random() * this.#living.length)];
      if (life === undefined) throw new Error("no profile is left");
      if (this.#busy.has(life.id)) continue;
      this.#touch(life, batch);
      return life;
    }
  }

  #touch({ id }: Life, batch: Draft): void {
    this.#busy.add(id);
    batch.touched.push(id);
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
