/**
 * Commands that are killed in the middle of their work on a data folder, and what must be true of it afterwards.
 *
 * @module
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Where it goes on. */
export interface CommandPlace {
  /** The command's file. */
  readonly whom: string;
  /** Of the check; the data folder is made in it. */
  readonly folder: string;
  readonly below: (limit: number) => number;
  readonly lineCount: number;
}

/** What came of it. */
export interface CommandReport {
  /** Commands that were killed before they were done, by name. */
  readonly killed: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

/** What an import may write twice after a kill, as its documentation says. */
const LINES_PER_BATCH = 4_000;

/** A killed import is resumed at most so often in a row. */
const RESUMES_MAX = 5;

type CommandName = "import" | "compact" | "backup";

/** Kills imports, compactions and backups, in turn. */
export class CommandKiller {
  readonly #place: CommandPlace;
  readonly #data: string;
  readonly #killed: Record<CommandName, number> = { import: 0, compact: 0, backup: 0 };
  readonly #violations: string[] = [];
  #round = 0;
  #profileCount = 0;
  /** How long each command took when it was let be; kills come before that. */
  readonly #tookMs: Record<CommandName, number> = { import: 3_000, compact: 1_500, backup: 1_200 };

  constructor(place: CommandPlace) {
    this.#place = place;
    this.#data = join(place.folder, "commands");
  }

  /** Does it so many times. */
  async run(rounds: number): Promise<CommandReport> {
    this.#whole("init", "--data", this.#data);
    for (let round = 0; round < rounds; round++) {
      this.#round = round;
      await this.#import();
      await this.#compact();
      await this.#backUp();
    }
    return { killed: this.#killed, violations: this.#violations };
  }

  /** Each line adds 1 to a profile of its own, so that a line that is written twice shows. */
  async #import(): Promise<void> {
    const killedBefore = this.#killed.import;
    const { folder, lineCount } = this.#place;
    const file = join(folder, `lines-${this.#round}.ndjson`);
    const lines = Array.from({ length: lineCount }, (_, n) =>
      JSON.stringify({
        $distinct_id: `r${this.#round}-${n}`,
        $add: { n: 1 },
        $set: { round: this.#round },
      }),
    );
    await writeFile(file, `${lines.join("\n")}\n`);
    const command = ["import", "--data", this.#data, file];
    await this.#kill("import", ...command);
    for (let again = 0; again < RESUMES_MAX; again++) {
      const isLast = again === RESUMES_MAX - 1;
      if (!isLast && this.#place.below(3) === 0) await this.#kill("import", ...command, "--resume");
      else break;
    }
    this.#whole(...command, "--resume");
    await rm(file);
    this.#profileCount += lineCount;
    const own = `properties["round"] == ${this.#round}`;
    this.#expectCount(`${own} and properties["n"] >= 1`, lineCount);
    const twiceMax = (this.#killed.import - killedBefore) * LINES_PER_BATCH;
    const twiceCount = this.#count(`${own} and properties["n"] > 1`);
    if (twiceCount > twiceMax) {
      this.#violations.push(
        `round ${this.#round}: ${twiceCount} lines were written twice, not at most ${twiceMax}`,
      );
    }
    this.#expectCount("true", this.#profileCount);
  }

  async #compact(): Promise<void> {
    await this.#kill("compact", "compact", "--data", this.#data);
    this.#expectCount('properties["n"] >= 1', this.#profileCount);
    if (this.#place.below(3) > 0) return;
    this.#whole("compact", "--data", this.#data);
    this.#expectCount('properties["n"] >= 1', this.#profileCount);
  }

  /** A backup that has its name is whole. */
  async #backUp(): Promise<void> {
    const target = join(this.#place.folder, `backup-${this.#round}`);
    await this.#kill("backup", "backup", "--data", this.#data, target);
    if (existsSync(target)) this.#whole("backup", "--verify", target);
    else this.#whole("backup", "--data", this.#data, target);
    await rm(target, { recursive: true });
    this.#expectCount("true", this.#profileCount);
  }

  /** Starts a command and kills it, unless it is done before. */
  async #kill(name: CommandName, ...command: readonly string[]): Promise<void> {
    const child = spawn(process.execPath, [this.#place.whom, ...command], { stdio: "ignore" });
    const exited = once(child, "exit");
    const startedMs = performance.now();
    await Promise.race([exited, sleep(this.#place.below(this.#tookMs[name]))]);
    child.kill("SIGKILL");
    await exited;
    if (child.signalCode === null) this.#tookMs[name] = performance.now() - startedMs;
    else this.#killed[name]++;
  }

  #whole(...command: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(process.execPath, [this.#place.whom, ...command], {
      encoding: "utf8",
    });
    if (status !== 0) {
      this.#violations.push(
        `round ${this.#round}: whom ${command.join(" ")} ended with ${status}: ${stderr.slice(-300)}`,
      );
    }
    return stdout;
  }

  #count(selector: string): number {
    return Number(this.#whole("query", "--data", this.#data, "--count", selector).trim());
  }

  #expectCount(selector: string, count: number): void {
    const found = this.#count(selector);
    if (found !== count) {
      this.#violations.push(`round ${this.#round}: ${selector} selects ${found}, not ${count}`);
    }
  }
}
