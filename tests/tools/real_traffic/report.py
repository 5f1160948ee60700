"""Tables of medians and paired ratios, and all of it as JSON."""

import json
import statistics

# Key, head of its column, digits behind the point, factor.
COLUMNS = [
    ("rate", "per s", 0, 1),
    ("latency_us", "latency µs", 1, 1),
    ("cpu_us_per_op", "CPU µs/op", 2, 1),
    ("machine_us_per_op", "machine µs/op", 2, 1),
    ("cpu", "CPU %", 2, 100),
    ("throttled", "throttled %", 1, 100),
    ("spin_hit_times_per_s", "hits/s", 0, 1),
    ("spin_miss_times_per_s", "misses/s", 0, 1),
    ("spin_hit_seconds_per_s", "hits %", 2, 100),
    ("spin_miss_seconds_per_s", "misses %", 2, 100),
    ("errors", "errors, sum", 0, 1),
]
# Key, name, and whether the larger is the better.
RATIOS = [
    ("rate", "rate", True),
    ("latency_us", "latency", False),
    ("cpu_us_per_op", "CPU/op", False),
    ("machine_us_per_op", "machine/op", False),
]
RATIOS_OF_LITTLE = [("cpu", "CPU", False), ("cpu_us_per_op", "CPU/op", False)]
RATIOS_OF_GROUPS = [("rate", "rate", True), ("throttled", "throttled", False), ("latency_us", "latency", False)]


def values(rounds, target, key):
    return [figures[target][key] for figures in rounds if key in figures.get(target, {})]


def median(rounds, target, key):
    found = values(rounds, target, key)
    return statistics.median(found) if found else None


def ratio(rounds, ours, theirs, key):
    """Median, lowest and highest of the ratios of one round each; None where there are none."""
    pairs = [
        (figures[ours][key], figures[theirs][key])
        for figures in rounds
        if key in figures.get(ours, {}) and key in figures.get(theirs, {})
    ]
    found = [a / b for a, b in pairs if b > 0]
    return (statistics.median(found), min(found), max(found)) if found else None


class RowReport:
    """What came of a row.

    ours, peers: names of targets; what is ours is compared with each peer, and with the best of them: that with the best median of the
    figure in question. Direct is no peer, but compared with, too."""

    def __init__(self, row, rounds, names, ours, peers, quiet_limit):
        self.row = row
        self.rounds = rounds
        self.names = [name for name in names if values(rounds, name, "rate")]
        self._ours = [name for name in ours if name in self.names]
        self._peers = [name for name in peers if name in self.names]
        self._quiet_limit = quiet_limit
        self._kinds = RATIOS_OF_GROUPS if row.quota else RATIOS_OF_LITTLE if row.among_ourselves else RATIOS

    def ratios(self):
        """(ours, theirs, what they are compared by, the ratios of each kind with the name of whom they are of)."""
        found = []
        for ours in self._ours:
            for theirs in [*(name for name in self.names if name == "direct"), *self._peers]:
                found.append((ours, theirs, {key: (theirs, ratio(self.rounds, ours, theirs, key)) for key, _, _ in self._kinds}))
            if len(self._peers) > 1:
                best = {key: self._best(key, larger) for key, _, larger in self._kinds}
                found.append((ours, "best", {key: (name, ratio(self.rounds, ours, name, key)) for key, name in best.items()}))
            if ours != self._ours[0]:
                first = self._ours[0]
                found.append((ours, first, {key: (first, ratio(self.rounds, ours, first, key)) for key, _, _ in self._kinds}))
        return found

    def _best(self, key, larger):
        medians = {name: median(self.rounds, name, key) for name in self._peers}
        known = {name: value for name, value in medians.items() if value is not None}
        return (max if larger else min)(known, key=known.get) if known else None

    def _errors(self, name):
        """Of all rounds: few of them have any, and a median would hide those."""
        return sum(values(self.rounds, name, "errors"))

    def noisy(self):
        """How many measurements others disturbed, of how many, and how much the worst."""
        all_of_them = [one["others_cpu"] for figures in self.rounds for one in figures.values()]
        return sum(1 for one in all_of_them if one > self._quiet_limit), len(all_of_them), max(all_of_them, default=0)

    def text(self):
        columns = [
            (key, head, digits, factor)
            for key, head, digits, factor in COLUMNS
            if any(values(self.rounds, name, key) for name in self.names) and (key != "errors" or any(map(self._errors, self.names)))
        ]
        table = [["", *(head for _, head, _, _ in columns)]]
        for name in self.names:
            cells = [name]
            for key, _, digits, factor in columns:
                value = self._errors(name) if key == "errors" else median(self.rounds, name, key)
                cells.append("-" if value is None else f"{value * factor:,.{digits}f}")
            table.append(cells)
        ratios = [["ratio", *(name for _, name, _ in self._kinds)]]
        for ours, theirs, each in self.ratios():
            cells = [f"{ours} / {theirs}"]
            for key, _, _ in self._kinds:
                whose, found = each[key]
                cell = "-" if found is None else "{:.2f} ({:.2f}-{:.2f})".format(*found)
                cells.append(cell if found is None or theirs != "best" else f"{cell} {whose}")
            ratios.append(cells)
        lines = [f"{self.row.key}: {self.row.text}; an operation is a {self.row.unit}; medians of {len(self.rounds)} rounds"]
        lines += _aligned(table)
        if len(ratios) > 1:
            lines += _aligned(ratios)
        disturbed, total, worst = self.noisy()
        if disturbed:
            lines.append(f"not quiet: others had up to {worst:.0%} of a CPU in {disturbed} of {total} measurements")
        return "\n".join(lines)

    def json(self):
        return {
            "row": self.row.key,
            "text": self.row.text,
            "unit": self.row.unit,
            "rounds": self.rounds,
            "medians": {
                name: {key: median(self.rounds, name, key) for key, _, _, _ in COLUMNS if values(self.rounds, name, key)}
                for name in self.names
            },
            "ratios": [
                {
                    "of": ours,
                    "to": theirs,
                    "by": {
                        key: {"to": whose, "median": found[0], "lowest": found[1], "highest": found[2]}
                        for key, (whose, found) in each.items()
                        if found
                    },
                }
                for ours, theirs, each in self.ratios()
            ],
        }


def _aligned(table):
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    return ["  ".join([line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))]) for line in table]


def write(file, head, reports, left_out):
    document = {**head, "rows": [report.json() for report in reports], "left_out": left_out}
    with open(file, "w", encoding="utf-8") as out:
        json.dump(document, out, indent=1)
        out.write("\n")
