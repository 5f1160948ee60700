// From counters that only grow to what happens in a second.

/** The least that so many of what was counted do not exceed, between the bounds of a bucket in proportion. */
export function quantile(bounds, counts, part) {
  const all = counts.reduce((sum, n) => sum + n, 0);
  if (all === 0) {
    return null;
  }
  let before = 0;
  for (let i = 0; i < bounds.length; i++) {
    if (counts[i] > 0 && before + counts[i] >= part * all) {
      const low = i === 0 ? 0 : bounds[i - 1];
      return low + (bounds[i] - low) * (part * all - before) / counts[i];
    }
    before += counts[i];
  }
  return bounds.at(-1); // it took longer than the last bound; how long, nobody counted
}

/** Connects of all upstreams together: {count, sum, bounds, counts}; null where they are not told. */
export function connects(upstreams) {
  const all = upstreams.map(upstream => upstream.connect).filter(Boolean);
  if (all.length === 0) {
    return null;
  }
  return {
    count: all.reduce((sum, one) => sum + one.count, 0),
    seconds: all.reduce((sum, one) => sum + one.seconds, 0),
    bounds: all[0].bounds,
    counts: all[0].counts.map((_, i) => all.reduce((sum, one) => sum + one.counts[i], 0)),
  };
}

/**
 * What happened between two looks at the proxy.
 *
 * @param then, now {at: milliseconds, status, connects}
 * @returns values for the charts
 */
export function between(then, now) {
  const seconds = (now.at - then.at) / 1000;
  const per = name => Math.max(0, now.status.counters[name] - then.status.counters[name]) / seconds;
  return {
    throughput: [per('bytes_up'), per('bytes_down')],
    sessions: [now.status.sessions],
    opened: [per('accepted')],
    connect: connecting(then.connects, now.connects),
  };
}

/** Milliseconds: the mean, and what one of a hundred exceeds. */
function connecting(then, now) {
  if (!then || !now || now.count <= then.count || then.counts.length !== now.counts.length) {
    return [null, null];
  }
  const counts = now.counts.map((n, i) => n - then.counts[i]);
  return [(now.seconds - then.seconds) / (now.count - then.count) * 1e3, quantile(now.bounds, counts, 0.99) * 1e3];
}
