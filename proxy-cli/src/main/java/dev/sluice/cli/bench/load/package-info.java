/**
 * The traffic of {@code sluice bench}, and the server at its other end: one thread each, over epoll, without allocation once it
 * flows. It runs in processes of its own and is told what to do in lines; it knows nothing of proxies, and measures nothing but
 * what a client sees.
 */
@NullMarked
package dev.sluice.cli.bench.load;

import org.jspecify.annotations.NullMarked;
