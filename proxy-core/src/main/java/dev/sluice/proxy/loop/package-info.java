/**
 * One thread, one epoll(7): readiness, timers, a mailbox for other threads, and the queue of handlers that want another turn.
 *
 * <p>What lives here knows descriptors and deadlines, and nothing of sessions, bytes or addresses.
 */
@NullMarked
package dev.sluice.proxy.loop;

import org.jspecify.annotations.NullMarked;
