package dev.sluice.cli.bench;

import java.util.List;

/**
 * A row that is up.
 *
 * @param address where the client connects to, a literal
 * @param pids of its processes; none where there is no proxy, or none that is known
 */
record Target(Row row, String address, List<Long> pids) {}
