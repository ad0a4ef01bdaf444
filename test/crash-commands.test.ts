import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { seeded } from "../src/cli/demo/sample-data.ts";
import { CommandKiller } from "./support/crash-commands.ts";

const SEED = 3;
const LINE_COUNT = 8_000;

/** `npm run crash-check -- --kills 300 --commands 40` is the long form. */
it("leaves data folders and backups whole when commands are killed", {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "whom-killed-"));
  try {
    const random = seeded(SEED);
    const report = await new CommandKiller({
      whom: fileURLToPath(new URL("../bin/whom.cjs", import.meta.url)),
      folder,
      below: (limit) => Math.floor(random() * limit),
      lineCount: LINE_COUNT,
    }).run(2);
    expect(report.violations).toEqual([]);
    const killedCount = Object.values(report.killed).reduce((sum, count) => sum + count, 0);
    expect(killedCount).toBeGreaterThan(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
