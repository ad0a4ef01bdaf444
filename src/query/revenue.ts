/**
 * The `$transactions` of profiles as revenue by day, week or month.
 *
 * A transaction is an object with a `$time` (a date, in UTC unless it says otherwise, or a number as the wire has times) and
 * an `$amount` (a number, or a text of one). Anything else in the list does not count.
 *
 * @module
 */
import { secondsOf } from "../values/compare.ts";
import { parseNumber } from "../values/json.ts";
import { formatInstant, UNIX_SECONDS_MAX } from "../values/time.ts";
import { type Computed, isList, isObject, member } from "../values/value.ts";
import { type Days, type PeriodUnit, periodStart, periodsOf } from "./days.ts";

/** The property that holds the transactions of a profile. */
export const TRANSACTIONS = "$transactions";

/** What was paid in a period. */
export interface Revenue {
  readonly amount: number;
  /** Profiles that were looked at. */
  readonly count: number;
  /** Those with a transaction in the period. */
  readonly paidCount: number;
}

/** Revenue over all days, and by the first day of each period, in order. */
export interface RevenueReport {
  readonly overall: Revenue;
  readonly periods: ReadonlyMap<string, Revenue>;
}

/** Adds up profile by profile. */
export interface RevenueTally {
  /** Takes the transactions of one profile. */
  add(transactions: Computed): void;
  report(): RevenueReport;
}

interface Account {
  amount: Sum;
  paidCount: number;
}

/** A sum and what its rounding lost, so that the order of the transactions does not show in it. */
interface Sum {
  total: number;
  lost: number;
}

const DATE_LENGTH = "YYYY-MM-DD".length;
/** A longer text is no amount of money. */
const AMOUNT_LENGTH_MAX = 40;

/** @throws `query.invalid_dates` for too many periods */
export function tallyRevenue(days: Days, unit: PeriodUnit, timeZone: string): RevenueTally {
  const overall = newAccount();
  const periods = new Map(periodsOf(days, unit).map((start) => [start, newAccount()]));
  let count = 0;
  const accountsAt = (seconds: number): readonly Account[] => {
    if (seconds < days.span.fromSeconds || seconds > days.span.toSeconds) return [];
    const day = formatInstant(seconds, timeZone).slice(0, DATE_LENGTH);
    const period = periods.get(periodStart(day, unit));
    return period === undefined ? [overall] : [overall, period];
  };
  return {
    add(transactions) {
      count += 1;
      const paid = new Set<Account>();
      for (const { seconds, amount } of readTransactions(transactions)) {
        for (const account of accountsAt(seconds)) {
          addTo(account.amount, amount);
          paid.add(account);
        }
      }
      for (const account of paid) account.paidCount += 1;
    },
    report() {
      const shown = ({ amount, paidCount }: Account): Revenue => ({
        amount: amount.total + amount.lost,
        count,
        paidCount,
      });
      return {
        overall: shown(overall),
        periods: new Map([...periods].map(([start, account]) => [start, shown(account)])),
      };
    },
  };
}

function newAccount(): Account {
  return { amount: { total: 0, lost: 0 }, paidCount: 0 };
}

interface Transaction {
  readonly seconds: number;
  readonly amount: number;
}

/** A single transaction counts as a list of one. */
function readTransactions(transactions: Computed): readonly Transaction[] {
  return (isList(transactions) ? transactions : [transactions]).flatMap((item) => {
    if (!isObject(item)) return [];
    const seconds = readTime(member(item, "$time"));
    const amount = readAmount(member(item, "$amount"));
    return seconds === undefined || amount === undefined ? [] : [{ seconds, amount }];
  });
}

function readTime(time: Computed): number | undefined {
  if (typeof time !== "number") return secondsOf(time);
  return Math.floor(time > UNIX_SECONDS_MAX ? time / 1000 : time);
}

function readAmount(amount: Computed): number | undefined {
  if (typeof amount === "number") return amount;
  if (typeof amount !== "string" || amount.length > AMOUNT_LENGTH_MAX) return undefined;
  return parseNumber(amount.trim());
}

/** Neumaier's summation. */
function addTo(sum: Sum, value: number): void {
  const total = sum.total + value;
  sum.lost +=
    Math.abs(sum.total) >= Math.abs(value) ? sum.total - total + value : value - total + sum.total;
  sum.total = total;
}
