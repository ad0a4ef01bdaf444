/**
 * The progress of an import: a bar on a terminal, a line now and then elsewhere.
 *
 * @module
 */
import { Presets, SingleBar } from "cli-progress";
import { hasColour, note, printable, type Terminal } from "../terminal.ts";

/** Shows how an import gets on. */
export interface ProgressDisplay {
  update(bytes: number, writtenCount: number, rejectedCount: number): void;
  end(): void;
}

const LINE_INTERVAL_MS = 5000;

/** A display for one file; its size is unknown for standard input. */
export function progressDisplay(
  terminal: Terminal,
  file: string,
  size: number | undefined,
): ProgressDisplay {
  const isBar = terminal.notes.isTTY === true && size !== undefined && size > 0;
  return isBar ? bar(terminal, file, size) : plainLines(terminal, file, size);
}

function bar(terminal: Terminal, file: string, size: number): ProgressDisplay {
  const bar = new SingleBar(
    {
      format: `${inFormat(file)} {bar} {percentage}% | {written} written, {rejected} rejected | {eta_formatted} left`,
      stream: terminal.notes,
      hideCursor: hasColour(terminal.notes, terminal.environment),
      etaBuffer: 50,
    },
    Presets.shades_classic,
  );
  bar.start(size, 0, { written: 0, rejected: 0 });
  return {
    update: (bytes, written, rejected) => bar.update(Math.min(bytes, size), { written, rejected }),
    end: () => bar.stop(),
  };
}

/** A file's name as a text of a bar's format, in which braces would name a value. */
function inFormat(file: string): string {
  return printable(file).replaceAll(/[{}]/g, "_");
}

function plainLines(terminal: Terminal, file: string, size: number | undefined): ProgressDisplay {
  let shownAtMs = Date.now();
  return {
    update: (bytes, written, rejected) => {
      if (Date.now() - shownAtMs < LINE_INTERVAL_MS) return;
      shownAtMs = Date.now();
      const share =
        size === undefined ? "" : ` (${Math.floor((100 * bytes) / Math.max(size, 1))} %)`;
      note(terminal, `${printable(file)}: ${written} written, ${rejected} rejected${share}`);
    },
    end: () => {
      // Lines need no clearing up.
    },
  };
}
