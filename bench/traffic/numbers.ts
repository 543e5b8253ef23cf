import type { Random } from "./random.ts";

/** How a country's mobile numbers are made, and what a message there costs, in rupees. */
interface NumberPlan {
  /** ISO 3166-1 alpha-2; absent where the range belongs to no country. */
  readonly country?: string;
  /** With the calling code. */
  readonly prefixes: readonly string[];
  /** Digits after the prefix. */
  readonly rest: number;
  readonly cost: number;
}

/** Where an Indian service's customers are when they are abroad, the most frequent first. */
export const ROAMING: readonly NumberPlan[] = [
  { country: "AE", prefixes: ["97150", "97152", "97154", "97155", "97156", "97158"], rest: 7, cost: 3.1 },
  {
    country: "US",
    prefixes: ["1212", "1408", "1415", "1510", "1650", "1732", "1917", "1972"],
    rest: 7,
    cost: 0.9,
  },
  { country: "GB", prefixes: ["4474", "4475", "4477", "4478", "4479"], rest: 8, cost: 3.6 },
  { country: "SG", prefixes: ["658", "659"], rest: 7, cost: 4.2 },
  { country: "NP", prefixes: ["977980", "977981", "977984", "977986"], rest: 7, cost: 9 },
  { country: "SA", prefixes: ["96650", "96653", "96654", "96655", "96656"], rest: 7, cost: 5.2 },
  { country: "QA", prefixes: ["97433", "97455", "97466"], rest: 6, cost: 4.4 },
  { country: "CA", prefixes: ["1416", "1604", "1647", "1905"], rest: 7, cost: 0.9 },
  { country: "AU", prefixes: ["6140", "6141", "6142", "6143"], rest: 7, cost: 3 },
  { country: "DE", prefixes: ["49151", "49160", "49170", "49176"], rest: 8, cost: 7.4 },
  { country: "OM", prefixes: ["96891", "96892", "96899"], rest: 6, cost: 6 },
  { country: "MY", prefixes: ["6012", "6013", "6016", "6019"], rest: 7, cost: 3.9 },
  { country: "TH", prefixes: ["668", "669"], rest: 8, cost: 2.2 },
  { country: "FR", prefixes: ["336", "337"], rest: 8, cost: 5.8 },
  { country: "KE", prefixes: ["25470", "25471", "25472"], rest: 7, cost: 6.5 },
  { country: "JP", prefixes: ["8170", "8180", "8190"], rest: 8, cost: 6.1 },
  { country: "BT", prefixes: ["97517", "97577"], rest: 6, cost: 12 },
  { country: "IT", prefixes: ["3932", "3933", "3934"], rest: 8, cost: 6.6 },
];

/** Where fraud sends to: dear, and with operators who pay a share of the price. */
export const PUMPED: readonly NumberPlan[] = [
  { country: "LT", prefixes: ["3706"], rest: 7, cost: 5 },
  { country: "EE", prefixes: ["3725"], rest: 7, cost: 7.5 },
  { country: "LK", prefixes: ["9471", "9477"], rest: 7, cost: 24 },
  { country: "BD", prefixes: ["88017", "88019"], rest: 8, cost: 25 },
  { country: "UZ", prefixes: ["99890", "99893"], rest: 7, cost: 26 },
  { country: "AZ", prefixes: ["99450", "99455"], rest: 7, cost: 30 },
  { country: "TJ", prefixes: ["99292", "99293"], rest: 7, cost: 31 },
  { country: "JM", prefixes: ["1876"], rest: 7, cost: 11 },
  { country: "ID", prefixes: ["62812", "62813"], rest: 8, cost: 27 },
  { country: "NG", prefixes: ["234803", "234806"], rest: 7, cost: 14 },
  { country: "SN", prefixes: ["22177", "22178"], rest: 7, cost: 11 },
  { country: "TN", prefixes: ["2169", "2162"], rest: 7, cost: 17 },
  { country: "CU", prefixes: ["535"], rest: 7, cost: 6 },
  { country: "SO", prefixes: ["25261"], rest: 7, cost: 13 },
  { prefixes: ["88167", "87077"], rest: 7, cost: 60 },
  { country: "PG", prefixes: ["6757"], rest: 7, cost: 10 },
];

/** Destinations of attacks that nothing was tuned on. */
export const HELD_OUT: readonly NumberPlan[] = [
  { country: "LV", prefixes: ["3712"], rest: 7, cost: 6 },
  { country: "KG", prefixes: ["99650", "99670"], rest: 7, cost: 24 },
  { country: "MM", prefixes: ["9597", "9599"], rest: 8, cost: 22 },
  { country: "IQ", prefixes: ["96475", "96477"], rest: 8, cost: 19 },
  { country: "GH", prefixes: ["23324", "23354"], rest: 7, cost: 12 },
  { country: "DO", prefixes: ["1809", "1829"], rest: 7, cost: 8 },
  { country: "MG", prefixes: ["26132", "26134"], rest: 7, cost: 21 },
  { country: "EG", prefixes: ["2010", "2011"], rest: 8, cost: 18 },
  { country: "AL", prefixes: ["35568", "35569"], rest: 7, cost: 9 },
  { country: "ZW", prefixes: ["26377"], rest: 7, cost: 9 },
  { prefixes: ["88213", "979"], rest: 7, cost: 50 },
];

const HOME: Omit<NumberPlan, "prefixes"> = { country: "IN", rest: 6, cost: 0.25 };

/** The four-digit series that an operator gives out, some far more frequent than others. */
export class HomeNumbers {
  readonly #series: readonly { readonly prefix: string; readonly until: number }[];

  constructor(random: Random) {
    const count = random.integer(120, 300);
    let until = 0;
    this.#series = Array.from({ length: count }, () => {
      until += random.next() ** 2 + 0.05;
      return { prefix: `91${random.integer(6000, 9999)}`, until };
    });
  }

  /** The plan of one series: of a customer's, so a frequent one is likelier. */
  plan(random: Random): NumberPlan {
    const at = random.next() * (this.#series.at(-1)?.until ?? 0);
    let [low, high] = [0, this.#series.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#series[middle]?.until ?? 0) > at) high = middle;
      else low = middle + 1;
    }
    return { ...HOME, prefixes: [this.#series[low]?.prefix ?? ""] };
  }

  /** The plan of one series of the region that campaigns are made for: a tenth of the country. */
  planOfRegion(random: Random): NumberPlan {
    const size = Math.ceil(this.#series.length / 10);
    return { ...HOME, prefixes: [this.#series[random.integer(0, size - 1)]?.prefix ?? ""] };
  }
}

export interface Subscriber {
  /** Digits, without a `+`. */
  readonly number: string;
  readonly country: string | undefined;
  readonly cost: number;
}

export function subscriberOf(plan: NumberPlan, random: Random): Subscriber {
  const rest = String(Math.floor(random.next() * 10 ** plan.rest)).padStart(plan.rest, "0");
  return { number: random.pick(plan.prefixes) + rest, country: plan.country, cost: plan.cost };
}

/** Numbers of one narrow range of a plan, as whoever is paid for it holds them. */
export function rangeOf(plan: NumberPlan, freeDigits: number, random: Random): NumberPlan {
  const { number } = subscriberOf(plan, random);
  return { ...plan, prefixes: [number.slice(0, number.length - freeDigits)], rest: freeDigits };
}

/** The number that comes `by` after another one. */
export function after(subscriber: Subscriber, by: number): Subscriber {
  return { ...subscriber, number: String(Number(subscriber.number) + by) };
}

export type { NumberPlan };
