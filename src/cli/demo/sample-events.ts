/**
 * A seed as what the sample customers did in the last months, the same every time.
 *
 * @module
 */
import { makeObject, type Value } from "../../values/value.ts";
import type { WireRecord } from "../import/record-reader.ts";
import { customerId, pick, type Random, seeded } from "./sample-data.ts";

const DAY_MS = 86_400_000;
const DAY_COUNT = 120;
const PRODUCTS = ["Starter kit", "Headset", "Notebook", "Backpack", "Gift card", "Desk lamp"];
const PAGES = ["/", "/pricing", "/products", "/help", "/blog"];
/** So much of the customers came with a device first and said who they are later. */
const DEVICE_SHARE = 0.2;

/**
 * Events of customers, as records of `/import` without a token.
 *
 * They lie before the day of `nowMs`, so that on one day they are always the same ones.
 */
export function* activity(count: number, seed: number, nowMs: number): Generator<WireRecord> {
  const random = seeded(seed);
  const endMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  for (let number = 1; number <= count; number++) {
    let insertNumber = 0;
    for (const [name, timeMs, properties] of doings(customerId(number), random, endMs)) {
      insertNumber += 1;
      yield makeObject([
        ["event", name],
        [
          "properties",
          makeObject([
            ["time", Math.floor(timeMs / 1000)],
            ["$insert_id", `demo-${number}-${insertNumber}`],
            ...properties,
          ]),
        ],
      ]);
    }
  }
}

type Doing = readonly [
  name: string,
  timeMs: number,
  properties: readonly (readonly [string, Value])[],
];

function* doings(id: string, random: Random, endMs: number): Generator<Doing> {
  const self: readonly [string, Value] = ["distinct_id", id];
  const isFromDevice = random() < DEVICE_SHARE;
  if (isFromDevice) yield* meeting(id, random, endMs);
  const visitCount = Math.floor(8 * random());
  for (let visit = 0; visit < visitCount; visit++) {
    yield ["Page View", timeIn(random, endMs), [self, ["page", pick(random, PAGES)]]];
  }
  const purchaseCount = Math.floor(9 * random() ** 3);
  for (let purchase = 0; purchase < purchaseCount; purchase++) {
    yield [
      "Purchase",
      timeIn(random, endMs),
      [
        self,
        ["product", pick(random, PRODUCTS)],
        ["amount", Math.round(100 * (5 + 195 * random())) / 100],
      ],
    ];
  }
}

/** A device looks around, then somebody signs in on it: both become one user. */
function* meeting(id: string, random: Random, endMs: number): Generator<Doing> {
  const device: readonly [string, Value] = ["$device_id", `device-of-${id}`];
  const timeMs = timeIn(random, endMs);
  yield ["Page View", timeMs - 60_000, [device, ["page", "/"]]];
  yield ["Sign In", timeMs, [device, ["$user_id", id]]];
}

/** A time, recent ones being likelier. */
function timeIn(random: Random, endMs: number): number {
  return endMs - Math.ceil(DAY_MS * DAY_COUNT * random() ** 2);
}
