package dev.sluice.proxy.control;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.stats.MembersChange;
import dev.sluice.proxy.stats.ProxyObserver;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tells which endpoints have come and gone between two configurations. Of an upstream that changes all the time, every ten seconds: what
 * is different then from what was told last. On control's thread.
 */
final class MembersLog {
    private static final long APART_NANOS = 10_000_000_000L;

    private final EventLoop loop;
    private final ProxyObserver observer;
    private Map<String, Told> upstreams = new HashMap<>();

    MembersLog(EventLoop loop, ProxyObserver observer) {
        this.loop = loop;
        this.observer = observer;
    }

    /** A configuration was applied: its endpoints are no news. */
    void follow(Resolved next) {
        for (Told before : upstreams.values()) {
            loop.cancel(before);
            before.tell(); // what was to be told later
        }
        upstreams = new HashMap<>();
        for (UpstreamConfig upstream : next.config().upstreams()) {
            upstreams.put(upstream.name(), new Told(upstream.name(), addresses(next, upstream)));
        }
    }

    /** There are other answers in an upstream. */
    void changed(String upstream, Resolved next) {
        for (UpstreamConfig each : next.config().upstreams()) {
            Told told = upstreams.get(each.name());
            if (told != null && each.name().equals(upstream)) {
                told.changed(addresses(next, each));
            }
        }
    }

    private static Set<Address> addresses(Resolved resolved, UpstreamConfig upstream) {
        Set<Address> all = new LinkedHashSet<>();
        resolved.members(upstream).forEach(member -> all.addAll(member.addresses()));
        return all;
    }

    /** What was told of one upstream. */
    private final class Told extends Timer {
        private final String upstream;
        private Set<Address> told;
        private Set<Address> now;
        private boolean ever;
        private long at;

        Told(String upstream, Set<Address> told) {
            this.upstream = upstream;
            this.told = told;
            this.now = told;
        }

        void changed(Set<Address> next) {
            now = next;
            if (ever && loop.now() - at < APART_NANOS) {
                loop.schedule(this, at + APART_NANOS);
            } else {
                tell();
            }
        }

        @Override
        protected void onTimer(long time) {
            tell();
        }

        private void tell() {
            List<Address> come = without(now, told);
            List<Address> gone = without(told, now);
            if (come.isEmpty() && gone.isEmpty()) {
                return; // as it was, or only weights have changed
            }
            told = now;
            ever = true;
            at = loop.now();
            observer.membersChanged(new MembersChange(upstream, come, gone, now.size()));
        }

        private static List<Address> without(Set<Address> these, Set<Address> others) {
            return these.stream().filter(each -> !others.contains(each)).toList();
        }
    }
}
