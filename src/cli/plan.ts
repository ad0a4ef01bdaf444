/**
 * What a command line comes to: the work that is left once its arguments are read.
 *
 * @module
 */
import type { ExitCode } from "./failure.ts";

/** What a command does once its arguments are read; the program runs it. */
type Work = () => Promise<ExitCode>;

/** Takes the work of the command that the arguments name. */
export interface Plan {
  work: Work | undefined;
}
