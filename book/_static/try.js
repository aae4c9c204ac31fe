// Three pieces to try, in the chapters where they teach. The page's HTML (rednote_book.site.trying) holds the controls,
// the sentences and the constants; here is the arithmetic, that of rednote_study.sampling, .statistics.metrics and
// .panel. Without scripts the page shows a sentence and its figure instead.
(() => {
  "use strict";

  // The normal distribution: Marsaglia's series, exact to rounding where it is used.
  const cdf = (x) => {
    if (Math.abs(x) > 8) return x > 0 ? 1 : 0;
    let sum = x, term = x;
    for (let i = 3; Math.abs(term) > Math.abs(sum) * 1e-17; i += 2) {
      term *= (x * x) / i;
      sum += term;
    }
    return 0.5 + (sum * Math.exp(-(x * x) / 2)) / Math.sqrt(2 * Math.PI);
  };

  // Where a function that rises from below `aim` to above it does so.
  const crossing = (rises, aim, low, high) => {
    for (let i = 0; i < 200 && low < high; i++) {
      const middle = (low + high) / 2;
      if (middle === low || middle === high) break;
      if (rises(middle) < aim) low = middle;
      else high = middle;
    }
    return high;
  };
  const quantile = (p) => crossing(cdf, p, -8, 8);

  // Probability of at most k successes of n.
  const binomial = (k, n, p) => {
    let log = n * Math.log1p(-p), sum = Math.exp(log);
    for (let i = 0; i < k; i++) {
      log += Math.log(((n - i) / (i + 1)) * (p / (1 - p)));
      sum += Math.exp(log);
    }
    return Math.min(sum, 1);
  };

  const clopperPearson = (k, n, confidence = 0.95) => {
    const tail = (1 - confidence) / 2;
    return {
      low: k === 0 ? 0 : crossing((p) => 1 - binomial(k - 1, n, p), tail, 0, 1),
      high: k === n ? 1 : crossing((p) => 1 - binomial(k, n, p), 1 - tail, 0, 1),
    };
  };

  // Probability that who stays is found: posts are Poisson, their means alike or, with a shape, gamma distributed.
  const detection = (fraction, posts, shape = Infinity) => {
    const mean = fraction * posts;
    return -Math.expm1(shape === Infinity ? -mean : -shape * Math.log1p(mean / shape));
  };

  // (a) What the published label shows of a true rate, and the true rates that fit what it showed.
  const sampling = ({ fraction, rate, posts, positive, users }) => {
    const found = detection(fraction, posts);
    const { low, high } = clopperPearson(positive, users);
    return {
      detection: found,
      labelled: users * rate * found,
      possible: low <= found,
      low: Math.min(low / found, 1),
      high: Math.min(high / found, 1),
    };
  };

  // (b) Everyone gets the same score, the share retained; who scores above the threshold is called retained.
  const leavers = ({ share, threshold }) => {
    const called = share > threshold;
    const higher = 0, ties = 1; // of all pairs of a retained user and a leaver: same score, always
    return {
      called,
      accuracy: called ? share : 1 - share,
      precision: called ? share : 0, // nobody called: 0 divided by 0, printed as 0
      recall: called ? 1 : 0,
      auc: higher + ties / 2,
    };
  };

  // (c) Accounts that a panel must follow: two proportions, two-sided, pooled variance.
  const rates = (p, sampled) => {
    const odds = (p.stays / (1 - p.stays)) * p.ratio;
    const found = detection(sampled, p.posts * p.days, p.shape);
    return { without: p.stays * found, having: (odds / (1 + odds)) * found };
  };
  const power = (accounts, p, sampled, crit = quantile(1 - p.alpha / 2)) => {
    const { without, having } = rates(p, sampled);
    const exposed = accounts * (1 - p.lost) * p.exposed;
    const ratio = (1 - p.exposed) / p.exposed;
    const pooled = (having + without * ratio) / (1 + ratio);
    const sd = (a, b) => Math.sqrt(a * (1 - a) + (b * (1 - b)) / ratio);
    const [none, some] = [sd(pooled, pooled), sd(having, without)];
    const shift = ((having - without) * Math.sqrt(exposed)) / some;
    return cdf(shift - (crit * none) / some) + cdf(-shift - (crit * none) / some);
  };
  const accounts = (p, sampled) => {
    const crit = quantile(1 - p.alpha / 2);
    let enough = 1;
    while (power(enough, p, sampled, crit) < p.power) {
      enough *= 2;
      if (enough > 1e12) return Infinity; // no effect to find
    }
    let few = Math.floor(enough / 2);
    while (enough - few > 1) {
      const middle = Math.floor((few + enough) / 2);
      if (power(middle, p, sampled, crit) >= p.power) enough = middle;
      else few = middle;
    }
    return enough;
  };
  const panel = (p) => ({
    all: accounts(p, 1),
    tenth: accounts(p, 0.1),
    hundredth: accounts(p, 0.01),
    thousandth: accounts(p, 0.001),
  });

  const pieces = { sampling, leavers, panel };

  const digits = (x, most) => x.toLocaleString("en", { maximumSignificantDigits: most });
  const fixed = (x, n) => x.toLocaleString("en", { minimumFractionDigits: n, maximumFractionDigits: n });
  const kinds = {
    percent: (x) => `${digits(100 * x, 3)}\u00a0%`,
    percent2: (x) => `${fixed(100 * x, 2)}\u00a0%`,
    count: (x) => (Number.isFinite(x) ? fixed(x, 0) : "no number of"),
    people: (x) => (x < 9.95 ? fixed(x, 1) : fixed(x, 0)),
    number: (x) => digits(x, 3),
    decimal: (x) => fixed(x, 2),
  };

  // A slider moves in equal steps, or in equal ratios: `decade` steps from an anchor to ten times as much.
  const read = ({ valueAsNumber, dataset: { anchor, decade } }) =>
    decade ? Number(anchor) * 10 ** (valueAsNumber / Number(decade)) : valueAsNumber / 100;

  const start = (box) => {
    const sliders = [...box.querySelectorAll("input[type=range]")];
    const results = box.querySelector("[aria-live=polite]");
    const constants = Object.fromEntries(Object.entries(box.dataset).map(([name, text]) => [name, Number(text)]));
    let settled;
    const show = () => {
      const given = { ...constants };
      for (const slider of sliders) {
        given[slider.name] = read(slider);
        const text = kinds[slider.dataset.kind](given[slider.name]);
        slider.setAttribute("aria-valuetext", text);
        box.querySelector(`output[for=${slider.id}]`).textContent = text;
      }
      const found = { ...given, ...pieces[box.dataset.piece](given) };
      // A reader of the screen speaks when the slider has come to rest.
      results.setAttribute("aria-busy", "true");
      clearTimeout(settled);
      settled = setTimeout(() => results.setAttribute("aria-busy", "false"), 400);
      for (const place of results.querySelectorAll("data")) {
        place.value = found[place.dataset.name];
        place.textContent = kinds[place.dataset.kind](found[place.dataset.name]);
      }
      for (const words of results.querySelectorAll("[data-when]"))
        words.hidden = String(Boolean(found[words.dataset.when])) !== words.dataset.is;
      for (const strip of box.querySelectorAll(".rednote-try-strip")) {
        const { from, to, at } = strip.dataset;
        const [band, mark] = strip.children;
        band.style.left = `${100 * (found[from] ?? 0)}%`;
        band.style.right = `${100 * (1 - found[to])}%`;
        if (at) mark.style.left = `${100 * found[at]}%`;
      }
    };
    box.addEventListener("input", show);
    box.addEventListener("reset", () => setTimeout(show));
    box.addEventListener("submit", (event) => event.preventDefault());
    show();
    box.hidden = false;
    box.parentElement.classList.add("rednote-try-runs");
  };

  window.rednoteTry = { ...pieces, accounts, cdf, clopperPearson, power, quantile };
  const all = () => document.querySelectorAll("form.rednote-try").forEach(start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", all);
  else all();
})();
