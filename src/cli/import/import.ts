/**
 * Files of records into a target: batches in order, rejects kept, progress remembered.
 *
 * Few batches are in memory: those on their way to disk, as many as the target takes at once, and the next being read and
 * made ready.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import { fail } from "../../errors/error.ts";
import { EXIT, type ExitCode } from "../failure.ts";
import { note, printable, type Terminal } from "../terminal.ts";
import { type ProgressDisplay, progressDisplay } from "./display.ts";
import { type Progress, progressFile, resumed, writeProgress } from "./progress.ts";
import type { RecordReader, WireRecord } from "./record-reader.ts";
import {
  checkFile,
  type Item,
  openRecords,
  type Position,
  type ReadOptions,
  type RecordSource,
  START,
} from "./records.ts";
import { type Reject, RejectFile } from "./rejects.ts";
import type { ImportTarget, TargetRejection, Write } from "./target.ts";

/** What to import, and how. */
export interface ImportPlan {
  /** `-` is standard input. */
  readonly files: readonly string[];
  readonly reader: RecordReader;
  readonly format: ReadOptions["format"];
  readonly csv: ReadOptions["csv"];
  readonly resume: boolean;
  /** Undefined keeps progress beside each file. */
  readonly progressFolder: string | undefined;
  readonly rejectFile: string | undefined;
  /** The import ends after this many rejects. */
  readonly errorCountMax: number;
}

/** A batch is full at so many bytes of input, however few its records, which bounds memory. */
const BATCH_BYTES_MAX = 16 * 1024 * 1024;

interface Batch {
  readonly records: WireRecord[];
  /** Where each record came from. */
  readonly origins: { readonly line: number; readonly value: unknown }[];
  readonly rejects: Reject[];
  position: Position;
}

/** A batch on its way to disk. */
interface Commit {
  readonly written: Promise<readonly TargetRejection[]>;
  /** Once it is counted, and its rejects are kept. */
  readonly done: Promise<void>;
}

/** What became of one file. */
type Outcome = "finished" | "stopped" | "too_many_errors";

/** Imports files one after the other. */
export async function importFiles(
  terminal: Terminal,
  target: ImportTarget,
  plan: ImportPlan,
): Promise<ExitCode> {
  if (plan.resume && plan.files.includes("-")) {
    throw fail("command.invalid", {
      reason: "an import from standard input cannot be resumed",
      hint: "import from a file, or leave --resume out",
    });
  }
  // A name that is wrong is better told before hours of import than after them.
  for (const file of plan.files) await checkFile(file);
  let rejectedCount = 0;
  for (const [index, file] of plan.files.entries()) {
    const run = await FileImport.open(terminal, target, plan, file, index > 0);
    if (run.progress.isFinished) {
      note(terminal, `${printable(run.name)}: already imported, ${counts(run.progress)}`);
      continue;
    }
    const outcome = await run.toEnd(plan.errorCountMax - rejectedCount);
    rejectedCount += run.progress.rejectedCount;
    report(terminal, run, outcome);
    if (outcome !== "finished") return EXIT.failed;
  }
  await target.finish();
  return rejectedCount === 0 ? EXIT.ok : EXIT.failed;
}

function counts({ writtenCount, rejectedCount }: Progress): string {
  return `${writtenCount} written, ${rejectedCount} rejected`;
}

/** How long it took, and how fast that was once it took long enough to tell. */
function pace({ writtenCount, ms }: FileImport["done"]): string {
  const seconds = ms / 1000;
  const rate = Math.round(writtenCount / seconds).toLocaleString("en-US");
  return seconds < 1 ? "" : ` in ${seconds.toFixed(1)} s, ${rate} a second`;
}

function report(terminal: Terminal, run: FileImport, outcome: Outcome): void {
  const { rejectedCount, position } = run.progress;
  note(terminal, `${printable(run.name)}: ${counts(run.progress)}${pace(run.done)}`);
  if (rejectedCount > 0) note(terminal, `rejected records are in ${printable(run.rejectPath)}`);
  if (outcome === "too_many_errors")
    note(terminal, "stopped: more rejects than --max-errors allows");
  if (outcome === "finished" || run.file === "-") return;
  note(
    terminal,
    `stopped after ${run.unit} ${position.line}; the same command with --resume goes on there`,
  );
}

/** The import of one file. */
class FileImport {
  readonly file: string;
  readonly name: string;
  readonly rejectPath: string;
  progress: Progress;
  /** What positions count. */
  unit: RecordSource["unit"] = "line";
  readonly #terminal: Terminal;
  readonly #target: ImportTarget;
  readonly #plan: ImportPlan;
  readonly #progressPath: string | undefined;
  readonly #rejects: RejectFile;
  readonly #startedAtMs: number = performance.now();
  readonly #writtenBefore: number;

  private constructor(
    terminal: Terminal,
    target: ImportTarget,
    plan: ImportPlan,
    file: string,
    start: { readonly path: string | undefined; readonly progress: Progress },
    appendsRejects: boolean,
  ) {
    this.file = file;
    this.name = file === "-" ? "stdin" : file;
    this.rejectPath = plan.rejectFile ?? `${this.name}.rejected.ndjson`;
    this.progress = start.progress;
    this.#writtenBefore = start.progress.writtenCount;
    this.#terminal = terminal;
    this.#target = target;
    this.#plan = plan;
    this.#progressPath = start.path;
    this.#rejects = new RejectFile(this.rejectPath, this.name, terminal, appendsRejects);
  }

  /** What this run has done, without what earlier ones did. */
  get done(): { readonly writtenCount: number; readonly ms: number } {
    return {
      writtenCount: this.progress.writtenCount - this.#writtenBefore,
      ms: performance.now() - this.#startedAtMs,
    };
  }

