/**
 * Events that clients of the crash check send, beside what the server exports after it came back.
 *
 * @module
 */
import { CrashLedger, type Outcome, type State } from "./crash-ledger.ts";

/** What a witness asks the server with. */
export interface Asking {
  readonly request: (path: string, init: RequestInit) => Promise<Response>;
  readonly authorization: string;
  readonly credentials: { readonly project_id: number; readonly token: string };
}

interface Sent {
  readonly event: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

const DAY_MS = 86_400_000;
const ANONYMOUS_EVENTS_MAX = 5;

/**
 * Each request is of a device that nobody knew: some events before it has a user, then one that says whose it is. So
 * an event that lost its device's user is found with somebody else.
 */
export class EventWitness {
  readonly #asking: Asking;
  readonly #below: (limit: number) => number;
  readonly #violations: string[];
  readonly #ledger = new CrashLedger();
  /** Acknowledged events by user, of which some are sent once more. */
  readonly #known = new Map<string, Sent[]>();
  /** Two days ago, so that no zone takes the day after it for the future. */
  readonly #timeMs: number = Date.now() - 2 * DAY_MS;
  #nextNumber = 1;

  /** @param options `violations` is told of answers that should not be */
  constructor(
    options: Asking & {
      readonly below: (limit: number) => number;
      readonly violations: string[];
    },
  ) {
    this.#asking = options;
    this.#below = options.below;
    this.#violations = options.violations;
  }

  /** Sends events of a client. @returns how many were acknowledged, or undefined without an answer */
  async send(client: number, viaTrack: boolean): Promise<number | undefined> {
    const user = `user-${client}`;
    const made = this.#make(user);
    const again = this.#known.get(user)?.slice(-1) ?? [];
    this.#ledger.sending(
      user,
      made.map(({ properties }) => ({ kind: "count", number: Number(properties["number"]) })),
    );
    const text = await this.#post([...again, ...made], viaTrack);
    if (text === undefined) return undefined;
    this.#ledger.acknowledged(user);
    this.#known.set(user, made);
    return made.length;
  }

  #make(user: string): Sent[] {
    const device = `device-${this.#nextNumber}`;
    const count = 1 + this.#below(ANONYMOUS_EVENTS_MAX);
    return Array.from({ length: count + 1 }, (_, index) => {
      const number = this.#nextNumber++;
      return {
        event: index < count ? "look" : "sign in",
        properties: {
          number,
          time: Math.floor(this.#timeMs / 1000),
          $insert_id: `number-${number}`,
          $device_id: device,
          distinct_id: index < count ? `$device:${device}` : user,
          ...(index < count ? {} : { $user_id: user }),
        },
      };
    });
  }

  async #post(events: readonly Sent[], viaTrack: boolean): Promise<string | undefined> {
    const { request, authorization, credentials } = this.#asking;
    const { token, project_id: projectId } = credentials;
    const sent = viaTrack
      ? events.map(({ event, properties }) => ({ event, properties: { ...properties, token } }))
      : events;
    const path = viaTrack ? "/track?verbose=1" : `/import?strict=1&project_id=${projectId}`;
    try {
      const reply = await request(path, {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body: JSON.stringify(sent),
      });
      const text = await reply.text();
      if (reply.status === 200) return text;
      if (reply.status !== 503) this.#violations.push(`${path} answered ${reply.status}: ${text}`);
    } catch {
      // The server is gone, and nobody knows whether it wrote them.
    }
    return undefined;
  }

  /** Compares what was acknowledged with an export of everything. */
  async settle(): Promise<Outcome> {
    const { request, authorization, credentials } = this.#asking;
    const day = (ms: number): string => new Date(ms).toISOString().slice(0, "YYYY-MM-DD".length);
    const days = `from_date=${day(this.#timeMs - DAY_MS)}&to_date=${day(this.#timeMs + DAY_MS)}`;
    const reply = await request(`/api/2.0/export?project_id=${credentials.project_id}&${days}`, {
      headers: { authorization },
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`an export was answered ${reply.status}: ${text}`);
    const found = new Map<string, number[]>();
    for (const line of text.split("\n").filter((each) => each !== "")) {
      const { properties } = JSON.parse(line) as Sent;
      const id = String(properties["distinct_id"]);
      const numbers = found.get(id) ?? [];
      numbers.push(Number(properties["number"]));
      found.set(id, numbers);
    }
    const states = new Map<string, State>();
    for (const [id, numbers] of found)
      states.set(
        id,
        numbers.sort((left, right) => left - right),
      );
    return this.#ledger.settle(states);
  }
}
