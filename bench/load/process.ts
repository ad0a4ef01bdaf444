/**
 * A load in a process of its own, so that its work is not done on the thread that takes the times.
 *
 * @module
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

type Message<Result> =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly result: Result }
  | { readonly kind: "failed"; readonly message: string };

/** A process that waits for its job. */
export class Load<Job, Result> {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts a file of this folder; resolves once it can begin at once. */
  static async start<Job, Result>(file: string): Promise<Load<Job, Result>> {
    const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
      serialization: "advanced",
    });
    await nextMessage(child);
    return new Load(child);
  }

  /** Runs the job to its end, and ends the process. */
  async run(job: Job): Promise<Result> {
    this.#child.send({ job });
    const message = await nextMessage<Result>(this.#child);
    this.#child.disconnect();
    if (message.kind === "done") return message.result;
    throw new Error(message.kind === "failed" ? message.message : "a load is ready twice");
  }

  /** Asks it to come to its end. */
  stop(): void {
    if (this.#child.connected) this.#child.send({ stop: true });
  }
}

async function nextMessage<Result>(child: ChildProcess): Promise<Message<Result>> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    const [message] = await Promise.race([
      once(child, "message", { signal }),
      once(child, "exit", { signal }).then(() => [{ kind: "failed", message: "a load ended" }]),
    ]);
    return message as Message<Result>;
  } finally {
    waiting.abort();
  }
}

/** The other side: runs the job that comes, and sends what it found. */
export function serveLoad<Job, Result>(
  run: (job: Job, isStopped: () => boolean) => Promise<Result>,
): void {
  let isStopped = false;
  process.on("message", (message: { readonly job?: Job; readonly stop?: boolean }) => {
    if (message.stop === true) isStopped = true;
    if (message.job !== undefined) void answer(run(message.job, () => isStopped));
  });
  process.send?.({ kind: "ready" });
}

async function answer(result: Promise<unknown>): Promise<void> {
  const message = await result.then(
    (found) => ({ kind: "done", result: found }),
    (error: unknown) => ({ kind: "failed", message: String(error) }),
  );
  process.send?.(message);
}