  static async open(
    terminal: Terminal,
    target: ImportTarget,
    plan: ImportPlan,
    file: string,
    isLater: boolean,
  ): Promise<FileImport> {
    const appends = plan.resume || (isLater && plan.rejectFile !== undefined);
    if (file === "-") {
      const progress: Progress = {
        file,
        size: 0,
        modifiedAtMs: 0,
        position: START,
        writtenCount: 0,
        rejectedCount: 0,
        isFinished: false,
      };
      return new FileImport(terminal, target, plan, file, { path: undefined, progress }, appends);
    }
    const folder = plan.progressFolder ?? join(dirname(file), ".whom-import");
    const kept = await progressFile(folder, file, target.name);
    const progress = plan.resume ? await resumed(kept) : kept.fresh;
    return new FileImport(terminal, target, plan, file, { path: kept.path, progress }, appends);
  }

  /** Imports what is left of the file. */
  async toEnd(errorCountMax: number): Promise<Outcome> {
    const source = await openRecords(this.file, this.#terminal.input, {
      format: this.#plan.format,
      csv: this.#plan.csv,
      ...this.#plan.reader,
      from: this.progress.position,
    });
    this.unit = source.unit;
    this.#rejects.unit = source.unit;
    const display = progressDisplay(this.#terminal, this.name, source.size);
    try {
      const outcome = await this.#run(
        source.items,
        () => source.bytesRead(),
        display,
        errorCountMax,
      );
      await this.#remember(outcome === "finished");
      return outcome;
    } catch (error) {
      // Nothing was read of a file whose header is wrong, and no command would go on there.
      if (this.progress.position.line > 0) report(this.#terminal, this, "stopped");
      throw error;
    } finally {
      display.end();
      await this.#rejects.close();
    }
  }

  async #run(
    items: AsyncIterable<readonly Item[]>,
    bytesRead: () => number,
    display: ProgressDisplay,
    errorCountMax: number,
  ): Promise<Outcome> {
    const underWay: Commit[] = [];
    try {
      for await (const batch of batches(items, this.#plan.reader, this.#target.batchRecordCount)) {
        const write = this.#target.prepare(batch.records);
        while (underWay.length >= this.#target.batchesAtOnce) await underWay.shift()?.done;
        const { writtenCount, rejectedCount } = this.progress;
        display.update(bytesRead(), writtenCount, rejectedCount);
        if (rejectedCount > errorCountMax) return "too_many_errors";
        if (this.#terminal.stop.aborted) return "stopped";
        underWay.push(this.#commit(batch, write, underWay.at(-1)));
      }
    } finally {
      await underWay.at(-1)?.done;
    }
    return this.progress.rejectedCount > errorCountMax ? "too_many_errors" : "finished";
  }

  #commit(batch: Batch, write: Write, before: Commit | undefined): Commit {
    const written =
      batch.records.length === 0
        ? Promise.resolve(before?.written).then(() => [])
        : write(before?.written);
    const done = this.#count(batch, written, before?.done);
    // A failure is met where the last commit is awaited: until then it must not count as unhandled.
    for (const each of [written, done]) each.catch(() => undefined);
    return { written, done };
  }

  /** @param before the batch before, which has to be counted first */
  async #count(
    batch: Batch,
    written: Promise<readonly TargetRejection[]>,
    before: Promise<void> | undefined,
  ): Promise<void> {
    await before;
    const refused = await written;
    const rejects = [
      ...batch.rejects,
      ...refused.map(({ index, message }) => ({
        line: batch.origins[index]?.line ?? batch.position.line,
        reason: message,
        record: batch.origins[index]?.value,
      })),
    ].sort((left, right) => left.line - right.line);
    await this.#rejects.keep(rejects);
    this.progress = {
      ...this.progress,
      position: batch.position,
      writtenCount: this.progress.writtenCount + batch.records.length - refused.length,
      rejectedCount: this.progress.rejectedCount + rejects.length,
    };
    await this.#remember(false);
  }

  async #remember(isFinished: boolean): Promise<void> {
    this.progress = { ...this.progress, isFinished };
    if (this.#progressPath !== undefined) await writeProgress(this.#progressPath, this.progress);
  }
}

async function* batches(
  parts: AsyncIterable<readonly Item[]>,
  reader: RecordReader,
  recordCount: number,
): AsyncGenerator<Batch> {
  let batch = emptyBatch(START);
  let startByte = 0;
  for await (const items of parts) {
    for (const item of items) {
      // A saved answer holds many records at one position: they stay together, or resuming would skip some.
      if (isFull(batch, startByte, recordCount) && item.position.line !== batch.position.line) {
        yield batch;
        startByte = batch.position.endByte;
        batch = emptyBatch(item.position);
      }
      take(batch, item, reader);
    }
  }
  if (batch.records.length + batch.rejects.length > 0) yield batch;
}

function isFull(batch: Batch, startByte: number, recordCount: number): boolean {
  const count = batch.records.length + batch.rejects.length;
  return count >= recordCount || batch.position.endByte - startByte >= BATCH_BYTES_MAX;
}

function emptyBatch(position: Position): Batch {
  return { records: [], origins: [], rejects: [], position };
}

function take(batch: Batch, item: Item, reader: RecordReader): void {
  const { line } = item.position;
  batch.position = item.position;
  if (item.kind === "unreadable") {
    batch.rejects.push({ line, reason: item.reason, record: item.text });
    return;
  }
  const shaped = reader.read(item.value, line);
  if (shaped.kind === "rejected") {
    batch.rejects.push({ line, reason: shaped.reason, record: item.value });
    return;
  }
  batch.records.push(shaped.record);
  batch.origins.push({ line, value: item.value });
}
