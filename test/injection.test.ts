// The engine's tap has to be there before the engine is.
import "./support/injection/engine-tap.ts";

import { describe, expect, it } from "vitest";
import { allCommands, makeProgram } from "../src/cli/program.ts";
import { ROUTES } from "../src/http/routes.ts";
import { recordingTerminal } from "./cli/support.ts";
import {
  answerFaults,
  logFaults,
  metricsFaults,
  watchPrototypes,
} from "./support/injection/answer-checks.ts";
import { playRound } from "./support/injection/check.ts";
import { ROAD_NAMES } from "./support/injection/http-roads.ts";
import { rawFaults } from "./support/injection/raw-check.ts";
import { statementFault } from "./support/injection/statement-watch.ts";
import { screenFaults } from "./support/injection/terminal.ts";

describe("hostile texts", () => {
  it("are data on every road", async () => {
    const report = await playRound({
      seed: 20,
      mutationCount: 40,
      textsMax: 5,
      argumentTextsMax: 1,
    });
    expect(report.violations).toEqual([]);
    expect(report.statementCount).toBeGreaterThan(500);
    const program = makeProgram(recordingTerminal().terminal, { work: undefined });
    const leaves = allCommands(program).filter(({ commands }) => commands.length === 0);
    const names = leaves.map((command) =>
      command.parent?.parent ? `${command.parent.name()} ${command.name()}` : command.name(),
    );
    expect(names.filter((name) => !report.commandNames.has(name))).toEqual([]);
  }, 60_000);

  it("go to every route", () => {
    expect([...ROAD_NAMES].sort()).toEqual([...new Set(ROUTES.map(({ name }) => name))].sort());
  });
});

describe("the check itself", () => {
  it("finds a text in a statement, and in a Parquet file's columns only outside of quotes", () => {
    expect(statementFault("select key from profiles_1 where p7_text = $1")).toBe(false);
    expect(statementFault("select * from qzqz")).toBe(true);
    expect(statementFault('select "__proto__" from profiles_1')).toBe(true);
    expect(statementFault('copy (select a as "qzqz"" x" from t) to $1')).toBe(false);
    expect(statementFault("attach '/data/qzqz''s' as whom (storage_version 'latest')")).toBe(false);
    expect(statementFault("attach '/data/qzqz's' as whom (storage_version 'latest')")).toBe(true);
    expect(statementFault('copy (select a as "qzqz" qzqz" from t) to $1')).toBe(true);
  });

  it("finds answers that a browser could take for a page of ours, and headers that were forged", () => {
    const headers = {
      "content-type": "application/json",
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'",
    };
    const faults = (change: object, text = "{}", status = 200) =>
      answerFaults({ status, headers: { ...headers, ...change }, text, json: undefined }, false);
    expect(faults({})).toEqual([]);
    expect(faults({ "content-type": "text/html" })).toHaveLength(1);
    expect(faults({ "x-content-type-options": undefined })).toHaveLength(1);
    expect(faults({ "content-security-policy": "" })).toHaveLength(1);
    expect(faults({ "set-cookie": "a" })).toHaveLength(1);
    expect(faults({ etag: "a\u0085b" })).toHaveLength(1);
    expect(faults({}, "{", 500)).toHaveLength(2);
    expect(rawFaults("HTTP/1.1 200 OK\r\nX-Request-Id: a\r\n\r\nX-Forged: 1")).toEqual([]);
    expect(rawFaults("HTTP/1.1 200 OK\r\nX-Forged: 1\r\n\r\n")).toHaveLength(1);
    expect(rawFaults("HTTP/1.1 500 Oh\r\nA: \u0001\r\n\r\n")).toHaveLength(2);
  });

  it("finds what steers a terminal, and lets the program's own styles and bars be", () => {
    expect(screenFaults("\u001b[1mtitle\u001b[22m\n\u001b7\u001b[0G 3 %\u001b[0K\u001b8")).toEqual(
      [],
    );
    for (const text of [
      "\u001b]0;x\u0007",
      "\u001b[2J",
      "\u009b8m",
      "\r",
      "\u202e",
      "\u001b[8m",
      "\u007f",
    ]) {
      expect(screenFaults(`a${text}b`), JSON.stringify(text)).toHaveLength(1);
    }
  });

  it("finds forged lines of the log and of the metrics, and changed prototypes", () => {
    expect(logFaults(['{"a":"b\\n"}\n'])).toEqual([]);
    expect(logFaults(['{"a":"b\n{}"}\n'])).not.toEqual([]);
    expect(logFaults(['{"a":"\u009b"}\n'])).toHaveLength(1);
    expect(metricsFaults("# HELP\nwhom_events_total 1\n")).toEqual([]);
    expect(metricsFaults('whom_events_total{a="qzqz"} 1')).toHaveLength(1);
    expect(metricsFaults("forged_total 1")).toHaveLength(1);
    const changed = watchPrototypes();
    expect(changed()).toEqual([]);
    Object.defineProperty(Object.prototype, "polluted", { value: 1, configurable: true });
    expect(changed()).toHaveLength(1);
    Reflect.deleteProperty(Object.prototype, "polluted");
  });
});
