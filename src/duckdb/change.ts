/**
 * What a write makes of one profile.
 *
 * @module
 */
import { applyUpdate } from "../profile/apply.ts";
import type { Profile } from "../profile/profile.ts";
import { propertiesFromJson, propertiesToJson } from "../profile/record.ts";
import type { ProfileUpdate } from "../profile/update.ts";
import type { Properties } from "../values/value.ts";
import type { StoredDocument } from "./recent-documents.ts";

/** A document that is being written: its key is settled last. */
export interface NewDocument extends StoredDocument {
  key: number;
}

/** One profile, from what is stored to what will be. */
export class Change {
  readonly distinctId: string;
  /** Undefined for a profile that was not there. */
  readonly before: StoredDocument | undefined;
  #profile: Profile | undefined;
  #isRead: boolean;
  #isChanged: boolean = false;
  /** Whether it was deleted on the way: what is made then is another profile. */
  #wasDeleted: boolean = false;
  #after: NewDocument | undefined;

  constructor(distinctId: string, before: StoredDocument | undefined) {
    this.distinctId = distinctId;
    this.before = before;
    this.#isRead = before === undefined;
  }

  /** As it is by now. */
  get profile(): Profile | undefined {
    if (!this.#isRead && this.before !== undefined) {
      const properties = propertiesFromJson(this.before.propertiesJson);
      this.#profile = { distinctId: this.distinctId, properties };
      this.#isRead = true;
    }
    return this.#profile;
  }

  /** Applies an update. @returns why it cannot be */
  apply(update: ProfileUpdate): string | undefined {
    const { profile } = this;
    const applied = applyUpdate(profile, update);
    if (applied.kind === "rejected") return applied.message;
    if (applied.profile === undefined && profile === undefined) return undefined;
    this.become(applied.profile);
    if (applied.profile === undefined) this.#wasDeleted = true;
    return undefined;
  }

  /** Makes it another profile, or none. */
  become(profile: Profile | undefined): void {
    this.#profile = profile;
    this.#isRead = true;
    this.#isChanged = true;
  }

  /**
   * Settles what is to be written: nothing when the profile is as it was.
   *
   * @returns the properties of a document to write
   */
  close(): Properties | undefined {
    if (!this.#isChanged) return undefined;
    const properties = this.#profile?.properties;
    // What was read is not needed any more, and would take many times the memory of its text.
    this.#profile = undefined;
    this.#isRead = true;
    if (properties === undefined) return undefined;
    const propertiesJson = propertiesToJson(properties);
    if (!this.#wasDeleted && propertiesJson === this.before?.propertiesJson) {
      this.#isChanged = false;
      return undefined;
    }
    this.#after = { key: 0, propertiesJson };
    return properties;
  }

  /** Whether there is something to write or to delete. Known once it is closed, like what follows. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  /** The document to write. */
  get after(): NewDocument | undefined {
    return this.#after;
  }

  /** Whether the profile that was there is there no more, even if another has come in its place. */
  get isGone(): boolean {
    return this.#isChanged && (this.#after === undefined || this.#wasDeleted);
  }

  /** The key of the profile that was there, so far as it still is. */
  get keptKey(): number | undefined {
    const isThere = this.#isChanged ? this.#after !== undefined : this.before !== undefined;
    return isThere && !this.#wasDeleted ? this.before?.key : undefined;
  }
}
