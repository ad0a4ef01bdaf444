/**
 * The progress of an export: a bar on a terminal, a line now and then elsewhere.
 *
 * @module
 */
import { Presets, SingleBar } from "cli-progress";
import { hasColour, note, type Terminal } from "../terminal.ts";

/** Shows how an export gets on. */
export interface ExportDisplay {
  /** @param total undefined where it cannot be compared with the count */
  update(rowCount: number, total: number): void;
  end(): void;
}

const LINE_INTERVAL_MS = 5000;

/** A display; the screen belongs to the rows where they are printed on it. */
export function exportDisplay(terminal: Terminal, isPrinted: boolean): ExportDisplay {
  const isScreen = terminal.notes.isTTY === true;
  if (isPrinted && terminal.output.isTTY === true)
    return { update: () => undefined, end: () => undefined };
  return isScreen ? bar(terminal) : plainLines(terminal);
}

function bar(terminal: Terminal): ExportDisplay {
  const shown = new SingleBar(
    {
      format: "{bar} {percentage}% | {value} of {total} profiles | {eta_formatted} left",
      stream: terminal.notes,
      hideCursor: hasColour(terminal.notes, terminal.environment),
      etaBuffer: 50,
    },
    Presets.shades_classic,
  );
  let hasBegun = false;
  return {
    update: (rowCount, total) => {
      if (!hasBegun) shown.start(total, 0);
      hasBegun = true;
      shown.update(rowCount);
    },
    end: () => shown.stop(),
  };
}

function plainLines(terminal: Terminal): ExportDisplay {
  let shownAtMs = Date.now();
  return {
    update: (rowCount, total) => {
      if (Date.now() - shownAtMs < LINE_INTERVAL_MS) return;
      shownAtMs = Date.now();
      const share = total === 0 ? 100 : Math.floor((100 * rowCount) / total);
      note(terminal, `${rowCount} of ${total} profiles (${share} %)`);
    },
    end: () => {
      // Lines need no clearing up.
    },
  };
}
