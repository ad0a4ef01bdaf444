/**
 * A request that carries a hostile text.
 *
 * @module
 */

/** What requests need to know of a server. */
export interface RoadPlaces {
  readonly projectId: number;
  readonly token: string;
}

/** One request, with JSON unless it says otherwise. `PROJECT` and `TOKEN` in it stand for those of the server. */
export interface Draft {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly url: string;
  readonly body?: unknown;
  readonly contentType?: string;
  /** A service account answers for what a project's secret may not. */
  readonly asAccount?: true;
  /** Two servers give ids, secrets and times of their own in some answers. */
  readonly isComparable?: false;
}

/** The same with the name that the route table has for its endpoint. */
export interface Road extends Draft {
  readonly route: string;
}

/** Makes the requests of an endpoint with a text in every place that takes one. */
export type RoadMaker = (text: string) => readonly Draft[];

/** A request whose answers are not the same on two servers. */
export function apart(draft: Draft): Draft {
  return { ...draft, isComparable: false };
}

/** A text as one part of a path. */
export function inPath(text: string): string {
  return encodeURIComponent(text.toWellFormed()) || "%20";
}
